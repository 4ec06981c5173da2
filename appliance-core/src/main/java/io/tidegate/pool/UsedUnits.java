package io.tidegate.pool;

import org.jspecify.annotations.Nullable;

/** Which grains and nodes were in use at an instant. */
final class UsedUnits {

    private final Layout layout;
    private final byte[] state;
    private final long[] @Nullable [] bits;

    /** Copies a table; under the space map's lock. Bitmaps that never change are not copied. */
    UsedUnits(Layout layout, SegmentTable table) {
        this.layout = layout;
        int n = layout.segments();
        state = new byte[n];
        bits = new long[n][];
        for (int s = 0; s < n; s++) {
            state[s] = table.state(s);
            bits[s] = table.copyOfUsed(s);
        }
    }

    int segments() {
        return state.length;
    }

    boolean isData(int segment) {
        return state[segment] == SpaceMap.DATA;
    }

    /** A bit for each grain in use; null in a segment without. */
    long @Nullable [] grainBits(int segment) {
        return isData(segment) ? bits[segment] : null;
    }

    /** Units that a segment can hold; 0 in one that holds none. */
    int unitsIn(int segment) {
        return switch (state[segment]) {
            case SpaceMap.DATA -> layout.grainsPerSegment();
            case SpaceMap.NODE -> layout.nodesPerSegment();
            default -> 0;
        };
    }

    boolean isUsed(int segment, int unit) {
        long[] of = bits[segment];
        return of != null && Bits.get(of, unit);
    }

    long addressOf(int segment, int unit) {
        return layout.firstPage(segment)
                + (isData(segment)
                        ? (long) unit << layout.grainPageShift()
                        : layout.tablePages() + unit);
    }

    /** Whether an address lies in the pool at all. */
    boolean contains(long address) {
        return address > 0 && address >>> layout.segmentShift() < state.length;
    }

    long grains() {
        return count(SpaceMap.DATA);
    }

    long nodes() {
        return count(SpaceMap.NODE);
    }

    private long count(byte kind) {
        long n = 0;
        for (int s = 0; s < state.length; s++) {
            long[] of = state[s] == kind ? bits[s] : null;
            n += of == null ? 0 : Bits.count(of);
        }
        return n;
    }
}
