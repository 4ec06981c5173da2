package io.tidegate.bench.pool;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.FileDevice;
import io.tidegate.block.Geometry;
import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOptions;
import io.tidegate.volume.ScrubControl;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Cached random reads and writes of 4 KiB, on a pool volume and on a plain file, one thread, rounds
 * interleaved. Prints medians and ratios; the ratio is what counts.
 *
 * <p>Usage: {@code PoolBench [directory [MiB [rounds]]]}; the directory has to have four times that
 * room.
 */
public final class PoolBench {

    private static final int BLOCK = 4096;
    private static final long ROUND_NANOS = 1_000_000_000L;
    private static final int PIECE = 1 << 20;

    private final long bytes;
    private final int rounds;
    private final SplittableRandom random = new SplittableRandom(42);
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BLOCK);

    private PoolBench(long bytes, int rounds) {
        this.bytes = bytes;
        this.rounds = rounds;
    }

    private static final ScrubControl UNLIMITED =
            new ScrubControl() {
                @Override
                public long bytesPerSecond() {
                    return 0;
                }

                @Override
                public boolean cancelled() {
                    return false;
                }

                @Override
                public void progress(long doneBytes, long totalBytes) {}
            };

    /** One kind of access. */
    private interface Access {
        void at(long offset) throws Exception;
    }

    public static void main(String[] args) throws Exception {
        Path parent =
                args.length > 0 ? Path.of(args[0]) : Path.of(System.getProperty("java.io.tmpdir"));
        long mib = args.length > 1 ? Long.parseLong(args[1]) : 1024;
        int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 5;
        Path directory = Files.createTempDirectory(parent, "pool-bench-");
        try {
            new PoolBench(mib << 20, rounds).run(directory);
        } finally {
            remove(directory);
        }
    }

    private void run(Path directory) throws Exception {
        Geometry geometry = Geometry.ofBytes(bytes, 512, BLOCK);
        VolumeId id = VolumeId.random();
        try (FileDevice file = FileDevice.create(directory.resolve("plain"), geometry);
                Pool pool = Pool.create(directory.resolve("pool"), PoolOptions.fast(bytes * 4))) {
            pool.createVolume(id, new VolumeShape(geometry, BLOCK));
            try (VolumeDevice volume = pool.openVolume(id)) {
                fill(file);
                fill(volume);
                compare("cached read, tryRead", reader(file), reader(volume));
                compare("write in place", writer(file), writer(volume));
                checkedReads(pool, geometry, file);
                firstWrites(pool, id, file, volume);
            }
        }
    }

    private Access reader(BlockDevice device) {
        return offset -> {
            if (!device.tryRead(offset, buffer.clear())) {
                device.read(offset, buffer.clear());
            }
        };
    }

    private Access writer(BlockDevice device) {
        return offset -> device.write(offset, buffer.clear());
    }

    /** Each write after a snapshot goes to a block that has not been written since. */
    private void firstWrites(Pool pool, VolumeId id, BlockDevice file, BlockDevice volume)
            throws Exception {
        double[] plain = new double[rounds];
        double[] first = new double[rounds];
        int blocks = (int) (bytes / BLOCK);
        for (int round = 0; round < rounds; round++) {
            plain[round] = rate(writer(file));
            pool.snapshot(Map.of(id, SnapshotId.random()));
            int[] order = shuffled(blocks);
            long start = System.nanoTime();
            int done = 0;
            while (done < blocks / 4 && System.nanoTime() - start < ROUND_NANOS) {
                volume.write((long) order[done++] * BLOCK, buffer.clear());
            }
            first[round] = done * 1e9 / (System.nanoTime() - start);
        }
        print("first write after a snapshot", plain, first);
    }

    /** Another volume, written in the same way, whose grains all have checksums. */
    private void checkedReads(Pool pool, Geometry geometry, BlockDevice file) throws Exception {
        VolumeId id = VolumeId.random();
        pool.createVolume(id, new VolumeShape(geometry, BLOCK));
        try (VolumeDevice volume = pool.openVolume(id)) {
            fill(volume);
            pool.snapshot(Map.of(id, SnapshotId.random()));
            while (pool.scrub(UNLIMITED).goodBytes() < bytes) {
                LockSupport.parkNanos(ROUND_NANOS / 10);
            }
            compare("cached read, checksums", reader(file), reader(volume));
        }
    }

    private void compare(String what, Access plain, Access pool) throws Exception {
        rate(plain);
        rate(pool);
        double[] a = new double[rounds];
        double[] b = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            a[round] = rate(plain);
            b[round] = rate(pool);
        }
        print(what, a, b);
    }

    private double rate(Access access) throws Exception {
        long blocks = bytes / BLOCK;
        long start = System.nanoTime();
        long done = 0;
        while (true) {
            for (int i = 0; i < 64; i++) {
                access.at(random.nextLong(blocks) * BLOCK);
            }
            done += 64;
            long now = System.nanoTime();
            if (now - start > ROUND_NANOS) {
                return done * 1e9 / (now - start);
            }
        }
    }

    private static void print(String what, double[] plain, double[] pool) {
        Arrays.sort(plain);
        Arrays.sort(pool);
        double a = plain[plain.length / 2];
        double b = pool[pool.length / 2];
        System.out.printf(
                Locale.ROOT,
                "%-30s plain file %9.0f/s   pool %9.0f/s   ratio %.2f%n",
                what,
                a,
                b,
                b / a);
    }

    private int[] shuffled(int blocks) {
        int[] order = new int[blocks];
        for (int i = 0; i < blocks; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    private void fill(BlockDevice device) throws Exception {
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
        while (piece.hasRemaining()) {
            piece.putLong(random.nextLong());
        }
        for (long at = 0; at < bytes; at += PIECE) {
            device.write(at, piece.clear());
        }
        device.flush();
    }

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            all.sorted(Comparator.reverseOrder())
                    .forEach(
                            path -> {
                                try {
                                    Files.delete(path);
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            });
        }
    }
}
