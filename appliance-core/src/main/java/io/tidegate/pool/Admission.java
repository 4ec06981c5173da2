package io.tidegate.pool;

import java.io.IOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What a change needs before it may enter a gate (rule W1): space, room in the log, and a map that
 * is not too far ahead of the last checkpoint. Waits stand here, where nothing is held yet.
 */
final class Admission {

    private static final int TRIES_FOR_SPACE = 3;

    private final PoolCore core;
    private final long dirtyNodeBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition checkpointed = lock.newCondition();
    private long rounds;
    private @Nullable IOException lastRound;

    Admission(PoolCore core, long dirtyNodeBytes) {
        this.core = core;
        this.dirtyNodeBytes = dirtyNodeBytes;
    }

    /** What was set aside; the rest of it goes back. */
    record Claim(int grains, int nodes, int walBytes) {}

    /**
     * @throws NoSpaceException when there is no space and none will come back soon
     */
    Claim claim(int grains, int nodes, int records) throws IOException {
        int walBytes = Wal.claimFor(records);
        int tries = 0;
        while (true) {
            if (!core.health.writable()) {
                throw new IOException("the pool takes no writes: " + core.health.readOnlyReason());
            }
            long round = rounds();
            if (core.store.unwrittenBytes() >= dirtyNodeBytes || !core.wal.claim(walBytes)) {
                awaitCheckpoint(round);
                continue;
            }
            if (core.space.claim(grains, nodes)) {
                return new Claim(grains, nodes, walBytes);
            }
            core.wal.unclaim(walBytes);
            core.retirement.poll();
            if (tries++ >= TRIES_FOR_SPACE || !core.spaceMayComeBack()) {
                throw new NoSpaceException("the pool has no space for " + grains + " grains");
            }
            awaitCheckpoint(round);
        }
    }

    /** Before a barrier or an act: while the log is in its last tenth, a checkpoint comes first. */
    void makeRoom() {
        if (core.wal.shortForActs() && core.health.writable()) {
            try {
                awaitCheckpoint(rounds());
            } catch (IOException e) {
                // Said by the checkpoint itself; what follows may still fit, and says if it does
                // not.
                core.health.noticed(e);
            }
        }
    }

    boolean checkpointDue() {
        return core.wal.halfFull() || core.store.unwrittenBytes() >= dirtyNodeBytes / 2;
    }

    private long rounds() {
        lock.lock();
        try {
            return rounds;
        } finally {
            lock.unlock();
        }
    }

    private void awaitCheckpoint(long round) throws IOException {
        core.maintenance.wantCheckpoint();
        if (!core.rules.background()) {
            core.maintenance.step();
            return;
        }
        lock.lock();
        try {
            while (rounds == round && core.health.writable() && !core.closed) {
                checkpointed.awaitUninterruptibly();
            }
            if (core.closed) {
                throw new GoneException("the pool is being reopened or was closed");
            }
            IOException failure = lastRound;
            if (failure != null && core.health.writable()) {
                throw failure;
            }
        } finally {
            lock.unlock();
        }
    }

    void roundDoneIfFailed() {
        if (!core.health.writable()) {
            roundDone(null);
        }
    }

    /**
     * A checkpoint was made or put off, or the pool takes no writes any more.
     *
     * @param failure why none could be made; who waits for it is told, and does not wait again
     */
    void roundDone(@Nullable IOException failure) {
        lock.lock();
        try {
            rounds++;
            lastRound = failure;
            checkpointed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
