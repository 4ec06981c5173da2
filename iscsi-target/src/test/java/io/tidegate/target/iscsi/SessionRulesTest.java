package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.iscsi.wire.LoginStatus;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.presentation.SessionControl.SessionInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which login begins a session, takes one over or is refused by its handle (RFC 7143, 6.3.1). */
class SessionRulesTest {
    private static final String OTHER =
            "InitiatorName=iqn.2026-11.io.tidegate:other TargetName=" + TestTarget.NAME;
    private static final String DISCOVERY =
            "SessionType=Discovery InitiatorName=" + TestTarget.INITIATOR;

    private TestTarget target;

    @BeforeEach
    void start() throws Exception {
        target = new TestTarget();
    }

    @AfterEach
    void stop() throws Exception {
        target.close();
    }

    private static void expectServed(RawInitiator initiator) throws Exception {
        assertThat(initiator.read(0, 1)).hasSize(512);
    }

    /** A login for a session that there is, or is not; it is left alone in any case. */
    @ParameterizedTest
    @CsvSource({
        // another connection of it: one was agreed on
        "0, 0, 1, own, TOO_MANY_CONNECTIONS",
        // the same connection again: that is recovery within a session, which is not supported
        "0, 0, 0, own, CANT_INCLUDE_IN_SESSION",
        // a handle with another initiator port, name or kind of session is of no session
        "0, 1, 1, own, SESSION_DOES_NOT_EXIST",
        "0, 0, 1, other, SESSION_DOES_NOT_EXIST",
        "0, 0, 1, discovery, SESSION_DOES_NOT_EXIST",
        "1, 0, 1, own, SESSION_DOES_NOT_EXIST",
    })
    void aLoginWithAHandleIsRefusedAndItsSessionGoesOn(
            int otherHandle, int otherIsid, int connection, String names, LoginStatus status)
            throws Exception {
        try (RawInitiator first = new RawInitiator(target).open("MaxConnections=8")) {
            assertThat(first.tsih).isNotZero();
            try (RawInitiator second = new RawInitiator(target)) {
                second.tsih = first.tsih + otherHandle;
                second.isid += otherIsid;
                second.connectionId = connection;
                String keys =
                        switch (names) {
                            case "own" -> RawInitiator.NORMAL;
                            case "other" -> OTHER;
                            default -> DISCOVERY;
                        };
                RawInitiator.Received answer = second.login(true, 1, 3, keys);
                assertThat(((TargetPdu.LoginResponse) answer.pdu()).status())
                        .isEqualTo(status.code());
                assertThat(answer.data()).isEmpty();
                second.expectClosed();
            }
            expectServed(first);
            assertThat(target.server.sessions().sessions()).hasSize(1);
        }
    }

    @Test
    void aLoginFromTheSamePortTakesTheSessionOver() throws Exception {
        try (RawInitiator first = new RawInitiator(target).open("");
                RawInitiator second = new RawInitiator(target)) {
            first.command(RawInitiator.cdb(0x16, 0, 0), false, 0, true); // RESERVE(6)
            assertThat(first.expect(TargetPdu.ScsiResponse.class).status()).isZero();
            second.open("");
            assertThat(second.tsih).isNotZero().isNotEqualTo(first.tsih);
            first.expectClosed();
            assertThat(target.server.sessions().sessions())
                    .singleElement()
                    .extracting(SessionInfo::isid)
                    .isEqualTo("400000000001");
            // what the old session held is gone with it
            try (RawInitiator other = new RawInitiator(target)) {
                other.isid++;
                other.open("");
                expectServed(other);
            }
            expectServed(second);
        }
    }

    @Test
    void aLoginFromAnotherPortOrNameIsASessionBesideTheOthers() throws Exception {
        try (RawInitiator first = new RawInitiator(target).open("");
                RawInitiator second = new RawInitiator(target);
                RawInitiator third = new RawInitiator(target)) {
            second.isid++;
            second.open("");
            assertThat(third.login(true, 1, 3, OTHER).pdu())
                    .isInstanceOfSatisfying(
                            TargetPdu.LoginResponse.class,
                            answer -> assertThat(answer.status()).isZero());
            assertThat(target.server.sessions().sessions()).hasSize(3);
            expectServed(first);
            expectServed(second);
        }
    }

    @Test
    void theHandleIsGivenWithTheLastResponseOnly() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target)) {
            TargetPdu.LoginResponse early =
                    (TargetPdu.LoginResponse)
                            initiator.login(true, 0, 1, RawInitiator.NORMAL).pdu();
            assertThat(early.transit()).isTrue();
            assertThat(early.nextStage()).isEqualTo(1);
            assertThat(early.tsih()).isZero();
            TargetPdu.LoginResponse last =
                    (TargetPdu.LoginResponse) initiator.login(true, 1, 3, "").pdu();
            assertThat(last.status()).isZero();
            assertThat(last.tsih()).isNotZero();
        }
    }

    @Test
    void aHandleMayNotChangeWithinALogin() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target)) {
            initiator.login(true, 0, 1, RawInitiator.NORMAL);
            initiator.connectionId++;
            assertThat(initiator.loginStatus(1, "")).isEqualTo(LoginStatus.INITIATOR_ERROR.code());
        }
    }
}
