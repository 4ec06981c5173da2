package io.tidegate.appliance.demo;

import io.tidegate.initiator.CommandResult;
import io.tidegate.initiator.InitiatorException;
import io.tidegate.initiator.Session;
import java.time.Duration;

/**
 * A host that reads one block again and again, and notes the longest time between two answers: how
 * long the LUN was without service.
 */
final class ServiceProbe implements AutoCloseable {

    private static final int BLOCK_BYTES = 512;

    /** READ(10) of block 0. */
    private static final byte[] READ = {0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0};

    private final Session session;
    private final int lun;
    private final Thread thread;
    private volatile boolean stop;
    private volatile long longestNanos;
    private volatile long reads;
    private volatile long refused;

    ServiceProbe(Session session, int lun) {
        this.session = session;
        this.lun = lun;
        thread = Thread.ofPlatform().name("service-probe").start(this::run);
    }

    private void run() {
        long last = System.nanoTime();
        try {
            while (!stop) {
                CommandResult result = session.execute(lun, READ, null, BLOCK_BYTES);
                long now = System.nanoTime();
                if (result.good()) {
                    longestNanos = Math.max(longestNanos, now - last);
                    last = now;
                    reads++;
                } else {
                    refused++; // a unit attention, or the gate's refusal: service is not back yet
                }
            }
        } catch (InitiatorException e) {
            longestNanos = Long.MAX_VALUE;
        }
    }

    long reads() {
        return reads;
    }

    /** Answers that were not GOOD. */
    long refused() {
        return refused;
    }

    /** Ends the probe and tells the longest gap. */
    Duration longestGap() throws InterruptedException {
        stop = true;
        thread.join();
        return Duration.ofNanos(longestNanos);
    }

    @Override
    public void close() {
        stop = true;
    }
}
