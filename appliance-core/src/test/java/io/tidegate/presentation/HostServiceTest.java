package io.tidegate.presentation;

import static io.tidegate.presentation.House.WHO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tidegate.audit.AuditFilter;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.ServiceException.Code;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostServiceTest {

    private static final String IQN = "iqn.1998-01.com.example:esx7";
    private static final String SECRET = "open-sesame-4711";
    private static final String MUTUAL = "sesame-opened-11";

    @TempDir Path folder;
    private House house;

    @BeforeEach
    void open() throws Exception {
        house = new House(folder, new House.TestClock());
    }

    @AfterEach
    void close() {
        house.close();
    }

    private static ChapCredentials chap(String secret, String mutual) {
        return new ChapCredentials(
                "esx",
                secret.getBytes(StandardCharsets.UTF_8),
                Optional.of(
                        new ChapCredentials.Mutual(
                                "gate", mutual.getBytes(StandardCharsets.UTF_8))));
    }

    private HostInfo create(String iqn, Optional<ChapCredentials> chap) throws ServiceException {
        return house.hosts.create(WHO, new HostSpec("esx7", List.of(iqn), false, HostOs.ESX, chap));
    }

    @Test
    void foldsInitiatorsAndKeepsEachWithOneHost() throws Exception {
        assertThat(create("IQN.1998-01.com.Example:ESX7", Optional.empty()).initiators())
                .containsExactly(IQN);
        assertThat(house.presentation.loginRule(Optional.of(house.target()), IQN))
                .isInstanceOf(LoginRule.Open.class);
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(
                        () ->
                                house.hosts.create(
                                        WHO,
                                        new HostSpec(
                                                "other",
                                                List.of(IQN),
                                                false,
                                                HostOs.LINUX,
                                                Optional.empty())))
                .matches(e -> e.code() == Code.CONFLICT);
        house.hosts.removeInitiator(WHO, "esx7", IQN.toUpperCase(java.util.Locale.ROOT));
        assertThat(house.presentation.loginRule(Optional.empty(), IQN))
                .isInstanceOf(LoginRule.Refused.class);
        house.hosts.delete(WHO, "esx7");
        assertThat(house.hosts.list()).isEmpty();
    }

    @Test
    void refusesNamesThatAreNone() {
        for (String bad :
                new String[] {"", "iqn.com.example", "iqn.2026-13.com.x", "eui.12", "x\ny"}) {
            assertThatExceptionOfType(ServiceException.class)
                    .as(bad)
                    .isThrownBy(() -> create(bad, Optional.empty()))
                    .matches(e -> e.code() == Code.INVALID);
        }
    }

    @Test
    void oneHostTakesAnyInitiatorThatNobodyHas() throws Exception {
        create(IQN, Optional.empty());
        HostSpec any = new HostSpec("lab", List.of(), true, HostOs.OTHER, Optional.empty());
        house.hosts.create(WHO, any);
        assertThat(house.presentation.hostOf(IQN)).contains("esx7");
        assertThat(house.presentation.hostOf("iqn.1998-01.com.example:new")).contains("lab");
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(
                        () ->
                                house.hosts.create(
                                        WHO,
                                        new HostSpec(
                                                "lab2",
                                                List.of(),
                                                true,
                                                HostOs.OTHER,
                                                Optional.empty())));
    }

    @Test
    void keepsChapSecretsSealedAndGivesThemToLoginsOnly() throws Exception {
        ChapCredentials chap = chap(SECRET, MUTUAL);
        HostInfo info = create(IQN, Optional.of(chap));
        assertThat(info.chapUser()).contains("esx");
        assertThat(info.mutualUser()).contains("gate");
        LoginRule rule = house.presentation.loginRule(Optional.empty(), IQN);
        ChapCredentials given = ((LoginRule.Chap) rule).credentials();
        assertThat(given.secret()).isEqualTo(chap.secret());
        assertThat(given.mutual().orElseThrow().secret())
                .isEqualTo(chap.mutual().orElseThrow().secret());

        assertThat(rule.toString() + info + chap + chap.mutual())
                .doesNotContain(SECRET)
                .doesNotContain(MUTUAL);
        assertThat(house.catalog.audit(AuditFilter.newest(10)).toString())
                .doesNotContain(SECRET)
                .doesNotContain(MUTUAL);
        house.close();
        try (var files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (!file.toString().endsWith(".so")) {
                    assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                            .as(file.toString())
                            .doesNotContain(SECRET)
                            .doesNotContain(MUTUAL);
                }
            }
        }
        house = new House(folder, house.clock);
        LoginRule again = house.presentation.loginRule(Optional.empty(), IQN);
        assertThat(((LoginRule.Chap) again).credentials().secret()).isEqualTo(chap.secret());
    }

    @Test
    void refusesSecretsThatAreShortOrTheSame() {
        for (ChapCredentials bad : List.of(chap("short", MUTUAL), chap(SECRET, SECRET))) {
            assertThatExceptionOfType(ServiceException.class)
                    .isThrownBy(() -> create(IQN, Optional.of(bad)))
                    .matches(e -> e.code() == Code.INVALID);
        }
        assertThat(house.hosts.list()).isEmpty();
    }

    @Test
    void theFirstTargetsPortalFollowsTheSettings() throws Exception {
        InetSocketAddress listen = InetSocketAddress.createUnresolved("127.0.0.1", 3260);
        house.presentation.setDefaultPortal(listen, Optional.empty());
        assertThat(house.targets.list().getFirst().portals())
                .extracting(TargetInfo.Portal::listen)
                .containsExactly(listen);
        assertThat(house.targets.extraPortals()).isEmpty();
        InetSocketAddress second = InetSocketAddress.createUnresolved("10.0.0.1", 3261);
        house.targets.addPortal(
                WHO, house.target(), new TargetInfo.Portal(second, Optional.of(listen), 2));
        assertThat(house.targets.extraPortals()).hasSize(1);
        assertThat(house.targets.list().getFirst().portals()).hasSize(2);
        house.targets.removePortal(WHO, house.target(), second);
        assertThat(house.targets.extraPortals()).isEmpty();
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(() -> house.targets.delete(WHO, house.target()));
    }
}
