package io.tidegate.target.iscsi;

import io.netty.buffer.ByteBuf;
import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;

/** Reads of which the host wants no whole blocks, or takes them in odd pieces. Rare. */
final class UnalignedRead {

    private UnalignedRead() {}

    /**
     * Reads the blocks around a range.
     *
     * @param like a buffer whose allocator is used
     * @return the range as what is readable; the caller releases it
     */
    static ByteBuf read(ByteBuf like, BlockDevice device, long from, int length)
            throws DeviceException {
        int block = device.geometry().logicalBlockBytes();
        int before = (int) (from % block);
        int whole = (before + length + block - 1) / block * block;
        ByteBuf buf = like.alloc().directBuffer(whole);
        boolean read = false;
        try {
            device.read(from - before, buf.internalNioBuffer(0, whole));
            buf.setIndex(before, before + length);
            read = true;
            return buf;
        } finally {
            if (!read) {
                buf.release();
            }
        }
    }
}
