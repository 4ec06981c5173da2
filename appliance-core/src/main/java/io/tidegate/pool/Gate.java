package io.tidegate.pool;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The gate of a volume. Every command that changes something is inside from its start until it is
 * complete: bytes written, slot published, record queued. A closed gate keeps new ones out; what is
 * inside leaves on its own.
 */
final class Gate {

    private static final long CLOSED = 1L << 62;
    private static final long POLL_NANOS = 20_000;

    private final AtomicLong state = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition opened = lock.newCondition();

    /** Waits while the gate is closed. */
    void enter() {
        while ((state.getAndIncrement() & CLOSED) != 0) {
            leave();
            awaitOpen();
        }
    }

    void leave() {
        state.decrementAndGet();
    }

    /** Keeps new commands out; does not wait. One closer at a time. */
    void close() {
        state.updateAndGet(s -> s | CLOSED);
    }

    /** After close: whether all have left by the deadline ({@link System#nanoTime}). */
    boolean awaitDrained(long deadlineNanos) {
        while (state.get() != CLOSED) {
            if (deadlineNanos - System.nanoTime() <= 0) {
                return false;
            }
            LockSupport.parkNanos(this, POLL_NANOS);
        }
        return true;
    }

    void open() {
        state.updateAndGet(s -> s & ~CLOSED);
        lock.lock();
        try {
            opened.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void awaitOpen() {
        lock.lock();
        try {
            while ((state.get() & CLOSED) != 0) {
                opened.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }
}
