package io.tidegate.iscsi.wire;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Writes the parts of a PDU around its header and data: padding and CRC32C digests (RFC 7143,
 * 11.2.3, 11.2.4 and 13.1). One for each direction of a connection; not safe for concurrent calls.
 *
 * <pre>
 *   header, additional headers | header digest | data, padding | data digest
 * </pre>
 */
public final class Digests {
    private final CRC32C crc = new CRC32C();
    private boolean header;
    private boolean data;

    /** Switches digests on or off from the next PDU on. Both are off at first. */
    public void use(boolean headerDigest, boolean dataDigest) {
        header = headerDigest;
        data = dataDigest;
    }

    public boolean header() {
        return header;
    }

    public boolean data() {
        return data;
    }

    /** Bytes that a PDU without additional headers takes on the wire. */
    public int wireLength(int dataLength) {
        int around = Bhs.LENGTH + (header ? 4 : 0);
        return dataLength == 0
                ? around
                : around + dataLength + Bhs.padding(dataLength) + (data ? 4 : 0);
    }

    /** Appends the header digest, when in use, of the header from {@code from} to the end. */
    public void endHeader(ByteBuf out, int from) {
        if (header) {
            out.writeIntLE(of(out, from, out.writerIndex() - from));
        }
    }

    /** Appends padding and data digest of the data segment from {@code from} to the end. */
    public void endData(ByteBuf out, int from) {
        int length = out.writerIndex() - from;
        if (length == 0) {
            return;
        }
        out.writeZero(Bhs.padding(length));
        if (data) {
            out.writeIntLE(of(out, from, out.writerIndex() - from));
        }
    }

    /** Appends a whole PDU; what is readable of {@code segment} is copied and left readable. */
    public void write(ByteBuf out, TargetPdu pdu, ByteBuf segment) {
        int at = out.writerIndex();
        pdu.write(out, segment.readableBytes());
        finish(out, at, segment);
    }

    /** Appends a whole PDU; what is readable of {@code segment} is copied and left readable. */
    public void write(ByteBuf out, InitiatorPdu pdu, ByteBuf segment) {
        int at = out.writerIndex();
        pdu.write(out, segment.readableBytes());
        finish(out, at, segment);
    }

    private void finish(ByteBuf out, int at, ByteBuf segment) {
        endHeader(out, at);
        int from = out.writerIndex();
        out.writeBytes(segment, segment.readerIndex(), segment.readableBytes());
        endData(out, from);
    }

    /** CRC32C of a range, as it is to be written in little-endian order. */
    public int of(ByteBuf buf, int from, int length) {
        crc.reset();
        update(crc, buf, from, length);
        return (int) crc.getValue();
    }

    static void update(CRC32C crc, ByteBuf buf, int from, int length) {
        if (buf.hasArray()) {
            crc.update(buf.array(), buf.arrayOffset() + from, length);
        } else if (buf.nioBufferCount() == 1) {
            crc.update(buf.internalNioBuffer(from, length));
        } else {
            for (ByteBuffer part : buf.nioBuffers(from, length)) {
                crc.update(part);
            }
        }
    }
}
