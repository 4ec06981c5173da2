package io.tidegate.iscsi.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NegotiationTest {

    private static Map<TextKey, String> map(String text) {
        Map<TextKey, String> map = new EnumMap<>(TextKey.class);
        for (TextPair pair : pairs(text)) {
            TextKey key = TextKey.of(pair.key());
            assertThat(key).as(pair.key()).isNotNull();
            map.put(key, pair.value());
        }
        return map;
    }

    private static List<TextPair> pairs(String text) {
        List<TextPair> pairs = new ArrayList<>();
        for (String part : text.split(" ")) {
            if (!part.isEmpty()) {
                int equals = part.indexOf('=');
                pairs.add(new TextPair(part.substring(0, equals), part.substring(equals + 1)));
            }
        }
        return pairs;
    }

    private static String text(List<TextPair> pairs) {
        return pairs.stream().map(p -> p.key() + "=" + p.value()).collect(Collectors.joining(" "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // ours | the peer's offer | our answer
                "HeaderDigest=CRC32C,None | HeaderDigest=None,CRC32C | HeaderDigest=None",
                "HeaderDigest=CRC32C,None | HeaderDigest=CRC32C,None | HeaderDigest=CRC32C",
                "HeaderDigest=None | HeaderDigest=CRC32C | HeaderDigest=Reject",
                "DataDigest=CRC32C,None | DataDigest=X-new,CRC32C | DataDigest=CRC32C",
                "ImmediateData=Yes | ImmediateData=No | ImmediateData=No",
                "ImmediateData=Yes | ImmediateData=Yes | ImmediateData=Yes",
                "ImmediateData=No | ImmediateData=Yes | ImmediateData=No",
                "InitialR2T=No | InitialR2T=No | InitialR2T=No",
                "InitialR2T=No | InitialR2T=Yes | InitialR2T=Yes",
                "InitialR2T=Yes | InitialR2T=No | InitialR2T=Yes",
                "InitialR2T=No | InitialR2T=maybe | InitialR2T=Reject",
                "MaxBurstLength=1000 | MaxBurstLength=2000 | MaxBurstLength=1000",
                "MaxBurstLength=3000 | MaxBurstLength=0x7d0 | MaxBurstLength=2000",
                "MaxBurstLength=3000 | MaxBurstLength=511 | MaxBurstLength=Reject",
                "MaxBurstLength=3000 | MaxBurstLength=16777216 | MaxBurstLength=Reject",
                "MaxBurstLength=3000 | MaxBurstLength=big | MaxBurstLength=Reject",
                "DefaultTime2Wait=2 | DefaultTime2Wait=0 | DefaultTime2Wait=2",
                "DefaultTime2Wait=2 | DefaultTime2Wait=5 | DefaultTime2Wait=5",
                "DefaultTime2Retain=0 | DefaultTime2Retain=20 | DefaultTime2Retain=0",
                "MaxConnections=1 | MaxConnections=8 | MaxConnections=1",
                "ErrorRecoveryLevel=0 | ErrorRecoveryLevel=2 | ErrorRecoveryLevel=0",
                "MaxOutstandingR2T=4 | MaxOutstandingR2T=16 | MaxOutstandingR2T=4",
                "MaxOutstandingR2T=4 | MaxOutstandingR2T=0 | MaxOutstandingR2T=Reject",
                "DataPDUInOrder=Yes | DataPDUInOrder=No | DataPDUInOrder=Yes",
                "DataSequenceInOrder=Yes | DataSequenceInOrder=No | DataSequenceInOrder=Yes",
                "TaskReporting=RFC3720 | TaskReporting=FastAbort,RFC3720 | TaskReporting=RFC3720",
                "iSCSIProtocolLevel=1 | iSCSIProtocolLevel=2 | iSCSIProtocolLevel=1",
                "ErrorRecoveryLevel=0 | IFMarker=Yes OFMarker=No | IFMarker=No OFMarker=No",
                "ErrorRecoveryLevel=0 | OFMarkInt=1~2 | OFMarkInt=Reject",
                "ErrorRecoveryLevel=0 | X-com.example.k=1 | X-com.example.k=NotUnderstood",
                "ErrorRecoveryLevel=0 | headerdigest=None | headerdigest=NotUnderstood",
                "ErrorRecoveryLevel=0 | MaxRecvDataSegmentLength=65536 | -",
            })
    void offersAreAnsweredByTheRuleOfTheirKey(String ours, String offer, String answer)
            throws Exception {
        Negotiation negotiation = new Negotiation(map(ours));
        assertThat(text(negotiation.receive(pairs(offer)))).isEqualTo(answer == null ? "" : answer);
    }

    @Test
    void bothSidesComeToTheSame() throws Exception {
        Negotiation target =
                new Negotiation(
                        map(
                                "HeaderDigest=CRC32C,None DataDigest=CRC32C,None InitialR2T=No"
                                        + " MaxBurstLength=1048576 FirstBurstLength=262144"
                                        + " MaxOutstandingR2T=4 DefaultTime2Retain=0"
                                        + " MaxRecvDataSegmentLength=262144"));
        Negotiation initiator =
                new Negotiation(
                        map(
                                "HeaderDigest=CRC32C,None DataDigest=None InitialR2T=No"
                                        + " MaxBurstLength=524288 FirstBurstLength=65536"
                                        + " MaxOutstandingR2T=1 MaxRecvDataSegmentLength=131072"));
        List<TextPair> offer = new ArrayList<>();
        for (TextKey key :
                List.of(
                        TextKey.HEADER_DIGEST,
                        TextKey.DATA_DIGEST,
                        TextKey.INITIAL_R2T,
                        TextKey.IMMEDIATE_DATA,
                        TextKey.MAX_BURST_LENGTH,
                        TextKey.FIRST_BURST_LENGTH,
                        TextKey.MAX_OUTSTANDING_R2T,
                        TextKey.DEFAULT_TIME2WAIT,
                        TextKey.DEFAULT_TIME2RETAIN,
                        TextKey.MAX_RECV_DATA_SEGMENT_LENGTH)) {
            offer.add(initiator.propose(key));
        }
        assertThat(initiator.pending()).isTrue();
        List<TextPair> answer = target.receive(offer);
        answer.add(target.propose(TextKey.MAX_RECV_DATA_SEGMENT_LENGTH));
        assertThat(initiator.receive(answer)).isEmpty();
        assertThat(initiator.pending()).isFalse();
        SessionParameters a = initiator.parameters();
        SessionParameters b = target.parameters();
        assertThat(a)
                .isEqualTo(
                        new SessionParameters(
                                true, false, false, true, 524288, 65536, 1, 2, 0, 1, 0, true, true,
                                131072, 262144));
        assertThat(b.ownMaxSegment()).isEqualTo(a.peerMaxSegment());
        assertThat(b.peerMaxSegment()).isEqualTo(a.ownMaxSegment());
        assertThat(b.maxBurstLength()).isEqualTo(a.maxBurstLength());
        assertThat(b.headerDigest()).isEqualTo(a.headerDigest());
    }

    @Test
    void withoutOffersTheDefaultsHold() {
        assertThat(new Negotiation(Map.of()).parameters())
                .isEqualTo(
                        new SessionParameters(
                                false, false, true, true, 262144, 65536, 1, 2, 20, 1, 0, true, true,
                                8192, 8192));
    }

    @ParameterizedTest
    @CsvSource({
        "MaxBurstLength=1000,MaxBurstLength=1001",
        "ImmediateData=No,ImmediateData=Yes",
        "InitialR2T=Yes,InitialR2T=No",
        "HeaderDigest=None,HeaderDigest=CRC32C",
        "DefaultTime2Wait=5,DefaultTime2Wait=2",
        "ErrorRecoveryLevel=0,ErrorRecoveryLevel=x",
    })
    void answersBeyondTheOfferAreRefused(String ours, String answer) {
        Negotiation negotiation = new Negotiation(map(ours));
        negotiation.propose(map(ours).keySet().iterator().next());
        assertThatThrownBy(() -> negotiation.receive(pairs(answer)))
                .isInstanceOf(NegotiationException.class);
    }

    @ParameterizedTest
    @CsvSource({"Reject", "NotUnderstood", "Irrelevant"})
    void aRefusedOfferLeavesTheDefault(String word) throws Exception {
        Negotiation negotiation = new Negotiation(map("MaxBurstLength=1000"));
        negotiation.propose(TextKey.MAX_BURST_LENGTH);
        assertThat(negotiation.receive(pairs("MaxBurstLength=" + word))).isEmpty();
        assertThat(negotiation.pending()).isFalse();
        assertThat(negotiation.parameters().maxBurstLength()).isEqualTo(262144);
    }

    @Test
    void aKeySentTwiceEndsTheLogin() throws Exception {
        Negotiation negotiation = new Negotiation(Map.of());
        negotiation.receive(pairs("MaxBurstLength=1000"));
        assertThatThrownBy(() -> negotiation.receive(pairs("MaxBurstLength=1000")))
                .isInstanceOfSatisfying(
                        NegotiationException.class,
                        e -> assertThat(e.status()).isEqualTo(LoginStatus.INITIATOR_ERROR));
    }

    @ParameterizedTest
    @CsvSource({
        "MaxRecvDataSegmentLength=511",
        "MaxRecvDataSegmentLength=16777216",
        "MaxRecvDataSegmentLength=No"
    })
    void aDeclarationOutOfRangeEndsTheLogin(String declaration) {
        Negotiation negotiation = new Negotiation(Map.of());
        assertThatThrownBy(() -> negotiation.receive(pairs(declaration)))
                .isInstanceOf(NegotiationException.class);
    }

    @Test
    void discoveryHasNoUseForKeysOfNormalSessions() throws Exception {
        Negotiation negotiation = new Negotiation(Map.of());
        negotiation.discovery(true);
        assertThat(text(negotiation.receive(pairs("MaxBurstLength=1000 HeaderDigest=None"))))
                .isEqualTo("MaxBurstLength=Irrelevant HeaderDigest=None");
    }

    @Test
    void inFullFeaturePhaseOnlySomeKeysMayChange() throws Exception {
        Negotiation negotiation = new Negotiation(map("MaxBurstLength=3000"));
        negotiation.receive(pairs("MaxRecvDataSegmentLength=1024"));
        negotiation.fullFeature();
        assertThat(
                        text(
                                negotiation.receive(
                                        pairs(
                                                "MaxBurstLength=1000 MaxRecvDataSegmentLength=4096"))))
                .isEqualTo("MaxBurstLength=Reject");
        assertThat(negotiation.parameters().peerMaxSegment()).isEqualTo(4096);
        assertThat(negotiation.parameters().maxBurstLength()).isEqualTo(262144);
    }

    @Test
    void firstBurstIsNeverLongerThanMaxBurst() throws Exception {
        Negotiation negotiation =
                new Negotiation(map("MaxBurstLength=1048576 FirstBurstLength=1048576"));
        negotiation.receive(pairs("MaxBurstLength=4096 FirstBurstLength=8192"));
        assertThat(negotiation.parameters().firstBurstLength()).isEqualTo(4096);
    }
}
