package io.tidegate.pool;

import java.io.IOException;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Which segment is opened next. A free segment has real space on the host's file system or has not.
 * So many free ones with real space as the reserve has segments are left alone as long as there are
 * others, so that a full file system keeps no checkpoint from being written. Used under the space
 * map's lock.
 */
final class SegmentChooser {

    private final DataFiles files;
    private final Layout shape;
    private final SegmentTable table;
    private final SpaceCodec codec;
    private final Claims claims;
    private final Promises promises;

    /** Segments that hosts' data may not take. */
    int reserveSegments;

    /** Data files that copies write to, which others leave alone while they can. */
    private final BitSet copyFiles = new BitSet();

    /** Segments that were opened in a replay that is only looked at. */
    private final BitSet planned = new BitSet();

    private boolean planning;
    private int nextFree;
    private int nextData;
    private int nextNode;

    SegmentChooser(
            DataFiles files,
            Layout shape,
            SegmentTable table,
            SpaceCodec codec,
            Claims claims,
            Promises promises,
            int reserveSegments) {
        this.files = files;
        this.shape = shape;
        this.table = table;
        this.codec = codec;
        this.claims = claims;
        this.promises = promises;
        this.reserveSegments = reserveSegments;
    }

    /** Free segments with real space that data may take. */
    int readyForData() {
        return Math.max(0, table.ready.count() - reserveSegments);
    }

    /**
     * Where the next units of a volume, or of a copy, come from. What the reserve can do without is
     * taken when nothing else is left.
     */
    int nextData(OpenSegment open) throws IOException {
        IOException why = null;
        if (table.free() > reserveSegments) {
            try {
                int own = open.copyFile < 0 ? -1 : openIn(open.copyFile);
                return own >= 0 ? own : openFree(SpaceMap.DATA);
            } catch (SyncFailure e) {
                throw e;
            } catch (IOException e) {
                // The file system gives no more; what the pool has already may still do.
                why = e;
            }
        }
        int s = table.dataRoom.next(nextData);
        if (s >= 0) {
            nextData = s + 1;
            return s;
        }
        if (why == null && table.free() > claims.segmentsHeldBack()) {
            return openFree(SpaceMap.DATA);
        }
        throw why != null ? why : new NoSpaceException("the pool is full");
    }

    int nextNodes() throws IOException {
        if (table.freeNodes() > shape.nodesPerSegment()) {
            int s = table.nodeHalf.next(0);
            if (s >= 0) {
                return s;
            }
        }
        IOException why = null;
        // Near the end, half of the reserve as free places that lie scattered is enough.
        boolean scattered =
                table.freeNodes() >= (long) reserveSegments * shape.nodesPerSegment() / 2;
        if (table.free() > reserveSegments + promises.segments()
                || table.free() > 0 && !scattered) {
            try {
                return openFree(SpaceMap.NODE);
            } catch (SyncFailure e) {
                throw e;
            } catch (IOException e) {
                // The file system gives no more; what follows needs nothing of it.
                why = e;
            }
        }
        int s = table.nodeHalf.next(nextNode);
        if (s < 0) {
            s = table.nodeRoom.next(nextNode);
        }
        if (s >= 0) {
            nextNode = s + 1;
            return s;
        }
        return openReserve(why);
    }

    /** One more segment for nodes. */
    void openNodes() throws IOException {
        IOException why = null;
        if (table.free() > 0) {
            try {
                openFree(SpaceMap.NODE);
                return;
            } catch (SyncFailure e) {
                throw e;
            } catch (IOException e) {
                why = e;
            }
        }
        openReserve(why);
    }

    // Copies ------------------------------------------------------------------------------------

    /**
     * A data file for one copy: the last one that has free segments and is no other copy's.
     *
     * @return -1 when there is none
     */
    int beginCopy() {
        for (int file = fileOf(table.segments() - 1); file > 0; file--) {
            if (!copyFiles.get(file) && freeIn(file)) {
                copyFiles.set(file);
                return file;
            }
        }
        return -1;
    }

    void endCopy(int file) {
        copyFiles.clear(file);
    }

    private int fileOf(int segment) {
        return segment >>> shape.fileShift() - shape.segmentShift();
    }

    private int firstOf(int file) {
        return file << shape.fileShift() - shape.segmentShift();
    }

    private boolean freeIn(int file) {
        return table.ready.within(firstOf(file), firstOf(file + 1)) >= 0
                || table.bare.within(firstOf(file), firstOf(file + 1)) >= 0;
    }

    /** A segment of a copy's own file, whose owner syncs it; -1 when that is full. */
    private int openIn(int file) throws IOException {
        int s = -1;
        if (table.ready.count() > reserveSegments) {
            s = table.ready.within(firstOf(file), firstOf(file + 1));
        }
        if (s < 0) {
            s = table.bare.within(firstOf(file), firstOf(file + 1));
            if (s < 0) {
                return -1;
            }
            allocate(s, false);
        }
        table.become(s, SpaceMap.DATA);
        codec.dirty(s);
        return s;
    }

    /** The next of a set that lies in no copy's file, if there is one. */
    private int besideCopies(SegmentSet of) {
        int s = of.next(nextFree);
        int tries = copyFiles.cardinality();
        while (s >= 0 && copyFiles.get(fileOf(s)) && tries-- > 0) {
            s = of.next(firstOf(fileOf(s) + 1));
        }
        return s;
    }

    // Opening -----------------------------------------------------------------------------------

    private int openFree(byte kind) throws IOException {
        int s;
        // A plan has no second choice later: a full file system must not keep a pool closed.
        int leave = planning ? 0 : reserveSegments;
        if (table.ready.count() > leave || table.bare.count() == 0) {
            s = besideCopies(table.ready);
        } else {
            s = besideCopies(table.bare);
            allocate(s, true);
        }
        if (s < 0) {
            throw new NoSpaceException("the pool has no free segment left");
        }
        open(s, kind);
        return s;
    }

    private int openReserve(@Nullable IOException why) throws IOException {
        int s = table.ready.next(nextFree);
        if (s < 0) {
            throw why != null ? why : new NoSpaceException("no room for a node");
        }
        open(s, SpaceMap.NODE);
        return s;
    }

    private void open(int segment, byte kind) {
        nextFree = segment + 1;
        table.become(segment, kind);
        codec.dirty(segment);
    }

    private void allocate(int segment, boolean mark) throws IOException {
        if (planning) {
            planned.set(segment);
        } else {
            give(segment, mark);
        }
        table.setOnHost(segment, true);
        codec.dirty(segment);
    }

    private void give(int segment, boolean mark) throws IOException {
        try {
            files.allocate(segment, mark);
        } catch (IOException e) {
            if (!Failures.isNoSpace(e)) {
                throw e;
            }
            NoSpaceException full =
                    new NoSpaceException("no room for segment " + segment + ": " + e);
            full.initCause(e);
            throw full;
        }
    }

    /** From now on segments are opened in memory only. */
    void plan() {
        planning = true;
    }

    /** Gives what was opened since {@link #plan} its real space. */
    void realize() throws IOException {
        planning = false;
        for (int s = planned.nextSetBit(0); s >= 0; s = planned.nextSetBit(s + 1)) {
            give(s, true);
        }
        planned.clear();
    }

    /** Whether a segment has real space in the plan only. */
    boolean planned(int segment) {
        return planned.get(segment);
    }

    /** Whether the reserve has less real space than it should, and could have more. */
    boolean missingReserve() {
        return table.ready.count() < reserveSegments && table.bare.count() > 0;
    }

    void refillReserve() throws IOException {
        allocate(table.bare.next(0), true);
    }
}
