package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.Chap;
import io.tidegate.iscsi.wire.InitiatorPdu.LoginRequest;
import io.tidegate.iscsi.wire.InitiatorPdu.NopOut;
import io.tidegate.iscsi.wire.InitiatorPdu.TextRequest;
import io.tidegate.iscsi.wire.LoginStatus;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.iscsi.wire.TextPair;
import io.tidegate.iscsi.wire.TextValues;
import io.tidegate.presentation.ChapCredentials;
import io.tidegate.presentation.LoginRule;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoginTest {
    static final byte[] SECRET = "one-way-secret".getBytes(StandardCharsets.US_ASCII);
    static final byte[] MUTUAL = "mutual-secret!".getBytes(StandardCharsets.US_ASCII);

    private TestTarget target;

    @BeforeEach
    void start() throws Exception {
        target = new TestTarget();
    }

    @AfterEach
    void stop() throws Exception {
        target.close();
    }

    static String value(RawInitiator.Received answer, String key) throws Exception {
        for (TextPair pair : answer.text()) {
            if (pair.key().equals(key)) {
                return pair.value();
            }
        }
        return "";
    }

    private void chap(Optional<ChapCredentials.Mutual> mutual) {
        target.rule = new LoginRule.Chap(new ChapCredentials("user", SECRET, mutual));
    }

    @ParameterizedTest
    @CsvSource({
        "'', MISSING_PARAMETER",
        "'InitiatorName=iqn.2026-11.io.tidegate:a', MISSING_PARAMETER",
        "'InitiatorName=iqn.2026-11.io.tidegate:a TargetName=iqn.2026-11.io.tidegate:no', NOT_FOUND",
        "'InitiatorName=bad TargetName=iqn.2026-11.io.tidegate:test', INITIATOR_ERROR",
        "'InitiatorName=iqn.2026-11.io.tidegate:a SessionType=Odd', SESSION_TYPE_NOT_SUPPORTED",
    })
    void aLoginWithoutProperNamesIsRefused(String keys, LoginStatus status) throws Exception {
        try (RawInitiator initiator = new RawInitiator(target)) {
            assertThat(initiator.loginStatus(1, keys)).isEqualTo(status.code());
            initiator.expectClosed();
        }
        assertThat(target.server.snapshot().loginFailures()).containsEntry(status.name(), 1L);
    }

    @Test
    void namesAreComparedWithoutCase() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target)) {
            String keys =
                    "InitiatorName=IQN.2026-11.io.Tidegate:A TargetName=IQN.2026-11.IO.tidegate:TEST";
            assertThat(initiator.loginStatus(1, keys)).isZero();
        }
    }

    @Test
    void aHostThatIsNotAllowedIsRefused() throws Exception {
        target.rule = new LoginRule.Refused("no host has it");
        try (RawInitiator initiator = new RawInitiator(target)) {
            assertThat(initiator.loginStatus(1, RawInitiator.NORMAL))
                    .isEqualTo(LoginStatus.AUTHORIZATION_FAILURE.code());
        }
    }

    @Test
    void aHigherVersionAndAnUnknownSessionAreRefused() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target)) {
            initiator.send(new LoginRequest(true, false, 1, 3, 2, 1, 1, 0, 5, 0, 1, 0));
            assertThat(initiator.expect(TargetPdu.LoginResponse.class).status())
                    .isEqualTo(LoginStatus.UNSUPPORTED_VERSION.code());
        }
        try (RawInitiator initiator = new RawInitiator(target)) {
            initiator.send(new LoginRequest(true, false, 1, 3, 0, 0, 1, 999, 5, 0, 1, 0));
            assertThat(initiator.expect(TargetPdu.LoginResponse.class).status())
                    .isEqualTo(LoginStatus.SESSION_DOES_NOT_EXIST.code());
        }
    }

    @Test
    void aConnectionThatDoesNotBeginWithALoginIsClosed() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target)) {
            initiator.send(new NopOut(true, 0, 1, -1, 1, 1));
            initiator.expectClosed();
        }
        try (RawInitiator initiator = new RawInitiator(target)) {
            initiator.raw(
                    "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
                            .repeat(4)
                            .getBytes(StandardCharsets.US_ASCII));
            initiator.expectClosed();
        }
    }

    @Test
    void aTransitToNowhereAndAKeySentTwiceAreRefused() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target)) {
            TargetPdu.LoginResponse answer =
                    (TargetPdu.LoginResponse)
                            initiator.login(true, 1, 0, RawInitiator.NORMAL).pdu();
            assertThat(answer.status()).isEqualTo(LoginStatus.INITIATOR_ERROR.code());
        }
        try (RawInitiator initiator = new RawInitiator(target)) {
            String keys = RawInitiator.NORMAL + " MaxBurstLength=512 MaxBurstLength=512";
            assertThat(initiator.loginStatus(1, keys))
                    .isEqualTo(LoginStatus.INITIATOR_ERROR.code());
        }
    }

    @Test
    void textIsTakenOverSeveralRequests() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target)) {
            byte[] whole = RawInitiator.text(RawInitiator.NORMAL + " MaxBurstLength=4096");
            byte[] first = java.util.Arrays.copyOf(whole, 30);
            byte[] rest = java.util.Arrays.copyOfRange(whole, 30, whole.length);
            initiator.send(new LoginRequest(false, true, 1, 0, 0, 0, 1, 0, 5, 0, 1, 0), first);
            TargetPdu.LoginResponse more = initiator.expect(TargetPdu.LoginResponse.class);
            assertThat(more.transit()).isFalse();
            assertThat(more.status()).isZero();
            initiator.send(new LoginRequest(true, false, 1, 3, 0, 0, 1, 0, 5, 0, 1, 0), rest);
            RawInitiator.Received answer = initiator.next();
            assertThat(answer).isNotNull();
            if (answer != null) {
                assertThat(value(answer, "MaxBurstLength")).isEqualTo("4096");
                assertThat(value(answer, "MaxRecvDataSegmentLength")).isEqualTo("262144");
                assertThat(value(answer, "TargetPortalGroupTag")).isEqualTo("1");
            }
        }
    }

    @Test
    void endlessTextIsRefused() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target)) {
            byte[] page = new byte[8000];
            java.util.Arrays.fill(page, (byte) 'a');
            TargetPdu.LoginResponse answer;
            int pages = 0;
            do {
                initiator.send(new LoginRequest(false, true, 1, 0, 0, 0, 1, 0, 5, 0, 1, 0), page);
                answer = initiator.expect(TargetPdu.LoginResponse.class);
            } while (answer.status() == 0 && ++pages < 100);
            assertThat(answer.status()).isEqualTo(LoginStatus.INITIATOR_ERROR.code());
            assertThat(pages).isLessThan(10);
        }
    }

    @Test
    void chapIsAskedFor() throws Exception {
        chap(Optional.empty());
        for (String keys : List.of(" AuthMethod=None", "")) {
            try (RawInitiator initiator = new RawInitiator(target)) {
                assertThat(initiator.loginStatus(0, RawInitiator.NORMAL + keys))
                        .isEqualTo(LoginStatus.AUTHENTICATION_FAILURE.code());
            }
        }
        try (RawInitiator initiator = new RawInitiator(target)) {
            assertThat(initiator.loginStatus(1, RawInitiator.NORMAL))
                    .isEqualTo(LoginStatus.AUTHENTICATION_FAILURE.code());
        }
    }

    /** Does CHAP up to the response with a secret; the last answer. */
    static RawInitiator.Received prove(
            RawInitiator initiator, String user, byte[] secret, String more) throws Exception {
        return prove(initiator, RawInitiator.NORMAL, user, secret, more);
    }

    static RawInitiator.Received prove(
            RawInitiator initiator, String names, String user, byte[] secret, String more)
            throws Exception {
        RawInitiator.Received method =
                initiator.login(false, 0, 0, names + " AuthMethod=CHAP,None");
        assertThat(value(method, "AuthMethod")).isEqualTo("CHAP");
        RawInitiator.Received challenge = initiator.login(false, 0, 0, "CHAP_A=5");
        assertThat(value(challenge, "CHAP_A")).isEqualTo("5");
        byte[] bytes = TextValues.binary(value(challenge, "CHAP_C"), 1024);
        assertThat(bytes).isNotNull();
        byte[] response =
                Chap.response(
                        Chap.Algorithm.MD5,
                        Integer.parseInt(value(challenge, "CHAP_I")),
                        secret,
                        bytes == null ? new byte[0] : bytes);
        String keys =
                "CHAP_N="
                        + user
                        + " CHAP_R="
                        + TextValues.binary(response)
                        + more.replace("REFLECT", value(challenge, "CHAP_C"));
        return initiator.login(true, 0, 3, keys);
    }

    static int status(RawInitiator.Received answer) {
        return ((TargetPdu.LoginResponse) answer.pdu()).status();
    }

    @Test
    void chapLetsInWhoKnowsTheSecret() throws Exception {
        chap(Optional.empty());
        try (RawInitiator initiator = new RawInitiator(target)) {
            RawInitiator.Received answer = prove(initiator, "user", SECRET, "");
            assertThat(status(answer)).isZero();
            assertThat(((TargetPdu.LoginResponse) answer.pdu()).transit()).isTrue();
        }
        try (RawInitiator initiator = new RawInitiator(target)) {
            assertThat(status(prove(initiator, "user", MUTUAL, "")))
                    .isEqualTo(LoginStatus.AUTHENTICATION_FAILURE.code());
            initiator.expectClosed();
        }
        try (RawInitiator initiator = new RawInitiator(target)) {
            assertThat(status(prove(initiator, "other", SECRET, "")))
                    .isEqualTo(LoginStatus.AUTHENTICATION_FAILURE.code());
        }
    }

    @Test
    void mutualChapProvesTheTarget() throws Exception {
        chap(Optional.of(new ChapCredentials.Mutual("gateway", MUTUAL)));
        byte[] mine = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
        try (RawInitiator initiator = new RawInitiator(target)) {
            RawInitiator.Received answer =
                    prove(initiator, "user", SECRET, " CHAP_I=7 CHAP_C=" + TextValues.binary(mine));
            assertThat(status(answer)).isZero();
            assertThat(value(answer, "CHAP_N")).isEqualTo("gateway");
            assertThat(value(answer, "CHAP_R"))
                    .isEqualTo(
                            TextValues.binary(Chap.response(Chap.Algorithm.MD5, 7, MUTUAL, mine)));
        }
    }

    @Test
    void aReflectedChallengeAndAMissingMutualSecretAreRefused() throws Exception {
        chap(Optional.of(new ChapCredentials.Mutual("gateway", MUTUAL)));
        try (RawInitiator initiator = new RawInitiator(target)) {
            RawInitiator.Received answer =
                    prove(initiator, "user", SECRET, " CHAP_I=7 CHAP_C=REFLECT");
            assertThat(status(answer)).isEqualTo(LoginStatus.AUTHENTICATION_FAILURE.code());
            assertThat(answer.data()).isEmpty();
        }
        chap(Optional.empty());
        try (RawInitiator initiator = new RawInitiator(target)) {
            RawInitiator.Received answer =
                    prove(initiator, "user", SECRET, " CHAP_I=7 CHAP_C=0x0102");
            assertThat(status(answer)).isEqualTo(LoginStatus.AUTHENTICATION_FAILURE.code());
        }
    }

    @Test
    void discoveryTellsOfWhatTheInitiatorMaySee() throws Exception {
        String local = "127.0.0.1:" + target.address.getPort() + ",1";
        assertThat(discover("discoverer", "SendTargets=All"))
                .containsExactly(
                        new TextPair("TargetName", TestTarget.NAME),
                        new TextPair("TargetAddress", local));
        assertThat(discover("discoverer", "SendTargets=" + TestTarget.NAME)).hasSize(2);
        assertThat(discover("discoverer", "SendTargets=iqn.2026-11.io.tidegate:no")).isEmpty();
        assertThat(discover("stranger", "SendTargets=All")).isEmpty();
        assertThat(discover("discoverer", "SendTargets="))
                .containsExactly(new TextPair("SendTargets", "Reject"));
    }

    private List<TextPair> discover(String name, String question) throws Exception {
        try (RawInitiator initiator = new RawInitiator(target)) {
            String keys =
                    "InitiatorName=iqn.2026-11.io.tidegate:" + name + " SessionType=Discovery";
            assertThat(initiator.loginStatus(1, keys)).isZero();
            initiator.send(
                    new TextRequest(false, true, false, 0, 9, Bhs.NO_TAG, initiator.cmdSn++, 0),
                    RawInitiator.text(question));
            RawInitiator.Received answer = initiator.next();
            assertThat(answer).isNotNull();
            if (answer == null) {
                throw new AssertionError();
            }
            assertThat(((TargetPdu.TextResponse) answer.pdu()).fin()).isTrue();
            // a command has no place in a discovery session
            initiator.command(RawInitiator.cdb(0, 0, 0), false, 0, true);
            initiator.expect(TargetPdu.Reject.class);
            return answer.text();
        }
    }

    @Test
    void aLoginThatDoesNotEndIsCutOffAndHalfOpenOnesAreFew() throws Exception {
        try (TestTarget strict =
                        new TestTarget(
                                TestTarget.settings(
                                        Duration.ofMillis(300), Duration.ofSeconds(1), 2));
                RawInitiator first = new RawInitiator(strict);
                RawInitiator second = new RawInitiator(strict, "127.0.0.2")) {
            // both have been taken once the first has its answer and the second its connection
            first.login(false, 1, 0, RawInitiator.NORMAL);
            second.login(false, 1, 0, RawInitiator.NORMAL);
            for (String from : List.of("127.0.0.1", "127.0.0.3")) {
                try (RawInitiator third = new RawInitiator(strict, from)) {
                    third.expectClosed();
                }
            }
            first.expectClosed();
            second.expectClosed();
        }
    }
}
