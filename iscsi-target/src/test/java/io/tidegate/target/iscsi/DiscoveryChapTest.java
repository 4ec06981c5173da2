package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidegate.initiator.Credentials;
import io.tidegate.initiator.Initiator;
import io.tidegate.initiator.InitiatorException;
import io.tidegate.initiator.InitiatorSettings;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.Chap;
import io.tidegate.iscsi.wire.InitiatorPdu.TextRequest;
import io.tidegate.iscsi.wire.LoginStatus;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.iscsi.wire.TextValues;
import io.tidegate.presentation.ChapCredentials;
import io.tidegate.presentation.LoginRule;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Discovery sessions that have to prove themselves, by secrets that are not those of a host. */
class DiscoveryChapTest {
    private static final String NAMES =
            "SessionType=Discovery InitiatorName=" + TestTarget.INITIATOR;
    private static final byte[] CHALLENGE =
            "a challenge of my own".getBytes(StandardCharsets.US_ASCII);

    private TestTarget target;

    @BeforeEach
    void start() throws Exception {
        target = new TestTarget();
        chap(Optional.empty());
    }

    @AfterEach
    void stop() throws Exception {
        target.close();
    }

    private void chap(Optional<ChapCredentials.Mutual> mutual) {
        target.discoveryRule =
                new LoginRule.Chap(new ChapCredentials("finder", LoginTest.SECRET, mutual));
    }

    private static void expectFailure(RawInitiator.Received answer) {
        assertThat(LoginTest.status(answer)).isEqualTo(LoginStatus.AUTHENTICATION_FAILURE.code());
        assertThat(answer.data()).isEmpty();
    }

    private static void expectTargets(RawInitiator initiator) throws Exception {
        initiator.send(
                new TextRequest(false, true, false, 0, 9, Bhs.NO_TAG, initiator.cmdSn++, 0),
                RawInitiator.text("SendTargets=All"));
        RawInitiator.Received answer = initiator.expectWithData(TargetPdu.TextResponse.class);
        assertThat(LoginTest.value(answer, "TargetName")).isEqualTo(TestTarget.NAME);
    }

    @Test
    void whoKnowsTheSecretIsToldAndNobodyElse() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target)) {
            assertThat(
                            LoginTest.status(
                                    LoginTest.prove(
                                            initiator, NAMES, "finder", LoginTest.SECRET, "")))
                    .isZero();
            expectTargets(initiator);
        }
        try (RawInitiator initiator = new RawInitiator(target)) {
            expectFailure(LoginTest.prove(initiator, NAMES, "finder", LoginTest.MUTUAL, ""));
            initiator.expectClosed();
        }
        try (RawInitiator initiator = new RawInitiator(target)) {
            expectFailure(initiator.login(true, 0, 3, NAMES + " AuthMethod=None"));
        }
        try (RawInitiator initiator = new RawInitiator(target)) {
            expectFailure(initiator.login(true, 1, 3, NAMES)); // past the security stage
        }
        assertThat(target.server.snapshot().loginFailures())
                .containsEntry(LoginStatus.AUTHENTICATION_FAILURE.name(), 3L);
    }

    @Test
    void aNormalSessionHasTheRuleOfItsHost() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            assertThat(initiator.read(0, 1)).hasSize(512);
        }
        target.discoveryRule = new LoginRule.Open();
        target.rule =
                new LoginRule.Chap(new ChapCredentials("user", LoginTest.SECRET, Optional.empty()));
        try (RawInitiator initiator = new RawInitiator(target)) {
            assertThat(initiator.loginStatus(1, NAMES)).isZero();
            expectTargets(initiator);
        }
        try (RawInitiator initiator = new RawInitiator(target)) {
            expectFailure(initiator.login(true, 1, 3, RawInitiator.NORMAL));
        }
    }

    @Test
    void theTargetProvesItselfWhenAsked() throws Exception {
        chap(Optional.of(new ChapCredentials.Mutual("gate", LoginTest.MUTUAL)));
        String asked = " CHAP_I=7 CHAP_C=" + TextValues.binary(CHALLENGE);
        try (RawInitiator initiator = new RawInitiator(target)) {
            RawInitiator.Received answer =
                    LoginTest.prove(initiator, NAMES, "finder", LoginTest.SECRET, asked);
            assertThat(LoginTest.status(answer)).isZero();
            assertThat(LoginTest.value(answer, "CHAP_N")).isEqualTo("gate");
            assertThat(LoginTest.value(answer, "CHAP_R"))
                    .isEqualTo(
                            TextValues.binary(
                                    Chap.response(
                                            Chap.Algorithm.MD5, 7, LoginTest.MUTUAL, CHALLENGE)));
            expectTargets(initiator);
        }
        try (RawInitiator initiator = new RawInitiator(target)) {
            expectFailure(
                    LoginTest.prove(
                            initiator,
                            NAMES,
                            "finder",
                            LoginTest.SECRET,
                            " CHAP_I=7 CHAP_C=REFLECT"));
        }
    }

    private void discover(Credentials own, @Nullable Credentials peer) throws InitiatorException {
        InitiatorSettings settings =
                InitiatorSettings.of(target.address, TestTarget.INITIATOR, TestTarget.NAME)
                        .withChap(own, peer);
        try (Initiator initiator = new Initiator(1)) {
            assertThat(initiator.discover(settings)).hasSize(1);
        }
    }

    @Test
    void ourInitiatorDiscoversByOneWayAndMutualChap() throws Exception {
        Credentials own = Credentials.of("finder", LoginTest.SECRET);
        Credentials gate = Credentials.of("gate", LoginTest.MUTUAL);
        discover(own, null);
        assertThatThrownBy(() -> discover(own, gate)).isInstanceOf(InitiatorException.class);
        chap(Optional.of(new ChapCredentials.Mutual("gate", LoginTest.MUTUAL)));
        discover(own, gate);
        byte[] wrong = "false secret".getBytes(StandardCharsets.US_ASCII);
        assertThatThrownBy(() -> discover(own, Credentials.of("gate", wrong)))
                .isInstanceOf(InitiatorException.class);
    }
}
