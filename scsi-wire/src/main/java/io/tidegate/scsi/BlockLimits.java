package io.tidegate.scsi;

import org.jspecify.annotations.Nullable;

/**
 * VPD page B0h (SBC-4, 6.6.4). All counts are logical blocks and unsigned; 0 means not told.
 *
 * @param writeSameNonZero WSNZ: WRITE SAME of 0 blocks is refused
 * @param maxCompareAndWrite at most 255; 0 means not supported
 * @param optimalGranularity at most 65535
 * @param maxUnmapDescriptors descriptors in one UNMAP
 * @param unmapAlignment first block of a unit of the granularity
 * @param maxWriteSame longest WRITE SAME; 0 for no limit
 * @param atomic limits of WRITE ATOMIC
 */
public record BlockLimits(
        boolean writeSameNonZero,
        int maxCompareAndWrite,
        int optimalGranularity,
        long maxTransfer,
        long optimalTransfer,
        long maxPrefetch,
        long maxUnmap,
        long maxUnmapDescriptors,
        long unmapGranularity,
        long unmapAlignment,
        long maxWriteSame,
        Atomic atomic) {

    public static final int PAGE = 0xb0;
    private static final int LENGTH = 64;

    /**
     * Limits of WRITE ATOMIC, in logical blocks.
     *
     * @param boundaryTransfer longest transfer with a boundary
     * @param boundarySize longest boundary, 0 when there are none
     */
    public record Atomic(
            long maxTransfer,
            long alignment,
            long granularity,
            long boundaryTransfer,
            long boundarySize) {

        public static final Atomic NONE = new Atomic(0, 0, 0, 0, 0);
    }

    public byte[] encode(int deviceType) {
        byte[] out = Vpd.page(deviceType, PAGE, LENGTH - 4);
        out[4] = (byte) (writeSameNonZero ? 1 : 0);
        Be.put8(out, 5, maxCompareAndWrite);
        Be.put16(out, 6, optimalGranularity);
        Be.put32(out, 8, maxTransfer);
        Be.put32(out, 12, optimalTransfer);
        Be.put32(out, 16, maxPrefetch);
        Be.put32(out, 20, maxUnmap);
        Be.put32(out, 24, maxUnmapDescriptors);
        Be.put32(out, 28, unmapGranularity);
        Be.put32(out, 32, unmapGranularity == 0 ? 0 : unmapAlignment | 0x8000_0000L); // UGAVALID
        Be.put64(out, 36, maxWriteSame);
        Be.put32(out, 44, atomic.maxTransfer);
        Be.put32(out, 48, atomic.alignment);
        Be.put32(out, 52, atomic.granularity);
        Be.put32(out, 56, atomic.boundaryTransfer);
        Be.put32(out, 60, atomic.boundarySize);
        return out;
    }

    /** Reads a page of a device; older ones are shorter. Null when it is another page. */
    public static @Nullable BlockLimits parse(byte[] page) {
        if (page.length < 4 || Be.u8(page, 1) != PAGE) {
            return null;
        }
        byte[] p = Vpd.padded(page, LENGTH);
        boolean aligned = Be.bit(p, 32, 7);
        return new BlockLimits(
                Be.bit(p, 4, 0),
                Be.u8(p, 5),
                Be.u16(p, 6),
                Be.u32(p, 8),
                Be.u32(p, 12),
                Be.u32(p, 16),
                Be.u32(p, 20),
                Be.u32(p, 24),
                Be.u32(p, 28),
                aligned ? Be.u32(p, 32) & 0x7fff_ffffL : 0,
                Be.i64(p, 36),
                new Atomic(
                        Be.u32(p, 44), Be.u32(p, 48), Be.u32(p, 52), Be.u32(p, 56), Be.u32(p, 60)));
    }
}
