package io.tidegate.scsi;

import org.jspecify.annotations.Nullable;

/**
 * What READ CAPACITY answers (SBC-4, 5.20 and 5.21).
 *
 * @param blocks number of logical blocks
 * @param blockBytes length of a logical block in bytes
 * @param exponent logical blocks in a physical block, as power of two
 * @param alignment lowest aligned LBA
 * @param thin LBPME
 * @param readsZeroes LBPRZ
 */
public record Capacity(
        long blocks,
        int blockBytes,
        int exponent,
        int alignment,
        boolean thin,
        boolean readsZeroes) {

    public static final int LENGTH_10 = 8;
    public static final int LENGTH_16 = 32;

    /** The short answer; FFFFFFFFh as last block says that only the long one can tell. */
    public byte[] encode10() {
        byte[] out = new byte[LENGTH_10];
        Be.put32(out, 0, Math.min(blocks - 1, 0xffffffffL));
        Be.put32(out, 4, blockBytes);
        return out;
    }

    public byte[] encode16() {
        byte[] out = new byte[LENGTH_16];
        Be.put64(out, 0, blocks - 1);
        Be.put32(out, 8, blockBytes);
        Be.put8(out, 13, exponent & 0x0f);
        Be.put16(out, 14, alignment & 0x3fff | (thin ? 0x8000 : 0) | (readsZeroes ? 0x4000 : 0));
        return out;
    }

    /** Reads the short answer of a device; null when it is cut short. */
    public static @Nullable Capacity parse10(byte[] data) {
        return data.length < LENGTH_10
                ? null
                : new Capacity(Be.u32(data, 0) + 1, Be.i32(data, 4), 0, 0, false, false);
    }

    /** Reads the long answer of a device; null when it is cut short. */
    public static @Nullable Capacity parse16(byte[] data) {
        if (data.length < 16) {
            return null;
        }
        int flags = Be.u16(data, 14);
        return new Capacity(
                Be.i64(data, 0) + 1,
                Be.i32(data, 8),
                data[13] & 0x0f,
                flags & 0x3fff,
                (flags & 0x8000) != 0,
                (flags & 0x4000) != 0);
    }
}
