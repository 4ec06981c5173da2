package io.tidegate.iscsi.wire;

import io.netty.buffer.ByteBuf;

/**
 * The additional header segments of a SCSI Command (RFC 7143, 11.2.2).
 *
 * @param extendedCdb bytes 16 and on of a long CDB; empty when there is none
 * @param bidiReadLength expected read length of a bidirectional command; 0 when there is none
 */
record AdditionalHeaders(byte[] extendedCdb, int bidiReadLength) {
    private static final int EXTENDED_CDB = 1;
    private static final int BIDI_READ_LENGTH = 2;

    /** The longest CDB there is has 260 bytes (SPC-5, 4.2.4). */
    private static final int MAX_EXTENSION = 244;

    /** Reads {@code length} bytes at {@code at}; unknown types and repeats are refused. */
    static AdditionalHeaders parse(ByteBuf buf, int at, int length) throws MalformedPduException {
        byte[] extension = {};
        int bidi = 0;
        int end = at + length;
        int next = at;
        boolean sawBidi = false;
        while (next < end) {
            int own = buf.getUnsignedShort(next);
            int whole = 3 + own + Bhs.padding(3 + own);
            if (own < 1 || whole > end - next) {
                throw new MalformedPduException("additional header of " + own + " bytes");
            }
            int type = buf.getUnsignedByte(next + 2) & 0x3f;
            if (type == EXTENDED_CDB && extension.length == 0 && own - 1 <= MAX_EXTENSION) {
                extension = new byte[own - 1];
                buf.getBytes(next + 4, extension);
            } else if (type == BIDI_READ_LENGTH && !sawBidi && own == 5) {
                sawBidi = true;
                bidi = buf.getInt(next + 4);
            } else {
                throw new MalformedPduException(
                        "additional header type " + type + ", " + own + " bytes");
            }
            next += whole;
        }
        return new AdditionalHeaders(extension, bidi);
    }

    static int encodedLength(int cdbLength, int bidiReadLength) {
        int extension = cdbLength > 16 ? 4 + cdbLength - 16 + Bhs.padding(cdbLength) : 0;
        return extension + (bidiReadLength != 0 ? 8 : 0);
    }

    static void write(ByteBuf out, byte[] cdb, int bidiReadLength) {
        if (cdb.length > 16) {
            out.writeShort(cdb.length - 15);
            out.writeByte(EXTENDED_CDB);
            out.writeByte(0);
            out.writeBytes(cdb, 16, cdb.length - 16);
            out.writeZero(Bhs.padding(cdb.length));
        }
        if (bidiReadLength != 0) {
            out.writeShort(5);
            out.writeByte(BIDI_READ_LENGTH);
            out.writeByte(0);
            out.writeInt(bidiReadLength);
        }
    }
}
