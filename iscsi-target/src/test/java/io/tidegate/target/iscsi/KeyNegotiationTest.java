package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.InitiatorPdu.TextRequest;
import io.tidegate.iscsi.wire.LoginStatus;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.iscsi.wire.TextKey;
import io.tidegate.iscsi.wire.TextPair;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the target answers to every key of RFC 7143, 13, as an initiator sees it. */
class KeyNegotiationTest {
    private static final String FAILS = "(the login fails)";
    private static final String SILENCE = "(no answer)";

    /** Offer and answer, in a login; the target's own values are those of the settings. */
    private static final String[][] OFFERS = {
        // lists: the first that both have
        {"HeaderDigest=None", "None"},
        {"HeaderDigest=CRC32C", "CRC32C"},
        {"HeaderDigest=CRC32C,None", "CRC32C"},
        {"HeaderDigest=None,CRC32C", "None"},
        {"HeaderDigest=X-com.example.new,CRC32C", "CRC32C"},
        {"HeaderDigest=X-com.example.new", "Reject"},
        {"HeaderDigest=crc32c", "Reject"},
        {"HeaderDigest=", "Reject"},
        {"DataDigest=None,CRC32C", "None"},
        {"DataDigest=CRC32C", "CRC32C"},
        {"DataDigest=MD5", "Reject"},
        {"TaskReporting=RFC3720", "RFC3720"},
        {"TaskReporting=FastAbort,ResponseFence,RFC3720", "RFC3720"},
        {"TaskReporting=FastAbort", "Reject"},
        // Yes and No
        {"ImmediateData=Yes", "Yes"},
        {"ImmediateData=No", "No"},
        {"ImmediateData=yes", "Reject"},
        {"ImmediateData=1", "Reject"},
        {"InitialR2T=Yes", "Yes"},
        {"InitialR2T=No", "No"},
        {"InitialR2T=", "Reject"},
        {"DataPDUInOrder=Yes", "Yes"},
        {"DataPDUInOrder=No", "Yes"},
        {"DataPDUInOrder=Maybe", "Reject"},
        {"DataSequenceInOrder=Yes", "Yes"},
        {"DataSequenceInOrder=No", "Yes"},
        {"DataSequenceInOrder=true", "Reject"},
        // numbers: several connections and recovery within a session are negotiated away
        {"MaxConnections=1", "1"},
        {"MaxConnections=2", "1"},
        {"MaxConnections=65535", "1"},
        {"MaxConnections=0", "Reject"},
        {"MaxConnections=65536", "Reject"},
        {"ErrorRecoveryLevel=0", "0"},
        {"ErrorRecoveryLevel=1", "0"},
        {"ErrorRecoveryLevel=2", "0"},
        {"ErrorRecoveryLevel=3", "Reject"},
        {"MaxBurstLength=512", "512"},
        {"MaxBurstLength=511", "Reject"},
        {"MaxBurstLength=1048576", "1048576"},
        {"MaxBurstLength=1048577", "1048576"},
        {"MaxBurstLength=16777215", "1048576"},
        {"MaxBurstLength=16777216", "Reject"},
        {"MaxBurstLength=0x1000", "4096"},
        {"MaxBurstLength=-1", "Reject"},
        {"MaxBurstLength=18446744073709551616", "Reject"},
        {"MaxBurstLength=0xffffffffffffffff", "Reject"},
        {"MaxBurstLength=", "Reject"},
        {"FirstBurstLength=512", "512"},
        {"FirstBurstLength=511", "Reject"},
        {"FirstBurstLength=262144", "262144"},
        {"FirstBurstLength=262145", "262144"},
        {"FirstBurstLength=16777215", "262144"},
        {"FirstBurstLength=16777216", "Reject"},
        {"MaxOutstandingR2T=1", "1"},
        {"MaxOutstandingR2T=4", "4"},
        {"MaxOutstandingR2T=5", "4"},
        {"MaxOutstandingR2T=65535", "4"},
        {"MaxOutstandingR2T=0", "Reject"},
        {"MaxOutstandingR2T=65536", "Reject"},
        {"DefaultTime2Wait=0", "2"},
        {"DefaultTime2Wait=2", "2"},
        {"DefaultTime2Wait=3600", "3600"},
        {"DefaultTime2Wait=3601", "Reject"},
        {"DefaultTime2Retain=0", "0"},
        {"DefaultTime2Retain=3600", "0"},
        {"DefaultTime2Retain=3601", "Reject"},
        {"iSCSIProtocolLevel=0", "0"},
        {"iSCSIProtocolLevel=1", "1"},
        {"iSCSIProtocolLevel=31", "1"},
        {"iSCSIProtocolLevel=32", "Reject"},
        // declarations have no answer, but a range
        {"MaxRecvDataSegmentLength=512", SILENCE},
        {"MaxRecvDataSegmentLength=16777215", SILENCE},
        {"MaxRecvDataSegmentLength=511", FAILS},
        {"MaxRecvDataSegmentLength=16777216", FAILS},
        {"MaxRecvDataSegmentLength=None", FAILS},
        {"InitiatorAlias=a bench", SILENCE},
        {"TargetAlias=not mine to say", SILENCE},
        {"TargetAddress=192.0.2.1:3260,1", SILENCE},
        {"TargetPortalGroupTag=7", SILENCE},
        {"TargetPortalGroupTag=65536", FAILS},
        // names are said once, in the leading text, where they are
        {"InitiatorName=iqn.2026-11.io.tidegate:initiator", FAILS},
        {"TargetName=iqn.2026-11.io.tidegate:test", FAILS},
        {"SessionType=Normal", SILENCE},
        // questions are for later, and security is for the stage before
        {"SendTargets=All", "Reject"},
        {"AuthMethod=None", FAILS},
        {"CHAP_A=5", FAILS},
        {"CHAP_I=1", FAILS},
        {"CHAP_C=0x00", FAILS},
        {"CHAP_N=me", FAILS},
        {"CHAP_R=0x00", FAILS},
        // gone since RFC 7143, yet not unknown
        {"IFMarker=Yes", "No"},
        {"OFMarker=No", "No"},
        {"IFMarkInt=2048~8192", "Reject"},
        {"OFMarkInt=2048~8192", "Reject"},
        // not known
        {"X-com.example.key=1", "NotUnderstood"},
        {"headerdigest=None", "NotUnderstood"},
        {"MaxBurstlength=512", "NotUnderstood"},
        {"X-com.example.key=NotUnderstood", SILENCE},
    };

    private static TestTarget target;

    @BeforeAll
    static void start() throws Exception {
        target = new TestTarget();
    }

    @AfterAll
    static void stop() throws Exception {
        target.close();
    }

    static Stream<String[]> offers() {
        return Stream.of(OFFERS);
    }

    private static TextPair pair(String text) {
        int equals = text.indexOf('=');
        return new TextPair(text.substring(0, equals), text.substring(equals + 1));
    }

    private static RawInitiator.Received login(List<TextPair> more) throws Exception {
        try (RawInitiator initiator = new RawInitiator(target)) {
            List<TextPair> pairs = new ArrayList<>();
            pairs.add(TextKey.INITIATOR_NAME.with(TestTarget.INITIATOR));
            pairs.add(TextKey.TARGET_NAME.with(TestTarget.NAME));
            pairs.addAll(more);
            return initiator.login(true, 1, 3, TextPair.encode(pairs));
        }
    }

    private static int status(RawInitiator.Received answer) {
        return ((TargetPdu.LoginResponse) answer.pdu()).status();
    }

    private static List<String> values(RawInitiator.Received answer, String key) throws Exception {
        return answer.text().stream()
                .filter(pair -> pair.key().equals(key))
                .map(TextPair::value)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("offers")
    void everyKeyIsAnsweredByItsRule(String offer, String answer) throws Exception {
        TextPair pair = pair(offer);
        RawInitiator.Received received = login(List.of(pair));
        if (answer.equals(FAILS)) {
            assertThat(status(received)).isEqualTo(LoginStatus.INITIATOR_ERROR.code());
            assertThat(received.data()).isEmpty();
            return;
        }
        assertThat(status(received)).isZero();
        assertThat(((TargetPdu.LoginResponse) received.pdu()).transit()).isTrue();
        List<String> expected =
                switch (pair.key()) {
                    // these the target says of itself, whatever it is told
                    case "MaxRecvDataSegmentLength" -> List.of("262144");
                    case "TargetAlias" -> List.of("alias");
                    case "TargetPortalGroupTag" -> List.of("1");
                    default -> answer.equals(SILENCE) ? List.of() : List.of(answer);
                };
        assertThat(values(received, pair.key())).isEqualTo(expected);
    }

    @Test
    void noKeyIsLeftOut() {
        Set<TextKey> tried = EnumSet.noneOf(TextKey.class);
        for (String[] row : OFFERS) {
            TextKey key = TextKey.of(pair(row[0]).key());
            if (key != null) {
                tried.add(key);
            }
        }
        assertThat(tried).isEqualTo(EnumSet.allOf(TextKey.class));
    }

    /** Keys that a discovery session has no use for, and those that it has. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "MaxConnections=4 Irrelevant",
                "InitialR2T=No Irrelevant",
                "ImmediateData=Yes Irrelevant",
                "MaxBurstLength=4096 Irrelevant",
                "FirstBurstLength=4096 Irrelevant",
                "MaxOutstandingR2T=2 Irrelevant",
                "DataPDUInOrder=Yes Irrelevant",
                "DataSequenceInOrder=Yes Irrelevant",
                "TaskReporting=RFC3720 Irrelevant",
                "HeaderDigest=CRC32C CRC32C",
                "DefaultTime2Wait=5 5",
                "ErrorRecoveryLevel=2 0",
            })
    void aDiscoverySessionHasNoUseForSomeKeys(String row) throws Exception {
        TextPair offer = pair(row.split(" ")[0]);
        try (RawInitiator initiator = new RawInitiator(target)) {
            List<TextPair> pairs =
                    List.of(
                            TextKey.INITIATOR_NAME.with(TestTarget.INITIATOR),
                            TextKey.SESSION_TYPE.with("Discovery"),
                            offer);
            RawInitiator.Received answer = initiator.login(true, 1, 3, TextPair.encode(pairs));
            assertThat(status(answer)).isZero();
            assertThat(values(answer, offer.key())).containsExactly(row.split(" ")[1]);
        }
    }

    /** A refused offer leaves the default in force, and the session goes on with it. */
    @Test
    void aRejectedOfferLeavesTheDefault() throws Exception {
        try (RawInitiator initiator =
                new RawInitiator(target).open("MaxBurstLength=7 ImmediateData=No")) {
            byte[] data = new byte[400 * 512];
            initiator.command(RawInitiator.cdb(0x2a, 0, 400), true, data.length, true);
            TargetPdu.R2t r2t = initiator.expect(TargetPdu.R2t.class);
            assertThat(r2t.desiredLength()).isEqualTo(data.length); // of 262144 at most
        }
    }

    private static TextPair filled(String key, int length) {
        return new TextPair(key, "v".repeat(length));
    }

    @Test
    void keysAndValuesAreTakenUpToTheirLength() throws Exception {
        String longest = "k".repeat(TextPair.MAX_KEY_LENGTH);
        RawInitiator.Received answer = login(List.of(new TextPair(longest, "1")));
        assertThat(values(answer, longest)).containsExactly("NotUnderstood");
        answer = login(List.of(new TextPair(longest + "k", "1")));
        assertThat(status(answer)).isEqualTo(LoginStatus.INITIATOR_ERROR.code());
        assertThat(status(login(List.of(filled("InitiatorAlias", 7000))))).isZero();
    }

    @Test
    void aValueOverSeveralRequestsIsTakenUpToItsLength() throws Exception {
        for (int length : new int[] {TextPair.MAX_VALUE_LENGTH, TextPair.MAX_VALUE_LENGTH + 1}) {
            try (RawInitiator initiator = new RawInitiator(target)) {
                byte[] whole =
                        TextPair.encode(
                                List.of(
                                        TextKey.INITIATOR_NAME.with(TestTarget.INITIATOR),
                                        TextKey.TARGET_NAME.with(TestTarget.NAME),
                                        filled("InitiatorAlias", length)));
                int cut = Connection.DEFAULT_SEGMENT;
                TargetPdu.LoginResponse more =
                        initiator.continued(java.util.Arrays.copyOf(whole, cut));
                assertThat(more.status()).isZero();
                RawInitiator.Received last =
                        initiator.login(
                                true, 1, 3, java.util.Arrays.copyOfRange(whole, cut, whole.length));
                assertThat(status(last))
                        .isEqualTo(
                                length > TextPair.MAX_VALUE_LENGTH
                                        ? LoginStatus.INITIATOR_ERROR.code()
                                        : 0);
            }
        }
    }

    @Test
    void aTextHasSoManyPairsAndAnAnswerSoManyBytes() throws Exception {
        List<TextPair> pairs = new ArrayList<>();
        while (pairs.size() < LoginPhase.MAX_PAIRS - 2) { // two names go before them
            pairs.add(new TextPair("k" + pairs.size(), "1"));
        }
        RawInitiator.Received answer = login(pairs);
        assertThat(status(answer)).isZero();
        assertThat(values(answer, "k253")).containsExactly("NotUnderstood");
        pairs.add(new TextPair("one", "more"));
        assertThat(status(login(pairs))).isEqualTo(LoginStatus.INITIATOR_ERROR.code());
        pairs.clear();
        while (pairs.size() < 110) { // short offers, long answers: more than 8192 bytes
            pairs.add(new TextPair("k".repeat(60) + (100 + pairs.size()), "1"));
        }
        assertThat(status(login(pairs))).isEqualTo(LoginStatus.INITIATOR_ERROR.code());
    }

    @ParameterizedTest
    @ValueSource(strings = {"no equals\0", "=value\0", "Key=no end", "Key=\u00e9\0"})
    void whatIsNoTextEndsTheLogin(String text) throws Exception {
        try (RawInitiator initiator = new RawInitiator(target)) {
            byte[] names = RawInitiator.text(RawInitiator.NORMAL);
            byte[] odd = text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
            byte[] whole = java.util.Arrays.copyOf(names, names.length + odd.length);
            System.arraycopy(odd, 0, whole, names.length, odd.length);
            assertThat(status(initiator.login(true, 1, 3, whole)))
                    .isEqualTo(LoginStatus.INITIATOR_ERROR.code());
            initiator.expectClosed();
        }
    }

    @Test
    void inFullFeaturePhaseOnlyTheReceiveLengthMayChange() throws Exception {
        try (RawInitiator initiator =
                new RawInitiator(target).open("MaxRecvDataSegmentLength=4096")) {
            String keys = "MaxBurstLength=512 X-a=b MaxRecvDataSegmentLength=512 SendTargets=";
            initiator.send(
                    new TextRequest(true, true, false, 0, 9, Bhs.NO_TAG, initiator.cmdSn, 0),
                    RawInitiator.text(keys));
            RawInitiator.Received answer = initiator.expectWithData(TargetPdu.TextResponse.class);
            assertThat(values(answer, "MaxBurstLength")).containsExactly("Reject");
            assertThat(values(answer, "X-a")).containsExactly("NotUnderstood");
            assertThat(values(answer, "TargetName")).containsExactly(TestTarget.NAME);
            initiator.command(RawInitiator.cdb(0x28, 0, 4), false, 2048, true);
            for (int i = 0; i < 4; i++) {
                assertThat(initiator.expectWithData(TargetPdu.DataIn.class).data()).hasSize(512);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SendTargets=All SendTargets=All", "MaxRecvDataSegmentLength=1"})
    void textThatBreaksARuleEndsTheConnection(String keys) throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            initiator.send(
                    new TextRequest(true, true, false, 0, 9, Bhs.NO_TAG, initiator.cmdSn, 0),
                    RawInitiator.text(keys));
            initiator.expectClosed();
        }
    }

    @Test
    void endlessTextEndsTheConnection() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            byte[] page = new byte[64 << 10];
            java.util.Arrays.fill(page, (byte) 'a');
            initiator.send(
                    new TextRequest(true, false, true, 0, 9, Bhs.NO_TAG, initiator.cmdSn, 0), page);
            int tag = initiator.expect(TargetPdu.TextResponse.class).targetTransferTag();
            initiator.send(
                    new TextRequest(true, false, true, 0, 9, tag, initiator.cmdSn, 0), (byte) 'a');
            initiator.expectClosed();
        }
    }
}
