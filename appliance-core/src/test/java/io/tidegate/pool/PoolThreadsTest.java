package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.volume.ScrubReport;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Writers, readers and administrators at once, on real files, with a log and a node budget so small
 * that checkpoints never cease. Every block carries its volume and place; each writer owns blocks
 * of its own, so what a block holds is known.
 */
@NullUnmarked
class PoolThreadsTest {

    private static final int BLOCK = 4096;
    private static final int BLOCKS = 4096;
    private static final int WRITERS = 3;
    private static final int ROUNDS = Integer.getInteger("pool.threads.rounds", 1500);

    @TempDir Path dir;

    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    private interface Body {
        void run() throws Exception;
    }

    private Thread thread(Body body) {
        Thread t =
                new Thread(
                        () -> {
                            try {
                                body.run();
                            } catch (Throwable e) {
                                failure.compareAndSet(null, e);
                            }
                        });
        t.start();
        return t;
    }

    private static void write(VolumeDevice d, int tag, int block, int sequence)
            throws DeviceException {
        ByteBuffer b = ByteBuffer.allocateDirect(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < BLOCK; i += 16) {
            b.putInt(tag).putInt(block).putInt(sequence).putInt(i);
        }
        d.write((long) block * BLOCK, b.flip());
    }

    /** The sequence number of a block, 0 if it was never written; fails if it is not its own. */
    private static int sequence(io.tidegate.block.BlockDevice d, int tag, int block)
            throws DeviceException {
        ByteBuffer b = ByteBuffer.allocateDirect(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
        if (!d.tryRead((long) block * BLOCK, b)) {
            d.read((long) block * BLOCK, b.clear());
        }
        if (b.getInt(0) == 0 && b.getInt(4) == 0 && b.getInt(8) == 0) {
            return 0;
        }
        assertThat(b.getInt(0)).as("volume of block %s", block).isEqualTo(tag);
        assertThat(b.getInt(4)).isEqualTo(block);
        return b.getInt(8);
    }

    @Test
    void everyBlockIsItsOwnAndNoneGoesBack() throws Exception {
        PoolOptions options =
                PoolOptions.fast(128 << 20).withSegmentBytes(256 << 10).withWalBytes(256 << 10);
        PoolOpenOptions open =
                PoolOpenOptions.standard()
                        .withDirtyNodeBytes(256 << 10)
                        .withDrainLimit(Duration.ofSeconds(20))
                        .withCheckpointEvery(Duration.ofMillis(50));
        VolumeShape shape =
                new VolumeShape(Geometry.ofBytes((long) BLOCKS * BLOCK, 512, 4096), 4096);
        int[][] last = new int[WRITERS][BLOCKS];
        try (Pool pool = Pool.create(dir.resolve("p"), options, open)) {
            List<VolumeDevice> devices = new ArrayList<>();
            for (int w = 0; w < WRITERS; w++) {
                VolumeId id = VolumeId.random();
                pool.createVolume(id, shape);
                devices.add(pool.openVolume(id));
            }
            List<Thread> writers = new ArrayList<>();
            for (int w = 0; w < WRITERS; w++) {
                int me = w;
                writers.add(thread(() -> writer(devices.get(me), me, last[me])));
            }
            Thread admin = thread(() -> admin(pool, devices, writers));
            Thread scrub = thread(() -> scrub(pool, writers));
            for (Thread t : writers) {
                t.join();
            }
            admin.join();
            scrub.join();
            assertThat(failure.get()).isNull();
            for (int w = 0; w < WRITERS; w++) {
                for (int b = 0; b < BLOCKS; b++) {
                    assertThat(sequence(devices.get(w), w + 1, b)).isEqualTo(last[w][b]);
                }
            }
            assertThat(pool.check().problems()).isEmpty();
        }
        assertThat(PoolCheck.check(dir.resolve("p")).problems()).isEmpty();
    }

    /** Without damage no checksum is ever wrong, whatever goes on. */
    private static void scrub(Pool pool, List<Thread> writers) throws Exception {
        long good = 0;
        while (writers.stream().anyMatch(Thread::isAlive)) {
            ScrubReport report = pool.scrub(PoolHarness.NO_LIMIT);
            assertThat(report.problems()).isEmpty();
            good += report.goodBytes();
        }
        assertThat(good).as("something was sealed").isPositive();
    }

    private static void writer(VolumeDevice d, int me, int[] last) throws Exception {
        Random random = new Random(me);
        for (int i = 1; i <= ROUNDS; i++) {
            int block = random.nextInt(BLOCKS);
            switch (random.nextInt(10)) {
                case 0 -> {
                    int n = Math.min(BLOCKS - block, random.nextInt(600));
                    d.discard((long) block * BLOCK, (long) n * BLOCK);
                    java.util.Arrays.fill(last, block, block + n, 0);
                }
                case 1 -> d.flush();
                default -> {
                    write(d, me + 1, block, i);
                    last[block] = i;
                    int other = random.nextInt(BLOCKS);
                    assertThat(sequence(d, me + 1, other)).isEqualTo(last[other]);
                }
            }
        }
    }

    /** Snapshots the set, reads each snapshot twice, clones one, deletes them in any order. */
    private static void admin(Pool pool, List<VolumeDevice> devices, List<Thread> writers)
            throws Exception {
        Random random = new Random(99);
        List<SnapshotId> snapshots = new ArrayList<>();
        List<Integer> tags = new ArrayList<>();
        while (writers.stream().anyMatch(Thread::isAlive)) {
            int w = random.nextInt(devices.size());
            SnapshotId id = SnapshotId.random();
            try {
                pool.snapshot(Map.of(devices.get(w).volume(), id));
            } catch (StoreException e) {
                assertThat(e.kind()).isEqualTo(StoreException.Kind.NOT_DRAINED);
                continue;
            }
            snapshots.add(id);
            tags.add(w + 1);
            try (SnapshotDevice s = pool.openSnapshot(id)) {
                for (int i = 0; i < 20; i++) {
                    int block = random.nextInt(BLOCKS);
                    assertThat(sequence(s, w + 1, block)).isEqualTo(sequence(s, w + 1, block));
                }
            }
            // Counts lists while writers add to them and the walker moves entries.
            SnapshotId asked = snapshots.get(random.nextInt(snapshots.size()));
            assertThat(pool.usage(asked).uniqueBytes())
                    .isBetween(0L, pool.usage(asked).referencedBytes());
            assertThat(pool.usage(devices.get(w).volume()).exclusiveBytes()).isNotNegative();
            if (snapshots.size() > 4) {
                int k = random.nextInt(snapshots.size());
                tags.remove(k);
                pool.deleteSnapshot(snapshots.remove(k));
            }
        }
    }
}
