package io.tidegate.pool;

import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Locks on ranges of grains of one volume, first come first served: a range waits for every earlier
 * one that overlaps it, held or waiting. Not to be nested.
 */
final class RangeLocks {

    /** A held range. */
    static final class Range {
        private final long first;
        private final long end;

        private Range(long first, long end) {
            this.first = first;
            this.end = end;
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();
    private Range[] ranges = new Range[16];
    private int count;
    private int waiting;

    Range lock(long firstGrain, long endGrain) {
        Range mine = new Range(firstGrain, endGrain);
        lock.lock();
        try {
            if (count == ranges.length) {
                ranges = Arrays.copyOf(ranges, count * 2);
            }
            ranges[count++] = mine;
            while (blocked(mine)) {
                waiting++;
                released.awaitUninterruptibly();
                waiting--;
            }
        } finally {
            lock.unlock();
        }
        return mine;
    }

    private boolean blocked(Range mine) {
        for (int i = 0; i < count; i++) {
            Range r = ranges[i];
            if (r == mine) {
                return false;
            }
            if (r.first < mine.end && mine.first < r.end) {
                return true;
            }
        }
        throw new IllegalStateException("range is not queued");
    }

    void unlock(Range mine) {
        lock.lock();
        try {
            int i = 0;
            while (ranges[i] != mine) {
                i++;
            }
            count--;
            System.arraycopy(ranges, i + 1, ranges, i, count - i);
            if (waiting > 0) {
                released.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }
}
