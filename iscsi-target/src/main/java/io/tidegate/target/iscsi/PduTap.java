package io.tidegate.target.iscsi;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.Digests;
import io.tidegate.iscsi.wire.MalformedPduException;
import io.tidegate.iscsi.wire.Opcode;
import io.tidegate.iscsi.wire.PduDecoder;
import io.tidegate.iscsi.wire.TextKey;
import io.tidegate.target.trace.Recording;
import io.tidegate.target.trace.TcpFlow;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Listens to one connection for a recording: stands between the decoder and the connection, and
 * sees each batch that goes out. There only while somebody records. Data of LUNs is cut, and what a
 * secret could be guessed from is replaced. For the connection's loop.
 */
final class PduTap implements PduDecoder.Sink {
    private final Connection connection;
    private final Recording recording;
    private final TcpFlow flow;
    private final Clock clock;
    private final int payload;
    private final boolean alone;
    private @Nullable Pdu incoming; // null too for one that had begun before
    private boolean inTextGoesOn;
    private boolean outTextGoesOn;

    /**
     * @param payload bytes to keep of data of LUNs in each PDU
     * @param alone whether the recording is of this connection only, and ends with it
     */
    PduTap(Connection connection, Recording recording, Clock clock, int payload, boolean alone) {
        this.connection = connection;
        this.recording = recording;
        this.flow = new TcpFlow(connection.peerAddress(), connection.localAddress());
        this.clock = clock;
        this.payload = payload;
        this.alone = alone;
    }

    Recording recording() {
        return recording;
    }

    @Override
    public void header(ByteBuf buf, int at, int dataLength) throws MalformedPduException {
        incoming = new Pdu(buf, at, dataLength);
        connection.header(buf, at, dataLength);
    }

    @Override
    public void data(ByteBuf buf, int at, int length) {
        Pdu pdu = incoming;
        if (pdu != null) {
            pdu.data(buf, at, length);
        }
        connection.data(buf, at, length);
    }

    @Override
    public void end(boolean intact) throws MalformedPduException {
        over(intact);
        connection.end(intact);
    }

    @Override
    public void failed(MalformedPduException cause) {
        over(true); // shows what it was that broke the rules
        connection.failed(cause);
    }

    private void over(boolean intact) {
        Pdu pdu = incoming;
        incoming = null;
        if (pdu != null) {
            pdu.finish(true, intact);
        }
    }

    /** Takes what goes out: whole PDUs, one after the other. */
    void sent(ByteBuf batch) {
        cut(batch, false);
    }

    /** Takes whole PDUs that have come in before anybody listened. */
    void received(ByteBuf pdus) {
        cut(pdus, true);
    }

    private void cut(ByteBuf pdus, boolean fromInitiator) {
        for (int at = pdus.readerIndex(); at + Bhs.LENGTH <= pdus.writerIndex(); ) {
            Pdu pdu = new Pdu(pdus, at, Bhs.dataSegmentLength(pdus, at));
            pdu.data(pdus, at + pdu.headerLength, pdu.dataLength);
            at += pdu.finish(fromInitiator, true);
        }
    }

    /** The connection is closed. */
    void closed() {
        recording.offer(flow.end(true, micros()));
        recording.offer(flow.end(false, micros()));
        if (alone) {
            recording.end("the session has ended");
        }
    }

    private long micros() {
        Instant now = clock.instant();
        return TimeUnit.SECONDS.toMicros(now.getEpochSecond()) + now.getNano() / 1000;
    }

    /** What is kept of one PDU. */
    private final class Pdu {
        private final int opcode;
        private final boolean login;
        private final boolean continued;
        private final int headerLength; // with its digest
        private final int dataLength;
        private final int keep; // of its data
        private final boolean dataDigest;
        private final byte[] bytes;
        private int length;

        Pdu(ByteBuf buf, int at, int dataLength) {
            int header = Bhs.LENGTH + Bhs.ahsLength(buf, at);
            this.opcode = Bhs.opcode(buf, at);
            // PDUs of the login have no digests, also when those that follow in the batch do.
            this.login = opcode == Opcode.LOGIN_REQUEST || opcode == Opcode.LOGIN_RESPONSE;
            this.continued = (buf.getByte(at + 1) & 0x40) != 0;
            this.dataLength = dataLength;
            this.keep = carriesLunData() ? Math.min(dataLength, payload) : dataLength;
            Digests digests = connection.replies().digests();
            this.dataDigest = !login && digests.data() && dataLength > 0;
            this.bytes = new byte[header + 4 + keep + 3 + 4];
            buf.getBytes(at, bytes, 0, header);
            this.length = header;
            if (!login && digests.header()) {
                putDigest(new Digests().of(buf, at, header));
            }
            this.headerLength = length;
        }

        private boolean carriesLunData() {
            return switch (opcode) {
                case Opcode.SCSI_COMMAND,
                        Opcode.DATA_OUT,
                        Opcode.DATA_IN,
                        Opcode.NOP_OUT,
                        Opcode.NOP_IN ->
                        true;
                default -> false;
            };
        }

        void data(ByteBuf buf, int at, int more) {
            int kept = Math.min(more, headerLength + keep - length);
            if (kept > 0) {
                buf.getBytes(at, bytes, length, kept);
                length += kept;
            }
        }

        /**
         * Hands it to the recording.
         *
         * @param intact false shows a data digest that is wrong; the one that came is not kept
         * @return its bytes on the wire
         */
        int finish(boolean fromInitiator, boolean intact) {
            int padding = Bhs.padding(dataLength);
            int whole = headerLength + dataLength + padding + (dataDigest ? 4 : 0);
            if (length == headerLength + dataLength) { // all of it, so the rest follows
                length += padding;
                if (dataDigest) {
                    ByteBuf all = Unpooled.wrappedBuffer(bytes);
                    int right = new Digests().of(all, headerLength, dataLength + padding);
                    putDigest(intact ? right : ~right);
                }
            }
            if (login) {
                mask(fromInitiator ? inTextGoesOn : outTextGoesOn);
                if (fromInitiator) {
                    inTextGoesOn = continued;
                } else {
                    outTextGoesOn = continued;
                }
            }
            recording.offer(
                    flow.frames(fromInitiator, Arrays.copyOf(bytes, length), whole, micros()));
            if (!recording.running()) {
                connection.untap(recording);
            }
            return whole;
        }

        private void putDigest(int crc) {
            for (int i = 0; i < 4; i++) {
                bytes[length++] = (byte) (crc >>> 8 * i);
            }
        }

        /**
         * Replaces the values of CHAP keys and of keys that we do not know; lengths stay. Text that
         * is spread over several PDUs may be cut within a value, so then all of it goes.
         */
        private void mask(boolean goesOn) {
            int from = headerLength;
            String text = new String(bytes, from, length - from, StandardCharsets.ISO_8859_1);
            for (String pair : text.split("\0", -1)) {
                int equals = pair.indexOf('=');
                boolean open = !continued && !goesOn && equals > 0 && harmless(pair, equals);
                int value = continued || goesOn ? 0 : equals + 1;
                if (!open) {
                    Arrays.fill(bytes, from + value, from + pair.length(), (byte) 'x');
                }
                from += pair.length() + 1;
            }
        }

        private static boolean harmless(String pair, int equals) {
            TextKey key = TextKey.of(pair.substring(0, equals));
            return key != null && (key == TextKey.CHAP_A || !key.text().startsWith("CHAP_"));
        }
    }
}
