package io.tidegate.scsi;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * One name in the device identification page 83h (SPC-5, 7.7.6).
 *
 * @param association what is named
 * @param codeSet 1 binary, 2 ASCII, 3 UTF-8
 * @param type 1 T10 vendor, 3 NAA, 4 relative port, 5 target port group, 8 SCSI name, 10 UUID
 * @param value the name
 */
public record Designator(Association association, int codeSet, int type, byte[] value) {

    public static final int PAGE = 0x83;
    public static final int TYPE_NAA = 3;
    private static final int ISCSI = 5;
    private static final int HEADER = 4;

    /** What a designator names. */
    public enum Association {
        LOGICAL_UNIT,
        TARGET_PORT,
        TARGET_DEVICE,
        RESERVED
    }

    public static Designator naa(byte[] naa) {
        return new Designator(Association.LOGICAL_UNIT, 1, TYPE_NAA, naa.clone());
    }

    /** Vendor, padded to eight characters, and what that vendor makes unique. */
    public static Designator t10(String vendor, String specific) {
        byte[] value = new byte[8 + specific.length()];
        StandardInquiry.text(value, 0, vendor, 8);
        StandardInquiry.text(value, 8, specific, specific.length());
        return new Designator(Association.LOGICAL_UNIT, 2, 1, value);
    }

    public static Designator uuid(UUID uuid) {
        byte[] value = new byte[18];
        value[0] = 0x10;
        Be.put64(value, 2, uuid.getMostSignificantBits());
        Be.put64(value, 10, uuid.getLeastSignificantBits());
        return new Designator(Association.LOGICAL_UNIT, 1, 10, value);
    }

    public static Designator relativePort(int port) {
        return number(Association.TARGET_PORT, 4, port);
    }

    public static Designator portGroup(int group) {
        return number(Association.TARGET_PORT, 5, group);
    }

    /** A SCSI name string, zero-terminated and padded to a multiple of four. */
    public static Designator name(Association association, String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        return new Designator(association, 3, 8, Arrays.copyOf(text, text.length + 4 & ~3));
    }

    private static Designator number(Association association, int type, int value) {
        byte[] bytes = new byte[4];
        Be.put16(bytes, 2, value);
        return new Designator(association, 1, type, bytes);
    }

    /** Page 83h with its header. */
    public static byte[] page(int deviceType, List<Designator> designators) {
        int length = designators.stream().mapToInt(d -> HEADER + d.value.length).sum();
        byte[] out = Vpd.page(deviceType, PAGE, length);
        int at = 4;
        for (Designator d : designators) {
            at += d.put(out, at);
        }
        return out;
    }

    /** Writes header and value; answers how many bytes that were. */
    int put(byte[] out, int at) {
        boolean port = association != Association.LOGICAL_UNIT;
        out[at] = (byte) ((port ? ISCSI << 4 : 0) | codeSet);
        out[at + 1] = (byte) ((port ? 0x80 : 0) | association.ordinal() << 4 | type);
        out[at + 3] = (byte) value.length;
        System.arraycopy(value, 0, out, at + HEADER, value.length);
        return HEADER + value.length;
    }

    /** Reads page 83h of a device as far as it is whole. */
    public static List<Designator> parsePage(byte[] page) {
        List<Designator> found = new ArrayList<>();
        if (page.length < 4 || Be.u8(page, 1) != PAGE) {
            return found;
        }
        int end = Math.min(page.length, 4 + Be.u16(page, 2));
        int at = 4;
        while (at + HEADER <= end) {
            int length = Be.u8(page, at + 3);
            if (at + HEADER + length > end) {
                break;
            }
            Association association = Association.values()[page[at + 1] >>> 4 & 3];
            byte[] value = Arrays.copyOfRange(page, at + HEADER, at + HEADER + length);
            found.add(new Designator(association, page[at] & 0x0f, page[at + 1] & 0x0f, value));
            at += HEADER + length;
        }
        return found;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Designator d
                && association == d.association
                && codeSet == d.codeSet
                && type == d.type
                && Arrays.equals(value, d.value);
    }

    @Override
    public int hashCode() {
        return 31 * type + Arrays.hashCode(value);
    }
}
