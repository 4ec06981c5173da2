package io.tidegate.pool;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * What is known of each segment: its kind, how many of its units (grains or nodes) are used and
 * blocked, and which. Used under the space map's lock.
 *
 * <p>Bitmaps exist only where they say something: none for a segment without set bits, one for all
 * that are full, one for both where used and blocked are alike after loading. Such a bitmap is
 * copied before its first change. So a segment that was filled in a row costs 13 bytes here, and
 * some bits in the sets.
 */
// Whether a bitmap is shared is told by its identity, never by its bits.
@SuppressWarnings("ReferenceEquality")
final class SegmentTable {

    private static final int ARRAY_HEADER_BYTES = 16;
    private static final int REFERENCE_BYTES = 8;

    private final int grainsPerSegment;
    private final int nodesPerSegment;
    private final int words;
    private final long[] fullOfGrains;
    private final long[] fullOfNodes;

    private byte[] state;
    private short[] usedCount;
    private short[] blockedCount;
    private long[] @Nullable [] used;
    private long[] @Nullable [] blocked;
    private final BitSet onHost = new BitSet();

    /** Free segments that have real space. */
    final SegmentSet ready = new SegmentSet();

    /** Free segments that have none yet. */
    final SegmentSet bare = new SegmentSet();

    /** Data segments that are not full. */
    final SegmentSet dataRoom = new SegmentSet();

    /** Node segments that are not full, and those that are half empty at least. */
    final SegmentSet nodeRoom = new SegmentSet();

    final SegmentSet nodeHalf = new SegmentSet();

    private int dataSegments;
    private int nodeSegments;
    private int reservedSegments;
    private int growingSegments;
    private long grainsUsed;
    private long grainsBlocked;
    private long nodesUsed;
    private long nodesBlocked;

    SegmentTable(Layout layout) {
        grainsPerSegment = layout.grainsPerSegment();
        nodesPerSegment = layout.nodesPerSegment();
        words = (layout.segmentPages() + 63) / 64;
        fullOfGrains = full(grainsPerSegment);
        fullOfNodes = full(nodesPerSegment);
        int n = layout.segments();
        state = new byte[n];
        usedCount = new short[n];
        blockedCount = new short[n];
        used = new long[n][];
        blocked = new long[n][];
        for (int s = 0; s < n; s++) {
            bare.put(s, true);
        }
    }

    private long[] full(int units) {
        long[] bits = new long[words];
        for (int i = 0; i < units; i++) {
            Bits.set(bits, i);
        }
        return bits;
    }

    // Segments ----------------------------------------------------------------------------------

    int segments() {
        return state.length;
    }

    /** Adds segments, as growing. */
    void extend(int segments) {
        int from = state.length;
        state = Arrays.copyOf(state, segments);
        usedCount = Arrays.copyOf(usedCount, segments);
        blockedCount = Arrays.copyOf(blockedCount, segments);
        used = Arrays.copyOf(used, segments);
        blocked = Arrays.copyOf(blocked, segments);
        Arrays.fill(state, from, segments, SpaceMap.GROWING);
        growingSegments += segments - from;
    }

    byte state(int segment) {
        return state[segment];
    }

    int grainsPerSegment() {
        return grainsPerSegment;
    }

    int nodesPerSegment() {
        return nodesPerSegment;
    }

    int capacity(int segment) {
        return state[segment] == SpaceMap.DATA ? grainsPerSegment : nodesPerSegment;
    }

    int used(int segment) {
        return usedCount[segment];
    }

    int blocked(int segment) {
        return blockedCount[segment];
    }

    boolean onHost(int segment) {
        return onHost.get(segment);
    }

    void setOnHost(int segment, boolean real) {
        onHost.set(segment, real);
        if (state[segment] == SpaceMap.FREE) {
            ready.put(segment, real);
            bare.put(segment, !real);
        }
    }

    /** A segment without a set bit becomes another kind. */
    void become(int segment, byte kind) {
        count(segment, -1);
        state[segment] = kind;
        count(segment, 1);
    }

    private void count(int s, int change) {
        boolean in = change > 0;
        switch (state[s]) {
            case SpaceMap.FREE -> (onHost.get(s) ? ready : bare).put(s, in);
            case SpaceMap.DATA -> dataSegments += change;
            case SpaceMap.NODE -> nodeSegments += change;
            case SpaceMap.RESERVED -> reservedSegments += change;
            case SpaceMap.GROWING -> growingSegments += change;
            default -> {}
        }
        room(s, in);
    }

    /** Where there is room after a change of kind or count. */
    private void room(int s, boolean counts) {
        int taken = blockedCount[s];
        dataRoom.put(s, counts && state[s] == SpaceMap.DATA && taken < grainsPerSegment);
        boolean node = counts && state[s] == SpaceMap.NODE;
        nodeRoom.put(s, node && taken < nodesPerSegment);
        nodeHalf.put(s, node && taken <= nodesPerSegment / 2);
    }

    // Units -------------------------------------------------------------------------------------

    boolean isUsed(int s, int unit) {
        long[] bits = used[s];
        return bits != null && Bits.get(bits, unit);
    }

    boolean isBlocked(int s, int unit) {
        long[] bits = blocked[s];
        return bits != null && Bits.get(bits, unit);
    }

    /** The first unit at or after one that is not blocked; the capacity when there is none. */
    int nextFree(int s, int from) {
        long[] bits = blocked[s];
        int end = capacity(s);
        return bits == null ? Math.min(from, end) : Bits.nextClear(bits, from, end);
    }

    /** Blocks units that are free, from one on and in a row; how many there were. */
    int blockRun(int s, int from, int most) {
        int end = (int) Math.min(capacity(s), (long) from + most);
        if (from >= end) {
            return 0;
        }
        long[] bits = blocked[s];
        int stop = bits == null ? end : Bits.nextSet(bits, from, end);
        if (stop > from) {
            Bits.setRun(own(blocked, s), from, stop);
            countBlocked(s, stop - from);
        }
        return stop - from;
    }

    /** Uses units in a row; false, with nothing done, when one is in use already. */
    boolean useRun(int s, int from, int n) {
        long[] bits = used[s];
        if (bits != null && Bits.nextSet(bits, from, from + n) < from + n) {
            return false;
        }
        Bits.setRun(own(used, s), from, from + n);
        countUsed(s, n);
        return true;
    }

    void block(int s, int unit) {
        Bits.set(own(blocked, s), unit);
        countBlocked(s, 1);
    }

    void unblock(int s, int unit) {
        Bits.clear(own(blocked, s), unit);
        countBlocked(s, -1);
    }

    void use(int s, int unit) {
        Bits.set(own(used, s), unit);
        countUsed(s, 1);
    }

    void unuse(int s, int unit) {
        Bits.clear(own(used, s), unit);
        countUsed(s, -1);
    }

    /** A bitmap that may be changed. */
    private long[] own(long[] @Nullable [] of, int s) {
        long[] bits = of[s];
        if (bits == null) {
            bits = new long[words];
            of[s] = bits;
        } else if (used[s] == blocked[s] || bits == fullOf(s)) {
            bits = bits.clone();
            of[s] = bits;
        }
        return bits;
    }

    private long[] fullOf(int s) {
        return state[s] == SpaceMap.DATA ? fullOfGrains : fullOfNodes;
    }

    private void countBlocked(int s, int change) {
        blockedCount[s] += (short) change;
        if (state[s] == SpaceMap.DATA) {
            grainsBlocked += change;
        } else {
            nodesBlocked += change;
        }
        compact(blocked, s, blockedCount[s]);
        room(s, true);
    }

    private void countUsed(int s, int change) {
        usedCount[s] += (short) change;
        if (state[s] == SpaceMap.DATA) {
            grainsUsed += change;
        } else {
            nodesUsed += change;
        }
        compact(used, s, usedCount[s]);
    }

    private void compact(long[] @Nullable [] of, int s, int count) {
        if (count == 0) {
            of[s] = null;
        } else if (count == capacity(s)) {
            of[s] = fullOf(s);
        }
    }

    /** The segment's used units become its blocked ones. */
    void blockUsedOnly(int s) {
        int change = usedCount[s] - blockedCount[s];
        blocked[s] = used[s];
        countBlocked(s, change);
    }

    /**
     * Sets what a segment was found to be.
     *
     * @param bits used units, which are all blocked; kept
     * @return how many are used
     */
    int load(int s, byte kind, long[] bits) {
        become(s, kind);
        used[s] = bits;
        countUsed(s, Bits.count(bits));
        blockUsedOnly(s);
        return usedCount[s];
    }

    /** A word of the used units, for the disk. */
    long usedWord(int s, int word) {
        long[] bits = used[s];
        return bits == null ? 0 : bits[word];
    }

    /** The used units as of now; a bitmap that all full segments share is not copied. */
    long @Nullable [] copyOfUsed(int s) {
        long[] bits = used[s];
        return bits == null || bits == fullOf(s) ? bits : bits.clone();
    }

    // Figures -----------------------------------------------------------------------------------

    int free() {
        return ready.count() + bare.count();
    }

    int reserved() {
        return reservedSegments;
    }

    int growing() {
        return growingSegments;
    }

    long freeGrains() {
        return (long) dataSegments * grainsPerSegment - grainsBlocked;
    }

    long freeNodes() {
        return (long) nodeSegments * nodesPerSegment - nodesBlocked;
    }

    long grainsUsed() {
        return grainsUsed;
    }

    long nodesUsed() {
        return nodesUsed;
    }

    /** Grains that are blocked and not used, then nodes. */
    long grainsPending() {
        return grainsBlocked - grainsUsed;
    }

    long nodesPending() {
        return nodesBlocked - nodesUsed;
    }

    /** Heap that all of this takes, for a test of its budget; walks over everything. */
    long bytesOfBitmaps() {
        long bytes = (long) state.length * (1 + 2 * Short.BYTES + 2 * REFERENCE_BYTES);
        bytes += onHost.size() / Byte.SIZE + ready.bytes() + bare.bytes();
        bytes += dataRoom.bytes() + nodeRoom.bytes() + nodeHalf.bytes();
        long each = ARRAY_HEADER_BYTES + (long) words * Long.BYTES;
        for (int s = 0; s < state.length; s++) {
            bytes += costs(used[s], s) ? each : 0;
            bytes += costs(blocked[s], s) && blocked[s] != used[s] ? each : 0;
        }
        return bytes;
    }

    private boolean costs(long @Nullable [] bits, int s) {
        return bits != null && bits != fullOf(s);
    }
}
