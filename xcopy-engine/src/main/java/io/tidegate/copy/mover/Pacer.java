package io.tidegate.copy.mover;

import io.tidegate.block.OwnInterrupt;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Holds a copy to a number of bytes a second. For one thread. */
final class Pacer {

    /** Time, so that tests need not wait. */
    interface Ticker {
        long nanos();

        /** Waits about that long; may return early. */
        void sleep(long nanos);

        Ticker SYSTEM =
                new Ticker() {
                    @Override
                    public long nanos() {
                        return System.nanoTime();
                    }

                    @Override
                    public void sleep(long nanos) {
                        LockSupport.parkNanos(nanos);
                    }
                };
    }

    private static final long SLICE_NANOS = 50_000_000; // a cancel is seen within this time
    private static final long BURST_NANOS = 100_000_000; // unused time that may be caught up

    private final long bytesPerSecond;
    private final Ticker ticker;
    private long freeAt;

    /**
     * @param bytesPerSecond 0 for no limit
     */
    Pacer(long bytesPerSecond, Ticker ticker) {
        this.bytesPerSecond = bytesPerSecond;
        this.ticker = ticker;
        this.freeAt = ticker.nanos();
    }

    /**
     * Waits until the bytes before these have used up their time.
     *
     * @return false when it was given up because of {@code cancelled}
     */
    boolean await(long bytes, BooleanSupplier cancelled) {
        if (bytesPerSecond == 0) {
            return !cancelled.getAsBoolean();
        }
        boolean interrupted = false;
        try {
            while (!cancelled.getAsBoolean()) {
                long now = ticker.nanos();
                if (freeAt - now <= 0) {
                    freeAt = Math.max(freeAt, now - BURST_NANOS) + nanos(bytes);
                    return true;
                }
                interrupted |= Thread.interrupted(); // parking would not wait otherwise
                ticker.sleep(Math.min(freeAt - now, SLICE_NANOS));
            }
            return false;
        } finally {
            if (interrupted) {
                OwnInterrupt.keep(); // the caller's own flag, as it was
            }
        }
    }

    private long nanos(long bytes) {
        return (long) (bytes * 1e9 / bytesPerSecond);
    }
}
