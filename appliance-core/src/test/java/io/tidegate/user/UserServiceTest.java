package io.tidegate.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tidegate.audit.AuditFilter;
import io.tidegate.audit.AuditRecord;
import io.tidegate.audit.AuditResult;
import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.ServiceException.Code;
import io.tidegate.presentation.House;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserServiceTest {

    private static final Request WHO = Request.system("test");
    private static final InetSocketAddress FROM = new InetSocketAddress("192.0.2.7", 50000);

    /** Made once by ssh-keygen, with the fingerprint that it printed. */
    private static final String KEY =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIER0bvO+vm/xqHgNp8nmVmughgaWIrK4I6Xv7LooX+mZ"
                    + " alice@desk";

    private static final String FINGERPRINT = "SHA256:IfT9F3o8t/NLSTBJys5EkYluqhhyBGJfgBsau/wO3R4";

    @TempDir Path folder;
    private final House.TestClock clock = new House.TestClock();
    private Catalog catalog;
    private UserService users;

    @BeforeEach
    void open() {
        catalog = Catalog.open(folder.resolve("catalog.db"), clock);
        users = new UserService(catalog, new Passwords.Cost(64, 1));
    }

    @AfterEach
    void close() {
        users.close();
        catalog.close();
    }

    private LoginResult login(String user, String password) {
        return users.logins().password(user, password.toCharArray(), FROM);
    }

    @Test
    void theFirstStartMakesOneAdminWithAPasswordThatHasToBeChanged() throws Exception {
        String oneTime = users.ensureFirst(List.of()).orElseThrow();
        assertThat(users.ensureFirst(List.of())).isEmpty();
        LoginResult.Admitted admitted = (LoginResult.Admitted) login("Admin", oneTime);
        assertThat(admitted.user().mustChange()).isTrue();
        assertThat(admitted.user().may(Role.ADMIN)).isTrue();
        assertThat(admitted.user().may(Role.SECURITY)).isTrue();
        users.changePassword(
                WHO, "admin", oneTime.toCharArray(), "a better passphrase".toCharArray());
        assertThat(users.show("admin").mustChange()).isFalse();
        assertThat(login("admin", oneTime)).isInstanceOf(LoginResult.Refused.class);
        assertThat(login("admin", "a better passphrase")).isInstanceOf(LoginResult.Admitted.class);
        catalog.close();
        for (String file : List.of("catalog.db", "catalog.db-wal")) {
            Path path = folder.resolve(file);
            if (Files.exists(path)) {
                assertThat(new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1))
                        .doesNotContain(oneTime)
                        .doesNotContain("a better passphrase");
            }
        }
    }

    @Test
    void aFirstStartWithAKeyMakesNoPassword() throws Exception {
        assertThat(users.ensureFirst(List.of("# keys", KEY))).isEmpty();
        assertThat(users.keys("admin"))
                .extracting(UserKey::fingerprint)
                .containsExactly(FINGERPRINT);
        byte[] blob = Base64.getDecoder().decode(KEY.split(" ")[1]);
        assertThat(users.logins().knowsKey("admin", blob, FROM)).isTrue();
        assertThat(users.logins().key("admin", blob, FROM))
                .isEqualTo(new LoginResult.Admitted(userBeforeLogin("admin"), FINGERPRINT));
        users.deleteKey(WHO, "admin", FINGERPRINT);
        assertThat(users.logins().key("admin", blob, FROM)).isInstanceOf(LoginResult.Refused.class);
    }

    private User userBeforeLogin(String name) throws ServiceException {
        User user = users.show(name);
        return new User(
                user.name(),
                user.roles(),
                user.locked(),
                user.mustChange(),
                user.hasPassword(),
                user.createdAt(),
                Optional.empty());
    }

    @Test
    void refusesKeysThatAreNone() throws Exception {
        users.create(WHO, "alice", EnumSet.of(Role.READER));
        for (String bad :
                List.of(
                        "",
                        "ssh-ed25519",
                        "ssh-ed25519 AAAA",
                        "ssh-ed25519 !!!!",
                        "ssh-dss AAAAB3NzaC1kc3MAAACB",
                        "command=\"x\" " + KEY,
                        KEY.replace("ssh-ed25519", "ssh-rsa"))) {
            assertThatExceptionOfType(ServiceException.class)
                    .as(bad)
                    .isThrownBy(() -> users.addKey(WHO, "alice", bad))
                    .matches(e -> e.code() == Code.INVALID);
        }
    }

    @Test
    void guessingIsSlowedForTheUserAndTheNetworkAndRecorded() throws Exception {
        users.create(WHO, "alice", EnumSet.of(Role.READER));
        users.setPassword(WHO, "alice", "correct horse battery".toCharArray(), false);
        for (int i = 0; i < 3; i++) {
            assertThat(login("alice", "wrong" + i)).isInstanceOf(LoginResult.Refused.class);
        }
        assertThat(login("alice", "correct horse battery"))
                .isEqualTo(new LoginResult.Slowed(Duration.ofSeconds(1)));
        InetSocketAddress neighbour = new InetSocketAddress("192.0.2.99", 1);
        assertThat(users.logins().password("bob", "x".toCharArray(), neighbour))
                .isInstanceOf(LoginResult.Slowed.class);
        clock.forward(Duration.ofSeconds(1));
        assertThat(login("alice", "wrong again")).isInstanceOf(LoginResult.Refused.class);
        assertThat(login("alice", "x")).isEqualTo(new LoginResult.Slowed(Duration.ofSeconds(2)));
        clock.forward(Duration.ofSeconds(2));
        assertThat(login("alice", "correct horse battery"))
                .isInstanceOf(LoginResult.Admitted.class);
        List<AuditRecord> records = catalog.audit(AuditFilter.newest(5));
        assertThat(records)
                .extracting(AuditRecord::result)
                .containsExactly(
                        AuditResult.OK,
                        AuditResult.REFUSED,
                        AuditResult.REFUSED,
                        AuditResult.REFUSED,
                        AuditResult.REFUSED);
        assertThat(records.toString()).doesNotContain("wrong").doesNotContain("horse");
    }

    @Test
    void aUserThatDoesNotExistCostsAHashToo() {
        assertThat(login("nobody", "anything")).isInstanceOf(LoginResult.Refused.class);
        assertThat(catalog.audit(AuditFilter.newest(1)).getFirst().object())
                .isEqualTo("user:nobody");
    }

    @Test
    void aLockedUserStaysOutAndTheLastManagerStaysIn() throws Exception {
        users.ensureFirst(List.of(KEY));
        users.create(WHO, "alice", EnumSet.of(Role.READER));
        users.setPassword(WHO, "alice", "correct horse battery".toCharArray(), false);
        users.lock(WHO, "alice");
        assertThat(login("alice", "correct horse battery")).isInstanceOf(LoginResult.Refused.class);
        users.unlock(WHO, "alice");
        assertThat(login("alice", "correct horse battery"))
                .isInstanceOf(LoginResult.Admitted.class);
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(() -> users.lock(WHO, "admin"));
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(() -> users.delete(WHO, "admin"));
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(() -> users.setRoles(WHO, "admin", EnumSet.of(Role.ADMIN)));
        users.setRoles(WHO, "alice", EnumSet.of(Role.SECURITY));
        users.delete(WHO, "admin");
    }

    @Test
    void rolesIncludeEachOtherAndSecurityStandsApart() {
        EnumSet<Role> operator = EnumSet.of(Role.OPERATOR);
        assertThat(Role.allows(operator, Role.READER)).isTrue();
        assertThat(Role.allows(operator, Role.OPERATOR)).isTrue();
        assertThat(Role.allows(operator, Role.ADMIN)).isFalse();
        assertThat(Role.allows(EnumSet.of(Role.ADMIN), Role.SECURITY)).isFalse();
        assertThat(Role.allows(EnumSet.of(Role.SECURITY), Role.READER)).isFalse();
    }

    @Test
    void passwordHashesCostWhatIsPromised() {
        try (Passwords standard = new Passwords(Passwords.Cost.STANDARD)) {
            String hash = standard.hash("correct horse battery".toCharArray());
            assertThat(hash).startsWith("$argon2id$v=19$m=19456,t=2,p=1$");
            assertThat(standard.verify("correct horse battery".toCharArray(), hash)).isTrue();
            assertThat(standard.verify("correct horse batterz".toCharArray(), hash)).isFalse();
            assertThat(standard.hash("correct horse battery".toCharArray())).isNotEqualTo(hash);
        }
    }

    @Test
    void waitsDoubleUpToALimitAndNetworksAreCutAtTheirPrefix() throws Exception {
        assertThat(LoginGuard.waitAfter(2)).isZero();
        assertThat(LoginGuard.waitAfter(3)).isEqualTo(Duration.ofSeconds(1));
        assertThat(LoginGuard.waitAfter(6)).isEqualTo(Duration.ofSeconds(8));
        assertThat(LoginGuard.waitAfter(500)).isEqualTo(Duration.ofMinutes(15));
        assertThat(LoginGuard.network(InetAddress.getByName("192.0.2.7")))
                .isEqualTo(LoginGuard.network(InetAddress.getByName("192.0.2.200")))
                .isNotEqualTo(LoginGuard.network(InetAddress.getByName("192.0.3.7")));
        assertThat(LoginGuard.network(InetAddress.getByName("2001:db8:0:1::1")))
                .isEqualTo(LoginGuard.network(InetAddress.getByName("2001:db8:0:1:ffff::2")))
                .isNotEqualTo(LoginGuard.network(InetAddress.getByName("2001:db8:0:2::1")));
    }
}
