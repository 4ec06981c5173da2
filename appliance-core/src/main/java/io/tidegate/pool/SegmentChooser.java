package io.tidegate.pool;

import java.io.IOException;
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

    /** Segments that hosts' data may not take. */
    int reserveSegments;

    private int nextFree;
    private int nextData;
    private int nextNode;

    SegmentChooser(
            DataFiles files,
            Layout shape,
            SegmentTable table,
            SpaceCodec codec,
            int reserveSegments) {
        this.files = files;
        this.shape = shape;
        this.table = table;
        this.codec = codec;
        this.reserveSegments = reserveSegments;
    }

    /** Free segments that data may take. */
    int forData() {
        return Math.max(0, table.free() - reserveSegments);
    }

    /** As {@link #forData}, those that have real space. */
    int readyForData() {
        return Math.max(0, table.ready.count() - reserveSegments);
    }

    int nextData() throws NoSpaceException {
        NoSpaceException why = null;
        if (table.free() > reserveSegments) {
            try {
                return openFree(SpaceMap.DATA);
            } catch (NoSpaceException e) {
                // The host's file system is full; what the pool has already may still do.
                why = e;
            }
        }
        int s = table.dataRoom.next(nextData);
        if (s < 0) {
            throw why != null ? why : new NoSpaceException("the pool is full");
        }
        nextData = s + 1;
        return s;
    }

    int nextNodes() throws NoSpaceException {
        if (table.freeNodes() > shape.nodesPerSegment()) {
            int s = table.nodeHalf.next(0);
            if (s >= 0) {
                return s;
            }
        }
        NoSpaceException why = null;
        if (table.free() > 0) {
            try {
                return openFree(SpaceMap.NODE);
            } catch (NoSpaceException e) {
                // The host's file system is full; what follows needs nothing of it.
                why = e;
            }
        }
        int s = table.nodeRoom.next(nextNode);
        if (s >= 0) {
            nextNode = s + 1;
            return s;
        }
        return openReserve(why);
    }

    /** One more segment for nodes. */
    void openNodes() throws NoSpaceException {
        NoSpaceException why = null;
        if (table.free() > 0) {
            try {
                openFree(SpaceMap.NODE);
                return;
            } catch (NoSpaceException e) {
                why = e;
            }
        }
        openReserve(why);
    }

    private int openFree(byte kind) throws NoSpaceException {
        int s;
        if (table.ready.count() > reserveSegments || table.bare.count() == 0) {
            s = table.ready.next(nextFree);
        } else {
            s = table.bare.next(nextFree);
            allocate(s);
        }
        if (s < 0) {
            throw new NoSpaceException("the pool has no free segment left");
        }
        open(s, kind);
        return s;
    }

    private int openReserve(@Nullable NoSpaceException why) throws NoSpaceException {
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

    private void allocate(int segment) throws NoSpaceException {
        try {
            files.allocate(segment);
        } catch (IOException e) {
            NoSpaceException full =
                    new NoSpaceException("no room for segment " + segment + ": " + e);
            full.initCause(e);
            throw full;
        }
        table.setOnHost(segment, true);
        codec.dirty(segment);
    }

    /** Whether the reserve has less real space than it should, and could have more. */
    boolean missingReserve() {
        return table.ready.count() < reserveSegments && table.bare.count() > 0;
    }

    void refillReserve() throws NoSpaceException {
        allocate(table.bare.next(0));
    }
}
