package io.tidegate.pool;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pool's one background thread: checkpoints, walks of deletions, reuse, holes. */
final class Maintenance {

    private static final Logger LOG = LoggerFactory.getLogger(Maintenance.class);
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long OLD_GUARD_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int PUNCHES_PER_TICK = 16;

    private final PoolCore core;
    private final Walker walker;
    private volatile @Nullable Thread thread;
    private volatile boolean stopping;
    private volatile boolean wanted;
    private long lastCheckpoint = System.nanoTime();
    private long eraSeen;
    private long eraSince;

    Maintenance(PoolCore core) {
        this.core = core;
        this.walker = new Walker(core);
    }

    void start() {
        Thread t = new Thread(this::run, "pool-" + core.name);
        t.setDaemon(true);
        thread = t;
        t.start();
    }

    /** Returns when the thread has ended its step and stopped. */
    void stop() {
        stopping = true;
        Thread t = thread;
        if (t == null) {
            return;
        }
        LockSupport.unpark(t);
        while (t.isAlive()) {
            LockSupport.parkNanos(TICK_NANOS / 100);
        }
    }

    void wantCheckpoint() {
        wanted = true;
        wake();
    }

    void wake() {
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!stopping) {
            boolean more = false;
            try {
                more = step();
            } catch (IOException | RuntimeException e) {
                LOG.warn("pool {}: background work failed, goes on later", core.name, e);
            }
            core.admission.roundDoneIfFailed();
            if (!more && !stopping && !wanted) {
                LockSupport.parkNanos(this, TICK_NANOS);
            }
        }
        core.admission.roundDone();
    }

    /** One round; true when there is more to do at once. */
    boolean step() throws IOException {
        if (!core.health.writable()) {
            wanted = false;
            return false;
        }
        boolean more = walker.slice();
        core.retirement.poll();
        watchGuards();
        if (wanted || core.admission.checkpointDue() || periodOver()) {
            checkpoint();
        }
        core.space.refillReserve();
        punch();
        return more;
    }

    private boolean periodOver() {
        long period = core.options.checkpointEvery().toNanos();
        return period > 0
                && System.nanoTime() - lastCheckpoint > period
                && core.checkpointer.needed();
    }

    private void checkpoint() throws IOException {
        wanted = false;
        try {
            if (!core.checkpointer.run(false)) {
                LOG.info("pool {}: writes did not drain, the checkpoint comes later", core.name);
            }
        } finally {
            lastCheckpoint = System.nanoTime();
            core.retirement.poll();
            core.admission.roundDone();
            core.sealer.wake();
        }
    }

    private void punch() throws IOException {
        for (int i = 0; i < PUNCHES_PER_TICK; i++) {
            int segment = core.space.beginPunch();
            if (segment < 0) {
                return;
            }
            boolean done = false;
            try {
                core.files.punch(segment);
                done = true;
            } finally {
                core.space.endPunch(segment, done);
            }
        }
    }

    /** A guard that stays open keeps space only; but somebody should know. */
    private void watchGuards() {
        long oldest = core.guards.oldest();
        long now = System.nanoTime();
        if (oldest != eraSeen) {
            eraSeen = oldest;
            eraSince = now;
        } else if (oldest < core.guards.now() && now - eraSince > OLD_GUARD_NANOS) {
            LOG.warn("pool {}: a read or write has been under way for over 10 s", core.name);
            eraSince = now;
        }
    }
}
