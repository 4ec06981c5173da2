package io.tidegate.iscsi.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.zip.CRC32C;

/**
 * Cuts a byte stream into PDUs and hands the data segments on as they arrive, so that they can go
 * straight to where they belong.
 *
 * <pre>
 *   HEADER (with additional headers and digest) -> DATA -> PADDING -> DATA_DIGEST -> HEADER
 *   any of them -> FAILED (malformed, or closed): all further bytes are thrown away
 * </pre>
 *
 * <p>Limits are checked before anything is stored: nothing here grows with what a header announces.
 * One for each connection; not safe for concurrent calls.
 */
public final class PduDecoder {

    /** Takes what was decoded. Calls come from inside {@link #feed}, in the order of the bytes. */
    public interface Sink {

        /**
         * A header came whole and its digest is right. {@link #data} follows when it has a data
         * segment, then {@link #end}.
         *
         * @param buf holds the header and its additional segments from {@code at} on, for this call
         * @param dataLength bytes of data to come, without padding
         * @throws MalformedPduException to fail the connection
         */
        void header(ByteBuf buf, int at, int dataLength) throws MalformedPduException;

        /**
         * Some of the data segment.
         *
         * @param buf holds {@code length} bytes at {@code at}, for this call
         */
        void data(ByteBuf buf, int at, int length);

        /**
         * The PDU is complete.
         *
         * @param intact false when the data digest was wrong: the data is not to be trusted
         */
        void end(boolean intact) throws MalformedPduException;

        /** The stream cannot be followed any more; nothing else will be called. */
        void failed(MalformedPduException cause);
    }

    private enum State {
        HEADER,
        DATA,
        PADDING,
        DATA_DIGEST,
        FAILED
    }

    private Sink sink;
    private final int maxAdditional;
    private final ByteBuf scratch;
    private final CRC32C crc = new CRC32C();

    private int maxData;
    private boolean headerDigest;
    private boolean dataDigest;

    private State state = State.HEADER;
    private int headerLength;
    private int dataLength;
    private int left; // of data or padding
    private boolean digestData; // of the PDU under way

    /**
     * @param maxDataSegmentLength longest data segment taken, in bytes
     * @param maxAdditionalLength longest sum of additional headers taken, in bytes, at most 1020
     */
    public PduDecoder(int maxDataSegmentLength, int maxAdditionalLength, Sink sink) {
        this.maxData = maxDataSegmentLength;
        this.maxAdditional = maxAdditionalLength;
        this.sink = sink;
        this.scratch = Unpooled.buffer(Bhs.LENGTH + maxAdditionalLength + 4);
    }

    /** Switches digests from the next PDU on. */
    public void digests(boolean header, boolean data) {
        headerDigest = header;
        dataDigest = data;
    }

    /** Takes another limit from the next PDU on. */
    public void maxDataSegmentLength(int bytes) {
        maxData = bytes;
    }

    /**
     * Hands what is decoded from here on to another sink. Within a PDU the new one gets the rest of
     * it without its beginning.
     */
    public void sink(Sink next) {
        sink = next;
    }

    /** Throws away everything from here on. */
    public void close() {
        state = State.FAILED;
    }

    /** Whether a PDU has begun and is not complete. */
    public boolean midPdu() {
        return state != State.HEADER || scratch.isReadable();
    }

    /** Takes all readable bytes. The buffer stays the caller's. */
    public void feed(ByteBuf in) {
        try {
            while (in.isReadable() && state != State.FAILED) {
                switch (state) {
                    case HEADER -> header(in);
                    case DATA -> data(in);
                    case PADDING -> padding(in);
                    case DATA_DIGEST -> dataDigest(in);
                    case FAILED -> {}
                }
            }
        } catch (MalformedPduException e) {
            state = State.FAILED;
            sink.failed(e);
        }
        in.skipBytes(in.readableBytes());
    }

    /** A header that lies whole in the input is used where it is; else its parts are gathered. */
    private void header(ByteBuf in) throws MalformedPduException {
        if (!scratch.isReadable() && in.readableBytes() >= Bhs.LENGTH) {
            int at = in.readerIndex();
            int whole = measure(in, at);
            if (in.readableBytes() >= whole) {
                in.skipBytes(whole);
                headerComplete(in, at);
                return;
            }
        }
        if (gather(in, Bhs.LENGTH) && gather(in, measure(scratch, 0))) {
            try {
                headerComplete(scratch, 0);
            } finally {
                scratch.clear();
            }
        }
    }

    private boolean gather(ByteBuf in, int until) {
        int missing = until - scratch.readableBytes();
        if (missing > 0) {
            scratch.writeBytes(in, Math.min(missing, in.readableBytes()));
        }
        return scratch.readableBytes() >= until;
    }

    /** Checks the lengths of a header and answers its bytes up to and with its digest. */
    private int measure(ByteBuf buf, int at) throws MalformedPduException {
        int additional = Bhs.ahsLength(buf, at);
        if (additional > maxAdditional) {
            throw new MalformedPduException("additional headers of " + additional + " bytes");
        }
        int data = Bhs.dataSegmentLength(buf, at);
        if (data > maxData) {
            throw new MalformedPduException(
                    "data segment of " + data + " bytes, at most " + maxData + " were agreed");
        }
        headerLength = Bhs.LENGTH + additional;
        dataLength = data;
        return headerLength + (headerDigest ? 4 : 0);
    }

    private void headerComplete(ByteBuf buf, int at) throws MalformedPduException {
        if (headerDigest) {
            crc.reset();
            Digests.update(crc, buf, at, headerLength);
            if (buf.getIntLE(at + headerLength) != (int) crc.getValue()) {
                throw new MalformedPduException("header digest is wrong");
            }
        }
        digestData = dataDigest && dataLength > 0;
        left = dataLength;
        crc.reset();
        int length = dataLength;
        sink.header(buf, at, length);
        if (state == State.FAILED) {
            return;
        }
        if (length > 0) {
            state = State.DATA;
        } else {
            endPdu(true);
        }
    }

    private void data(ByteBuf in) throws MalformedPduException {
        int length = Math.min(left, in.readableBytes());
        int at = in.readerIndex();
        if (digestData) {
            Digests.update(crc, in, at, length);
        }
        in.skipBytes(length);
        left -= length;
        sink.data(in, at, length);
        if (left == 0 && state != State.FAILED) {
            left = Bhs.padding(dataLength);
            state = State.PADDING;
            afterPadding();
        }
    }

    private void padding(ByteBuf in) throws MalformedPduException {
        int length = Math.min(left, in.readableBytes());
        if (digestData) {
            Digests.update(crc, in, in.readerIndex(), length);
        }
        in.skipBytes(length);
        left -= length;
        afterPadding();
    }

    private void afterPadding() throws MalformedPduException {
        if (left > 0) {
            return;
        }
        if (digestData) {
            state = State.DATA_DIGEST;
        } else {
            endPdu(true);
        }
    }

    private void dataDigest(ByteBuf in) throws MalformedPduException {
        if (!scratch.isReadable() && in.readableBytes() >= 4) {
            endPdu(in.readIntLE() == (int) crc.getValue());
        } else if (gather(in, 4)) {
            int sent = scratch.readIntLE();
            scratch.clear();
            endPdu(sent == (int) crc.getValue());
        }
    }

    private void endPdu(boolean intact) throws MalformedPduException {
        state = State.HEADER;
        sink.end(intact);
    }
}
