package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidegate.initiator.Initiator;
import io.tidegate.initiator.InitiatorException;
import io.tidegate.initiator.InitiatorSettings;
import io.tidegate.initiator.Session;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.InitiatorPdu.LogoutRequest;
import io.tidegate.iscsi.wire.InitiatorPdu.TextRequest;
import io.tidegate.iscsi.wire.LoginStatus;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.iscsi.wire.TextPair;
import io.tidegate.presentation.ChapCredentials;
import io.tidegate.presentation.LoginRule;
import io.tidegate.presentation.TargetInfo.Portal;
import io.tidegate.presentation.TargetInfo.Redirect;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several portals of one target, their names on the wire, and logins sent from one to another. */
class PortalTest {
    private TestTarget target;
    private InetSocketAddress other;
    private InetSocketAddress six;

    @BeforeEach
    void start() throws Exception {
        target = new TestTarget();
        other = target.listen("127.0.0.1");
        six = target.listen("::1");
        target.portals =
                List.of(
                        portal(target.address, null, 1),
                        portal(other, null, 1),
                        portal(six, null, 2));
    }

    @AfterEach
    void stop() throws Exception {
        target.close();
    }

    private static Portal portal(
            InetSocketAddress listen, @org.jspecify.annotations.Nullable String told, int tag) {
        Optional<InetSocketAddress> advertised =
                Optional.ofNullable(told)
                        .map(name -> InetSocketAddress.createUnresolved(name, 13260));
        return new Portal(listen, advertised, tag);
    }

    private void redirect(InetSocketAddress goal) {
        target.redirects = List.of(new Redirect(Optional.empty(), goal));
    }

    private static String value(RawInitiator.Received answer) throws Exception {
        return answer.text().stream()
                .filter(pair -> pair.key().equals("TargetAddress"))
                .map(TextPair::value)
                .findFirst()
                .orElse("");
    }

    private static RawInitiator.Received login(RawInitiator initiator) throws Exception {
        return initiator.login(true, 1, 3, RawInitiator.NORMAL);
    }

    private static int status(RawInitiator.Received answer) {
        return ((TargetPdu.LoginResponse) answer.pdu()).status();
    }

    private static String at(String host, InetSocketAddress address) {
        return host + ":" + address.getPort();
    }

    @Test
    void aLoginIsSentToThePortalOfItsRedirectAndServedThere() throws Exception {
        redirect(other);
        try (RawInitiator initiator = new RawInitiator(target)) {
            RawInitiator.Received answer = login(initiator);
            assertThat(status(answer)).isEqualTo(LoginStatus.TARGET_MOVED_TEMPORARILY.code());
            // without a portal group, as the standard asks here
            assertThat(value(answer)).isEqualTo(at("127.0.0.1", other));
            assertThat(((TargetPdu.LoginResponse) answer.pdu()).transit()).isFalse();
            initiator.expectClosed();
        }
        try (RawInitiator initiator = new RawInitiator(other)) {
            assertThat(status(login(initiator))).isZero();
        }
        try (RawInitiator initiator = new RawInitiator(six)) {
            assertThat(value(login(initiator))).isEqualTo(at("127.0.0.1", other));
        }
    }

    @Test
    void whatIsAdvertisedIsToldAndNeverWhereTheGatewayListens() throws Exception {
        target.portals =
                List.of(
                        portal(target.address, "192.0.2.1", 1),
                        portal(other, "gateway.example", 2),
                        portal(six, "2001:db8::1", 3));
        redirect(other);
        try (RawInitiator initiator = new RawInitiator(target)) {
            assertThat(value(login(initiator))).isEqualTo("gateway.example:13260");
        }
        redirect(six);
        try (RawInitiator initiator = new RawInitiator(target)) {
            assertThat(value(login(initiator))).isEqualTo("[2001:db8::1]:13260");
        }
        assertThat(addresses(other))
                .containsExactly(
                        "192.0.2.1:13260,1", "gateway.example:13260,2", "[2001:db8::1]:13260,3");
    }

    @Test
    void aWildcardIsNeverToldAndNeverSentToItself() throws Exception {
        InetSocketAddress wild = target.listen("0.0.0.0");
        target.portals = List.of(portal(target.address, null, 1), portal(wild, null, 5));
        assertThat(addresses(target.address))
                .containsExactly(
                        at("127.0.0.1", target.address) + ",1", at("127.0.0.1", wild) + ",5");
        redirect(wild);
        try (RawInitiator initiator = new RawInitiator(target)) {
            assertThat(value(login(initiator))).isEqualTo(at("127.0.0.1", wild));
        }
        InetSocketAddress through = new InetSocketAddress("127.0.0.1", wild.getPort());
        try (RawInitiator initiator = new RawInitiator(through)) {
            RawInitiator.Received answer = login(initiator);
            assertThat(status(answer)).isZero();
            assertThat(answer.text()).contains(new TextPair("TargetPortalGroupTag", "5"));
        }
    }

    /** One socket for both families: each is told of its own. */
    @Test
    void aWildcardOfBothFamiliesIsToldAsTheAddressThatAConnectionCameInBy() throws Exception {
        InetSocketAddress wild = target.listen("::");
        target.portals = List.of(portal(wild, null, 3));
        for (String host : List.of("127.0.0.1", "::1")) {
            InetSocketAddress by = new InetSocketAddress(host, wild.getPort());
            String told = host.equals("::1") ? "[::1]" : host;
            assertThat(addresses(by)).containsExactly(at(told, wild) + ",3");
            try (RawInitiator initiator = new RawInitiator(by)) {
                assertThat(login(initiator).text())
                        .contains(new TextPair("TargetPortalGroupTag", "3"));
            }
        }
    }

    @Test
    void anAddressIsToldOnceThoughTwoPortalsAdvertiseIt() throws Exception {
        target.portals =
                List.of(
                        portal(target.address, "192.0.2.1", 1),
                        portal(other, "192.0.2.1", 1),
                        portal(six, "192.0.2.1", 2));
        assertThat(addresses(six)).containsExactly("192.0.2.1:13260,1", "192.0.2.1:13260,2");
    }

    @Test
    void aRedirectToAPortalThatIsGoneIsNotInForce() throws Exception {
        redirect(new InetSocketAddress("192.0.2.9", 3260));
        try (RawInitiator initiator = new RawInitiator(target)) {
            assertThat(status(login(initiator))).isZero();
        }
    }

    @Test
    void onlyWhoHasProvedItselfIsToldWhereToGo() throws Exception {
        redirect(other);
        target.rule =
                new LoginRule.Chap(new ChapCredentials("user", LoginTest.SECRET, Optional.empty()));
        try (RawInitiator initiator = new RawInitiator(target)) {
            RawInitiator.Received answer = LoginTest.prove(initiator, "user", LoginTest.SECRET, "");
            assertThat(status(answer)).isEqualTo(LoginStatus.TARGET_MOVED_TEMPORARILY.code());
            assertThat(value(answer)).isEqualTo(at("127.0.0.1", other));
        }
        try (RawInitiator initiator = new RawInitiator(target)) {
            RawInitiator.Received answer = LoginTest.prove(initiator, "user", new byte[12], "");
            assertThat(status(answer)).isEqualTo(LoginStatus.AUTHENTICATION_FAILURE.code());
            assertThat(answer.data()).isEmpty();
        }
    }

    @Test
    void sessionsElsewhereAreAskedToLogOutWhenARedirectComes() throws Exception {
        try (RawInitiator moved = new RawInitiator(target);
                RawInitiator stays = new RawInitiator(other)) {
            moved.open("");
            stays.isid++;
            stays.open("");
            redirect(other);
            target.server.sessions().reconsider(TestTarget.NAME);
            TargetPdu.AsyncMessage asked = moved.expect(TargetPdu.AsyncMessage.class);
            assertThat(asked.event()).isEqualTo(TargetPdu.AsyncMessage.LOGOUT_REQUESTED);
            moved.send(new LogoutRequest(true, 0, 5, 0, moved.cmdSn, 0));
            assertThat(moved.expect(TargetPdu.LogoutResponse.class).response()).isZero();
            moved.expectClosed();
            // the other one is not asked: its next PDU is the answer to its command
            assertThat(stays.read(0, 1)).hasSize(512);
        }
    }

    @Test
    void aTargetIsServedAtItsOwnPortalsOnly() throws Exception {
        InetSocketAddress foreign = target.listen("127.0.0.1");
        try (RawInitiator initiator = new RawInitiator(foreign)) {
            RawInitiator.Received answer = login(initiator);
            assertThat(status(answer)).isEqualTo(LoginStatus.NOT_FOUND.code());
            initiator.expectClosed();
        }
        // discovery tells of it there too, with the addresses that do serve it
        assertThat(addresses(foreign)).hasSize(3);
        try (RawInitiator initiator = new RawInitiator(other)) {
            initiator.open("");
            target.portals = List.of(portal(target.address, null, 1));
            target.server.sessions().reconsider(TestTarget.NAME);
            initiator.expect(TargetPdu.AsyncMessage.class);
        }
    }

    @Test
    void aPortalOfAnotherFamilyAndGroupServesTheSameUnit() throws Exception {
        try (RawInitiator four = new RawInitiator(other);
                RawInitiator seven = new RawInitiator(six)) {
            RawInitiator.Received answer = login(four);
            assertThat(answer.text()).contains(new TextPair("TargetPortalGroupTag", "1"));
            // the same initiator port at another portal group is another nexus: both stay
            answer = login(seven);
            assertThat(answer.text()).contains(new TextPair("TargetPortalGroupTag", "2"));
            assertThat(target.server.sessions().sessions()).hasSize(2);
        }
        assertThat(addresses(six)).contains(at("[::1]", six) + ",2");
        InitiatorSettings settings =
                InitiatorSettings.of(six, TestTarget.INITIATOR, TestTarget.NAME);
        try (Initiator initiator = new Initiator(1);
                Session session = initiator.connect(settings)) {
            assertThat(session.openLun(0).geometry().sizeBytes()).isEqualTo(TestTarget.SIZE);
        }
    }

    @Test
    void ourInitiatorSaysWhereTheTargetHasMoved() throws Exception {
        redirect(other);
        InitiatorSettings settings =
                InitiatorSettings.of(target.address, TestTarget.INITIATOR, TestTarget.NAME);
        try (Initiator initiator = new Initiator(1)) {
            assertThatThrownBy(() -> initiator.connect(settings))
                    .isInstanceOf(InitiatorException.class)
                    .hasMessageContaining("moved to " + at("127.0.0.1", other));
        }
    }

    private static List<String> addresses(InetSocketAddress by) throws Exception {
        try (RawInitiator initiator = new RawInitiator(by)) {
            String keys = "InitiatorName=" + TestTarget.INITIATOR + " SessionType=Discovery";
            assertThat(initiator.loginStatus(1, keys)).isZero();
            initiator.send(
                    new TextRequest(false, true, false, 0, 9, Bhs.NO_TAG, initiator.cmdSn++, 0),
                    RawInitiator.text("SendTargets=All"));
            RawInitiator.Received answer = initiator.next();
            if (answer == null) {
                throw new AssertionError("closed");
            }
            return answer.text().stream()
                    .filter(pair -> pair.key().equals("TargetAddress"))
                    .map(TextPair::value)
                    .toList();
        }
    }
}
