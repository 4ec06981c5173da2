package io.tidegate.copy.mover;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the bytes of one copy that are written and not durable below a limit, so that other
 * volumes' flushes need not wait for gigabytes of it. A sync starts at half of the limit and runs
 * beside the copy; the copy waits only when it reaches the limit before the sync has ended.
 */
final class Syncs {

    private final BlockDevice destination;
    private final Workers workers;
    private final long limit;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // guarded by lock; bytes count from the start of the copy:
    private long started;
    private long written;
    private long durable;
    private boolean running;
    private OptionalLong reached = OptionalLong.empty();
    private @Nullable Throwable failure;

    Syncs(BlockDevice destination, Workers workers, long limit) {
        this.destination = destination;
        this.workers = workers;
        this.limit = limit;
    }

    /** Waits until so many more bytes may be written; starts a sync when it is time for one. */
    void makeRoom(long bytes, LongSupplier doneUpTo) {
        lock.lock();
        try {
            while (failure == null && started > durable && started + bytes - durable > limit) {
                if (!running && written > durable) {
                    start(doneUpTo.getAsLong());
                } else {
                    changed.awaitUninterruptibly(); // for a sync, or for a first piece to end
                }
            }
            if (failure == null && !running && written - durable >= limit / 2) {
                start(doneUpTo.getAsLong());
            }
            started += bytes;
        } finally {
            lock.unlock();
        }
    }

    /** A piece that {@link #makeRoom} let pass has ended, well or not. */
    void ended(long bytes) {
        lock.lock();
        try {
            written += bytes;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void start(long upTo) {
        long covers = written; // what has been written before the flush is called
        workers.execute(buffer -> sync(upTo, covers));
        running = true;
    }

    private void sync(long upTo, long covers) {
        Throwable wrong = null;
        try {
            destination.flush();
        } catch (DeviceException | RuntimeException | Error e) {
            wrong = e; // told by the thread that settles
        }
        lock.lock();
        try {
            running = false;
            failure = wrong;
            if (wrong == null) {
                durable = covers;
                reached = OptionalLong.of(upTo);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Where the last sync that ended reached to, once. */
    OptionalLong checkpoint() {
        lock.lock();
        try {
            OptionalLong answer = reached;
            reached = OptionalLong.empty();
            return answer;
        } finally {
            lock.unlock();
        }
    }

    boolean failed() {
        lock.lock();
        try {
            return failure != null;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the sync that is under way, if any. */
    void settle() {
        lock.lock();
        try {
            while (running) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    void throwIfFailed() throws DeviceException {
        switch (failure) {
            case null -> {}
            case DeviceException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(failure);
        }
    }
}
