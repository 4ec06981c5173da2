package io.tidegate.bench.pool;

/** Many latencies in little memory, to 3 %: counts by exponent and five bits below it. */
final class Latencies {

    private static final int SUB_BITS = 5;
    private static final int SUB = 1 << SUB_BITS;

    private final long[] counts = new long[Long.SIZE * SUB];
    private long total;
    private long most;

    void add(long nanos) {
        counts[bucket(nanos)]++;
        total++;
        most = Math.max(most, nanos);
    }

    void add(Latencies other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
        total += other.total;
        most = Math.max(most, other.most);
    }

    long count() {
        return total;
    }

    private static int bucket(long nanos) {
        long n = Math.max(nanos, SUB);
        int exponent = Long.SIZE - 1 - Long.numberOfLeadingZeros(n);
        return exponent * SUB + (int) (n >>> exponent - SUB_BITS) % SUB;
    }

    private static long upper(int bucket) {
        int exponent = bucket / SUB;
        return (long) (SUB + bucket % SUB + 1) << exponent - SUB_BITS;
    }

    /** Microseconds that so many percent stay below; 100 is the slowest. */
    double at(double percent) {
        long rank = (long) Math.ceil(percent / 100 * total);
        long seen = 0;
        for (int i = SUB_BITS * SUB; i < counts.length && percent < 100; i++) {
            seen += counts[i];
            if (seen >= rank) {
                return Math.min(most, upper(i)) / 1e3;
            }
        }
        return most / 1e3;
    }
}
