package io.tidegate.target.device;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Discardable;
import io.tidegate.scsi.ProvisioningCommand.WriteSame;
import io.tidegate.scsi.Sense;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/**
 * WRITE SAME that has its block (SBC-4, 5.50). What takes no longer than a large write is done by
 * an I/O worker at once; more, up to the whole medium, in pieces that take turns with those of
 * other long commands on the unit, and end when the command is given up.
 *
 * @param offset in bytes
 * @param lengthBytes at least one block
 * @param discard the range is given back, since it would read as the pattern then
 */
record WriteSameWork(
        Context c, long offset, long lengthBytes, ByteBuffer pattern, boolean discard) {

    static WriteSameWork of(Context c, WriteSame same, ByteBuffer pattern) {
        int block = c.blockBytes();
        long blocks = same.blocks() == 0 ? c.capacityBlocks() - same.lba() : same.blocks();
        // What is given back reads as zeroes, so only zeroes may be given back.
        boolean discard = same.unmap() && Media.isZero(pattern);
        return new WriteSameWork(c, same.lba() * block, blocks * block, pattern, discard);
    }

    Step begin() {
        return lengthBytes <= pieceBytes()
                ? new Step.Run(Lane.IO, this::atOnce)
                : new Step.RunLong(this::inPieces);
    }

    /** Where a device has to write zeroes instead of giving space back, the pieces are smaller. */
    private long pieceBytes() {
        return discard && c.unit().device() instanceof Discardable
                ? Pieces.DISCARD_BYTES
                : Pieces.FILL_BYTES;
    }

    private Step atOnce() {
        return c.onRange(
                offset,
                lengthBytes,
                device -> {
                    apply(device, offset, lengthBytes);
                    return MediumHandler.settle(c, device, false);
                });
    }

    private Step inPieces(BooleanSupplier givenUp) {
        long generation = c.unit().generation();
        long piece = pieceBytes();
        for (long done = 0; done < lengthBytes; done += piece) {
            if (givenUp.getAsBoolean()) {
                return c.check(Sense.aborted());
            }
            Step ended = piece(generation, offset + done, Math.min(piece, lengthBytes - done));
            if (!(ended instanceof Step.Finish finish) || finish.result() != ScsiResult.GOOD) {
                return ended;
            }
        }
        return c.onMedium(device -> MediumHandler.settle(c, device, false));
    }

    private Step piece(long generation, long at, long length) {
        AtomicReference<ScsiResult> result = new AtomicReference<>(ScsiResult.GOOD);
        c.state().turns().acquireUninterruptibly();
        try {
            SanitizeRun run = c.state().sanitize();
            if (run != null) {
                return c.check(run.sense());
            }
            return switch (Pieces.run(
                    c.unit(), generation, at, length, (d, o, n) -> result.set(ordered(d, o, n)))) {
                case DONE -> new Step.Finish(result.get());
                case OUTDATED -> c.check(Sense.aborted());
                case HELD -> c.check(Sense.logicalUnitNotSupported());
            };
        } catch (DeviceException e) {
            return new Step.Finish(c.failed(e));
        } finally {
            c.state().turns().release();
        }
    }

    private ScsiResult ordered(BlockDevice device, long at, long length) throws DeviceException {
        return c.inTurn(
                device,
                at,
                length,
                d -> {
                    apply(d, at, length);
                    return ScsiResult.GOOD;
                });
    }

    private void apply(BlockDevice device, long at, long length) throws DeviceException {
        if (discard) {
            Media.discard(device, at, length);
        } else {
            Media.fill(device, at, length, pattern.duplicate());
        }
    }
}
