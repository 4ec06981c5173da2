package io.tidegate.scsi;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * Vital product data pages that are simple enough to need no record (SPC-5, 7.7; SBC-4, 6.6). Each
 * answers the page with its header of four bytes.
 */
public final class Vpd {

    public static final int SUPPORTED = 0x00;
    public static final int SERIAL = 0x80;
    public static final int EXTENDED_INQUIRY = 0x86;
    public static final int MODE_PAGE_POLICY = 0x87;
    public static final int SCSI_PORTS = 0x88;
    public static final int THIRD_PARTY_COPY = 0x8f;
    public static final int CHARACTERISTICS = 0xb1;

    private Vpd() {}

    static byte[] page(int deviceType, int page, int length) {
        byte[] out = new byte[4 + length];
        out[0] = (byte) deviceType;
        out[1] = (byte) page;
        Be.put16(out, 2, length);
        return out;
    }

    /** At least {@code length} bytes, zeroes after what the page says it has. */
    static byte[] padded(byte[] page, int length) {
        int told = Math.min(page.length, 4 + Be.u16(page, 2));
        return Arrays.copyOf(Arrays.copyOf(page, told), Math.max(told, length));
    }

    /**
     * @param pages in ascending order
     */
    public static byte[] supported(int deviceType, List<Integer> pages) {
        byte[] out = page(deviceType, SUPPORTED, pages.size());
        for (int i = 0; i < pages.size(); i++) {
            Be.put8(out, 4 + i, pages.get(i));
        }
        return out;
    }

    public static byte[] serial(int deviceType, String serial) {
        byte[] text = serial.getBytes(StandardCharsets.US_ASCII);
        byte[] out = page(deviceType, SERIAL, text.length);
        System.arraycopy(text, 0, out, 4, text.length);
        return out;
    }

    /** No protection; simple tasks only; volatile caches; attentions cleared per nexus. */
    public static byte[] extendedInquiry(int deviceType) {
        byte[] out = page(deviceType, EXTENDED_INQUIRY, 60);
        out[5] = 0x01; // SIMPSUP: the other attributes run like it, so they are not promised
        out[6] = 0x01; // V_SUP
        out[7] = 0x01; // LUICLR
        return out;
    }

    /** One policy, shared by all nexuses, for all mode pages. */
    public static byte[] modePagePolicy(int deviceType) {
        byte[] out = page(deviceType, MODE_PAGE_POLICY, 4);
        out[4] = 0x3f;
        out[5] = (byte) 0xff;
        return out;
    }

    /**
     * Target ports.
     *
     * @param names of the ports, by relative identifier
     */
    public static byte[] scsiPorts(int deviceType, SortedMap<Integer, Designator> names) {
        int length = names.values().stream().mapToInt(n -> 16 + n.value().length).sum();
        byte[] out = page(deviceType, SCSI_PORTS, length);
        int at = 4;
        for (Map.Entry<Integer, Designator> port : names.entrySet()) {
            int described = 4 + port.getValue().value().length;
            Be.put16(out, at + 2, port.getKey());
            Be.put16(out, at + 10, described);
            port.getValue().put(out, at + 12);
            at += 12 + described;
        }
        return out;
    }

    /**
     * @param rotation 0001h for a medium that does not rotate, else revolutions a minute
     * @param erases whether SANITIZE has BLOCK ERASE; what was erased can be read then (WABEREQ)
     */
    public static byte[] characteristics(int deviceType, int rotation, boolean erases) {
        byte[] out = page(deviceType, CHARACTERISTICS, 60);
        Be.put16(out, 4, rotation);
        out[7] = (byte) (erases ? 0x40 : 0);
        return out;
    }
}
