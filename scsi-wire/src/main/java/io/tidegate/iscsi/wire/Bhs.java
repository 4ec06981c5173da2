package io.tidegate.iscsi.wire;

import io.netty.buffer.ByteBuf;

/**
 * The fields that every basic header segment has in the same place (RFC 7143, 11.2.1). All methods
 * read at {@code index}, where the 48 bytes of the segment begin, and move no reader index.
 */
public final class Bhs {
    /** Bytes of the basic header segment. */
    public static final int LENGTH = 48;

    /** A task tag that stands for none (RFC 7143, 11.2.1.8). */
    public static final int NO_TAG = 0xffffffff;

    static final int IMMEDIATE = 0x40;
    static final int FINAL = 0x80;

    private Bhs() {}

    /** Operation code without the immediate bit; see {@link Opcode}. */
    public static int opcode(ByteBuf buf, int index) {
        return buf.getByte(index) & 0x3f;
    }

    public static boolean immediate(ByteBuf buf, int index) {
        return (buf.getByte(index) & IMMEDIATE) != 0;
    }

    /** Bytes of all additional header segments, a multiple of four, at most 1020. */
    public static int ahsLength(ByteBuf buf, int index) {
        return buf.getUnsignedByte(index + 4) * 4;
    }

    /** Bytes of the data segment without padding, at most 2^24-1. */
    public static int dataSegmentLength(ByteBuf buf, int index) {
        return buf.getUnsignedMedium(index + 5);
    }

    public static long lun(ByteBuf buf, int index) {
        return buf.getLong(index + 8);
    }

    public static int initiatorTaskTag(ByteBuf buf, int index) {
        return buf.getInt(index + 16);
    }

    /** Bytes that have to follow a segment of {@code length} bytes to reach a multiple of four. */
    public static int padding(int length) {
        return -length & 3;
    }

    /**
     * Makes room for a header at the writer index, all zero but for its first bytes, and moves the
     * writer index behind it.
     *
     * @return the index at which the header begins
     */
    static int begin(ByteBuf out, int first, int flags, int ahsLength, int dataLength) {
        out.ensureWritable(LENGTH);
        int at = out.writerIndex();
        out.setInt(at, first << 24 | (flags & 0xff) << 16);
        out.setInt(at + 4, (ahsLength / 4) << 24 | dataLength);
        out.setLong(at + 8, 0);
        out.setLong(at + 16, 0);
        out.setLong(at + 24, 0);
        out.setLong(at + 32, 0);
        out.setLong(at + 40, 0);
        out.writerIndex(at + LENGTH);
        return at;
    }

    static int flag(boolean set, int bit) {
        return set ? bit : 0;
    }
}
