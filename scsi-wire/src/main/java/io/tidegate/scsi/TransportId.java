package io.tidegate.scsi;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The TransportID of an iSCSI initiator port (SPC-5, 7.6.4.6).
 *
 * @param initiatorName iSCSI name, in lower case
 * @param isid 48 bits, or -1 when the identifier names the initiator device only
 */
public record TransportId(String initiatorName, long isid) {

    private static final int HEADER = 4;
    private static final String SEPARATOR = ",i,0x";

    /** The bytes, padded to a multiple of four and at least 24. */
    public byte[] encode() {
        String text =
                isid < 0
                        ? initiatorName
                        : initiatorName + SEPARATOR + String.format(Locale.ROOT, "%012x", isid);
        byte[] name = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.max(20, name.length + 4 & ~3); // at least one zero at the end
        byte[] out = new byte[HEADER + length];
        out[0] = (byte) ((isid < 0 ? 0x00 : 0x40) | 0x05);
        Be.put16(out, 2, length);
        System.arraycopy(name, 0, out, HEADER, name.length);
        return out;
    }

    /**
     * Reads one from position to limit.
     *
     * @return null when it is not of an iSCSI initiator, is cut short or not terminated
     */
    public static @Nullable TransportId parse(ByteBuffer data) {
        int start = data.position();
        if (data.remaining() < HEADER) {
            return null;
        }
        int first = data.get(start) & 0xff;
        int length = data.getShort(start + 2) & 0xffff;
        boolean port = first >>> 6 == 1;
        if ((first & 0x0f) != 0x05 || first >>> 6 > 1 || length > data.remaining() - HEADER) {
            return null;
        }
        int end = 0;
        while (end < length && data.get(start + HEADER + end) != 0) {
            end++;
        }
        if (end == length || end == 0) {
            return null;
        }
        byte[] name = new byte[end];
        data.get(start + HEADER, name);
        String text = new String(name, StandardCharsets.UTF_8).toLowerCase(Locale.ROOT);
        if (!port) {
            return new TransportId(text, -1);
        }
        int cut = text.indexOf(SEPARATOR);
        String hex = cut < 1 ? "" : text.substring(cut + SEPARATOR.length());
        if (!hex.matches("[0-9a-f]{12}")) {
            return null;
        }
        return new TransportId(text.substring(0, cut), Long.parseLong(hex, 16));
    }
}
