package io.tidegate.block;

import java.nio.channels.ClosedChannelException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * An open file descriptor and the calls that are using it. The number may be given to another file
 * as soon as it is closed, so it is closed only when no call is left inside: a write that had
 * looked up the number must never reach a stranger's file.
 *
 * <p>Users are counted in slots by thread, a cache line apart, so that event loops do not contend.
 * A user counts itself in and then looks at the closed mark; closing sets the mark and then looks
 * at the counts. One of the two sees the other.
 */
final class Descriptor {

    private static final int SLOTS = 32;
    private static final int STRIDE = 16;

    private final int fd;
    private final AtomicIntegerArray users = new AtomicIntegerArray((SLOTS + 1) * STRIDE);
    private final AtomicBoolean released = new AtomicBoolean();
    private volatile boolean closed;

    Descriptor(int fd) {
        this.fd = fd;
    }

    private static int slot() {
        return (((int) Thread.currentThread().threadId() & (SLOTS - 1)) + 1) * STRIDE;
    }

    /** The number, or -1 when closed; after another answer the same thread calls {@link #leave}. */
    int enter() {
        int slot = slot();
        users.incrementAndGet(slot);
        if (closed) {
            leave();
            return -1;
        }
        return fd;
    }

    /** As {@link #enter}, where a closed file is a failure. */
    int enterOpen() throws ClosedChannelException {
        int number = enter();
        if (number < 0) {
            throw new ClosedChannelException();
        }
        return number;
    }

    void leave() {
        users.decrementAndGet(slot());
        if (closed) {
            releaseWhenUnused();
        }
    }

    boolean isClosed() {
        return closed;
    }

    /** Lets no new call in; the last one inside closes the descriptor, or this call does. */
    void close() {
        closed = true;
        releaseWhenUnused();
    }

    private void releaseWhenUnused() {
        for (int i = 1; i <= SLOTS; i++) {
            if (users.get(i * STRIDE) != 0) {
                return;
            }
        }
        if (released.compareAndSet(false, true)) {
            Scratch s = Scratch.acquire();
            try {
                // The number is free again whatever close answers, so there is nothing to retry;
                // data that had to be durable was synced before.
                Libc.close(s, fd);
            } finally {
                s.release();
            }
        }
    }
}
