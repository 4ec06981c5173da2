package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.DeviceException;
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
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Writers, an administrator and the background thread at once, while writes of every file fail now
 * and then: each block holds what was acknowledged last, or something tried later, and a snapshot
 * that was refused is nowhere.
 */
@NullUnmarked
class PoolTroubleThreadsTest {

    private static final int WRITERS = 3;
    private static final int BLOCKS = 512;
    private static final int BLOCK = 4096;
    private static final int ROUNDS = Integer.getInteger("pool.trouble.rounds", 1200);

    @TempDir Path tokens;

    private final AtomicReference<Throwable> failure = new AtomicReference<>();

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

    @Test
    void whatIsAcknowledgedStaysThroughFaults() throws Exception {
        SimFiles files = new SimFiles();
        UUID boot = UUID.randomUUID();
        PoolFactory factory = new PoolFactory(files, Rules.IN_FORCE, boot);
        factory.create(PoolHarness.OPTIONS);
        PoolOpenOptions options =
                PoolOpenOptions.standard()
                        .withTokenDirectory(tokens)
                        .withDrainLimit(Duration.ofSeconds(20))
                        .withCheckpointEvery(Duration.ofMillis(20));
        Pool pool = new Pool(factory, options);
        List<VolumeDevice> devices = new ArrayList<>();
        VolumeShape shape =
                new VolumeShape(Geometry.ofBytes((long) BLOCKS * BLOCK, 512, 4096), 4096);
        for (int w = 0; w < WRITERS; w++) {
            VolumeId id = VolumeId.random();
            pool.createVolume(id, shape);
            devices.add(pool.openVolume(id));
        }
        files.faults = new Flaky(71);
        int[][] least = new int[WRITERS][BLOCKS];
        List<Thread> writers = new ArrayList<>();
        for (int w = 0; w < WRITERS; w++) {
            int me = w;
            writers.add(thread(() -> writer(devices.get(me), me, least[me])));
        }
        Thread admin = thread(() -> admin(pool, devices, writers));
        for (Thread t : writers) {
            t.join();
        }
        admin.join();
        files.faults = null;
        assertThat(failure.get()).isNull();
        assertThat(pool.status().readOnlyReason()).isEmpty();
        for (int w = 0; w < WRITERS; w++) {
            devices.get(w).flush();
            for (int b = 0; b < BLOCKS; b++) {
                assertThat(sequence(devices.get(w), b)).isGreaterThanOrEqualTo(least[w][b]);
            }
        }
        assertThat(pool.check().problems()).isEmpty();
        pool.close();
        assertThat(factory.check(options).problems()).isEmpty();
    }

    /** About one write in thirty fails. */
    private static final class Flaky extends FaultPlan {
        private final Random random;

        Flaky(long seed) {
            super(op -> false, 0, 0, EIO, seed);
            random = new Random(seed);
        }

        @Override
        synchronized void check(String op) throws java.io.IOException {
            if (op.startsWith("write") && random.nextInt(30) == 0) {
                fail(op);
            }
        }
    }

    private static void writer(VolumeDevice d, int me, int[] least) throws Exception {
        Random random = new Random(me);
        int refused = 0;
        for (int i = 1; i <= ROUNDS; i++) {
            int block = random.nextInt(BLOCKS);
            ByteBuffer b = ByteBuffer.allocateDirect(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
            for (int k = 0; k < BLOCK; k += 4) {
                b.putInt(k % 512 == 0 ? i : me);
            }
            try {
                d.write((long) block * BLOCK, b.flip());
                least[block] = i;
                if (random.nextInt(20) == 0) {
                    d.flush();
                }
            } catch (DeviceException e) {
                assertThat(e.kind()).isEqualTo(DeviceException.Kind.WRITE);
                refused++;
            }
            int other = random.nextInt(BLOCKS);
            assertThat(sequence(d, other)).isGreaterThanOrEqualTo(least[other]);
        }
        assertThat(refused).isPositive();
    }

    /** The least number in a block: a write that failed may have changed some of its sectors. */
    private static int sequence(io.tidegate.block.BlockDevice d, int block) throws DeviceException {
        ByteBuffer b = ByteBuffer.allocateDirect(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
        d.read((long) block * BLOCK, b);
        int least = Integer.MAX_VALUE;
        for (int k = 0; k < BLOCK; k += 512) {
            least = Math.min(least, b.getInt(k));
        }
        return least;
    }

    private static void admin(Pool pool, List<VolumeDevice> devices, List<Thread> writers)
            throws Exception {
        Random random = new Random(99);
        List<SnapshotId> taken = new ArrayList<>();
        while (writers.stream().anyMatch(Thread::isAlive)) {
            SnapshotId id = SnapshotId.random();
            VolumeDevice d = devices.get(random.nextInt(devices.size()));
            try {
                pool.snapshot(Map.of(d.volume(), id));
                taken.add(id);
                if (taken.size() > 5) {
                    SnapshotId old = taken.get(random.nextInt(taken.size()));
                    pool.deleteSnapshot(old);
                    taken.remove(old);
                }
            } catch (StoreException e) {
                assertThat(e.kind()).isIn(StoreException.Kind.IO, StoreException.Kind.NOT_DRAINED);
                boolean not =
                        e.kind() == StoreException.Kind.NOT_DRAINED
                                || e.getMessage().contains("nothing of it has happened");
                List<SnapshotId> there = new ArrayList<>();
                for (VolumeDevice v : devices) {
                    there.addAll(pool.snapshots(v.volume()));
                }
                taken.removeIf(s -> !not && !there.contains(s));
                if (!taken.contains(id) && there.contains(id)) {
                    assertThat(not).as("%s", e).isFalse();
                    taken.add(id);
                }
                assertThat(there).containsExactlyInAnyOrderElementsOf(taken);
            }
            if (!taken.isEmpty()) {
                try (SnapshotDevice s = pool.openSnapshot(taken.get(0))) {
                    int block = random.nextInt(BLOCKS);
                    assertThat(sequence(s, block)).isEqualTo(sequence(s, block));
                }
            }
        }
    }
}
