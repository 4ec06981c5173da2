package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** Reads pcap files with Ethernet, IPv4 and TCP, from what those formats say. */
final class Pcap {

    /**
     * A TCP segment.
     *
     * @param streamLength bytes that it carried, captured or not
     */
    record Frame(
            int fromPort,
            int toPort,
            int seq,
            int ack,
            boolean fin,
            int streamLength,
            byte[] captured) {}

    private Pcap() {}

    static List<Frame> read(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file));
        assertThat(in.getInt()).isEqualTo(0xa1b2c3d4);
        assertThat(in.getShort()).isEqualTo((short) 2);
        assertThat(in.getShort()).isEqualTo((short) 4);
        in.getLong();
        int snap = in.getInt();
        assertThat(in.getInt()).as("Ethernet").isEqualTo(1);
        List<Frame> frames = new ArrayList<>();
        while (in.hasRemaining()) {
            in.getInt();
            assertThat(in.getInt()).isBetween(0, 999_999);
            int kept = in.getInt();
            int whole = in.getInt();
            assertThat(kept).isLessThanOrEqualTo(Math.min(whole, snap));
            frames.add(frame(in.slice(in.position(), kept), whole));
            in.position(in.position() + kept);
        }
        return frames;
    }

    private static Frame frame(ByteBuffer f, int whole) {
        assertThat(f.getShort(12)).as("IPv4").isEqualTo((short) 0x0800);
        int ip = 14;
        assertThat(f.get(ip)).isEqualTo((byte) 0x45);
        int total = f.getShort(ip + 2) & 0xffff;
        assertThat(total).isEqualTo(whole - 14);
        assertThat(f.get(ip + 9)).as("TCP").isEqualTo((byte) 6);
        int sum = 0;
        for (int i = 0; i < 20; i += 2) {
            sum += f.getShort(ip + i) & 0xffff;
        }
        assertThat((sum & 0xffff) + (sum >>> 16)).as("checksum of IP").isEqualTo(0xffff);
        int tcp = ip + 20;
        byte[] captured = new byte[f.limit() - tcp - 20];
        f.get(tcp + 20, captured);
        return new Frame(
                f.getShort(tcp) & 0xffff,
                f.getShort(tcp + 2) & 0xffff,
                f.getInt(tcp + 4),
                f.getInt(tcp + 8),
                (f.get(tcp + 13) & 1) != 0,
                total - 40,
                captured);
    }

    /** The port of the target. */
    static int targetPort(List<Frame> frames) {
        return frames.getFirst().toPort(); // every trace here begins with a request
    }

    /** Each segment of a direction begins where the last ended, and acknowledges the other. */
    static void checkSequence(List<Frame> frames) {
        int[] next = {1, 1};
        for (Frame frame : frames) {
            int direction = frame.toPort() == targetPort(frames) ? 0 : 1;
            assertThat(frame.seq()).isEqualTo(next[direction]);
            assertThat(frame.ack()).isEqualTo(next[1 - direction]);
            next[direction] += frame.streamLength() + (frame.fin() ? 1 : 0);
        }
    }

    /** Runs an analyser, or skips the test where there is none and none has to be. */
    static List<String> run(Path scratch, String... command) throws Exception {
        boolean there = false;
        for (String path : System.getenv("PATH").split(":")) {
            there |= Files.isExecutable(Path.of(path, command[0]));
        }
        if ("required".equals(System.getenv("TIDEGATE_INTEROP"))) {
            assertThat(there).as("%s is installed", command[0]).isTrue();
        }
        Assumptions.assumeTrue(there, command[0] + " is not installed");
        Path out = scratch.resolve("out-" + command[0]);
        Path err = scratch.resolve("err-" + command[0]);
        Process process =
                new ProcessBuilder(command)
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(err)).isZero();
        return Files.readAllLines(out);
    }
}
