package io.tidegate.target.device;

import io.tidegate.block.AtomicUpdatable;
import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.MediumCommand;
import io.tidegate.scsi.MediumCommand.CompareAndWrite;
import io.tidegate.scsi.MediumCommand.OrWrite;
import io.tidegate.scsi.MediumCommand.PreFetch;
import io.tidegate.scsi.MediumCommand.Read;
import io.tidegate.scsi.MediumCommand.SynchronizeCache;
import io.tidegate.scsi.MediumCommand.Verify;
import io.tidegate.scsi.MediumCommand.Write;
import io.tidegate.scsi.MediumCommand.WriteAndVerify;
import io.tidegate.scsi.MediumCommand.WriteAtomic;
import io.tidegate.scsi.Sense;
import java.nio.ByteBuffer;
import java.time.Clock;

/** Commands on ranges of blocks with their data (SBC-4, clause 5). */
final class MediumHandler implements Handler<MediumCommand> {

    private final DeviceLimits limits;
    private final Clock clock;

    MediumHandler(DeviceLimits limits, Clock clock) {
        this.limits = limits;
        this.clock = clock;
    }

    @Override
    public Step begin(Context c, MediumCommand command) {
        long capacity = c.capacityBlocks();
        if (!Range.fits(command.lba(), command.blocks(), capacity)) {
            return c.check(Sense.lbaOutOfRange());
        }
        return switch (command) {
            case Read read -> read(c, read);
            case Write write -> write(c, write);
            case WriteAndVerify write -> writeAndVerify(c, write);
            case Verify verify -> verify(c, verify);
            case OrWrite or -> orWrite(c, or);
            case WriteAtomic write -> writeAtomic(c, write);
            case CompareAndWrite compare -> compareAndWrite(c, compare);
            case PreFetch fetch -> preFetch(c, fetch);
            case SynchronizeCache sync -> synchronize(c);
        };
    }

    private boolean tooLong(Context c, long blocks) {
        return blocks * c.blockBytes() > limits.maxTransferBytes();
    }

    private static Step lengthFault(Context c) {
        int at =
                switch (c.request().opcode() >>> 5) {
                    case 0 -> 4;
                    case 5 -> 6;
                    case 4 -> 10;
                    default -> 7;
                };
        return c.check(Sense.invalidFieldInCdb(at, 7));
    }

    private Step read(Context c, Read read) {
        if (read.blocks() == 0) {
            return Context.GOOD;
        }
        if (tooLong(c, read.blocks())) {
            return lengthFault(c);
        }
        LogicalUnit.Entry entry = c.unit().enter();
        if (entry == null) {
            return c.notEntered();
        }
        int block = c.blockBytes();
        return new Step.ReadMedium(entry, read.lba() * block, (int) read.blocks() * block);
    }

    private Step write(Context c, Write write) {
        if (write.blocks() == 0) {
            return Context.GOOD;
        }
        if (tooLong(c, write.blocks())) {
            return lengthFault(c);
        }
        c.lun().wrote(clock.millis());
        int block = c.blockBytes();
        return new Step.TakeData(
                (int) write.blocks() * block, new WriteWork(c, write.lba() * block, write.fua()));
    }

    /** WRITE with its data. */
    private record WriteWork(Context c, long offset, boolean fua) implements Step.DataWork {
        @Override
        public Step run(ByteBuffer data) {
            wholeBlocks(data, c.blockBytes());
            return c.onRange(
                    offset,
                    data.remaining(),
                    device -> {
                        device.write(offset, data);
                        return settle(c, device, fua);
                    });
        }
    }

    /** An initiator that sends less than the CDB says has whole blocks written, no more. */
    private static void wholeBlocks(ByteBuffer data, int block) {
        data.limit(data.position() + data.remaining() / block * block);
    }

    /** What was written is durable now if the command or the lack of a write cache says so. */
    static ScsiResult settle(Context c, BlockDevice device, boolean fua) throws DeviceException {
        if (fua || !c.state().modes().writeCache()) {
            device.flush();
        }
        return ScsiResult.GOOD;
    }

    private Step writeAndVerify(Context c, WriteAndVerify write) {
        if (write.byteCheck() > 1) {
            return c.check(Sense.invalidFieldInCdb(1, 2));
        }
        if (write.blocks() == 0) {
            return Context.GOOD;
        }
        if (tooLong(c, write.blocks())) {
            return lengthFault(c);
        }
        c.lun().wrote(clock.millis());
        int block = c.blockBytes();
        long offset = write.lba() * block;
        return Context.take(
                (int) write.blocks() * block,
                data -> {
                    wholeBlocks(data, block);
                    return c.onRange(
                            offset,
                            data.remaining(),
                            device -> {
                                ByteBuffer expected = data.duplicate();
                                device.write(offset, data);
                                device.flush();
                                long wrong = Media.firstDifference(device, offset, expected);
                                return wrong < 0
                                        ? ScsiResult.GOOD
                                        : c.result(Sense.miscompare(wrong));
                            });
                });
    }

    private Step verify(Context c, Verify verify) {
        if (verify.byteCheck() == 2) {
            return c.check(Sense.invalidFieldInCdb(1, 2));
        }
        if (verify.blocks() == 0) {
            return Context.GOOD;
        }
        if (tooLong(c, verify.blocks())) {
            return lengthFault(c);
        }
        int block = c.blockBytes();
        long offset = verify.lba() * block;
        int length = (int) verify.blocks() * block;
        return switch (verify.byteCheck()) {
            case 0 ->
                    new Step.Run(
                            Lane.IO,
                            () ->
                                    c.onMedium(
                                            device -> {
                                                Media.readThrough(device, offset, length);
                                                c.state().errors().verified(length);
                                                return ScsiResult.GOOD;
                                            }));
            case 1 -> Context.take(length, data -> compare(c, offset, length, data, 1));
            default -> {
                int times = (int) verify.blocks();
                yield Context.take(block, data -> compare(c, offset, block, data, times));
            }
        };
    }

    /**
     * Compares the medium with the data, a number of times one after the other. With less data than
     * the command is for, nothing could be said of the rest.
     */
    private static Step compare(Context c, long offset, int length, ByteBuffer data, int times) {
        if (data.remaining() != length) {
            return c.check(Sense.dataPhaseError());
        }
        return c.onMedium(
                device -> {
                    for (int i = 0; i < times; i++) {
                        long at = (long) i * length;
                        long wrong = Media.firstDifference(device, offset + at, data.duplicate());
                        if (wrong >= 0) {
                            return c.result(Sense.miscompare(at + wrong));
                        }
                    }
                    c.state().errors().verified((long) times * length);
                    return ScsiResult.GOOD;
                });
    }

    private Step orWrite(Context c, OrWrite or) {
        if (or.blocks() == 0) {
            return Context.GOOD;
        }
        if (tooLong(c, or.blocks())) {
            return lengthFault(c);
        }
        c.lun().wrote(clock.millis());
        int block = c.blockBytes();
        return Context.take(
                (int) or.blocks() * block,
                data -> {
                    wholeBlocks(data, block);
                    return c.onRange(
                            or.lba() * block,
                            data.remaining(),
                            device -> {
                                or(c, device, or.lba() * block, data);
                                return settle(c, device, or.fua());
                            });
                });
    }

    /** No block can change between being read and written; long ranges are done in pieces. */
    private static void or(Context c, BlockDevice device, long offset, ByteBuffer data)
            throws DeviceException {
        int length = data.remaining();
        for (int done = 0; done < length; done += AtomicUpdatable.MAX_UPDATE_BYTES) {
            int from = data.position() + done;
            int now = Math.min(length - done, AtomicUpdatable.MAX_UPDATE_BYTES);
            Media.update(
                    c.state(),
                    device,
                    offset + done,
                    now,
                    current -> {
                        for (int i = 0; i < current.limit(); i++) {
                            current.put(i, (byte) (current.get(i) | data.get(from + i)));
                        }
                        return true;
                    });
        }
    }

    private Step writeAtomic(Context c, WriteAtomic write) {
        int block = c.blockBytes();
        if (write.boundary() != 0) {
            return c.check(Sense.invalidFieldInCdb(10, 7));
        }
        if (write.blocks() * block > limits.maxAtomicBytes()) {
            return c.check(Sense.invalidFieldInCdb(12, 7));
        }
        int alignment = limits.atomicAlignmentBlocks(c.unit().shape());
        if (write.lba() % alignment != 0) {
            return c.check(Sense.invalidFieldInCdb(2, 7));
        }
        if (write.blocks() % alignment != 0) {
            return c.check(Sense.invalidFieldInCdb(12, 7));
        }
        if (write.blocks() == 0) {
            return Context.GOOD;
        }
        c.lun().wrote(clock.millis());
        int bytes = (int) write.blocks() * block;
        return Context.take(
                bytes,
                data -> {
                    if (data.remaining() != bytes) { // all or nothing
                        return c.check(Sense.dataPhaseError());
                    }
                    return c.onRange(
                            write.lba() * block,
                            bytes,
                            device -> {
                                Media.writeWhole(c.state(), device, write.lba() * block, data);
                                return settle(c, device, write.fua());
                            });
                });
    }

    private Step compareAndWrite(Context c, CompareAndWrite compare) {
        if (compare.blocks() > limits.compareAndWriteBlocks(c.unit().shape())) {
            return c.check(Sense.invalidFieldInCdb(13, 7));
        }
        int block = c.blockBytes();
        int half = (int) compare.blocks() * block;
        if (c.request().expectedLength() != 2 * half) { // half a comparison is none
            return c.check(Sense.invalidFieldInCdb(13, 7));
        }
        if (compare.blocks() == 0) {
            return Context.GOOD;
        }
        c.lun().wrote(clock.millis());
        return Context.take(
                2 * half,
                data -> {
                    if (data.remaining() != 2 * half) {
                        return c.check(Sense.dataPhaseError());
                    }
                    ByteBuffer expected = data.slice(data.position(), half);
                    ByteBuffer next = data.slice(data.position() + half, half);
                    return c.onRange(
                            compare.lba() * block,
                            half,
                            device ->
                                    swap(
                                            c,
                                            device,
                                            compare.lba() * block,
                                            expected,
                                            next,
                                            compare));
                });
    }

    private static ScsiResult swap(
            Context c,
            BlockDevice device,
            long offset,
            ByteBuffer expected,
            ByteBuffer next,
            CompareAndWrite compare)
            throws DeviceException {
        int[] wrong = {-1};
        Media.update(
                c.state(),
                device,
                offset,
                expected.remaining(),
                current -> {
                    wrong[0] = current.duplicate().mismatch(expected.duplicate());
                    if (wrong[0] >= 0) {
                        return false;
                    }
                    current.put(next.duplicate());
                    return true;
                });
        return wrong[0] < 0
                ? settle(c, device, compare.fua())
                : c.result(Sense.miscompare(wrong[0]));
    }

    private Step preFetch(Context c, PreFetch fetch) {
        if (tooLong(c, fetch.blocks())) {
            return lengthFault(c);
        }
        int block = c.blockBytes();
        // As much as is asked for at most: the rest of a medium may be more than any cache holds.
        long blocks = fetch.blocks() == 0 ? c.capacityBlocks() - fetch.lba() : fetch.blocks();
        long length = Math.min(blocks * block, limits.maxTransferBytes());
        return new Step.Run(
                Lane.IO,
                () ->
                        c.onMedium(
                                device -> {
                                    Media.readThrough(device, fetch.lba() * block, length);
                                    return ScsiResult.GOOD;
                                }));
    }

    private static Step synchronize(Context c) {
        return new Step.Run(
                Lane.IO,
                () ->
                        c.onMedium(
                                device -> {
                                    device.flush();
                                    return ScsiResult.GOOD;
                                }));
    }
}
