package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.presentation.TargetInfo.Portal;
import io.tidegate.presentation.TargetInfo.Redirect;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real initiators against a started target; left out where a program is not installed. */
class InteropTest {

    private static void need(String program) {
        boolean there =
                List.of(System.getenv().getOrDefault("PATH", "").split(":")).stream()
                        .anyMatch(dir -> Files.isExecutable(Path.of(dir, program)));
        if ("required".equals(System.getenv("TIDEGATE_INTEROP"))) {
            assertThat(there).as(program + " is installed").isTrue();
        }
        Assumptions.assumeTrue(there, program + " is not installed");
    }

    private static String run(Path directory, String... command)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile(directory, "output", ".txt");
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        boolean ended = process.waitFor(60, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly();
        }
        String text = Files.readString(output);
        assertThat(ended).as(text).isTrue();
        assertThat(process.exitValue()).as(text).isZero();
        return text;
    }

    @Test
    void iscsiLsFindsTheLun(@TempDir Path directory) throws Exception {
        need("iscsi-ls");
        try (TestTarget target = new TestTarget()) {
            String text =
                    run(
                            directory,
                            "iscsi-ls",
                            "-s",
                            "iscsi://127.0.0.1:" + target.address.getPort());
            assertThat(text).contains("Target:" + TestTarget.NAME).contains("Lun:0");
        }
    }

    @Test
    void libiscsiFollowsARedirect(@TempDir Path directory) throws Exception {
        need("iscsi-inq");
        try (TestTarget target = new TestTarget()) {
            InetSocketAddress goal = target.listen("127.0.0.1");
            target.portals =
                    List.of(
                            new Portal(target.address, Optional.empty(), 1),
                            new Portal(goal, Optional.empty(), 2));
            target.redirects = List.of(new Redirect(Optional.empty(), goal));
            assertThat(run(directory, "iscsi-inq", target.url())).contains("TIDEGATE");
            assertThat(target.server.snapshot().loginFailures())
                    .containsEntry("TARGET_MOVED_TEMPORARILY", 1L);
        }
    }

    /** Command and data numbers that are wrong, as the public suite sends them. */
    @ParameterizedTest
    @ValueSource(strings = {"iSCSI.iSCSIcmdsn", "iSCSI.iSCSIdatasn"})
    void theSuitesWrongNumbersAreDealtWith(String family, @TempDir Path directory)
            throws Exception {
        need("iscsi-test-cu");
        try (TestTarget target = new TestTarget()) {
            String text = run(directory, "iscsi-test-cu", "--dataloss", "-t", family, target.url());
            // it logs what it wants to fail as failed: its own count tells
            assertThat(text)
                    .containsPattern("asserts +([1-9][0-9]*) +\\1 +\\1 +0 ")
                    .doesNotContain("[SKIPPED]");
        }
    }

    @Test
    void qemuWritesAndComparesAnImage(@TempDir Path directory) throws Exception {
        need("qemu-img");
        Path image = directory.resolve("image.raw");
        byte[] bytes = new byte[TestTarget.SIZE];
        new Random(7).nextBytes(bytes);
        Files.write(image, bytes);
        try (TestTarget target = new TestTarget()) {
            String url = target.url();
            run(
                    directory,
                    "qemu-img",
                    "convert",
                    "-n",
                    "-f",
                    "raw",
                    "-O",
                    "raw",
                    image.toString(),
                    url);
            String same =
                    run(
                            directory,
                            "qemu-img",
                            "compare",
                            "-f",
                            "raw",
                            "-F",
                            "raw",
                            image.toString(),
                            url);
            assertThat(same).contains("identical");
        }
    }
}
