package io.tidegate.pool;

/**
 * What all reserved volumes are promised together. Thin volumes may not have it, nor the
 * <em>margin</em>: the map nodes and dead-lists that the promised writes will need, and room for
 * redirecting grains that come back at the next checkpoint only. Of the margin, a part is an
 * allowance for discards in thin volumes, which need nodes when there is no grain left.
 *
 * <p>Uses the space map's monitor as its own, so that claims and promises change together.
 */
final class Promises {

    private static final int LEAST_ALLOWANCE = 4;

    private final Object monitor;
    private final Layout layout;
    private final int allowanceSegments;
    private long setAside;
    private long pledged;
    private long nodes;
    private long cushion;

    Promises(Object monitor, Layout layout, int reserveSegments) {
        this.monitor = monitor;
        this.layout = layout;
        this.allowanceSegments = Math.max(LEAST_ALLOWANCE, reserveSegments / 8);
    }

    /** A volume exists from now on. */
    void enter(Budget b, long sizeGrains, long own) {
        synchronized (monitor) {
            b.entered = true;
            b.own = own;
            resize(b, sizeGrains);
        }
    }

    void resize(Budget b, long sizeGrains) {
        synchronized (monitor) {
            if (b.promised) {
                nodes += nodesFor(sizeGrains) - nodesFor(b.size);
                cushion += cushionFor(sizeGrains) - cushionFor(b.size);
            }
            setAside -= b.setAside();
            b.size = sizeGrains;
            setAside += b.setAside();
        }
    }

    /** The volume is gone; its promise is void at once. */
    void leave(Budget b) {
        synchronized (monitor) {
            resize(b, 0);
            b.entered = false;
        }
    }

    /**
     * Records took effect.
     *
     * @param own what the volume owns alone now
     * @param landed grains of claims that are mapped now
     */
    void changed(Budget b, long own, long landed) {
        synchronized (monitor) {
            setAside -= b.setAside();
            b.own = own;
            b.inFlight -= landed;
            setAside += b.setAside();
        }
    }

    /** Grains claimed, or given back if negative. */
    void claimed(Budget b, long grains) {
        synchronized (monitor) {
            setAside -= b.setAside();
            b.inFlight += grains;
            setAside += b.setAside();
        }
    }

    /** Held for an act that will raise the promises by as much. */
    void pledge(long grains) {
        synchronized (monitor) {
            pledged += grains;
        }
    }

    /** Grains that are set aside for all volumes. */
    long setAside() {
        synchronized (monitor) {
            return setAside;
        }
    }

    long setAsideFor(Budget b) {
        synchronized (monitor) {
            return b.setAside();
        }
    }

    /** Grains that are set aside for volumes or pledged to an act. */
    long total() {
        synchronized (monitor) {
            return setAside + pledged;
        }
    }

    /** Whether an act is on its way. */
    boolean pledging() {
        synchronized (monitor) {
            return pledged > 0;
        }
    }

    /** What thin volumes may not take besides, in grains. */
    long margin() {
        synchronized (monitor) {
            return marginOf(nodes, cushion);
        }
    }

    /** What discards of thin volumes may not grow into besides, in grains. */
    long discardMargin() {
        synchronized (monitor) {
            // A segment for the discard that has claimed but not taken.
            long allowance = (long) (allowanceSegments - 1) * layout.grainsPerSegment();
            return nodes == 0 ? 0 : margin() - allowance;
        }
    }

    /** By how much the margin grows for a reserved volume of one size more and one less. */
    long marginFor(long sizeGrains, long insteadOf) {
        synchronized (monitor) {
            long n = nodes + nodesFor(sizeGrains) - nodesFor(insteadOf);
            long c = cushion + cushionFor(sizeGrains) - cushionFor(insteadOf);
            return marginOf(n, c) - marginOf(nodes, cushion);
        }
    }

    /** Free segments that the promises need, if no partly free one helps. */
    int segments() {
        long all = total() + margin();
        long per = layout.grainsPerSegment();
        return (int) Math.min(layout.segments(), (all + per - 1) / per);
    }

    private long marginOf(long nodeCount, long cushionGrains) {
        if (nodeCount == 0) {
            return 0;
        }
        int per = layout.nodesPerSegment();
        // One segment more, since the last one may be open for other nodes.
        long segments = (nodeCount + per - 1) / per + 1 + allowanceSegments;
        return segments * layout.grainsPerSegment() + cushionGrains;
    }

    /** A map that is written anew as a whole, and the list of what it replaces. */
    private static long nodesFor(long sizeGrains) {
        long n = 0;
        long below = sizeGrains;
        while (below > 0) {
            long level = (below + MapNode.SLOTS - 1) / MapNode.SLOTS;
            n += n == 0 ? 2 * level : level;
            below = level == 1 ? 0 : level;
        }
        return n;
    }

    /**
     * A bookmark, a seal or a share has a grain redirected that the volume owns already: it takes
     * one grain and gives one back, but later. One command's worth lets such writes go on always.
     */
    private long cushionFor(long sizeGrains) {
        return Math.min(sizeGrains, VolumeWriter.PIECE_BYTES / layout.grainBytes() + 1);
    }
}
