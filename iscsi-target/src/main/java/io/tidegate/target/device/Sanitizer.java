package io.tidegate.target.device;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.SanitizeStore;
import io.tidegate.presentation.SanitizeStore.Unfinished;
import io.tidegate.scsi.ProvisioningCommand.Sanitize;
import io.tidegate.scsi.Sense;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SANITIZE (SBC-4, 4.11 and 5.30): overwrites or gives back every block, and keeps everybody from
 * the medium meanwhile. What a snapshot still holds is not reached: the medium is what hosts can
 * read.
 *
 * <pre>
 *   (none) --SANITIZE, kept--> RUNNING --all done, forgotten--> (none)
 *                                 |  ^
 *      fault, other generation    |  | SANITIZE again
 *                                 v  |
 *                               FAILED --EXIT FAILURE MODE, if AUSE was set--> (none)
 * </pre>
 *
 * <p>What is kept outlives a restart: a run goes on where it last noted its progress, a failure
 * stays one. It is forgotten before hosts reach the medium, since a run that began again later
 * would wipe what they wrote. Neither resets nor the loss of the nexus nor ABORT TASK end a run.
 *
 * <p>Cryptographic erase is not offered: nothing is encrypted, so there is no key to change.
 */
final class Sanitizer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Sanitizer.class);
    private static final int LIST_HEADER = 4;

    private final SanitizeStore store;
    private final SanitizeWork work;
    private final Set<SanitizeRun> running = ConcurrentHashMap.newKeySet();

    /**
     * @param bytesPerSecond what an overwrite may read and write, 0 for no limit
     */
    Sanitizer(SanitizeStore store, long bytesPerSecond) {
        this.store = store;
        this.work = new SanitizeWork(store, bytesPerSecond);
    }

    Step begin(Context c, Sanitize command) {
        return switch (command.action()) {
            case OVERWRITE -> overwrite(c, command);
            case BLOCK_ERASE -> erase(c, command);
            case EXIT_FAILURE_MODE -> exitFailureMode(c, command);
        };
    }

    private Step exitFailureMode(Context c, Sanitize command) {
        if (command.parameterLength() != 0) {
            return c.check(Sense.invalidFieldInCdb(7, 7));
        }
        if (c.state().sanitize() == null) {
            return Context.GOOD;
        }
        return new Step.Run(Lane.LONG, () -> exitFailureMode(c));
    }

    private Step exitFailureMode(Context c) {
        UnitState state = c.state();
        synchronized (state) {
            SanitizeRun run = state.sanitize();
            if (run == null) {
                return Context.GOOD;
            }
            if (!run.failed()) {
                return c.check(run.sense());
            }
            if (!run.plan().unrestrictedExit()) {
                return c.check(Sense.invalidFieldInCdb(1, 4));
            }
            if (!keep(c.unit(), Optional.empty())) {
                return c.check(Sense.internalTargetFailure());
            }
            state.sanitize(null);
        }
        LOG.info("{} has left the failed sanitize behind, by order of {}", c.unit(), c.nexus());
        return Context.GOOD;
    }

    private Step erase(Context c, Sanitize command) {
        if (command.parameterLength() != 0) {
            return c.check(Sense.invalidFieldInCdb(7, 7));
        }
        Unfinished plan =
                new Unfinished(
                        false,
                        1,
                        "",
                        false,
                        command.unrestrictedExit(),
                        c.unit().generation(),
                        c.unit().shape().geometry().sizeBytes(),
                        0,
                        false);
        return new Step.Run(Lane.LONG, () -> start(c, command, plan));
    }

    private Step overwrite(Context c, Sanitize command) {
        int length = command.parameterLength();
        if (length <= LIST_HEADER || length > LIST_HEADER + c.blockBytes()) {
            return c.check(Sense.invalidFieldInCdb(7, 7));
        }
        return Context.take(
                length,
                Lane.LONG,
                data -> {
                    if (data.remaining() != length) {
                        return c.check(Sense.parameterListLength());
                    }
                    return overwrite(c, command, data.slice());
                });
    }

    private Step overwrite(Context c, Sanitize command, ByteBuffer list) {
        int count = list.get(0) & 0x1f;
        int length = list.getShort(2) & 0xffff;
        if ((list.get(0) & 0x60) != 0) {
            return c.check(Sense.invalidFieldInParameterList(0, 6)); // TEST has no meaning here
        }
        if (count == 0) {
            return c.check(Sense.invalidFieldInParameterList(0, 4));
        }
        if (length == 0 || length != list.limit() - LIST_HEADER) {
            return c.check(Sense.invalidFieldInParameterList(2, 7));
        }
        byte[] pattern = new byte[length];
        list.get(LIST_HEADER, pattern);
        Unfinished plan =
                new Unfinished(
                        true,
                        count,
                        HexFormat.of().formatHex(pattern),
                        list.get(0) < 0,
                        command.unrestrictedExit(),
                        c.unit().generation(),
                        c.unit().shape().geometry().sizeBytes(),
                        0,
                        false);
        return start(c, command, plan);
    }

    private Step start(Context c, Sanitize command, Unfinished plan) {
        SanitizeRun run = new SanitizeRun(plan);
        UnitState state = c.state();
        synchronized (state) {
            SanitizeRun other = state.sanitize();
            if (other != null && !other.failed()) {
                return c.check(other.sense());
            }
            if (other != null && plan.unrestrictedExit() && !other.plan().unrestrictedExit()) {
                return c.check(Sense.invalidFieldInCdb(1, 5)); // no way out of a restricted failure
            }
            if (!keep(c.unit(), Optional.of(plan))) {
                return c.check(Sense.internalTargetFailure());
            }
            state.sanitize(run);
        }
        LOG.info("sanitizing {} for {}", c.unit(), c.nexus());
        launch(state, run);
        return command.immediate()
                ? Context.GOOD
                : new Step.Await(
                        run.ended().thenApply(well -> well ? Context.GOOD : c.check(run.sense())));
    }

    /** Takes up what is kept for a unit that has just been made known. */
    void restore(UnitState state) {
        LogicalUnit unit = state.unit();
        Optional<Unfinished> kept = store.load(unit.id());
        if (kept.isEmpty()) {
            return;
        }
        SanitizeRun run = new SanitizeRun(kept.get());
        state.sanitize(run);
        if (run.failed()) {
            LOG.warn("the sanitize of {} has failed earlier: it is closed until repeated", unit);
        } else {
            LOG.info("the sanitize of {} goes on after a restart", unit);
            launch(state, run);
        }
    }

    private void launch(UnitState state, SanitizeRun run) {
        running.add(run);
        Thread.ofVirtual()
                .name("sanitize-" + state.unit().name())
                .start(
                        () -> {
                            SanitizeWork.End end = SanitizeWork.End.FAILED;
                            try {
                                end = work.perform(state.unit(), run);
                            } finally {
                                ended(state, run, end);
                            }
                        });
    }

    private void ended(UnitState state, SanitizeRun run, SanitizeWork.End end) {
        try {
            switch (end) {
                case DONE -> {
                    if (keep(state.unit(), Optional.empty())) {
                        state.sanitize(null);
                        LOG.info("{} is sanitized", state.unit());
                        run.ended().complete(true);
                    } else {
                        fail(state, run);
                    }
                }
                case FAILED -> fail(state, run);
                case STOPPED -> LOG.info("the sanitize of {} waits for the start", state.unit());
            }
        } finally {
            running.remove(run);
            synchronized (running) {
                running.notifyAll();
            }
        }
    }

    private void fail(UnitState state, SanitizeRun run) {
        run.fail();
        keep(state.unit(), Optional.of(run.plan().withFailure()));
        run.ended().complete(false);
    }

    private boolean keep(LogicalUnit unit, Optional<Unfinished> sanitize) {
        try {
            store.save(unit.id(), sanitize);
            return true;
        } catch (IOException e) {
            LOG.error("the state of the sanitize of {} could not be kept", unit, e);
            return false;
        }
    }

    /** Runs end at their next piece, to go on after the next start. */
    @Override
    public void close() {
        work.stop();
        synchronized (running) {
            while (!running.isEmpty()) {
                try {
                    running.wait();
                } catch (InterruptedException e) {
                    throw new IllegalStateException("interrupted while sanitizes end", e);
                }
            }
        }
    }
}
