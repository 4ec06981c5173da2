package io.tidegate.copy.mover;

import io.tidegate.block.OwnInterrupt;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that all copies share, each with one direct buffer of its own. A buffer never leaves
 * its thread, so it cannot be reused while a system call works on it, and the memory of all copies
 * is bounded by the number of threads.
 *
 * <p>Platform threads that nobody interrupts: an interrupt in a system call would close the file
 * for everyone who uses it.
 */
final class Workers implements AutoCloseable {

    /** A task, given the buffer of the thread that runs it: any content, any position. */
    interface Task {
        void run(ByteBuffer buffer);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Workers.class);
    private static final Optional<Task> STOP = Optional.empty();

    private final BlockingQueue<Optional<Task>> queue = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private boolean closed; // guarded by this

    Workers(int count, int bufferBytes) {
        for (int i = 0; i < count; i++) {
            threads.add(
                    Thread.ofPlatform()
                            .daemon()
                            .name("copy-worker-" + i)
                            .start(() -> loop(bufferBytes)));
        }
    }

    private void loop(int bufferBytes) {
        ByteBuffer buffer = null; // made when the first piece comes
        while (true) {
            Optional<Task> next = take();
            if (next.isEmpty()) {
                return;
            }
            if (buffer == null) {
                buffer = ByteBuffer.allocateDirect(bufferBytes);
            }
            try {
                next.get().run(buffer);
            } catch (RuntimeException | Error e) {
                LOG.error("a copy task failed outside of its piece", e); // a bug: tasks catch
            }
        }
    }

    private Optional<Task> take() {
        while (true) {
            try {
                return queue.take();
            } catch (InterruptedException e) {
                LOG.warn("a copy worker was interrupted; it goes on", e);
            }
        }
    }

    /**
     * Has a task run when a thread is free, in order of arrival.
     *
     * @throws IllegalStateException after {@link #close}
     */
    synchronized void execute(Task task) {
        if (closed) {
            throw new IllegalStateException("the mover is closed");
        }
        queue.add(Optional.of(task));
    }

    /** Returns when all tasks have run and all threads have ended. */
    @Override
    public void close() {
        synchronized (this) {
            if (!closed) {
                closed = true;
                threads.forEach(t -> queue.add(STOP));
            }
        }
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            OwnInterrupt.keep(); // the caller's own flag, as it was
        }
    }
}
