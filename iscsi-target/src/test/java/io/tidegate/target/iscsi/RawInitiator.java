package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.Digests;
import io.tidegate.iscsi.wire.InitiatorPdu;
import io.tidegate.iscsi.wire.InitiatorPdu.LoginRequest;
import io.tidegate.iscsi.wire.InitiatorPdu.ScsiCommand;
import io.tidegate.iscsi.wire.MalformedPduException;
import io.tidegate.iscsi.wire.Opcode;
import io.tidegate.iscsi.wire.PduDecoder;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.iscsi.wire.TextPair;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** An initiator that sends what a test tells it to, right or wrong, over a plain socket. */
final class RawInitiator implements AutoCloseable {
    static final String NORMAL =
            "InitiatorName=" + TestTarget.INITIATOR + " TargetName=" + TestTarget.NAME;

    /** A PDU with its data. */
    record Received(TargetPdu pdu, byte[] data) {
        List<TextPair> text() throws MalformedPduException {
            return TextPair.decode(data);
        }
    }

    private final Socket socket = new Socket();
    final Digests digests = new Digests();
    private final Queue<Received> received = new ArrayDeque<>();
    private final PduDecoder decoder = new PduDecoder(1 << 20, 0, new Collector());
    int cmdSn = 1;
    long isid = 0x400000000001L;
    int tsih; // sent with a login; after open, that of the session
    int connectionId;
    String name = TestTarget.INITIATOR;

    RawInitiator(TestTarget target) throws IOException {
        this(target.address);
    }

    /** From another address of this machine. */
    RawInitiator(TestTarget target, String from) throws IOException {
        socket.bind(new InetSocketAddress(from, 0));
        socket.connect(target.address, 10_000);
        socket.setSoTimeout(20_000);
    }

    RawInitiator(InetSocketAddress address) throws IOException {
        socket.connect(address, 10_000);
        socket.setSoTimeout(20_000);
    }

    private final class Collector implements PduDecoder.Sink {
        private @Nullable TargetPdu pdu;
        private final ByteArrayOutputStream data = new ByteArrayOutputStream();

        @Override
        public void header(ByteBuf buf, int at, int dataLength) {
            data.reset();
            pdu = parse(buf, at);
        }

        @Override
        public void data(ByteBuf buf, int at, int length) {
            data.writeBytes(ByteBufUtil.getBytes(buf, at, length));
        }

        @Override
        public void end(boolean intact) {
            assertThat(intact).isTrue();
            assertThat(pdu).isNotNull();
            if (pdu != null) {
                received.add(new Received(pdu, data.toByteArray()));
            }
        }

        @Override
        public void failed(MalformedPduException cause) {
            throw new AssertionError(cause);
        }
    }

    private static TargetPdu parse(ByteBuf buf, int at) {
        return switch (Bhs.opcode(buf, at)) {
            case Opcode.SCSI_RESPONSE -> TargetPdu.ScsiResponse.parse(buf, at);
            case Opcode.DATA_IN -> TargetPdu.DataIn.parse(buf, at);
            case Opcode.R2T -> TargetPdu.R2t.parse(buf, at);
            case Opcode.NOP_IN -> TargetPdu.NopIn.parse(buf, at);
            case Opcode.TASK_MANAGEMENT_RESPONSE -> TargetPdu.TaskManagementResponse.parse(buf, at);
            case Opcode.LOGIN_RESPONSE -> TargetPdu.LoginResponse.parse(buf, at);
            case Opcode.TEXT_RESPONSE -> TargetPdu.TextResponse.parse(buf, at);
            case Opcode.LOGOUT_RESPONSE -> TargetPdu.LogoutResponse.parse(buf, at);
            case Opcode.ASYNC_MESSAGE -> TargetPdu.AsyncMessage.parse(buf, at);
            case Opcode.REJECT -> TargetPdu.Reject.parse(buf, at);
            default -> throw new AssertionError("opcode " + Bhs.opcode(buf, at));
        };
    }

    void raw(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** Sends bytes in pieces and says that no more will come. */
    void rawThenNoMore(byte[] bytes, int piece) throws IOException {
        try {
            for (int at = 0; at < bytes.length; at += piece) {
                socket.getOutputStream().write(bytes, at, Math.min(piece, bytes.length - at));
            }
            socket.shutdownOutput();
        } catch (java.net.SocketException e) {
            assertThat(e).hasMessageNotContaining("timed out"); // closed by the target meanwhile
        }
    }

    void send(InitiatorPdu pdu, byte... data) throws IOException {
        raw(bytes(pdu, data));
    }

    byte[] bytes(InitiatorPdu pdu, byte... data) {
        ByteBuf out = Unpooled.buffer();
        digests.write(out, pdu, Unpooled.wrappedBuffer(data));
        return ByteBufUtil.getBytes(out);
    }

    /** Sends a PDU of which one bit of a digest was turned on its way. */
    void sendDamaged(boolean header, InitiatorPdu pdu, byte... data) throws IOException {
        ByteBuf out = Unpooled.buffer();
        digests.write(out, pdu, Unpooled.wrappedBuffer(data));
        byte[] bytes = ByteBufUtil.getBytes(out);
        bytes[header ? Bhs.LENGTH : bytes.length - 1] ^= 1;
        raw(bytes);
    }

    /** The next PDU; null when the target has closed the connection. */
    @Nullable Received next() throws IOException {
        byte[] bytes = new byte[1 << 16];
        while (received.isEmpty()) {
            int n;
            try {
                n = socket.getInputStream().read(bytes);
            } catch (java.net.SocketException e) {
                n = -1; // reset by the target
            }
            if (n < 0) {
                return null;
            }
            decoder.feed(Unpooled.wrappedBuffer(bytes, 0, n));
        }
        return received.remove();
    }

    <T extends TargetPdu> T expect(Class<T> type) throws IOException {
        return type.cast(expectWithData(type).pdu());
    }

    Received expectWithData(Class<? extends TargetPdu> type) throws IOException {
        Received next = next();
        if (next == null) {
            throw new AssertionError("closed where " + type.getSimpleName() + " was due");
        }
        assertThat(next.pdu()).isInstanceOf(type);
        return next;
    }

    /** Sends a ping and takes its answer: all that was sent before has been dealt with. */
    void ping() throws IOException {
        send(new InitiatorPdu.NopOut(true, 0, 0x9999, Bhs.NO_TAG, cmdSn, 0));
        assertThat(expect(TargetPdu.NopIn.class).initiatorTaskTag()).isEqualTo(0x9999);
    }

    /** The next answer is CHECK CONDITION with this key, code and qualifier, as 0xKKAAQQ. */
    void expectSense(int keyCodeQualifier) throws IOException {
        Received answer = expectWithData(TargetPdu.ScsiResponse.class);
        assertThat(((TargetPdu.ScsiResponse) answer.pdu()).status()).isEqualTo(2);
        ByteBuffer sense = ByteBuffer.wrap(answer.data(), 2, answer.data().length - 2).slice();
        boolean descriptor = (sense.get(0) & 0x02) != 0;
        int key = sense.get(descriptor ? 1 : 2) & 0x0f;
        int code = sense.getShort(descriptor ? 2 : 12) & 0xffff;
        assertThat(String.format("%x %04x", key, code))
                .isEqualTo(
                        String.format(
                                "%x %04x", keyCodeQualifier >> 16, keyCodeQualifier & 0xffff));
    }

    void expectClosed() throws IOException {
        Received next = next();
        while (next != null && next.pdu() instanceof TargetPdu.Reject) {
            next = next();
        }
        assertThat(next).isNull();
    }

    static byte[] text(String pairs) {
        List<TextPair> list = new ArrayList<>();
        for (String part : pairs.trim().split(" +")) {
            int equals = part.indexOf('=');
            if (equals > 0) {
                list.add(new TextPair(part.substring(0, equals), part.substring(equals + 1)));
            }
        }
        return TextPair.encode(list);
    }

    /** One login request and its response. */
    Received login(boolean transit, int stage, int next, String pairs) throws IOException {
        return login(transit, stage, next, text(pairs));
    }

    Received login(boolean transit, int stage, int next, byte[] text) throws IOException {
        send(request(transit, false, stage, next), text);
        return expectWithData(TargetPdu.LoginResponse.class);
    }

    /** Text of the operational stage that is to be continued, and its response. */
    TargetPdu.LoginResponse continued(byte[] text) throws IOException {
        send(request(false, true, 1, 0), text);
        return expect(TargetPdu.LoginResponse.class);
    }

    private LoginRequest request(boolean transit, boolean more, int stage, int next) {
        return new LoginRequest(
                transit, more, stage, next, 0, 0, isid, tsih, 77, connectionId, cmdSn, 0);
    }

    /** A login request in the security stage with a part of its text. */
    Received loginPart(boolean continued, byte[] text) throws IOException {
        send(new LoginRequest(false, continued, 0, 1, 0, 0, isid, 0, 77, 0, cmdSn, 0), text);
        Received answer = next();
        if (answer == null) {
            throw new IOException("closed during login");
        }
        return answer;
    }

    int loginStatus(int stage, String pairs) throws IOException {
        return ((TargetPdu.LoginResponse) login(true, stage, stage + 1 + stage, pairs).pdu())
                .status();
    }

    private String names() {
        return "InitiatorName=" + name + " TargetName=" + TestTarget.NAME;
    }

    /** A whole login without CHAP; takes the attentions of a new session off LUN 0. */
    RawInitiator open(String keys) throws IOException {
        TargetPdu.LoginResponse answer =
                (TargetPdu.LoginResponse) login(true, 1, 3, names() + " " + keys).pdu();
        assertThat(answer.status()).isZero();
        assertThat(answer.transit()).isTrue();
        tsih = answer.tsih();
        if (keys.contains("Digest=CRC32C")) {
            boolean header = keys.contains("HeaderDigest=CRC32C");
            boolean data = keys.contains("DataDigest=CRC32C");
            digests.use(header, data);
            decoder.digests(header, data);
        }
        takeAttentions();
        return this;
    }

    private void takeAttentions() throws IOException {
        for (int i = 0; i < 8; i++) {
            command(cdb(0, 0, 0), false, 0, true);
            if (expect(TargetPdu.ScsiResponse.class).status() == 0) {
                return;
            }
        }
        throw new AssertionError("attentions without end");
    }

    /** Logs in; false when the target has no place for it. */
    boolean tryLogin() throws IOException {
        try {
            send(request(true, false, 1, 3), text(names()));
        } catch (java.net.SocketException e) {
            return false; // closed before it was read
        }
        Received answer = next();
        boolean in = answer != null && ((TargetPdu.LoginResponse) answer.pdu()).status() == 0;
        if (in) {
            takeAttentions();
        }
        return in;
    }

    /** A 16-byte CDB: operation code, LBA and blocks of READ(10) and WRITE(10). */
    static byte[] cdb(int opcode, int lba, int blocks) {
        return ByteBuffer.allocate(16)
                .put(0, (byte) opcode)
                .putInt(2, lba)
                .putShort(7, (short) blocks)
                .array();
    }

    /** Sends a command; answers its tag. */
    int command(byte[] cdb, boolean write, int expected, boolean fin, byte... immediate)
            throws IOException {
        int tag = cmdSn;
        send(
                new ScsiCommand(
                        false,
                        fin,
                        !write && expected > 0,
                        write,
                        1,
                        0,
                        tag,
                        expected,
                        cmdSn++,
                        0,
                        cdb,
                        0),
                immediate);
        return tag;
    }

    void dataOut(boolean fin, int tag, int transferTag, int dataSn, int offset, byte... data)
            throws IOException {
        send(new InitiatorPdu.DataOut(fin, 0, tag, transferTag, 0, dataSn, offset), data);
    }

    /** Answers the R2Ts of a write with the rest of its data; the status that it ends with. */
    int serve(byte[] data, int segment) throws IOException {
        while (true) {
            Received next = next();
            if (next == null) {
                throw new IOException("closed");
            }
            if (next.pdu() instanceof TargetPdu.ScsiResponse response) {
                return response.status();
            }
            TargetPdu.R2t r2t = (TargetPdu.R2t) next.pdu();
            int sn = 0;
            for (int done = 0; done < r2t.desiredLength(); ) {
                int n = Math.min(segment, r2t.desiredLength() - done);
                int from = r2t.bufferOffset() + done;
                done += n;
                dataOut(
                        done == r2t.desiredLength(),
                        r2t.initiatorTaskTag(),
                        r2t.targetTransferTag(),
                        sn++,
                        from,
                        java.util.Arrays.copyOfRange(data, from, from + n));
            }
        }
    }

    /** READ(10); checks the numbers of its Data-In and answers the bytes. */
    byte[] read(int lba, int blocks) throws IOException {
        int tag = command(cdb(0x28, lba, blocks), false, blocks * 512, true);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int sn = 0; ; sn++) {
            Received next = next();
            if (next == null) {
                throw new IOException("closed");
            }
            assertThat(next.pdu()).isInstanceOf(TargetPdu.DataIn.class);
            TargetPdu.DataIn in = (TargetPdu.DataIn) next.pdu();
            assertThat(in.initiatorTaskTag()).isEqualTo(tag);
            assertThat(in.dataSn()).isEqualTo(sn);
            assertThat(in.bufferOffset()).isEqualTo(bytes.size());
            bytes.writeBytes(next.data());
            if (in.hasStatus()) {
                assertThat(in.status()).isZero();
                assertThat(in.fin()).isTrue();
                return bytes.toByteArray();
            }
        }
    }

    int manage(int function, int referenced) throws IOException {
        int tag = 0x5000 + referenced;
        send(
                new InitiatorPdu.TaskManagementRequest(
                        true, function, 0, tag, referenced, cmdSn, 0, referenced, 0));
        return tag;
    }

    /** Drops the connection without a word. */
    @Override
    public void close() throws IOException {
        socket.close();
    }
}
