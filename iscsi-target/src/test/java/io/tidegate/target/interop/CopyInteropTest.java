package io.tidegate.target.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.MemoryDevice;
import io.tidegate.copy.manager.CopyAudit;
import io.tidegate.copy.manager.CopyCounters.Measure;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Programs of others order copies, and the target's own counts tell whether it did them. */
class CopyInteropTest {

    private static final int SIZE = 64 << 20;

    private record Outcome(int exit, String text) {}

    private static void need(String program) {
        boolean found =
                Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                        .anyMatch(folder -> new File(folder, program).canExecute());
        if (!found && "required".equals(System.getenv("TIDEGATE_INTEROP"))) {
            throw new AssertionError(program + " is not installed");
        }
        Assumptions.assumeTrue(found, program + " is not installed");
    }

    private static Outcome run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(String.join(" ", command) + " hangs: " + text);
        }
        return new Outcome(process.exitValue(), text);
    }

    private static byte[] bytes(BlockDevice device) throws DeviceException {
        byte[] all = new byte[SIZE];
        device.read(0, ByteBuffer.wrap(all));
        return all;
    }

    /** No zeroes in it, so that every byte of it has to be moved as data. */
    private static MemoryDevice filled(int seed) throws DeviceException {
        MemoryDevice device = MemoryDevice.ofBytes(SIZE);
        byte[] data = new byte[SIZE];
        new Random(seed).nextBytes(data);
        for (int i = 0; i < data.length; i++) {
            data[i] |= 1;
        }
        device.write(0, ByteBuffer.wrap(data));
        return device;
    }

    @Test
    void qemuImgLeavesTheCopyToTheTarget() throws Exception {
        need("qemu-img");
        MemoryDevice source = filled(1);
        MemoryDevice destination = filled(2);
        try (CopyTarget target = new CopyTarget(source, destination)) {
            Outcome outcome =
                    run(
                            "qemu-img",
                            "convert",
                            "-n",
                            "-C",
                            "-f",
                            "raw",
                            "-O",
                            "raw",
                            target.url(0),
                            target.url(1));

            assertThat(outcome.exit()).as(outcome.text()).isZero();
            assertThat(Arrays.equals(bytes(destination), bytes(source))).isTrue();
            // Hosts fall back to reading and writing in silence: these counts are the proof.
            assertThat(target.copies().counters().value(Measure.COMMANDS, "lun1", "83/00"))
                    .isPositive();
            assertThat(target.copies().counters().value(Measure.SEGMENTS, "lun1", "failed"))
                    .isZero();
            assertThat(target.copies().counters().value(Measure.BYTES_READ, "lun0", "pipeline"))
                    .isEqualTo(SIZE);
            assertThat(target.copies().counters().value(Measure.BYTES_WRITTEN, "lun1", "pipeline"))
                    .isEqualTo(SIZE);
            assertThat(target.metrics().bytesReceived() + target.metrics().bytesSent())
                    .isLessThan(1 << 20);
            assertThat(target.audit)
                    .extracting(CopyAudit.Copy::outcome)
                    .containsOnly(CopyAudit.Outcome.DONE);
        }
    }

    @Test
    void qemuImgCopiesHolesOverWhatWasThere() throws Exception {
        need("qemu-img");
        MemoryDevice source = MemoryDevice.ofBytes(SIZE);
        byte[] data = new byte[1 << 20];
        new Random(3).nextBytes(data);
        source.write(5 << 20, ByteBuffer.wrap(data));
        MemoryDevice destination = filled(4);
        try (CopyTarget target = new CopyTarget(source, destination)) {
            Outcome outcome =
                    run(
                            "qemu-img",
                            "convert",
                            "-n",
                            "-C",
                            "-f",
                            "raw",
                            "-O",
                            "raw",
                            target.url(0),
                            target.url(1));
            assertThat(outcome.exit()).as(outcome.text()).isZero();
            assertThat(Arrays.equals(bytes(destination), bytes(source))).isTrue();
        }
    }

    @Test
    void thePublicSuiteOfCopies() throws Exception {
        need("iscsi-test-cu");
        for (String family : List.of("ExtendedCopy", "ReceiveCopyResults")) {
            try (CopyTarget target = new CopyTarget(filled(5))) {
                Outcome outcome =
                        run("iscsi-test-cu", "--dataloss", "--test=SCSI." + family, target.url(0));
                assertThat(outcome.exit()).as(outcome.text()).isZero();
                assertThat(outcome.text())
                        .contains("Run Summary")
                        .doesNotContain("[FAILED]")
                        .doesNotContain("[SKIPPED]");
                assertThat(target.copies().counters().value(Measure.COMMANDS, "lun0", "83/00"))
                        .isPositive();
            }
        }
    }
}
