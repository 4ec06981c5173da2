package io.tidegate.scsi.copy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A designation descriptor's content, as the device identification page has it and a CSCD
 * descriptor repeats it (SPC-4, 7.8.5). Immutable.
 */
public final class Designator {

    /** Code set: binary. */
    public static final int BINARY = 1;

    /** Code set: ASCII. */
    public static final int ASCII = 2;

    /** Code set: UTF-8. */
    public static final int UTF_8 = 3;

    /** Association: the logical unit. */
    public static final int LOGICAL_UNIT = 0;

    public static final int VENDOR_SPECIFIC = 0;
    public static final int T10_VENDOR = 1;
    public static final int EUI_64 = 2;
    public static final int NAA = 3;
    public static final int RELATIVE_TARGET_PORT = 4;
    public static final int TARGET_PORT_GROUP = 5;
    public static final int LOGICAL_UNIT_GROUP = 6;
    public static final int MD5 = 7;
    public static final int SCSI_NAME = 8;
    public static final int PROTOCOL_SPECIFIC_PORT = 9;
    public static final int UUID = 0xa;

    /** The longest one that a CSCD descriptor holds. */
    public static final int MAX_LENGTH = 20;

    private final int codeSet;
    private final int association;
    private final int type;
    private final byte[] value;

    /**
     * @param codeSet 0 to 15, see {@link #BINARY}, {@link #ASCII}, {@link #UTF_8}
     * @param association 0 to 3, see {@link #LOGICAL_UNIT}
     * @param type 0 to 15, see {@link #NAA} and its like
     * @param value at most {@link #MAX_LENGTH} bytes
     */
    public Designator(int codeSet, int association, int type, byte[] value) {
        if ((codeSet & ~0xf) != 0 || (association & ~3) != 0 || (type & ~0xf) != 0) {
            throw new IllegalArgumentException(codeSet + ", " + association + ", " + type);
        }
        if (value.length > MAX_LENGTH) {
            throw new IllegalArgumentException("designator of " + value.length + " bytes");
        }
        this.codeSet = codeSet;
        this.association = association;
        this.type = type;
        this.value = value.clone();
    }

    /** The NAA designator of a logical unit; 8 or 16 bytes. */
    public static Designator naa(byte[] value) {
        return new Designator(BINARY, LOGICAL_UNIT, NAA, value);
    }

    public int codeSet() {
        return codeSet;
    }

    public int association() {
        return association;
    }

    public int type() {
        return type;
    }

    /** A copy. */
    public byte[] value() {
        return value.clone();
    }

    public int length() {
        return value.length;
    }

    /**
     * Whether it names what {@code whole} names. A designator longer than a CSCD descriptor has
     * room for is cut by those who send it, so 20 bytes match what begins with them.
     *
     * @param whole the value in the device identification page, of any length
     */
    public boolean matches(int otherCodeSet, int otherAssociation, int otherType, byte[] whole) {
        if (codeSet != otherCodeSet || association != otherAssociation || type != otherType) {
            return false;
        }
        return value.length == MAX_LENGTH && whole.length > MAX_LENGTH
                ? Arrays.equals(value, 0, MAX_LENGTH, whole, 0, MAX_LENGTH)
                : Arrays.equals(value, whole);
    }

    /** Reads bytes 4 to 27 of a CSCD descriptor. The length has been checked. */
    static Designator parse(ByteBuffer descriptor, int at) {
        byte[] value = new byte[descriptor.get(at + 7) & 0xff];
        descriptor.get(at + 8, value);
        return new Designator(
                descriptor.get(at + 4) & 0xf,
                descriptor.get(at + 5) >>> 4 & 3,
                descriptor.get(at + 5) & 0xf,
                value);
    }

    void encode(ByteBuffer descriptor, int at) {
        descriptor.put(at + 4, (byte) codeSet);
        descriptor.put(at + 5, (byte) (association << 4 | type));
        descriptor.put(at + 7, (byte) value.length);
        descriptor.put(at + 8, value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Designator d
                && codeSet == d.codeSet
                && association == d.association
                && type == d.type
                && Arrays.equals(value, d.value);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(value) * 31 + (codeSet << 8 | association << 4 | type);
    }

    @Override
    public String toString() {
        return "designator " + type + " " + HexFormat.of().formatHex(value);
    }
}
