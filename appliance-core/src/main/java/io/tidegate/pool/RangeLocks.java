package io.tidegate.pool;

import io.tidegate.block.OwnInterrupt;
import java.util.Arrays;

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

    private Range[] ranges = new Range[16];
    private int count;
    private int waiting;

    /** Waits for earlier ranges; an interrupt is kept for later. */
    synchronized Range lock(long firstGrain, long endGrain) {
        Range mine = new Range(firstGrain, endGrain);
        if (count == ranges.length) {
            ranges = Arrays.copyOf(ranges, count * 2);
        }
        ranges[count++] = mine;
        boolean interrupted = false;
        while (count > 1 && blocked(mine)) {
            waiting++;
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            } finally {
                waiting--;
            }
        }
        if (interrupted) {
            OwnInterrupt.keep();
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

    synchronized void unlock(Range mine) {
        int i = 0;
        while (ranges[i] != mine) {
            i++;
        }
        count--;
        System.arraycopy(ranges, i + 1, ranges, i, count - i);
        if (waiting > 0) {
            notifyAll();
        }
    }
}
