package io.tidegate.appliance.wiring;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has to be done now and then: emptying the bin, ending what retention has ended, looking how
 * full pools are.
 */
final class Housekeeping implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Housekeeping.class);
    private static final long EVERY_MINUTES = 5;
    private static final long WATCH_EVERY_SECONDS = 1;
    private static final long CLOSE_SECONDS = 30;

    private final CoreParts core;
    private volatile boolean watchFailed; // one round at a time, on either thread
    private final ScheduledExecutorService timer =
            // Two: a long purge must not keep a full pool from being told.
            Executors.newScheduledThreadPool(
                    2, Thread.ofPlatform().name("housekeeping-", 1).factory());

    Housekeeping(CoreParts core) {
        this.core = core;
        timer.scheduleWithFixedDelay(this::round, EVERY_MINUTES, EVERY_MINUTES, TimeUnit.MINUTES);
        timer.scheduleWithFixedDelay(
                this::watch, WATCH_EVERY_SECONDS, WATCH_EVERY_SECONDS, TimeUnit.SECONDS);
    }

    private void watch() {
        try {
            core.space.look();
            watchFailed = false;
        } catch (RuntimeException e) {
            // The next round tries again, and nothing that was not told is lost.
            if (!watchFailed) { // once for a row of failures: this comes every second
                log.error("the space of pools is not watched", e);
            }
            watchFailed = true;
        }
    }

    private void round() {
        if (!core.pools.mayCleanUp()) {
            log.warn("nothing is cleaned up: a pool belongs to another state of the catalog");
            return;
        }
        try {
            int snapshots = core.snapshots.prune();
            int qrvs = core.qrvs.prune();
            int volumes = core.bin.purgeExpired();
            if (snapshots + qrvs + volumes > 0) {
                log.info("purged {} snapshots, {} QRVs, {} volumes", snapshots, qrvs, volumes);
            }
        } catch (RuntimeException e) {
            // The next round tries again; one bad row must not end all housekeeping.
            log.error("housekeeping failed", e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        timer.shutdown();
        if (!timer.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
            log.warn("housekeeping is still under way");
        }
    }
}
