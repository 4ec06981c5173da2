package io.tidegate.copy.mover;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The pieces of one copy: so many under way at once, retired in the order in which they were
 * started. One thread starts pieces; workers run them. Waiting ignores interrupts, since whoever
 * left early would leave pieces behind that still write.
 */
final class Flight {

    /** What a piece does on a worker. */
    interface Work {
        /**
         * @return what was done, or null when the piece does not count and no more are to start
         */
        @Nullable Moved run(ByteBuffer buffer) throws EndException;
    }

    private static final class Slot {
        private final LongSupplier end;
        private boolean done;
        private @Nullable Throwable failure;

        Slot(LongSupplier end) {
            this.end = end;
        }
    }

    private final Workers workers;
    private final int width;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // guarded by lock:
    private final Deque<Slot> slots = new ArrayDeque<>();
    private int underWay;
    private boolean stopped;
    private long doneUpTo;
    private Moved moved = Moved.NOTHING;

    /**
     * @param width pieces under way at once
     * @param start where the copy begins, see {@link #doneUpTo}
     */
    Flight(Workers workers, int width, long start) {
        this.workers = workers;
        this.width = width;
        this.doneUpTo = start;
    }

    /** Waits until a piece can start at once; false when none can any more. */
    boolean awaitRoom() {
        lock.lock();
        try {
            while (underWay >= width && !stopped) {
                changed.awaitUninterruptibly();
            }
            return !stopped;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Starts a piece, once there is room for it.
     *
     * @param end the offset that is reached when this piece and all before it are done
     * @return false when it was not started: a piece before has failed or does not count
     */
    boolean start(long end, Work work) {
        return start(() -> end, work);
    }

    /**
     * As {@link #start(long, Work)}, for a piece that says only when it has ended how far it came.
     * No other piece may be started before that.
     */
    boolean start(LongSupplier end, Work work) {
        Slot slot = new Slot(end);
        lock.lock();
        try {
            while (underWay >= width && !stopped) {
                changed.awaitUninterruptibly();
            }
            if (stopped) {
                return false;
            }
            slots.add(slot);
            underWay++;
        } finally {
            lock.unlock();
        }
        boolean queued = false;
        try {
            workers.execute(buffer -> run(slot, work, buffer));
            queued = true;
        } finally {
            if (!queued) { // the mover was closed: the exception goes on to the caller
                end(slot, null, null);
            }
        }
        return true;
    }

    /** Whether no more pieces will start. */
    boolean stopped() {
        lock.lock();
        try {
            return stopped;
        } finally {
            lock.unlock();
        }
    }

    private void run(Slot slot, Work work, ByteBuffer buffer) {
        Moved result = null;
        Throwable failure = null;
        try {
            result = work.run(buffer);
        } catch (EndException | RuntimeException | Error e) {
            failure = e; // told by the thread that settles
        } finally {
            end(slot, result, failure);
        }
    }

    private void end(Slot slot, @Nullable Moved result, @Nullable Throwable failure) {
        lock.lock();
        try {
            underWay--;
            slot.failure = failure;
            if (result == null) {
                stopped = true;
            } else {
                slot.done = true;
                moved = moved.plus(result);
                retire();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void retire() {
        while (!slots.isEmpty() && slots.getFirst().done) {
            doneUpTo = slots.removeFirst().end.getAsLong();
        }
    }

    /** Everything up to here is done. */
    long doneUpTo() {
        lock.lock();
        try {
            return doneUpTo;
        } finally {
            lock.unlock();
        }
    }

    /** What all pieces that have ended did. */
    Moved moved() {
        lock.lock();
        try {
            return moved;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until no piece is under way. */
    void settle() {
        lock.lock();
        try {
            while (underWay > 0) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * The failure of the earliest piece that failed; null when none did. To be asked when settled.
     */
    @Nullable EndException failure() {
        lock.lock();
        try {
            for (Slot slot : slots) {
                switch (slot.failure) {
                    case null -> {}
                    case EndException e -> {
                        return e;
                    }
                    case RuntimeException e -> throw e;
                    case Error e -> throw e;
                    default -> throw new IllegalStateException(slot.failure);
                }
            }
            return null;
        } finally {
            lock.unlock();
        }
    }
}
