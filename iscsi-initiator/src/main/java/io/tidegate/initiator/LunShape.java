package io.tidegate.initiator;

import io.tidegate.block.DeviceException;
import io.tidegate.block.DeviceException.Kind;
import io.tidegate.block.Geometry;
import io.tidegate.scsi.BlockLimits;
import io.tidegate.scsi.Capacity;
import io.tidegate.scsi.DiscoveryCommand;
import io.tidegate.scsi.Provisioning;
import io.tidegate.scsi.UnitCommand;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a LUN says of itself, brought within sane bounds: a target may say anything.
 *
 * @param maxTransferBytes longest READ or WRITE that is sent, whole blocks
 * @param maxWriteSameBlocks longest WRITE SAME that is sent
 * @param maxCompareBlocks longest COMPARE AND WRITE; 0 when there is none
 * @param unmapsWithWriteSame whether WRITE SAME(16) with UNMAP gives space back
 * @param readsZeroes whether blocks that are not mapped read as zeroes
 */
record LunShape(
        Geometry geometry,
        int maxTransferBytes,
        int maxWriteSameBlocks,
        int maxCompareBlocks,
        boolean unmapsWithWriteSame,
        boolean readsZeroes) {

    /** Longest transfer of ours; longer calls are cut into several. */
    static final int MAX_TRANSFER_BYTES = 1 << 20;

    private static final int MAX_WRITE_SAME_BLOCKS = 1 << 20;
    private static final int USUAL_WRITE_SAME_BLOCKS = 32768;
    private static final int PAGE_BYTES = 255;

    static LunShape ask(LunIo io) throws DeviceException {
        byte[] data = read(io, new UnitCommand.ReadCapacity16(32).encode(), 32);
        Capacity capacity = Capacity.parse16(data);
        if (capacity == null) {
            throw wrong(io, "READ CAPACITY(16) was answered with " + data.length + " bytes");
        }
        Geometry geometry = geometry(io, capacity);
        BlockLimits limits = BlockLimits.parse(page(io, BlockLimits.PAGE));
        Provisioning provisioning = Provisioning.parse(page(io, Provisioning.PAGE));
        int block = geometry.logicalBlockBytes();
        long most =
                limits == null || limits.maxTransfer() == 0 ? Long.MAX_VALUE : limits.maxTransfer();
        long same = limits == null ? 0 : limits.maxWriteSame();
        return new LunShape(
                geometry,
                (int) Math.min(MAX_TRANSFER_BYTES / block, most) * block,
                same <= 0 ? USUAL_WRITE_SAME_BLOCKS : (int) Math.min(MAX_WRITE_SAME_BLOCKS, same),
                limits == null ? 0 : limits.maxCompareAndWrite(),
                provisioning != null && provisioning.writeSame16(),
                capacity.readsZeroes());
    }

    private static Geometry geometry(LunIo io, Capacity capacity) throws DeviceException {
        try {
            long physical = (long) capacity.blockBytes() << capacity.exponent();
            return new Geometry(
                    capacity.blockBytes(),
                    (int) Math.clamp(physical, 512, 1 << 20),
                    capacity.blocks());
        } catch (IllegalArgumentException e) {
            throw wrong(
                    io,
                    "a size that cannot be used: "
                            + capacity.blocks()
                            + " blocks of "
                            + capacity.blockBytes());
        }
    }

    /** A VPD page, or nothing when the LUN has it not. */
    private static byte[] page(LunIo io, int page) throws DeviceException {
        ByteBuffer into = ByteBuffer.allocate(PAGE_BYTES);
        byte[] cdb = new DiscoveryCommand.Inquiry(true, page, PAGE_BYTES).encode();
        LunIo.Request request = io.reading(cdb, into, Kind.READ, 0);
        CommandResult result = io.answer(request, io.begin(request));
        return result.good() ? Arrays.copyOf(into.array(), result.received()) : new byte[0];
    }

    private static byte[] read(LunIo io, byte[] cdb, int length) throws DeviceException {
        ByteBuffer into = ByteBuffer.allocate(length);
        CommandResult result = io.run(io.reading(cdb, into, Kind.READ, 0));
        return Arrays.copyOf(into.array(), result.received());
    }

    private static DeviceException wrong(LunIo io, String what) {
        return new DeviceException(Kind.GONE, io.name(), 0, 0, what);
    }

    /** This with another size, when the LUN has only grown; null when it is another LUN now. */
    @Nullable LunShape grownTo(LunShape now) {
        return now.geometry.logicalBlockBytes() == geometry.logicalBlockBytes()
                        && now.geometry.blocks() >= geometry.blocks()
                ? now
                : null;
    }
}
