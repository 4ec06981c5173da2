package io.tidegate.scsi;

import org.jspecify.annotations.Nullable;

/**
 * VPD page B2h (SBC-4, 6.6.9).
 *
 * @param thresholdExponent threshold sets are in units of two to this many blocks; 0 for none
 * @param unmap LBPU: UNMAP gives space back
 * @param writeSame16 LBPWS: WRITE SAME(16) with UNMAP does
 * @param writeSame10 LBPWS10: WRITE SAME(10) with UNMAP does
 * @param readsZeroes LBPRZ: what is not mapped reads as zeroes
 * @param anchors ANC_SUP: anchored blocks are supported
 * @param type 0 not told, 1 resource provisioned, 2 thin
 */
public record Provisioning(
        int thresholdExponent,
        boolean unmap,
        boolean writeSame16,
        boolean writeSame10,
        boolean readsZeroes,
        boolean anchors,
        int type) {

    public static final int PAGE = 0xb2;

    /** Of a unit that is fully provisioned. */
    public static final Provisioning NONE =
            new Provisioning(0, false, false, false, false, false, 0);

    private static final int LENGTH = 8;

    public byte[] encode(int deviceType) {
        byte[] out = Vpd.page(deviceType, PAGE, LENGTH - 4);
        Be.put8(out, 4, thresholdExponent);
        out[5] =
                (byte)
                        ((unmap ? 0x80 : 0)
                                | (writeSame16 ? 0x40 : 0)
                                | (writeSame10 ? 0x20 : 0)
                                | (readsZeroes ? 0x04 : 0)
                                | (anchors ? 0x02 : 0));
        out[6] = (byte) type;
        return out;
    }

    /** Reads a page of a device; null when it is another page. */
    public static @Nullable Provisioning parse(byte[] page) {
        if (page.length < 4 || Be.u8(page, 1) != PAGE) {
            return null;
        }
        byte[] p = Vpd.padded(page, LENGTH);
        return new Provisioning(
                Be.u8(p, 4),
                Be.bit(p, 5, 7),
                Be.bit(p, 5, 6),
                Be.bit(p, 5, 5),
                (p[5] & 0x1c) != 0,
                Be.bit(p, 5, 1),
                p[6] & 7);
    }
}
