package io.tidegate.shell.ssh;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Threads of the shell: platform threads that nobody interrupts, counted so that an end can wait.
 */
final class Threads {

    private final AtomicLong numbers = new AtomicLong();
    private int running;

    void start(String name, Runnable work) {
        synchronized (this) {
            running++;
        }
        Thread.ofPlatform()
                .daemon()
                .name("shell-" + numbers.incrementAndGet() + "-" + name)
                .start(
                        () -> {
                            try {
                                work.run();
                            } finally {
                                ended();
                            }
                        });
    }

    private synchronized void ended() {
        running--;
        notifyAll();
    }

    /** Waits until no work runs; false when some still does after the limit. */
    synchronized boolean await(Duration limit) throws InterruptedException {
        long until = System.nanoTime() + limit.toNanos();
        while (running > 0) {
            long left = (until - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }
}
