package io.tidegate.pool;

import org.eclipse.collections.impl.map.mutable.primitive.LongIntHashMap;
import org.jspecify.annotations.Nullable;

/**
 * How often each page of a pool was met: a bit for the first time, a map for more, so that a pool
 * of a TiB takes 32 MiB.
 */
final class UnitCounts {

    private final int segmentShift;
    private final long[] @Nullable [] once;
    private final LongIntHashMap more = new LongIntHashMap();
    private long units;

    UnitCounts(Layout layout, int segments) {
        this.segmentShift = layout.segmentShift();
        this.once = new long[segments][];
    }

    /**
     * Counts an address once more.
     *
     * @return how often it was met now
     */
    int add(long address) {
        int segment = (int) (address >>> segmentShift);
        int page = (int) address & (1 << segmentShift) - 1;
        long[] bits = once[segment];
        if (bits == null) {
            bits = new long[((1 << segmentShift) + 63) / 64];
            once[segment] = bits;
        }
        if (!Bits.get(bits, page)) {
            Bits.set(bits, page);
            units++;
            return 1;
        }
        return more.addToValue(address, 1) + 1;
    }

    int count(long address) {
        long[] bits = once[(int) (address >>> segmentShift)];
        if (bits == null || !Bits.get(bits, (int) address & (1 << segmentShift) - 1)) {
            return 0;
        }
        return 1 + more.get(address);
    }

    /** How many addresses were met. */
    long units() {
        return units;
    }
}
