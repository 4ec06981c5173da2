package io.tidegate.shell.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidegate.audit.AuditFilter;
import io.tidegate.audit.Request;
import io.tidegate.shell.ShellSettings;
import io.tidegate.shell.TestAppliance;
import io.tidegate.shell.UserLogins;
import io.tidegate.user.Role;
import io.tidegate.user.UserService;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server against the real OpenSSH client. */
class SshServerTest {

    private record Said(int code, String out, String err) {}

    private static Path dir;
    private static TestAppliance appliance;
    private static SshShellServer server;

    @BeforeAll
    static void start(@TempDir Path temp) throws Exception {
        boolean there = available("ssh") && available("ssh-keygen");
        if ("required".equals(System.getenv("TIDEGATE_INTEROP"))) {
            assertThat(there).as("the OpenSSH client is installed").isTrue();
        }
        Assumptions.assumeTrue(there, "no OpenSSH client here");
        dir = temp;
        appliance = new TestAppliance(dir);
        keygen("good");
        keygen("stranger");
        UserService users = appliance.services.users();
        users.ensureFirst(List.of(Files.readString(dir.resolve("good.pub"))));
        Request system = Request.system("test");
        users.create(system, "oper", EnumSet.of(Role.OPERATOR));
        users.setPassword(system, "oper", "a long password".toCharArray(), false);
        server = serve();
        appliance.server.set(server);
        appliance
                .services
                .pools()
                .create(
                        system,
                        io.tidegate.volume.PoolSpec.of(
                                "fast",
                                io.tidegate.volume.PoolTier.FAST,
                                dir.resolve("fast"),
                                128 << 20));
    }

    private static SshShellServer serve() throws IOException {
        return SshShellServer.start(
                ShellSettings.of(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        dir.resolve("ssh_host_key")),
                appliance.dispatcher,
                new UserLogins(appliance.services.users()),
                appliance.services.clock());
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
        if (appliance != null) {
            appliance.close();
        }
    }

    @Test
    void runsOneCommandWithItsExitCode() throws Exception {
        Said json = ssh("", "admin", "good", "-T", "pool", "list", "-o", "json");
        assertThat(json.code()).as(json.err()).isZero();
        assertThat(new ObjectMapper().readTree(json.out()).get("kind").asText())
                .isEqualTo("PoolList");
        assertThat(ssh("", "admin", "good", "-T", "volume", "show", "nothing").code()).isEqualTo(3);
        Said confirm = ssh("", "admin", "good", "-T", "system", "shutdown");
        assertThat(confirm.code()).isEqualTo(5);
        assertThat(confirm.out()).isEmpty();
        assertThat(confirm.err()).contains("CONFIRMATION_NEEDED");
    }

    @Test
    void runsAScriptUntilItsFirstFailure() throws Exception {
        Said said =
                ssh(
                        "volume create s1 --pool fast --size 1M\nvolume nonsense\nvolume list\n",
                        "admin",
                        "good",
                        "-T");
        assertThat(said.code()).isEqualTo(2);
        assertThat(said.out()).isEqualTo("volume s1 created\n");
        assertThat(said.err()).contains("stopped at line 2");
    }

    @Test
    void hasAnInteractiveShell() throws Exception {
        Said said =
                ssh(
                        "vol cr i1 --pool fast --size 1M\rvolume list | match i1\rset output"
                                + " json\rvolume show i1\rhistory\rexit\r",
                        "admin",
                        "good",
                        "-tt");
        assertThat(said.code()).as(said.out() + said.err()).isZero();
        assertThat(said.out())
                .contains("tidegate> ", "volume i1 created", "\"kind\":\"Volume\"", "help lists");
    }

    @Test
    void turnsStrangersAwayAndRecordsIt() throws Exception {
        Said stranger = ssh("", "admin", "stranger", "-T", "pool", "list");
        assertThat(stranger.code()).isEqualTo(255);
        assertThat(stranger.err()).contains("Permission denied");
        Said wrong = password("oper", "not the password", "pool list");
        assertThat(wrong.code()).isEqualTo(255);
        assertThat(appliance.services.catalog().audit(AuditFilter.newest(50)))
                .anyMatch(
                        r -> r.object().equals("user:oper") && r.result().text().equals("refused"));
        appliance.services.users().unlock(Request.system("test"), "oper");
    }

    @Test
    void aOneTimePasswordLeadsToANewOneOnly() throws Exception {
        Request system = Request.system("test");
        appliance.services.users().create(system, "novice", EnumSet.of(Role.READER));
        String once = appliance.services.users().oneTimePassword(system, "novice");
        Said exec = password("novice", once, "pool list");
        assertThat(exec.code()).as(exec.err()).isEqualTo(6);
        assertThat(exec.err()).contains("PASSWORD_CHANGE_NEEDED", "log in with a terminal");
        String again = appliance.services.users().oneTimePassword(system, "novice");
        Said shell =
                run(
                        "short\rshort\ra much better one\ra much better one\rpool list\rexit\r",
                        again,
                        command("novice", null, "-tt"));
        assertThat(shell.out()).contains("12 to 256 characters", "Password changed.", "fast");
        assertThat(password("novice", "a much better one", "pool list").code()).isZero();
    }

    @Test
    void offersNothingElse() throws Exception {
        Said scp = ssh("", "admin", "good", "-T", "scp -f /etc/passwd");
        assertThat(scp.code()).isEqualTo(1);
        assertThat(scp.err()).contains("NO_SCP");
        Said sftp = ssh("", "admin", "good", "-T", "-s", "sftp");
        assertThat(sftp.err()).contains("NO_SFTP");
        Said shell = ssh("", "admin", "good", "-T", "/bin/sh -c id");
        assertThat(shell.code()).isEqualTo(2);
        Said old =
                ssh(
                        "",
                        "admin",
                        "good",
                        "-T",
                        "-oMACs=hmac-sha1",
                        "-oCiphers=aes128-ctr",
                        "pool",
                        "list");
        assertThat(old.code()).as("SHA-1 is not offered").isEqualTo(255);
        Said tunnel =
                ssh(
                        "",
                        "admin",
                        "good",
                        "-T",
                        "-oExitOnForwardFailure=yes",
                        "-R",
                        "0:localhost:1",
                        "pool",
                        "list");
        assertThat(tunnel.code()).isEqualTo(255);
    }

    @Test
    void keepsItsHostKey() throws Exception {
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(dir.resolve("ssh_host_key"))))
                .isEqualTo("rw-------");
        assertThat(server.hostKeys()).hasSize(1).allMatch(k -> k.startsWith("ssh-ed25519 SHA256:"));
        assertThat(HostKey.at(dir.resolve("ssh_host_key")).getPublic())
                .isEqualTo(HostKey.at(dir.resolve("ssh_host_key")).getPublic());
        Files.setPosixFilePermissions(
                Files.writeString(dir.resolve("open"), "x"),
                PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> HostKey.at(dir.resolve("open")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("chmod 600");
    }

    private static Said ssh(String input, String user, String key, String... words)
            throws Exception {
        return run(input, null, command(user, key, words));
    }

    private static Said password(String user, String password, String command) throws Exception {
        return run("", password, command(user, null, "-T", command));
    }

    private static List<String> command(String user, @Nullable String key, String... words) {
        List<String> flags = new ArrayList<>();
        List<String> rest = new ArrayList<>();
        for (String word : words) {
            (rest.isEmpty() && word.startsWith("-")
                                    || rest.isEmpty()
                                            && !flags.isEmpty()
                                            && flags.getLast().equals("-R")
                            ? flags
                            : rest)
                    .add(word);
        }
        List<String> all =
                new ArrayList<>(
                        List.of(
                                "ssh",
                                "-F",
                                "none",
                                "-p",
                                Integer.toString(server.address().getPort()),
                                "-oStrictHostKeyChecking=accept-new",
                                "-oUserKnownHostsFile=" + dir.resolve("known_hosts"),
                                "-oIdentitiesOnly=yes",
                                "-oIdentityAgent=none",
                                "-oLogLevel=ERROR",
                                "-oNumberOfPasswordPrompts=1"));
        all.addAll(
                key == null
                        ? List.of("-oPreferredAuthentications=password")
                        : List.of("-oBatchMode=yes", "-i", dir.resolve(key).toString()));
        all.addAll(flags);
        all.add(user + "@127.0.0.1");
        all.addAll(rest);
        return all;
    }

    private static Said run(String input, @Nullable String password, List<String> command)
            throws Exception {
        Path out = Files.createTempFile(dir, "out", "");
        Path err = Files.createTempFile(dir, "err", "");
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile());
        builder.environment().put("TERM", "xterm");
        if (password != null) {
            Path asker = Files.createTempFile(dir, "ask", "");
            Files.writeString(asker, "#!/bin/sh\necho '" + password + "'\n");
            Files.setPosixFilePermissions(asker, PosixFilePermissions.fromString("rwx------"));
            builder.environment().put("SSH_ASKPASS", asker.toString());
            builder.environment().put("SSH_ASKPASS_REQUIRE", "force");
        }
        Process process = builder.start();
        try (OutputStream in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        assertThat(process.waitFor(90, TimeUnit.SECONDS)).as(String.join(" ", command)).isTrue();
        return new Said(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private static void keygen(String name) throws Exception {
        Process made =
                new ProcessBuilder(
                                "ssh-keygen",
                                "-q",
                                "-t",
                                "ed25519",
                                "-N",
                                "",
                                "-f",
                                dir.resolve(name).toString())
                        .inheritIO()
                        .start();
        assertThat(made.waitFor()).isZero();
    }

    private static boolean available(String program) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }
}
