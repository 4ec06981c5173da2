package io.tidegate.target.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.MemoryDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** qemu-img writes, reads and compares an image over iscsi://. */
class QemuImgTest {

    private static final int SIZE = 64 << 20;

    @TempDir Path directory;

    /** The end of a program and what it said. */
    private record Ran(int exit, String output) {}

    private Ran run(String... line) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        Process process =
                new ProcessBuilder(line)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        boolean ended = process.waitFor(60, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
        String said = Files.readString(output);
        assertThat(ended).as("%s ends in time: %s", List.of(line), said).isTrue();
        return new Ran(process.exitValue(), said);
    }

    private void requireQemu() throws IOException, InterruptedException {
        boolean usable = false;
        if (Files.isExecutable(Path.of("/usr/bin/qemu-img"))) {
            // The iSCSI driver is a package of its own: an unknown protocol says so at once.
            Ran probe = run("qemu-img", "info", "iscsi://127.0.0.1:1/iqn.2026-11.none:x/0");
            usable = !probe.output().contains("Unknown protocol");
        }
        if (!usable && "required".equals(System.getenv("TIDEGATE_INTEROP"))) {
            throw new IllegalStateException("qemu-img with its iSCSI driver is required");
        }
        assumeTrue(usable, "qemu-img with iSCSI is not installed");
    }

    @Test
    void writesReadsAndComparesAnImage() throws Exception {
        requireQemu();
        byte[] bytes = new byte[SIZE];
        new Random(11).nextBytes(bytes);
        java.util.Arrays.fill(bytes, 8 << 20, 24 << 20, (byte) 0);
        Path source = Files.write(directory.resolve("source"), bytes);
        Path back = directory.resolve("back");
        MemoryDevice memory = MemoryDevice.ofBytes(SIZE);
        try (OneTarget target = new OneTarget(List.<BlockDevice>of(memory))) {
            String url = target.url(0);
            Ran write =
                    run("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", "" + source, url);
            assertThat(write.exit()).as(write.output()).isZero();
            Ran same = run("qemu-img", "compare", "-f", "raw", "-F", "raw", "" + source, url);
            assertThat(same.exit()).as(same.output()).isZero();
            Ran read = run("qemu-img", "convert", "-f", "raw", "-O", "raw", url, "" + back);
            assertThat(read.exit()).as(read.output()).isZero();
            assertThat(Files.mismatch(source, back)).isEqualTo(-1);

            // The comparison can fail: one byte differs, and qemu-img says so.
            memory.write(0, java.nio.ByteBuffer.allocate(512));
            Ran differs = run("qemu-img", "compare", "-f", "raw", "-F", "raw", "" + source, url);
            assertThat(differs.exit()).as(differs.output()).isEqualTo(1);
        }
    }
}
