package io.tidegate.target.device;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Discardable;
import io.tidegate.block.ExtentMapped;
import io.tidegate.scsi.Be;
import io.tidegate.scsi.ProvisioningCommand;
import io.tidegate.scsi.ProvisioningCommand.GetLbaStatus;
import io.tidegate.scsi.ProvisioningCommand.Sanitize;
import io.tidegate.scsi.ProvisioningCommand.Unmap;
import io.tidegate.scsi.ProvisioningCommand.WriteSame;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.UnmapList;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;

/**
 * Commands that give space back, fill ranges or tell what is mapped (SBC-4, 4.7).
 *
 * <p>Blocks are mapped or deallocated, never anchored: an anchored block promises that a write to
 * it finds its space. A pool that writes to new places cannot set space aside for single blocks of
 * a thin volume; and where it is set aside for a whole one, a promotion may bring a replica that
 * has none. ANC_SUP is 0, and ANCHOR is refused.
 */
final class ProvisioningHandler implements Handler<ProvisioningCommand> {

    private static final int STATUS_HEADER = 8;
    private static final int STATUS_DESCRIPTOR = 16;
    private static final int MAX_STATUS_DESCRIPTORS = 512;

    private final DeviceLimits limits;
    private final Clock clock;
    private final Sanitizer sanitizer;

    ProvisioningHandler(DeviceLimits limits, Clock clock, Sanitizer sanitizer) {
        this.limits = limits;
        this.clock = clock;
        this.sanitizer = sanitizer;
    }

    @Override
    public Step begin(Context c, ProvisioningCommand command) {
        return switch (command) {
            case Unmap unmap -> unmap(c, unmap);
            case WriteSame same -> writeSame(c, same);
            case GetLbaStatus status -> status(c, status);
            case Sanitize sanitize -> sanitizer.begin(c, sanitize);
        };
    }

    /** Where a device has to write zeroes instead, long ranges take their time. */
    private static Lane lane(Context c) {
        return c.unit().device() instanceof Discardable ? Lane.IO : Lane.LONG;
    }

    private Step unmap(Context c, Unmap unmap) {
        if (unmap.anchor()) {
            return c.check(Sense.invalidFieldInCdb(1, 0));
        }
        if (unmap.parameterLength() == 0) {
            return Context.GOOD;
        }
        c.lun().wrote(clock.millis());
        return Context.take(unmap.parameterLength(), lane(c), data -> unmap(c, data));
    }

    private Step unmap(Context c, ByteBuffer data) {
        UnmapList.Parsed parsed = UnmapList.parse(data, limits.maxUnmapDescriptors());
        UnmapList list = parsed.list();
        if (list == null) {
            Sense fault = parsed.fault();
            return c.check(fault == null ? Sense.invalidFieldInParameterList() : fault);
        }
        int block = c.blockBytes();
        long sum = 0;
        for (UnmapList.Range range : list.ranges()) {
            if (!Range.fitsOrEnds(range.lba(), range.blocks(), c.capacityBlocks())) {
                return c.check(Sense.lbaOutOfRange());
            }
            sum += range.blocks();
        }
        if (sum > Math.min(limits.maxUnmapBytes() / block, 0xffffffffL)) {
            return c.check(Sense.invalidFieldInParameterList());
        }
        return c.onMedium(
                device -> {
                    for (UnmapList.Range range : list.ranges()) {
                        ScsiResult one = discard(c, device, range);
                        if (one != ScsiResult.GOOD) {
                            return one;
                        }
                    }
                    return MediumHandler.settle(c, device, false);
                });
    }

    private static ScsiResult discard(Context c, BlockDevice device, UnmapList.Range range)
            throws DeviceException {
        long offset = range.lba() * c.blockBytes();
        long length = range.blocks() * c.blockBytes();
        return c.inTurn(
                device,
                offset,
                length,
                d -> {
                    Media.discard(d, offset, length);
                    return ScsiResult.GOOD;
                });
    }

    private Step writeSame(Context c, WriteSame same) {
        int block = c.blockBytes();
        if (!Range.fits(same.lba(), same.blocks(), c.capacityBlocks())) {
            return c.check(Sense.lbaOutOfRange());
        }
        if (same.anchor()) {
            return c.check(Sense.invalidFieldInCdb(1, 4));
        }
        if (same.unmap() && !c.unit().shape().thin()) {
            return c.check(Sense.invalidFieldInCdb(1, 3));
        }
        long most = limits.writeSameBlocks(c.unit().shape());
        boolean refused =
                same.blocks() == 0
                        ? !limits.writeSameToEnd(c.unit().shape())
                        : most != 0 && same.blocks() > most;
        if (refused) {
            return c.check(Sense.invalidFieldInCdb(c.request().opcode() == 0x41 ? 7 : 10, 7));
        }
        if (!same.noData() && c.request().expectedLength() != block) {
            return c.check(Sense.invalidFieldInCdb(1, 0));
        }
        c.lun().wrote(clock.millis());
        if (same.noData()) {
            return WriteSameWork.of(c, same, ByteBuffer.allocate(block)).begin();
        }
        return Context.take(
                block,
                data -> {
                    if (data.remaining() != block) {
                        return c.check(Sense.dataPhaseError());
                    }
                    ByteBuffer pattern = ByteBuffer.allocate(block).put(data).flip();
                    return WriteSameWork.of(c, same, pattern).begin();
                });
    }

    private static Step status(Context c, GetLbaStatus command) {
        if (!Range.fits(command.lba(), 0, c.capacityBlocks())) {
            return c.check(Sense.lbaOutOfRange());
        }
        long room = command.allocation() & 0xffffffffL;
        int most =
                (int) Math.min((room - STATUS_HEADER) / STATUS_DESCRIPTOR, MAX_STATUS_DESCRIPTORS);
        return new Step.Run(
                Lane.IO,
                () ->
                        c.onMedium(
                                device -> {
                                    byte[] data =
                                            status(c, device, command.lba(), Math.max(1, most));
                                    return ScsiResult.data(data, command.allocation());
                                }));
    }

    private static byte[] status(Context c, BlockDevice device, long lba, int most)
            throws DeviceException {
        int block = c.blockBytes();
        long offset = lba * block;
        long length = (c.capacityBlocks() - lba) * block;
        List<ExtentMapped.Run> runs =
                device instanceof ExtentMapped mapped
                        ? mapped.runs(offset, length, most)
                        : List.of(new ExtentMapped.Run(offset, length, true));
        byte[] out = new byte[STATUS_HEADER + STATUS_DESCRIPTOR * runs.size()];
        Be.put32(out, 0, out.length - 4);
        int at = STATUS_HEADER;
        for (ExtentMapped.Run run : runs) {
            Be.put64(out, at, run.offset() / block);
            Be.put32(out, at + 8, Math.min(run.length() / block, 0xffffffffL));
            Be.put8(out, at + 12, run.mapped() ? 0 : 1);
            at += STATUS_DESCRIPTOR;
            if (run.length() / block > 0xffffffffL) {
                break; // the next descriptor would leave a gap
            }
        }
        if (at < out.length) {
            out = Arrays.copyOf(out, at);
            Be.put32(out, 0, at - 4);
        }
        return out;
    }
}
