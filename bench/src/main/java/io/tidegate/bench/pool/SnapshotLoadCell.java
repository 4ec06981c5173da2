package io.tidegate.bench.pool;

import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOptions;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;

/** How long writes are held up by snapshots: the slowest writes with and without them. */
final class SnapshotLoadCell implements Cell {

    private static final long VOLUME_BYTES = Scene.GIB / 4;

    /** Small, so that writes in place and first writes both come after each snapshot. */
    private static final int REGION_BLOCKS = 8192;

    private static final int WRITERS = 2;
    private static final int PHASES = 4;
    private static final long PHASE_NANOS = 3_000_000_000L;
    private static final long SNAPSHOT_EVERY_NANOS = 100_000_000;

    @Override
    public String name() {
        return "snapshot-load";
    }

    @Override
    public String about() {
        return "2 writers of 4 KiB: without snapshots, with ten a second; the slowest writes";
    }

    @Override
    public void run(Scene scene, Table table) throws Exception {
        Latencies without = new Latencies();
        Latencies with = new Latencies();
        int snapshots = 0;
        try (Pool pool = Pool.create(scene.path("pool"), PoolOptions.fast(5 * Scene.GIB));
                ExecutorService writers = Executors.newFixedThreadPool(WRITERS)) {
            VolumeId id = Scene.volume(pool, VOLUME_BYTES);
            try (VolumeDevice device = pool.openVolume(id)) {
                scene.fill(device, Scene.BLOCK);
                phase(writers, device, new Latencies(), () -> 0);
                for (int i = 0; i < PHASES; i++) {
                    if (i % 2 == 0) {
                        phase(writers, device, without, () -> 0);
                    } else {
                        snapshots += phase(writers, device, with, () -> snapshots(pool, id));
                    }
                }
            }
        }
        table.row("write beside snapshots: median", without.at(50), with.at(50), "us", Table.NONE);
        table.row("write beside snapshots: p99", without.at(99), with.at(99), "us", Table.NONE);
        table.row(
                "write beside snapshots: p99.9", without.at(99.9), with.at(99.9), "us", Table.NONE);
        table.row(
                "write beside snapshots: slowest of all",
                without.at(100),
                with.at(100),
                "us",
                Table.NONE);
        table.note(snapshots + " snapshots under load");
    }

    private static int phase(
            ExecutorService writers, VolumeDevice device, Latencies into, Callable<Integer> beside)
            throws Exception {
        long end = System.nanoTime() + PHASE_NANOS;
        List<Future<Latencies>> all = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            int seed = i;
            all.add(writers.submit(() -> write(device, seed, end)));
        }
        int result = beside.call();
        for (Future<Latencies> one : all) {
            into.add(one.get());
        }
        return result;
    }

    private static Latencies write(VolumeDevice device, int seed, long end) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        ByteBuffer buffer = ByteBuffer.allocateDirect(Scene.BLOCK);
        Latencies seen = new Latencies();
        long now = System.nanoTime();
        while (end - now > 0) {
            long offset = (long) random.nextInt(REGION_BLOCKS) * Scene.BLOCK;
            device.write(offset, buffer.clear());
            long after = System.nanoTime();
            seen.add(after - now);
            now = after;
        }
        return seen;
    }

    private static int snapshots(Pool pool, VolumeId id) throws Exception {
        int made = 0;
        long start = System.nanoTime();
        long next = start;
        while (next - start < PHASE_NANOS) {
            Scene.snapshot(pool, id);
            made++;
            next += SNAPSHOT_EVERY_NANOS;
            for (long left = next - System.nanoTime(); left > 0; left = next - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }
        return made;
    }
}
