package io.tidegate.block;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A device on which calls stop at a named point until they are released, on top of any other: for
 * tests of what happens while a call is under way. {@link #tryRead} never stops: where a read
 * would, it answers false.
 */
public final class DelayDevice extends StackedDevice {

    /** Where a call may stop; an update stops where a write does. */
    public enum Point {
        BEFORE_READ,
        AFTER_READ,
        BEFORE_WRITE,
        AFTER_WRITE,
        BEFORE_FLUSH,
        AFTER_FLUSH,
        BEFORE_DISCARD,
        AFTER_DISCARD
    }

    /** A barrier at a point; holds every call that comes to it and its range until released. */
    public final class Stop implements AutoCloseable {
        private final Point point;
        private final long offset;
        private final long end;
        private final Semaphore arrivals = new Semaphore(0);
        private final AtomicInteger held = new AtomicInteger();
        private final Semaphore gate = new Semaphore(0);

        private Stop(Point point, long offset, long end) {
            this.point = point;
            this.offset = offset;
            this.end = end;
        }

        /**
         * Waits until one more call stands here than earlier calls of this method have seen.
         *
         * @throws IllegalStateException when none came in time
         */
        public void awaitArrival(Duration limit) throws InterruptedException {
            if (!arrivals.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new IllegalStateException("no call came to " + point + " in " + limit);
            }
        }

        /** Calls that stand here now. */
        public int held() {
            return held.get();
        }

        /** Lets all go, those still to come too. */
        public void release() {
            stops.remove(this);
            gate.release();
        }

        @Override
        public void close() {
            release();
        }

        private boolean takes(Point at, long from, long to) {
            boolean flush = at == Point.BEFORE_FLUSH || at == Point.AFTER_FLUSH;
            return at == point && (flush || (from < end && to > offset));
        }

        private void stand() {
            held.incrementAndGet();
            arrivals.release();
            // As in the kernel: an interrupt of the thread does not end the call.
            gate.acquireUninterruptibly();
            gate.release();
            held.decrementAndGet();
        }
    }

    private final List<Stop> stops = new CopyOnWriteArrayList<>();

    public DelayDevice(BlockDevice lower) {
        super(lower);
    }

    /** Holds every call at this point until the stop is released. */
    public Stop stopAt(Point point) {
        return stopAt(point, 0, Long.MAX_VALUE);
    }

    /** As {@link #stopAt(Point)}, only for calls that touch the range. */
    public Stop stopAt(Point point, long offset, long length) {
        Stop stop = new Stop(point, offset, offset + Math.min(length, Long.MAX_VALUE - offset));
        stops.add(stop);
        return stop;
    }

    private void pass(Point point, long offset, long length) {
        for (Stop stop : stops) {
            if (stop.takes(point, offset, offset + length)) {
                stop.stand();
            }
        }
    }

    @Override
    public void read(long offset, ByteBuffer into) throws DeviceException {
        int length = into.remaining();
        pass(Point.BEFORE_READ, offset, length);
        super.read(offset, into);
        pass(Point.AFTER_READ, offset, length);
    }

    @Override
    public boolean tryRead(long offset, ByteBuffer into) throws DeviceException {
        long end = offset + into.remaining();
        for (Stop stop : stops) {
            if (stop.takes(Point.BEFORE_READ, offset, end)
                    || stop.takes(Point.AFTER_READ, offset, end)) {
                return false;
            }
        }
        return super.tryRead(offset, into);
    }

    @Override
    public void write(long offset, ByteBuffer from) throws DeviceException {
        int length = from.remaining();
        pass(Point.BEFORE_WRITE, offset, length);
        super.write(offset, from);
        pass(Point.AFTER_WRITE, offset, length);
    }

    @Override
    public boolean update(long offset, int length, Change change) throws DeviceException {
        pass(Point.BEFORE_WRITE, offset, length);
        boolean written = super.update(offset, length, change);
        pass(Point.AFTER_WRITE, offset, length);
        return written;
    }

    @Override
    public void discard(long offset, long length) throws DeviceException {
        pass(Point.BEFORE_DISCARD, offset, length);
        super.discard(offset, length);
        pass(Point.AFTER_DISCARD, offset, length);
    }

    @Override
    public void flush() throws DeviceException {
        pass(Point.BEFORE_FLUSH, 0, 0);
        super.flush();
        pass(Point.AFTER_FLUSH, 0, 0);
    }
}
