package io.tidegate.target.device;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.ProvisioningCommand.Sanitize;
import io.tidegate.scsi.Sense;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SANITIZE (SBC-4, 4.11 and 5.30): overwrites or gives back every block, and keeps everybody from
 * the medium meanwhile.
 *
 * <p>Enters the unit once for each piece, so that a gate can close in between; if the unit points
 * elsewhere afterwards the run has failed. What a snapshot still holds is not reached: the medium
 * is what hosts can read.
 */
final class Sanitizer {

    private static final Logger LOG = LoggerFactory.getLogger(Sanitizer.class);
    private static final int LIST_HEADER = 4;
    private static final long DISCARD_PIECE_BYTES = 256L << 20;

    /** What is done to a piece. */
    private interface Pass {
        void apply(BlockDevice device, long offset, long length) throws DeviceException;
    }

    Step begin(Context c, Sanitize command) {
        return switch (command.action()) {
            case OVERWRITE -> overwrite(c, command);
            case BLOCK_ERASE -> erase(c, command);
            case EXIT_FAILURE_MODE -> exitFailureMode(c, command);
        };
    }

    private static Step exitFailureMode(Context c, Sanitize command) {
        if (command.parameterLength() != 0) {
            return c.check(Sense.invalidFieldInCdb(7, 7));
        }
        SanitizeRun run = c.state().sanitize();
        if (run != null && !run.mayExit()) {
            return c.check(run.sense());
        }
        c.state().sanitize(null);
        return Context.GOOD;
    }

    private static Step erase(Context c, Sanitize command) {
        if (command.parameterLength() != 0) {
            return c.check(Sense.invalidFieldInCdb(7, 7));
        }
        return start(c, command, 1, DISCARD_PIECE_BYTES, Media::discard);
    }

    private static Step overwrite(Context c, Sanitize command) {
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

    private static Step overwrite(Context c, Sanitize command, ByteBuffer list) {
        int count = list.get(0) & 0x1f;
        int length = list.getShort(2) & 0xffff;
        if (count == 0) {
            return c.check(Sense.invalidFieldInParameterList(0, 4));
        }
        if (length == 0 || length != list.limit() - LIST_HEADER) {
            return c.check(Sense.invalidFieldInParameterList(2, 7));
        }
        ByteBuffer pattern = ByteBuffer.allocate(c.blockBytes());
        while (pattern.hasRemaining()) {
            int now = Math.min(length, pattern.remaining());
            pattern.put(list.slice(LIST_HEADER, now));
        }
        pattern.flip();
        return start(
                c,
                command,
                count,
                Media.PIECE_BYTES,
                (device, offset, bytes) -> Media.fill(device, offset, bytes, pattern));
    }

    private static Step start(Context c, Sanitize command, int passes, long piece, Pass pass) {
        SanitizeRun run = new SanitizeRun(command.unrestrictedExit());
        UnitState state = c.state();
        synchronized (state) {
            SanitizeRun other = state.sanitize();
            if (other != null && !other.failed()) {
                return c.check(other.sense());
            }
            state.sanitize(run);
        }
        LOG.info("sanitizing {} for {}", c.unit(), c.nexus());
        if (command.immediate()) {
            Thread.ofVirtual()
                    .name("sanitize-" + c.unit().name())
                    .start(() -> perform(c, run, passes, piece, pass));
            return Context.GOOD;
        }
        return new Step.Run(
                Lane.LONG,
                () -> {
                    Sense fault = perform(c, run, passes, piece, pass);
                    return fault == null ? Context.GOOD : c.check(fault);
                });
    }

    private static @Nullable Sense perform(
            Context c, SanitizeRun run, int passes, long piece, Pass pass) {
        long size = c.unit().shape().geometry().sizeBytes();
        long generation = c.unit().generation();
        boolean done = false;
        try {
            for (int i = 0; i < passes; i++) {
                for (long at = 0; at < size; at += piece) {
                    piece(c, generation, at, Math.min(piece, size - at), pass);
                    run.progress(i * size + at, passes * size);
                }
            }
            flush(c, generation);
            done = true;
            LOG.info("{} is sanitized", c.unit());
            return null;
        } catch (DeviceException e) {
            LOG.error("sanitizing {} failed: {}", c.unit(), e.getMessage());
            return Sense.sanitizeFailed();
        } finally {
            if (done) {
                c.state().sanitize(null);
            } else {
                run.fail();
            }
        }
    }

    private static void flush(Context c, long generation) throws DeviceException {
        piece(c, generation, 0, 0, (device, offset, length) -> device.flush());
    }

    private static void piece(Context c, long generation, long offset, long length, Pass pass)
            throws DeviceException {
        LogicalUnit.Entry entry = enter(c.unit());
        if (entry == null) {
            throw gone(c, "the unit is held");
        }
        try {
            if (entry.generation() != generation) {
                throw gone(c, "the unit points elsewhere now");
            }
            pass.apply(entry.device(), offset, length);
            if (!entry.current()) {
                throw gone(c, "the unit points elsewhere now");
            }
        } finally {
            entry.exit();
        }
    }

    /** Waits at a closed gate; null when the unit is held. */
    private static LogicalUnit.@Nullable Entry enter(LogicalUnit unit) {
        while (true) {
            LogicalUnit.Entry entry = unit.enter();
            if (entry != null || unit.state() == LogicalUnit.State.HELD) {
                return entry;
            }
            CompletableFuture<Void> opened = new CompletableFuture<>();
            unit.park(() -> opened.complete(null));
            opened.join();
        }
    }

    private static DeviceException gone(Context c, String why) {
        return new DeviceException(DeviceException.Kind.GONE, c.unit().name(), 0, 0, why);
    }
}
