package io.tidegate.iscsi.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PduDecoderTest {
    private static final long SEED = Long.getLong("seed", 3720);

    /** Puts PDUs together again as hex. */
    static final class Recorder implements PduDecoder.Sink {
        final List<String> pdus = new ArrayList<>();
        final StringBuilder now = new StringBuilder();
        String failure = "";
        int due;

        @Override
        public void header(ByteBuf buf, int at, int dataLength) {
            assertThat(due).isZero();
            now.setLength(0);
            now.append(ByteBufUtil.hexDump(buf, at, 48 + Bhs.ahsLength(buf, at))).append(':');
            due = dataLength;
        }

        @Override
        public void data(ByteBuf buf, int at, int length) {
            assertThat(length).isPositive().isLessThanOrEqualTo(due);
            due -= length;
            now.append(ByteBufUtil.hexDump(buf, at, length));
        }

        @Override
        public void end(boolean intact) {
            assertThat(due).isZero();
            pdus.add(now + (intact ? "" : "!"));
        }

        @Override
        public void failed(MalformedPduException cause) {
            failure = String.valueOf(cause.getMessage());
        }
    }

    @ParameterizedTest
    @CsvSource({"false,false", "true,false", "false,true", "true,true"})
    void pdusComeWholeHoweverTheStreamIsCut(boolean headerDigest, boolean dataDigest) {
        Random r = new Random(SEED);
        for (int round = 0; round < 60; round++) {
            ByteBuf stream = Unpooled.buffer();
            Digests digests = new Digests();
            digests.use(headerDigest, dataDigest);
            List<String> expected = new ArrayList<>();
            for (InitiatorPdu pdu : SamplePdus.initiator(r)) {
                byte[] data = new byte[r.nextInt(3) == 0 ? 0 : r.nextInt(700)];
                r.nextBytes(data);
                int at = stream.writerIndex();
                digests.write(stream, pdu, Unpooled.wrappedBuffer(data));
                int header = 48 + Bhs.ahsLength(stream, at);
                expected.add(
                        ByteBufUtil.hexDump(stream, at, header) + ":" + ByteBufUtil.hexDump(data));
                if (header == 48) {
                    assertThat(stream.writerIndex() - at)
                            .isEqualTo(digests.wireLength(data.length));
                }
            }
            Recorder recorder = new Recorder();
            PduDecoder decoder = new PduDecoder(1000, 300, recorder);
            decoder.digests(headerDigest, dataDigest);
            int most = r.nextBoolean() ? 9 : 400;
            while (stream.isReadable()) {
                ByteBuf part =
                        stream.readBytes(Math.min(stream.readableBytes(), 1 + r.nextInt(most)));
                decoder.feed(part);
                assertThat(part.isReadable()).isFalse();
                part.release();
            }
            assertThat(recorder.failure).isEmpty();
            assertThat(recorder.pdus).as("seed %d", SEED).isEqualTo(expected);
            assertThat(decoder.midPdu()).isFalse();
        }
    }

    private static ByteBuf sample(boolean headerDigest, boolean dataDigest, int length) {
        ByteBuf out = Unpooled.buffer();
        Digests digests = new Digests();
        digests.use(headerDigest, dataDigest);
        digests.write(
                out,
                new InitiatorPdu.NopOut(false, 0, 1, -1, 2, 3),
                Unpooled.wrappedBuffer(new byte[length]));
        return out;
    }

    @Test
    void aWrongHeaderDigestEndsTheStream() {
        ByteBuf in = sample(true, false, 0);
        in.setByte(20, 0x55);
        Recorder recorder = new Recorder();
        PduDecoder decoder = new PduDecoder(1000, 0, recorder);
        decoder.digests(true, false);
        decoder.feed(in);
        assertThat(recorder.failure).contains("header digest");
        decoder.feed(sample(true, false, 0));
        assertThat(recorder.pdus).isEmpty();
    }

    @Test
    void aWrongDataDigestIsTold() {
        ByteBuf in = sample(false, true, 10);
        in.setByte(50, 0x55);
        Recorder recorder = new Recorder();
        PduDecoder decoder = new PduDecoder(1000, 0, recorder);
        decoder.digests(false, true);
        decoder.feed(in);
        assertThat(recorder.pdus).hasSize(1).first().asString().endsWith("!");
    }

    /** RFC 7143, Appendix A.4: 32 bytes of zeroes. */
    @Test
    void theDigestIsTheStandards() {
        ByteBuf zeroes = Unpooled.buffer().writeZero(32);
        ByteBuf out = Unpooled.buffer().writeIntLE(new Digests().of(zeroes, 0, 32));
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo("aa36918a");
        ByteBuf ones = Unpooled.wrappedBuffer(new byte[32]);
        for (int i = 0; i < 32; i++) {
            ones.setByte(i, 0xff);
        }
        out.clear().writeIntLE(new Digests().of(ones, 0, 32));
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo("43aba862");
    }

    @Test
    void anAnnouncedLengthBeyondTheLimitIsRefusedBeforeAnythingIsStored() {
        Recorder recorder = new Recorder();
        PduDecoder decoder = new PduDecoder(511, 0, recorder);
        ByteBuf in = sample(false, false, 512);
        decoder.feed(in.slice(0, 48));
        assertThat(recorder.failure).contains("512");
        Recorder second = new Recorder();
        ByteBuf header = sample(false, false, 0);
        header.setByte(4, 1);
        new PduDecoder(511, 0, second).feed(header);
        assertThat(second.failure).contains("additional");
    }

    @Test
    void digestsCanBeSwitchedOnBetweenPdus() {
        Recorder recorder = new Recorder();
        PduDecoder decoder = new PduDecoder(1000, 0, recorder);
        decoder.feed(sample(false, false, 5));
        decoder.digests(true, true);
        decoder.feed(sample(true, true, 5));
        assertThat(recorder.failure).isEmpty();
        assertThat(recorder.pdus).hasSize(2);
    }

    @Test
    void afterCloseNothingIsHeard() {
        Recorder recorder = new Recorder();
        PduDecoder decoder = new PduDecoder(1000, 0, recorder);
        decoder.close();
        decoder.feed(sample(false, false, 5));
        assertThat(recorder.pdus).isEmpty();
    }
}
