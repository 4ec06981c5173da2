package io.tidegate.pool;

import java.io.IOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Makes what was written durable. One barrier at a time; who comes while one runs shares the next,
 * since only a sync that began after a flush arrived may answer it (barrier rule 1).
 *
 * <pre>
 *   covered = last LSN queued | take the files' marks, sync them | BARRIER(covered) | sync the log
 * </pre>
 */
final class Barrier {

    /** A step that syncs and must not run beside a barrier. */
    interface Step {
        void run() throws IOException;
    }

    private final DataFiles files;
    private final Wal wal;
    private final Health health;
    private final Retirement retirement;
    private final Rules rules;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition done = lock.newCondition();
    private boolean running;
    private long started;
    private long completed;
    private long wantedLsn;
    private volatile long coveredLsn;

    Barrier(
            DataFiles files,
            Wal wal,
            Health health,
            Retirement retirement,
            Rules rules,
            long coveredLsn) {
        this.files = files;
        this.wal = wal;
        this.health = health;
        this.retirement = retirement;
        this.rules = rules;
        this.coveredLsn = coveredLsn;
    }

    /** The last LSN that surely survives a loss of power. */
    long coveredLsn() {
        return coveredLsn;
    }

    /**
     * Returns when all that was written before the call is durable.
     *
     * @param lsn the last record that must survive; if it is covered already, the data alone is
     *     synced
     */
    void flush(long lsn) throws IOException {
        lock.lock();
        try {
            wantedLsn = Math.max(wantedLsn, lsn);
            long mine = running && rules.runningSyncAnswers() ? started : started + 1;
            while (completed < mine) {
                if (!health.writable()) {
                    throw new IOException("the pool takes no writes: " + health.readOnlyReason());
                }
                if (running && rules.oneBarrierAtATime()) {
                    done.awaitUninterruptibly();
                } else {
                    runOne();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void runOne() throws IOException {
        running = true;
        started++;
        long mine = started;
        long wanted = wantedLsn;
        lock.unlock();
        boolean good = false;
        try {
            sync(wanted);
            good = true;
        } finally {
            lock.lock();
            running = false;
            if (good) {
                completed = mine;
            }
            done.signalAll();
        }
    }

    private void sync(long wanted) throws IOException {
        try {
            long covered = wal.queuedLsn();
            files.syncMarked();
            if (wanted > coveredLsn) {
                if (rules.barrierCoversItself()) {
                    covered = wal.queuedLsn();
                }
                wal.barrier(covered);
                wal.sync();
                advance(covered);
            }
        } catch (IOException e) {
            // A BARRIER that could not be written is only late: the next one covers more.
            health.noticed(e);
            throw e;
        }
    }

    /** A durable barrier or checkpoint covers these records. */
    void advance(long covered) {
        if (covered > coveredLsn) {
            coveredLsn = covered;
        }
        retirement.covered(coveredLsn);
    }

    /** Runs a step while no barrier runs; a failed sync is final, a failed write is not. */
    void exclusively(Step step) throws IOException {
        lock.lock();
        try {
            while (running) {
                done.awaitUninterruptibly();
            }
            running = true;
        } finally {
            lock.unlock();
        }
        try {
            // After a failed sync a later one proves nothing.
            if (!health.writable()) {
                throw new IOException("the pool takes no writes: " + health.readOnlyReason());
            }
            step.run();
        } catch (IOException e) {
            health.noticed(e);
            throw e;
        } finally {
            lock.lock();
            running = false;
            done.signalAll();
            lock.unlock();
        }
    }
}
