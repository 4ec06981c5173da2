package io.tidegate.presentation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tidegate.audit.AuditFilter;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.ServiceException.Code;
import io.tidegate.presentation.TargetInfo.Portal;
import io.tidegate.presentation.TargetInfo.Redirect;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the catalog keeps of redirects and of CHAP for discovery. */
class RedirectTest {
    private static final InetSocketAddress FIRST = new InetSocketAddress("127.0.0.1", 3260);
    private static final InetSocketAddress SECOND = new InetSocketAddress("127.0.0.1", 3261);
    private static final InetSocketAddress THIRD = new InetSocketAddress("::1", 3262);
    private static final InetSocketAddress TOLD =
            InetSocketAddress.createUnresolved("gateway.example", 13261);
    private static final String ONE = "iqn.1998-01.com.example:one";
    private static final String TWO = "iqn.1998-01.com.example:two";
    private static final String SECRET = "a discovery secret";
    private static final String MUTUAL = "quite another secret";

    @TempDir Path folder;
    private House house;
    private String target;

    @BeforeEach
    void open() throws Exception {
        house = House.first(folder);
        target = house.target();
        house.presentation.setDefaultPortal(FIRST, Optional.empty());
        house.host("one");
        house.host("two");
        add(SECOND, Optional.of(TOLD));
        add(THIRD, Optional.empty());
    }

    @AfterEach
    void close() {
        house.close();
    }

    private void add(InetSocketAddress listen, Optional<InetSocketAddress> told) throws Exception {
        house.targets.addPortal(House.WHO, target, new Portal(listen, told, 1));
    }

    private Optional<InetSocketAddress> goal(String initiator) {
        return house.presentation.redirect(target, initiator).map(Portal::listen);
    }

    private void redirect(Optional<String> host, InetSocketAddress portal) throws Exception {
        house.targets.redirect(House.WHO, target, host, portal);
    }

    @Test
    void aHostsOwnRedirectGoesBeforeThatOfAllAndBothAreKept() throws Exception {
        assertThat(goal(ONE)).isEmpty();
        redirect(Optional.empty(), SECOND);
        redirect(Optional.of("Two"), THIRD);
        assertThat(goal(ONE)).contains(SECOND);
        assertThat(goal(TWO)).contains(THIRD);
        assertThat(house.presentation.redirect(target, ONE).orElseThrow().advertised())
                .contains(TOLD);
        assertThat(goal("iqn.1998-01.com.example:stranger")).isEmpty();
        house.close();
        house = new House(folder, house.clock);
        house.presentation.setDefaultPortal(FIRST, Optional.empty());
        assertThat(house.targets.show(target).redirects())
                .containsExactly(
                        new Redirect(Optional.empty(), SECOND),
                        new Redirect(Optional.of("two"), THIRD));
        assertThat(goal(TWO)).contains(THIRD);
        redirect(Optional.of("two"), FIRST); // in place of the one before
        assertThat(goal(TWO)).contains(FIRST);
        house.targets.endRedirect(House.WHO, target, Optional.of("two"));
        assertThat(goal(TWO)).contains(SECOND);
        house.targets.endRedirect(House.WHO, target, Optional.empty());
        assertThat(goal(ONE)).isEmpty();
        assertThat(house.targets.show(target).redirects()).isEmpty();
    }

    @Test
    void onlyPortalsOfTheTargetAreGoalsAndGoalsAreNotRemoved() throws Exception {
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(
                        () -> redirect(Optional.empty(), new InetSocketAddress("192.0.2.1", 3260)))
                .matches(e -> e.code() == Code.NOT_FOUND);
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(() -> redirect(Optional.of("nobody"), SECOND))
                .matches(e -> e.code() == Code.NOT_FOUND);
        redirect(Optional.of("one"), SECOND);
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(() -> house.targets.removePortal(House.WHO, target, SECOND))
                .matches(e -> e.code() == Code.CONFLICT)
                .withMessageContaining("127.0.0.1:3261");
        house.hosts.delete(House.WHO, "one"); // and its redirect with it
        house.targets.removePortal(House.WHO, target, SECOND);
        assertThat(house.targets.show(target).portals()).hasSize(2);
    }

    @Test
    void sessionsAreLookedAtAnewAfterEveryChange() throws Exception {
        List<String> asked = new ArrayList<>();
        house.presentation.attach(new Asked(asked));
        redirect(Optional.empty(), SECOND);
        house.targets.endRedirect(House.WHO, target, Optional.empty());
        house.targets.removePortal(House.WHO, target, SECOND);
        assertThat(asked).containsExactly(target, target, target);
    }

    private record Asked(List<String> targets) implements SessionControl {
        @Override
        public List<SessionInfo> sessions() {
            return List.of();
        }

        @Override
        public boolean end(long sessionId, String reason) {
            return false;
        }

        @Override
        public CompletionStage<Optional<SessionDetails>> details(long sessionId) {
            throw new AssertionError("nobody asks here");
        }

        @Override
        public SessionTraces traces() {
            throw new AssertionError("nobody asks here");
        }

        @Override
        public void reconsider(String targetName) {
            targets.add(targetName);
        }

        @Override
        public void abandon(LogicalUnit unit, long generation) {
            throw new AssertionError("nothing is promoted at " + Instant.EPOCH);
        }
    }

    private static ChapCredentials chap(String secret, String mutual) {
        return new ChapCredentials(
                "finder",
                secret.getBytes(StandardCharsets.UTF_8),
                Optional.of(
                        new ChapCredentials.Mutual(
                                "gate", mutual.getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void discoveryHasSecretsOfItsOwnWhichAreSealed() throws Exception {
        assertThat(house.presentation.loginRule(Optional.empty(), ONE))
                .isEqualTo(new LoginRule.Open());
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(
                        () ->
                                house.hosts.setDiscoveryChap(
                                        House.WHO, Optional.of(chap(SECRET, SECRET))))
                .matches(e -> e.code() == Code.INVALID);
        assertThat(house.hosts.setDiscoveryChap(House.WHO, Optional.of(chap(SECRET, MUTUAL))))
                .isEqualTo(new DiscoveryInfo(Optional.of("finder"), Optional.of("gate")));
        house.close();
        try (var files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain(SECRET)
                        .doesNotContain(MUTUAL);
            }
        }
        house = new House(folder, house.clock);
        house.presentation.setDefaultPortal(FIRST, Optional.empty());
        LoginRule rule = house.presentation.loginRule(Optional.empty(), ONE);
        ChapCredentials given = ((LoginRule.Chap) rule).credentials();
        assertThat(given.secret()).isEqualTo(SECRET.getBytes(StandardCharsets.UTF_8));
        assertThat(given.mutual().orElseThrow().secret())
                .isEqualTo(MUTUAL.getBytes(StandardCharsets.UTF_8));
        // a normal session is the host's business, and a stranger is told nothing
        assertThat(house.presentation.loginRule(Optional.of(target), ONE))
                .isEqualTo(new LoginRule.Open());
        assertThat(house.presentation.loginRule(Optional.empty(), "iqn.1998-01.com.example:x"))
                .isInstanceOf(LoginRule.Refused.class);
        house.hosts.setDiscoveryChap(House.WHO, Optional.empty());
        assertThat(house.presentation.loginRule(Optional.empty(), ONE))
                .isEqualTo(new LoginRule.Open());
        assertThat(house.catalog.audit(AuditFilter.newest(20)).toString())
                .contains("discovery")
                .doesNotContain(SECRET);
    }
}
