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
    record Claim(SpaceClaim space, int walBytes) {}

    /**
     * A thin volume's claim is refused when there is no space and none will come back soon. That of
     * a reserved volume waits for as long as space is under way that may be its own.
     *
     * @throws NoSpaceException when it is refused
     */
    Claim claim(Volume v, int grains, int nodes, int records) throws IOException {
        int walBytes = Wal.claimFor(records);
        int tries = 0;
        while (true) {
            if (!core.health.writable()) {
                throw new IOException("the pool takes no writes: " + core.health.readOnlyReason());
            }
            long round = rounds();
            if (core.closed) {
                throw new GoneException("the pool is being reopened or was closed");
            }
            if (mapTooFarAhead() || !claimLog(walBytes)) {
                awaitCheckpoint(round);
                continue;
            }
            boolean walking = !core.state.jobs.isEmpty();
            SpaceClaim space = new SpaceClaim(v.budget, grains, nodes);
            SpaceClaim.Answer answer = core.space.claims.claim(space);
            if (answer == SpaceClaim.Answer.GRANTED) {
                return new Claim(space, walBytes);
            }
            core.wal.unclaim(walBytes);
            core.retirement.poll();
            boolean hope =
                    v.reserved()
                            ? answer == SpaceClaim.Answer.LATER || walking
                            : tries++ < TRIES_FOR_SPACE && core.spaceMayComeBack();
            if (!hope) {
                throw new NoSpaceException("the pool has no space for " + grains + " grains");
            }
            awaitCheckpoint(round);
        }
    }

    /** Barrier rule 7: a checkpoint has to be able to write all of it in bounded time. */
    private boolean mapTooFarAhead() {
        return core.store.unwrittenBytes() >= dirtyNodeBytes && core.rules.nodeBudgetHolds();
    }

    /** Barrier rule 7: the last tenth of the log is for barriers and administrative acts. */
    private boolean claimLog(int bytes) {
        return core.wal.claim(bytes) || !core.rules.logRoomNeeded();
    }

    /** Before a barrier or an act: while the log is in its last tenth, a checkpoint comes first. */
    void makeRoom() {
        if (core.rules.logRoomNeeded() && core.wal.shortForActs() && core.health.writable()) {
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
        core.rules.waitsForCheckpoint();
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
