package io.tidegate.bench.pool;

import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOpenOptions;
import io.tidegate.pool.PoolOptions;
import io.tidegate.pool.SparseFill;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * The heap that a mapped TiB takes beside the node cache's setting, in a process of its own whose
 * heap is too small for a map that is kept whole.
 */
final class HeapCell implements Cell {

    private static final long VOLUME_BYTES = 1024 * Scene.GIB;
    private static final int HEAP_MIB = 192;
    private static final int LIMIT_MIB = 64;
    private static final long NODE_CACHE_BYTES = 64 << 20;
    private static final int LIMIT_SECONDS = 180;
    private static final int LOOK_UPS = 20_000;
    private static final String ANSWER = "heap-bytes ";

    @Override
    public String name() {
        return "heap";
    }

    @Override
    public String about() {
        return "1 TiB mapped in order, in a process with a heap of " + HEAP_MIB + " MiB";
    }

    @Override
    public void run(Scene scene, Table table) throws Exception {
        Path output = scene.path("output");
        Process child =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-XX:+UseSerialGC",
                                "-XX:+ExitOnOutOfMemoryError",
                                "-Xmx" + HEAP_MIB + "m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                HeapCell.class.getName(),
                                scene.path("pool").toString())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        try {
            if (!child.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                table.holds("heap for a mapped TiB", false, "not done in " + LIMIT_SECONDS + " s");
            } else if (child.exitValue() != 0) {
                table.holds("heap for a mapped TiB", false, lastLine(output));
            } else {
                answers(output, table);
            }
        } finally {
            child.destroyForcibly().waitFor();
        }
    }

    private static void answers(Path output, Table table) throws IOException {
        for (String line : Files.readAllLines(output, StandardCharsets.UTF_8)) {
            if (line.startsWith(ANSWER)) {
                long bytes = Long.parseLong(line.substring(ANSWER.length()).strip());
                table.limit("heap for a mapped TiB", bytes / 1048576.0, LIMIT_MIB, "MiB");
            }
        }
    }

    private static String lastLine(Path output) throws IOException {
        List<String> lines = new ArrayList<>();
        try (BufferedReader in = Files.newBufferedReader(output, StandardCharsets.UTF_8)) {
            in.lines().filter(l -> l.contains("Error") || l.contains("rror:")).forEach(lines::add);
        }
        return lines.isEmpty() ? "the process failed" : lines.get(0);
    }

    /** The process: maps, looks up here and there, and says how much heap is in use. */
    public static void main(String[] args) throws Exception {
        PoolOptions options = PoolOptions.fast(VOLUME_BYTES * 5 / 4).withChecksums(false);
        long empty = used();
        PoolOpenOptions open = PoolOpenOptions.standard().withNodeCacheBytes(NODE_CACHE_BYTES);
        try (Pool pool = SparseFill.create(Path.of(args[0]), options, open)) {
            VolumeId id = Scene.volume(pool, VOLUME_BYTES);
            SparseFill.map(pool, id, 0, VOLUME_BYTES);
            new SparseFill.Probe(pool).checkpoint();
            try (VolumeDevice volume = pool.openVolume(id)) {
                SplittableRandom random = new SplittableRandom(42);
                ByteBuffer buffer = ByteBuffer.allocateDirect(Scene.BLOCK);
                for (int i = 0; i < LOOK_UPS; i++) {
                    long block = random.nextLong(VOLUME_BYTES / Scene.BLOCK);
                    volume.read(block * Scene.BLOCK, buffer.clear());
                }
            }
            System.out.printf(Locale.ROOT, "%s%d%n", ANSWER, used() - empty - NODE_CACHE_BYTES);
        }
    }

    private static long used() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
