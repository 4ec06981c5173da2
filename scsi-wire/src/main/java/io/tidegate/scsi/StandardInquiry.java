package io.tidegate.scsi;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Standard INQUIRY data (SPC-5, 6.7.2).
 *
 * @param qualifier peripheral qualifier: 0 a unit is there, 1 it could be, 3 it can not
 * @param deviceType peripheral device type; 00h is a direct access block device, 1Fh none
 * @param removable RMB
 * @param version 06h is SPC-4, 07h SPC-5
 * @param portGroups TPGS: 0 none, 1 implicit
 * @param thirdPartyCopy 3PC
 * @param multiPort MULTIP
 * @param queueing CMDQUE
 * @param vendor at most 8 characters
 * @param product at most 16 characters
 * @param revision at most 4 characters
 * @param standards version descriptors, at most eight
 */
public record StandardInquiry(
        int qualifier,
        int deviceType,
        boolean removable,
        int version,
        int portGroups,
        boolean thirdPartyCopy,
        boolean multiPort,
        boolean queueing,
        String vendor,
        String product,
        String revision,
        List<Integer> standards) {

    public static final int LENGTH = 96;
    private static final int SHORTEST = 36;

    public byte[] encode() {
        byte[] out = new byte[LENGTH];
        out[0] = (byte) (qualifier << 5 | deviceType);
        out[1] = (byte) (removable ? 0x80 : 0);
        out[2] = (byte) version;
        out[3] = 0x12; // HISUP, response data format 2
        out[4] = LENGTH - 5;
        out[5] = (byte) (portGroups << 4 | (thirdPartyCopy ? 0x08 : 0));
        out[6] = (byte) (multiPort ? 0x10 : 0);
        out[7] = (byte) (queueing ? 0x02 : 0);
        text(out, 8, vendor, 8);
        text(out, 16, product, 16);
        text(out, 32, revision, 4);
        int at = 58;
        for (int standard : standards.subList(0, Math.min(8, standards.size()))) {
            Be.put16(out, at, standard);
            at += 2;
        }
        return out;
    }

    /** Reads data of a device; null when it is too short to be any. */
    public static @Nullable StandardInquiry parse(byte[] data) {
        if (data.length < SHORTEST) {
            return null;
        }
        return new StandardInquiry(
                Be.u8(data, 0) >>> 5,
                data[0] & 0x1f,
                Be.bit(data, 1, 7),
                Be.u8(data, 2),
                data[5] >>> 4 & 3,
                Be.bit(data, 5, 3),
                Be.bit(data, 6, 4),
                Be.bit(data, 7, 1),
                text(data, 8, 8),
                text(data, 16, 16),
                text(data, 32, 4),
                List.of());
    }

    static void text(byte[] into, int at, String text, int width) {
        Arrays.fill(into, at, at + width, (byte) ' ');
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, into, at, Math.min(width, bytes.length));
    }

    private static String text(byte[] from, int at, int width) {
        return new String(from, at, width, StandardCharsets.US_ASCII).strip();
    }
}
