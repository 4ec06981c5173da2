package io.tidegate.target.device;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.SanitizeStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does sanitizes, piece by piece, on the caller's thread. An overwrite keeps to a rate: at full
 * speed it would take the store away from all other units for as long as it runs.
 */
final class SanitizeWork {

    private static final Logger LOG = LoggerFactory.getLogger(SanitizeWork.class);
    private static final Duration DRAIN_LIMIT = Duration.ofMinutes(1);

    /** How much may have to be done again after a crash. */
    private static final long NOTE_BYTES = 1L << 30;

    /** How a run ended. */
    enum End {
        DONE,
        FAILED,
        /** The server ends; the run goes on after the next start. */
        STOPPED
    }

    private final SanitizeStore store;
    private final long bytesPerSecond;
    private final CountDownLatch stopping = new CountDownLatch(1);

    SanitizeWork(SanitizeStore store, long bytesPerSecond) {
        this.store = store;
        this.bytesPerSecond = bytesPerSecond;
    }

    void stop() {
        stopping.countDown();
    }

    private boolean stopped() {
        return stopping.getCount() == 0;
    }

    /** Works until the run is done, has failed, or is stopped. */
    End perform(LogicalUnit unit, SanitizeRun run) {
        try {
            // What entered before everybody was kept out may still be writing.
            unit.separate();
            if (!unit.awaitDrained(DRAIN_LIMIT)) {
                LOG.error("sanitizing {} failed: earlier commands do not end", unit);
                return End.FAILED;
            }
            return passes(unit, run);
        } catch (DeviceException | IOException e) {
            LOG.error("sanitizing {} failed: {}", unit, e.getMessage());
            return End.FAILED;
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while sanitizing", e);
        }
    }

    private End passes(LogicalUnit unit, SanitizeRun run)
            throws DeviceException, IOException, InterruptedException {
        boolean overwrite = run.plan().overwrite();
        long size = run.plan().sizeBytes();
        long piece = overwrite ? Media.PIECE_BYTES : Pieces.DISCARD_BYTES;
        long from = run.plan().doneBytes();
        long total = run.totalBytes();
        long noted = from;
        long begun = System.nanoTime();
        for (long at = from; at < total; ) {
            int pass = (int) (at / size);
            long offset = at % size;
            long length = Math.min(piece, size - offset);
            if (!done(
                    unit, run, Pieces.run(unit, generation(run), offset, length, of(run, pass)))) {
                return ending(unit, run, at);
            }
            at += length;
            run.progress(at);
            if (at - noted >= NOTE_BYTES && at < total) {
                note(unit, run, at);
                noted = at;
            }
            if (overwrite && bytesPerSecond > 0) {
                double due = (at - from) * 1e9 / bytesPerSecond;
                long early = (long) due - (System.nanoTime() - begun);
                if (early > 0) {
                    stopping.await(early, TimeUnit.NANOSECONDS);
                }
            }
            if (stopped() && at < total) {
                note(unit, run, at);
                return End.STOPPED;
            }
        }
        return done(unit, run, flush(unit, run)) ? End.DONE : ending(unit, run, total);
    }

    private static long generation(SanitizeRun run) {
        return run.plan().generation();
    }

    private static boolean done(LogicalUnit unit, SanitizeRun run, Pieces.End end) {
        if (end != Pieces.End.DONE) {
            LOG.warn("the sanitize of {} came to generation {}: {}", unit, generation(run), end);
        }
        return end == Pieces.End.DONE;
    }

    /** A unit that is held because the server ends has not failed. */
    private End ending(LogicalUnit unit, SanitizeRun run, long at) {
        if (stopped()) {
            return End.STOPPED;
        }
        LOG.error("sanitizing {} failed after {} of {} bytes", unit, at, run.totalBytes());
        return End.FAILED;
    }

    private static Pieces.End flush(LogicalUnit unit, SanitizeRun run) throws DeviceException {
        return Pieces.run(unit, generation(run), 0, 0, (device, offset, length) -> device.flush());
    }

    /** Progress counts only once it is durable. */
    private void note(LogicalUnit unit, SanitizeRun run, long doneBytes)
            throws DeviceException, IOException {
        if (flush(unit, run) == Pieces.End.DONE) {
            store.save(unit.id(), Optional.of(run.plan().withDone(doneBytes)));
        }
    }

    private static Pieces.Work of(SanitizeRun run, int pass) {
        if (!run.plan().overwrite()) {
            return Media::discard;
        }
        return run.readsBack(pass)
                ? (device, offset, length) -> readBack(run, pass, device, offset, length)
                : (device, offset, length) ->
                        Media.fill(device, offset, length, block(run, pass, device));
    }

    private static ByteBuffer block(SanitizeRun run, int pass, BlockDevice device) {
        return run.block(pass, device.geometry().logicalBlockBytes());
    }

    private static void readBack(
            SanitizeRun run, int pass, BlockDevice device, long offset, long length)
            throws DeviceException {
        ByteBuffer block = block(run, pass, device);
        ByteBuffer expected = ByteBuffer.allocate((int) length);
        while (expected.hasRemaining()) {
            expected.put(block.duplicate());
        }
        long wrong = Media.firstDifference(device, offset, expected.flip());
        if (wrong >= 0) {
            throw new DeviceException(
                    DeviceException.Kind.WRITE,
                    "sanitize",
                    offset + wrong,
                    1,
                    "what was written is not what is read");
        }
    }
}
