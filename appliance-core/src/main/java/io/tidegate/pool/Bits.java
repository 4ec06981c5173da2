package io.tidegate.pool;

/** Bitmaps of a segment as words. */
final class Bits {

    private Bits() {}

    static boolean get(long[] bits, int i) {
        return (bits[i >>> 6] & 1L << i) != 0;
    }

    static void set(long[] bits, int i) {
        bits[i >>> 6] |= 1L << i;
    }

    static void clear(long[] bits, int i) {
        bits[i >>> 6] &= ~(1L << i);
    }

    /** The first clear bit at or after {@code from} and below {@code end}; end if there is none. */
    static int nextClear(long[] bits, int from, int end) {
        for (int i = from; i < end; ) {
            long free = ~bits[i >>> 6] >>> i;
            if (free != 0) {
                return Math.min(end, i + Long.numberOfTrailingZeros(free));
            }
            i = (i | 63) + 1;
        }
        return end;
    }

    /** The first set bit at or after {@code from} and below {@code end}; end if there is none. */
    static int nextSet(long[] bits, int from, int end) {
        for (int i = from; i < end; ) {
            long set = bits[i >>> 6] >>> i;
            if (set != 0) {
                return Math.min(end, i + Long.numberOfTrailingZeros(set));
            }
            i = (i | 63) + 1;
        }
        return end;
    }

    static void setRun(long[] bits, int from, int end) {
        for (int i = from; i < end; ) {
            int stop = Math.min(end, (i | 63) + 1);
            bits[i >>> 6] |= (-1L >>> (64 - (stop - i))) << i;
            i = stop;
        }
    }

    static int count(long[] bits) {
        int n = 0;
        for (long word : bits) {
            n += Long.bitCount(word);
        }
        return n;
    }
}
