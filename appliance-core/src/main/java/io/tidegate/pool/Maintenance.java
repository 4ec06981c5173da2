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
    private static final int MOST_PAUSE_TICKS = 16;

    private final PoolCore core;
    private final Walker walker;
    private final GuardWatch guards;
    private volatile @Nullable Thread thread;
    private volatile boolean stopping;
    private volatile boolean wanted;

    /** Ticks to let pass before a checkpoint that failed is tried again, and how many next time. */
    private int pause;

    private int nextPause = 1;
    private boolean again;
    private long lastCheckpoint = System.nanoTime();

    Maintenance(PoolCore core) {
        this.core = core;
        this.walker = new Walker(core);
        this.guards = new GuardWatch(core.guards, OLD_GUARD_NANOS);
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
            } catch (IOException e) {
                // The checkpoint has said so; it comes again.
                core.health.noticed(e);
            } catch (RuntimeException e) {
                core.health.trouble(Health.Part.BACKGROUND, e);
            }
            core.admission.roundDoneIfFailed();
            if (!more && !stopping && !wanted) {
                LockSupport.parkNanos(this, TICK_NANOS);
            }
        }
        core.admission.roundDone(null);
    }

    /**
     * One round; true when there is more to do at once. What fails is tried again in a later round.
     *
     * @throws IOException when the checkpoint failed
     */
    boolean step() throws IOException {
        if (!core.health.writable()) {
            wanted = false;
            return false;
        }
        boolean more = false;
        boolean well = true;
        try {
            more = walker.slice();
        } catch (IOException e) {
            well = false;
            core.health.trouble(Health.Part.BACKGROUND, e);
        }
        core.retirement.poll();
        if (guards.overdue(System.nanoTime())) {
            LOG.warn("pool {}: a read or write has been under way for over 10 s", core.name);
        }
        if (wanted || pauseOver() && (core.admission.checkpointDue() || periodOver())) {
            checkpoint();
        }
        core.space.refillReserve();
        try {
            punch();
        } catch (IOException e) {
            well = false;
            core.health.trouble(Health.Part.BACKGROUND, e);
        }
        if (well) {
            core.health.well(Health.Part.BACKGROUND);
        }
        return more;
    }

    private boolean pauseOver() {
        return pause == 0 || --pause == 0;
    }

    private boolean periodOver() {
        long period = core.options.checkpointEvery().toNanos();
        return again
                || period > 0
                        && System.nanoTime() - lastCheckpoint > period
                        && core.checkpointer.needed();
    }

    private void checkpoint() throws IOException {
        wanted = false;
        @Nullable IOException failure = null;
        try {
            if (!core.checkpointer.run(false)) {
                LOG.info("pool {}: writes did not drain, the checkpoint comes later", core.name);
            }
            nextPause = 1;
            pause = 0;
            again = false;
        } catch (IOException e) {
            failure = e;
            pause = nextPause;
            nextPause = Math.min(MOST_PAUSE_TICKS, 2 * nextPause);
            again = true;
            throw e;
        } finally {
            lastCheckpoint = System.nanoTime();
            core.retirement.poll();
            core.admission.roundDone(failure);
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
}
