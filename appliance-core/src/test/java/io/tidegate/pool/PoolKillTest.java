package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that writes is killed, again and again. It says on its output what was acknowledged, in
 * words that are out before the next write begins: nothing of that may be missing, with no flush.
 */
@NullUnmarked
class PoolKillTest {

    private static final int ROUNDS = Integer.getInteger("pool.kill.rounds", 4);
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 2048;
    private static final VolumeId VOLUME = VolumeId.of("00000000-0000-0000-0000-000000000001");

    @TempDir Path dir;

    @Test
    void nothingAcknowledgedIsLost() throws Exception {
        Path at = dir.resolve("p");
        Random random = new Random(3);
        PoolOptions options =
                PoolOptions.fast(64 << 20).withSegmentBytes(256 << 10).withWalBytes(256 << 10);
        try (Pool pool = Pool.create(at, options)) {
            pool.createVolume(
                    VOLUME,
                    new VolumeShape(Geometry.ofBytes((long) BLOCKS * BLOCK, 512, 4096), 4096));
        }
        Map<Integer, Integer> acknowledged = new HashMap<>();
        Map<SnapshotId, Map<Integer, Integer>> snapshots = new HashMap<>();
        for (int round = 1; round <= ROUNDS; round++) {
            Process child = child(at, round);
            int lines = 200 + random.nextInt(1500);
            int inFlight = -1;
            List<String> said = new ArrayList<>();
            try (BufferedReader out =
                    new BufferedReader(
                            new InputStreamReader(
                                    child.getInputStream(), StandardCharsets.US_ASCII))) {
                for (String line = out.readLine(); line != null; line = out.readLine()) {
                    if (!line.matches("(begin|done|snapshot) .*")) {
                        // The child's own log comes out here as well.
                        continue;
                    }
                    said.add(line);
                    if (said.size() == lines) {
                        // SIGKILL; what was said already still comes out of the pipe.
                        child.toHandle().destroyForcibly();
                    }
                }
            }
            child.waitFor();
            assertThat(said.size()).as("the child wrote").isGreaterThanOrEqualTo(lines);
            for (String line : said) {
                String[] w = line.split(" ");
                switch (w[0]) {
                    case "begin" -> inFlight = Integer.parseInt(w[1]);
                    case "done" -> {
                        acknowledged.put(Integer.parseInt(w[1]), Integer.parseInt(w[2]));
                        inFlight = -1;
                    }
                    case "snapshot" ->
                            snapshots.put(SnapshotId.of(w[1]), new HashMap<>(acknowledged));
                    default -> throw new AssertionError(line);
                }
            }
            verify(at, acknowledged, snapshots, inFlight);
        }
    }

    private static Process child(Path at, int round) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writer.class.getName(),
                        at.toString(),
                        String.valueOf(round));
        return builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    private static void verify(
            Path at,
            Map<Integer, Integer> acknowledged,
            Map<SnapshotId, Map<Integer, Integer>> snapshots,
            int inFlight)
            throws Exception {
        try (Pool pool = Pool.open(at, PoolOpenOptions.standard());
                VolumeDevice d = pool.openVolume(VOLUME)) {
            for (int b = 0; b < BLOCKS; b++) {
                int found = sequence(d, b);
                if (b == inFlight) {
                    acknowledged.put(b, found);
                }
                assertThat(found).as("block %s", b).isEqualTo(acknowledged.getOrDefault(b, 0));
            }
            for (Map.Entry<SnapshotId, Map<Integer, Integer>> e : snapshots.entrySet()) {
                try (var s = pool.openSnapshot(e.getKey())) {
                    for (int b = 0; b < BLOCKS; b++) {
                        assertThat(sequence(s, b)).isEqualTo(e.getValue().getOrDefault(b, 0));
                    }
                }
            }
            assertThat(pool.check().problems()).isEmpty();
        }
    }

    private static int sequence(BlockDevice d, int block) throws DeviceException {
        ByteBuffer b = ByteBuffer.allocateDirect(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
        d.read((long) block * BLOCK, b);
        int first = b.getInt(0);
        for (int i = 0; i < BLOCK; i += 4) {
            assertThat(b.getInt(i)).as("block %s is whole", block).isEqualTo(first);
        }
        return first;
    }

    /** The process that is killed. */
    static final class Writer {

        private Writer() {}

        public static void main(String[] args) throws Exception {
            Pool pool = Pool.open(Path.of(args[0]), PoolOpenOptions.standard());
            int round = Integer.parseInt(args[1]);
            Random random = new Random(round);
            VolumeDevice d = pool.openVolume(VOLUME);
            PrintStream out =
                    new PrintStream(
                            new java.io.FileOutputStream(java.io.FileDescriptor.out), false);
            for (int i = 1; ; i++) {
                int block = random.nextInt(BLOCKS);
                int value = round * 1_000_000 + i;
                ByteBuffer b = ByteBuffer.allocateDirect(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
                while (b.hasRemaining()) {
                    b.putInt(value);
                }
                say(out, "begin " + block);
                d.write((long) block * BLOCK, b.flip());
                say(out, "done " + block + " " + value);
                if (i % 301 == 0) {
                    SnapshotId id = SnapshotId.random();
                    pool.snapshot(Map.of(VOLUME, id));
                    say(out, "snapshot " + id);
                }
            }
        }

        private static void say(PrintStream out, String line) {
            out.print(line + "\n");
            out.flush();
        }
    }
}
