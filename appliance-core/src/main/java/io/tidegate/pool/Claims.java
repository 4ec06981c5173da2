package io.tidegate.pool;

/**
 * Who may take how much of what is free. Three kinds of claim:
 *
 * <pre>
 *   thin volume      free, less the reserve, all promises and the margin
 *   reserved volume  free, less what the reserve lacks, and the promises of the others
 *   discard          nodes, while what is promised stays whole
 * </pre>
 *
 * Uses the space map's monitor as its own: free units, claims and promises change together.
 */
final class Claims {

    private final SpaceMap space;
    private final Layout layout;
    private final Promises promises;

    /** Claimed and not taken yet. */
    private long grains;

    private long nodes;

    Claims(SpaceMap space, Layout layout, Promises promises) {
        this.space = space;
        this.layout = layout;
        this.promises = promises;
    }

    /** Grains that host writes may still take, what is promised to reserved volumes included. */
    private long hostGrains() {
        long segments = Math.max(0, space.freeSegments() - space.reserve());
        return space.freeGrains() + segments * layout.grainsPerSegment() - grains;
    }

    /**
     * Grains that a reserved volume may take. Free places in node segments serve the reserve's
     * purpose: counted in, copies of nodes that come and go do not take from what is promised.
     */
    private long promisedGrains() {
        long segments = Math.max(0, space.freeSegments() - segmentsHeldBack());
        return space.freeGrains() + segments * layout.grainsPerSegment() - grains;
    }

    /** Free segments that stay back for nodes. */
    int segmentsHeldBack() {
        synchronized (space) {
            int per = layout.nodesPerSegment();
            long lacking = (long) space.reserve() * per - space.freeNodes() - space.nodesUnderWay();
            return lacking <= 0 ? 0 : (int) ((lacking + per - 1) / per);
        }
    }

    /** Grains that writes to thin volumes, and new promises, may still take. */
    long thinGrains() {
        synchronized (space) {
            return hostGrains() - promises.total() - promises.margin();
        }
    }

    /**
     * Of what thin volumes may take, what has real space on the host's file system.
     *
     * @param ready free segments with real space that data may take
     */
    long realGrains(int ready) {
        synchronized (space) {
            long real = space.freeGrains() + (long) ready * layout.grainsPerSegment() - grains;
            return real - promises.total() - promises.margin();
        }
    }

    /** Nodes that are claimed. */
    long nodes() {
        synchronized (space) {
            return nodes;
        }
    }

    /** Sets grains and nodes aside for a command; all or nothing. */
    SpaceClaim.Answer claim(SpaceClaim c) {
        synchronized (space) {
            if (fits(c)) {
                grains += c.grains;
                nodes += c.nodes;
                promises.claimed(c.budget, c.grains);
                return SpaceClaim.Answer.GRANTED;
            }
            boolean later =
                    grains > 0
                            || nodes > 0
                            || space.grainsUnderWay() > 0
                            || space.nodesUnderWay() > 0
                            || promises.pledging();
            return later ? SpaceClaim.Answer.LATER : SpaceClaim.Answer.REFUSED;
        }
    }

    private boolean fits(SpaceClaim c) {
        if (c.nodes > nodesLeft()) {
            return false;
        }
        if (c.budget.promised) {
            return c.grains <= promisedGrains() - (promises.total() - c.budget.setAside());
        }
        if (c.grains == 0) {
            long kept = promises.total() + promises.discardMargin();
            return kept == 0 || promisedGrains() >= kept;
        }
        return c.grains <= thinGrains();
    }

    private long nodesLeft() {
        return space.freeNodes() + (long) space.freeSegments() * layout.nodesPerSegment() - nodes;
    }

    /** What was claimed and not taken goes back. */
    void unclaim(SpaceClaim c) {
        synchronized (space) {
            grains -= c.grains;
            nodes -= c.nodes;
            promises.claimed(c.budget, -c.grains);
            c.grains = 0;
        }
    }

    /** Grains of a claim were taken; or given back to it, if negative. */
    void taken(SpaceClaim c, int n) {
        synchronized (space) {
            c.grains -= n;
            grains -= n;
        }
    }

    /** For administrative acts, which the whole reserve serves. */
    boolean claimNodes(int n) {
        synchronized (space) {
            if (n > nodesLeft()) {
                return false;
            }
            nodes += n;
            return true;
        }
    }

    /**
     * For what is good to have and no more: nodes, if so many others stay free and every promise
     * stays whole.
     */
    boolean claimSpareNodes(int n, int leave) {
        synchronized (space) {
            if (n + leave > nodesLeft()) {
                return false;
            }
            int per = layout.nodesPerSegment();
            long grainsForThem = (long) ((n + per - 1) / per) * layout.grainsPerSegment();
            long kept = promises.total() + promises.margin();
            if (n > 0 && kept > 0 && promisedGrains() - grainsForThem < kept) {
                return false;
            }
            nodes += n;
            return true;
        }
    }

    void unclaimNodes(int n) {
        synchronized (space) {
            nodes -= n;
        }
    }

    /**
     * Holds room for an act that raises what is promised.
     *
     * @return how many grains are lacking; 0 when the room is held, until {@link Promises#pledge}
     *     takes it back
     */
    long pledge(long more) {
        synchronized (space) {
            long lacking = Math.max(0, more - Math.max(0, thinGrains()));
            if (lacking == 0) {
                promises.pledge(more);
            }
            return lacking;
        }
    }

    /** Whether what is promised could be had now; after a recovery. */
    boolean promisesHold() {
        synchronized (space) {
            return promisedGrains() >= promises.total();
        }
    }

    /** After a recovery nobody has claimed anything. */
    void forget() {
        synchronized (space) {
            grains = 0;
            nodes = 0;
        }
    }
}
