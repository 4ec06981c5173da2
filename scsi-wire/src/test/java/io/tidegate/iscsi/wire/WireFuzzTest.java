package io.tidegate.iscsi.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Everything of iSCSI that comes from outside as bytes. Runs the inputs that are kept under the
 * test resources; set JAZZER_FUZZ=1 to look for more.
 */
class WireFuzzTest {

    /** The first byte says how the rest is cut and which digests are on. */
    @FuzzTest(maxDuration = "60s")
    void stream(byte[] data) {
        if (data.length == 0) {
            return;
        }
        PduDecoderTest.Recorder whole = decode(data, data.length);
        PduDecoderTest.Recorder cut = decode(data, 1 + (data[0] & 0x3f));
        assertThat(cut.pdus).isEqualTo(whole.pdus);
        assertThat(cut.failure).isEqualTo(whole.failure);
    }

    private static PduDecoderTest.Recorder decode(byte[] data, int step) {
        PduDecoderTest.Recorder recorder = new PduDecoderTest.Recorder();
        PduDecoder decoder = new PduDecoder(4096, 264, recorder);
        decoder.digests((data[0] & 0x40) != 0, (data[0] & 0x80) != 0);
        ByteBuf in = Unpooled.wrappedBuffer(data, 1, data.length - 1);
        while (in.isReadable()) {
            decoder.feed(in.readSlice(Math.min(step, in.readableBytes())));
        }
        return recorder;
    }

    @FuzzTest(maxDuration = "60s")
    void command(byte[] data) {
        if (data.length < 48) {
            return;
        }
        ByteBuf buf = Unpooled.wrappedBuffer(data);
        if (data.length < 48 + Bhs.ahsLength(buf, 0)) {
            return;
        }
        try {
            InitiatorPdu.ScsiCommand pdu = InitiatorPdu.ScsiCommand.parse(buf, 0);
            ByteBuf again = Unpooled.buffer();
            pdu.write(again, Bhs.dataSegmentLength(buf, 0));
            assertThat(InitiatorPdu.ScsiCommand.parse(again, 0))
                    .usingRecursiveComparison()
                    .isEqualTo(pdu);
        } catch (MalformedPduException e) {
            assertThat(e).hasMessageContaining("additional header");
        }
    }

    @FuzzTest(maxDuration = "60s")
    void negotiation(byte[] data) {
        Map<TextKey, String> ours = new EnumMap<>(TextKey.class);
        ours.put(TextKey.HEADER_DIGEST, "CRC32C,None");
        ours.put(TextKey.MAX_BURST_LENGTH, "1048576");
        Negotiation negotiation = new Negotiation(ours);
        try {
            List<TextPair> pairs = TextPair.decode(data);
            assertThat(TextPair.decode(TextPair.encode(pairs))).isEqualTo(pairs);
            negotiation.receive(pairs);
        } catch (MalformedPduException | NegotiationException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
        SessionParameters agreed = negotiation.parameters();
        assertThat(agreed.maxBurstLength()).isBetween(512, 1048576);
        assertThat(agreed.firstBurstLength()).isBetween(512, agreed.maxBurstLength());
        assertThat(agreed.peerMaxSegment()).isBetween(512, 0xffffff);
        assertThat(agreed.maxConnections()).isEqualTo(1);
    }

    @FuzzTest(maxDuration = "30s")
    void values(byte[] data) {
        String text = new String(data, java.nio.charset.StandardCharsets.UTF_8);
        byte[] binary = TextValues.binary(text, 64);
        if (binary != null) {
            assertThat(binary.length).isLessThanOrEqualTo(64);
            assertThat(TextValues.binary(TextValues.binary(binary), 64)).isEqualTo(binary);
        }
        IscsiName.normalise(text)
                .ifPresent(name -> assertThat(IscsiName.normalise(name)).contains(name));
        TextValues.number(text);
    }
}
