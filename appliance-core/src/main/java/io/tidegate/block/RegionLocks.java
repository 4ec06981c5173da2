package io.tidegate.block;

import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Lets plain reads and writes of a region go side by side and an update in place go alone. Regions
 * of 1 MiB share 64 locks; several are taken in one order, so that nobody waits in a circle.
 */
final class RegionLocks {

    private static final int SHIFT = 20;
    private static final int LOCKS = 64;

    private final ReentrantReadWriteLock[] locks = new ReentrantReadWriteLock[LOCKS];

    RegionLocks() {
        for (int i = 0; i < LOCKS; i++) {
            locks[i] = new ReentrantReadWriteLock();
        }
    }

    /** The locks of a range as bits; an empty range has none. */
    static long mask(long offset, long length) {
        if (length == 0) {
            return 0;
        }
        long first = offset >>> SHIFT;
        long last = (offset + length - 1) >>> SHIFT;
        if (last - first >= LOCKS - 1) {
            return -1L;
        }
        long mask = 0;
        for (long region = first; region <= last; region++) {
            mask |= 1L << (region & (LOCKS - 1));
        }
        return mask;
    }

    void lockShared(long mask) {
        for (long m = mask; m != 0; m &= m - 1) {
            shared(m).lock();
        }
    }

    /** False, with nothing held, when an update is going on. */
    boolean tryLockShared(long mask) {
        for (long m = mask; m != 0; m &= m - 1) {
            if (!shared(m).tryLock()) {
                unlockShared(mask & (Long.lowestOneBit(m) - 1));
                return false;
            }
        }
        return true;
    }

    void unlockShared(long mask) {
        for (long m = mask; m != 0; m &= m - 1) {
            shared(m).unlock();
        }
    }

    void lockAlone(long mask) {
        for (long m = mask; m != 0; m &= m - 1) {
            alone(m).lock();
        }
    }

    void unlockAlone(long mask) {
        for (long m = mask; m != 0; m &= m - 1) {
            alone(m).unlock();
        }
    }

    private Lock shared(long mask) {
        return locks[Long.numberOfTrailingZeros(mask)].readLock();
    }

    private Lock alone(long mask) {
        return locks[Long.numberOfTrailingZeros(mask)].writeLock();
    }
}
