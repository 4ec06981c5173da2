package io.tidegate.scsi.copy;

import io.tidegate.scsi.Designator;
import io.tidegate.scsi.Designator.Association;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * An identification descriptor CSCD descriptor, type E4h: names a copy source or copy destination
 * by a designator (SPC-4, 6.4.5.5). The only type that is implemented; all others are refused by
 * their type code.
 *
 * @param unitType LU ID TYPE, 0 to 3: ignored, the designator says all
 * @param nul NUL bit: a null device, obsolete
 * @param deviceType peripheral device type, 0 to 31
 * @param relativePort relative initiator port identifier; 0 for any
 * @param pad PAD bit: pad inexact data
 * @param fixed FIXED bit: of stream devices
 * @param blockBytes bytes of a block of the device, 0 for what the device itself says
 */
public record CscdDescriptor(
        int unitType,
        boolean nul,
        int deviceType,
        int relativePort,
        Designator designator,
        boolean pad,
        boolean fixed,
        int blockBytes) {

    public static final int TYPE = 0xe4;

    /** Bytes of the longest designator that fits. */
    public static final int MAX_DESIGNATOR = 20;

    /** Bytes of every CSCD descriptor that is not an extension of another. */
    public static final int LENGTH = 32;

    /** Peripheral device type of direct access block devices. */
    public static final int DIRECT_ACCESS = 0;

    public CscdDescriptor {
        if ((unitType & ~3) != 0 || (deviceType & ~0x1f) != 0) {
            throw new IllegalArgumentException(unitType + ", device type " + deviceType);
        }
        if ((relativePort & ~0xffff) != 0 || (blockBytes & ~0xff_ffff) != 0) {
            throw new IllegalArgumentException("port " + relativePort + ", block " + blockBytes);
        }
        if (designator.value().length > MAX_DESIGNATOR) {
            throw new IllegalArgumentException(designator + " is too long");
        }
    }

    /**
     * Whether it names what {@code whole} names. Those who copy a designator from the device
     * identification page cut it where it is longer than there is room for: 20 bytes match what
     * begins with them.
     */
    public boolean names(Designator whole) {
        byte[] value = whole.value();
        return designator.equals(
                value.length <= MAX_DESIGNATOR
                        ? whole
                        : new Designator(
                                whole.association(),
                                whole.codeSet(),
                                whole.type(),
                                Arrays.copyOf(value, MAX_DESIGNATOR)));
    }

    /** A block device by its designator, as initiators name it. */
    public static CscdDescriptor of(Designator designator, int blockBytes) {
        return new CscdDescriptor(0, false, 0, 0, designator, false, false, blockBytes);
    }

    static CscdDescriptor parse(ByteBuffer list, int at) {
        int first = list.get(at + 1) & 0xff;
        int last = list.getInt(at + 28);
        return new CscdDescriptor(
                first >>> 6,
                (first & 0x20) != 0,
                first & 0x1f,
                list.getShort(at + 2) & 0xffff,
                designator(list, at),
                (last & 0x0400_0000) != 0,
                (last & 0x0100_0000) != 0,
                last & 0xff_ffff);
    }

    private static Designator designator(ByteBuffer list, int at) {
        byte[] value = new byte[list.get(at + 7) & 0xff];
        list.get(at + 8, value);
        int names = list.get(at + 5);
        return new Designator(
                Association.values()[names >>> 4 & 3], list.get(at + 4) & 0xf, names & 0xf, value);
    }

    void encode(ByteBuffer list, int at) {
        list.put(at, (byte) TYPE);
        list.put(at + 1, (byte) (unitType << 6 | (nul ? 0x20 : 0) | deviceType));
        list.putShort(at + 2, (short) relativePort);
        list.put(at + 4, (byte) designator.codeSet());
        list.put(at + 5, (byte) (designator.association().ordinal() << 4 | designator.type()));
        list.put(at + 7, (byte) designator.value().length);
        list.put(at + 8, designator.value());
        list.putInt(at + 28, (pad ? 0x0400_0000 : 0) | (fixed ? 0x0100_0000 : 0) | blockBytes);
    }
}
