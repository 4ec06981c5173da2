package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.ExtentSharing;
import io.tidegate.block.Geometry;
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
 * Threads that share extents between all volumes in all directions, beside writers, snapshots and
 * checkpoints that never cease. Each thread writes the left half of its own volume and knows what
 * is there; all share from any left half, live or in a snapshot, to any right half. A block of a
 * right half is whole, and was written at its place in some left half.
 */
@NullUnmarked
class PoolShareThreadsTest {

    private static final int BLOCK = 4096;
    private static final int BLOCKS = 1024;
    private static final int HALF = BLOCKS / 2;
    private static final int THREADS = 3;
    private static final int ROUNDS = Integer.getInteger("pool.threads.rounds", 1000);

    @TempDir Path dir;

    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final List<VolumeDevice> devices = new ArrayList<>();
    private final int[][] last = new int[THREADS][HALF];

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
        while (b.hasRemaining()) {
            b.putInt(tag).putInt(block).putInt(sequence).putInt(tag ^ block ^ sequence);
        }
        d.write((long) block * BLOCK, b.flip());
    }

    /** Tag, block and sequence number of a block; fails unless it is whole. */
    private static int[] read(BlockDevice d, int block) throws DeviceException {
        ByteBuffer b = ByteBuffer.allocateDirect(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
        d.read((long) block * BLOCK, b);
        int[] first = {b.getInt(0), b.getInt(4), b.getInt(8)};
        for (int i = 0; i < BLOCK; i += 16) {
            assertThat(new int[] {b.getInt(i), b.getInt(i + 4), b.getInt(i + 8)}).isEqualTo(first);
        }
        return first;
    }

    private void worker(Pool pool, int me) throws Exception {
        Random random = new Random(me);
        VolumeDevice mine = devices.get(me);
        for (int i = 1; i <= ROUNDS && failure.get() == null; i++) {
            int block = random.nextInt(HALF);
            switch (random.nextInt(12)) {
                case 0 -> mine.flush();
                case 1 -> {
                    int n = Math.min(HALF - block, random.nextInt(100));
                    mine.discard((long) block * BLOCK, (long) n * BLOCK);
                    java.util.Arrays.fill(last[me], block, block + n, 0);
                }
                case 2, 3, 4 -> {
                    int from = random.nextInt(HALF);
                    int n = 1 + random.nextInt(Math.min(64, HALF - Math.max(block, from)));
                    share(devices.get(random.nextInt(THREADS)), from, random, block, n);
                }
                case 5 -> fromSnapshot(pool, random, block);
                default -> {
                    write(mine, me + 1, block, i);
                    last[me][block] = i;
                    int other = random.nextInt(HALF);
                    assertThat(read(mine, other)[2]).isEqualTo(last[me][other]);
                }
            }
        }
    }

    private void share(BlockDevice from, int source, Random random, int to, int n)
            throws DeviceException {
        ExtentSharing other = (ExtentSharing) devices.get(random.nextInt(THREADS));
        assertThat(
                        other.share(
                                from,
                                (long) source * BLOCK,
                                (long) (HALF + to) * BLOCK,
                                (long) n * BLOCK))
                .isEqualTo((long) n * BLOCK);
    }

    /** A snapshot shows the same before and after; then it goes. */
    private void fromSnapshot(Pool pool, Random random, int block) throws Exception {
        SnapshotId id = SnapshotId.random();
        try {
            pool.snapshot(Map.of(devices.get(random.nextInt(THREADS)).volume(), id));
        } catch (StoreException e) {
            assertThat(e.kind()).isEqualTo(StoreException.Kind.NOT_DRAINED);
            return;
        }
        try (SnapshotDevice s = pool.openSnapshot(id)) {
            int n = 1 + random.nextInt(HALF - block);
            int[][] seen = new int[BLOCKS][];
            for (int b = 0; b < BLOCKS; b += 37) {
                seen[b] = read(s, b);
            }
            share(s, block, random, block, n);
            for (int b = 0; b < BLOCKS; b += 37) {
                assertThat(read(s, b)).isEqualTo(seen[b]);
            }
        }
        pool.deleteSnapshot(id);
    }

    @Test
    void everyBlockIsWholeAndEveryGrainHasItsOwners() throws Exception {
        PoolOptions options =
                PoolOptions.fast(64 << 20).withSegmentBytes(256 << 10).withWalBytes(256 << 10);
        PoolOpenOptions open =
                PoolOpenOptions.standard()
                        .withDirtyNodeBytes(256 << 10)
                        .withDrainLimit(Duration.ofSeconds(20))
                        .withCheckpointEvery(Duration.ofMillis(50));
        VolumeShape shape =
                new VolumeShape(Geometry.ofBytes((long) BLOCKS * BLOCK, 512, 4096), 4096);
        try (Pool pool = Pool.create(dir.resolve("p"), options, open)) {
            for (int t = 0; t < THREADS; t++) {
                VolumeId id = VolumeId.random();
                pool.createVolume(id, shape);
                devices.add(pool.openVolume(id));
            }
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < THREADS; t++) {
                int me = t;
                threads.add(thread(() -> worker(pool, me)));
            }
            for (Thread t : threads) {
                t.join();
            }
            assertThat(failure.get()).isNull();
            assertThat(pool.status().sharedBytes()).isPositive();
            assertThat(pool.check().problems()).isEmpty();
            verify();
            for (VolumeDevice d : devices) {
                d.close();
                pool.deleteVolume(d.volume());
            }
        }
        assertThat(PoolCheck.check(dir.resolve("p")).problems()).isEmpty();
    }

    private void verify() throws DeviceException {
        for (int t = 0; t < THREADS; t++) {
            for (int b = 0; b < HALF; b++) {
                assertThat(read(devices.get(t), b)[2]).isEqualTo(last[t][b]);
            }
            for (int b = HALF; b < BLOCKS; b++) {
                int[] found = read(devices.get(t), b);
                assertThat(found[0]).isBetween(0, THREADS);
                assertThat(found[1]).isBetween(0, HALF - 1);
            }
        }
    }
}
