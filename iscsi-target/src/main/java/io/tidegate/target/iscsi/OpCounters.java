package io.tidegate.target.iscsi;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * What is counted of commands of one kind: a few plain numbers in one array, so that a session with
 * many LUNs stays small. One thread writes, any thread reads; as with {@link Counter}, no fence.
 */
final class OpCounters {
    /** Up to 2^24 microseconds, 17 s. */
    static final int BUCKETS = 26;

    private static final int COUNT = 0;
    private static final int ERRORS = 1;
    private static final int BYTES = 2;
    private static final int NANOS = 3;
    private static final int FIRST_BUCKET = 4;
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] cells = new long[FIRST_BUCKET + BUCKETS];

    static int bucket(long nanos) {
        long micros = Math.max(0, nanos) / 1000;
        return Math.min(BUCKETS - 1, 64 - Long.numberOfLeadingZeros(micros));
    }

    /** A command was answered; for the thread that writes. */
    void record(boolean good, long moved, long took) {
        add(COUNT, 1);
        if (!good) {
            add(ERRORS, 1);
        }
        add(BYTES, moved);
        add(NANOS, took);
        add(FIRST_BUCKET + bucket(took), 1);
    }

    /** Adds all that another has counted; under a lock of the caller's. */
    void addAll(OpCounters other) {
        for (int i = 0; i < cells.length; i++) {
            add(i, other.get(i));
        }
    }

    private void add(int cell, long n) {
        CELL.setOpaque(cells, cell, cells[cell] + n);
    }

    private long get(int cell) {
        return (long) CELL.getOpaque(cells, cell);
    }

    long count() {
        return get(COUNT);
    }

    long errors() {
        return get(ERRORS);
    }

    long bytes() {
        return get(BYTES);
    }

    long nanos() {
        return get(NANOS);
    }

    TargetMetrics.Operations operations() {
        List<Long> buckets = new ArrayList<>(BUCKETS);
        for (int i = 0; i < BUCKETS; i++) {
            buckets.add(get(FIRST_BUCKET + i));
        }
        return new TargetMetrics.Operations(
                count(), errors(), bytes(), nanos(), List.copyOf(buckets));
    }
}
