package io.tidegate.bench.pool;

import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOpenOptions;
import io.tidegate.pool.PoolOptions;
import io.tidegate.pool.SparseFill;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Ten thousand snapshots in one pool: what each further one costs, and what all of them cost. */
final class ListCell implements Cell {

    private static final int SNAPSHOTS = 10_000;
    private static final int COMPARED = 50;
    private static final int CHECKPOINTS = 5;
    private static final long LIMIT_NANOS = 180_000_000_000L;

    @Override
    public String name() {
        return "10000-snapshots";
    }

    @Override
    public String about() {
        return "1 GiB, one 4 KiB write between snapshots";
    }

    @Override
    public void run(Scene scene, Table table) throws Exception {
        Path directory = scene.path("pool");
        PoolOpenOptions open = PoolOpenOptions.standard();
        PoolOptions options = PoolOptions.fast(8 * Scene.GIB).withChecksums(false);
        Pool pool = SparseFill.create(directory, options, open);
        try {
            VolumeId id = Scene.volume(pool, Scene.GIB);
            SparseFill.map(pool, id, 0, Scene.GIB);
            double few = checkpoint(scene, pool, id);
            int made = make(scene, table, pool, id);
            compare(scene, table, pool, id, made);
            made += COMPARED;
            table.row(
                    "checkpoint without snapshots, with " + made,
                    few,
                    checkpoint(scene, pool, id),
                    "ms",
                    Table.NONE);
            long listing = System.nanoTime();
            int listed = pool.snapshots(id).size();
            table.value("list " + listed + " snapshots", (System.nanoTime() - listing) / 1e6, "ms");
            table.holds("all exist", listed == made, listed + " of " + made);
            pool.close();
            long start = System.nanoTime();
            pool = SparseFill.open(directory, open);
            table.limit(
                    "open with " + made + " snapshots", (System.nanoTime() - start) / 1e9, 2, "s");
        } finally {
            pool.close();
        }
    }

    private static int make(Scene scene, Table table, Pool pool, VolumeId id) throws Exception {
        long start = System.nanoTime();
        int made = 0;
        try (VolumeDevice device = pool.openVolume(id)) {
            while (made < SNAPSHOTS && System.nanoTime() - start < LIMIT_NANOS) {
                write(scene, device);
                Scene.snapshot(pool, id);
                made++;
            }
        }
        if (made < SNAPSHOTS) {
            table.note("10000-snapshots: only " + made + " were made in the time it has");
        }
        table.value(
                "make " + made + " snapshots, each durable",
                (System.nanoTime() - start) / 1e9,
                "s");
        return made;
    }

    /** Further snapshots here and in a pool that has few, by turns. */
    private static void compare(Scene scene, Table table, Pool pool, VolumeId id, int made)
            throws Exception {
        double[] few = new double[COMPARED];
        double[] many = new double[COMPARED];
        PoolOptions options = PoolOptions.fast(8 * Scene.GIB).withChecksums(false);
        try (Pool other =
                        SparseFill.create(
                                scene.path("other"), options, PoolOpenOptions.standard());
                VolumeDevice manyDevice = pool.openVolume(id)) {
            VolumeId otherId = Scene.volume(other, Scene.GIB);
            SparseFill.map(other, otherId, 0, Scene.GIB);
            try (VolumeDevice fewDevice = other.openVolume(otherId)) {
                for (int i = 0; i < COMPARED; i++) {
                    write(scene, fewDevice);
                    few[i] = Rounds.millis(() -> Scene.snapshot(other, otherId));
                    write(scene, manyDevice);
                    many[i] = Rounds.millis(() -> Scene.snapshot(pool, id));
                }
            }
        }
        table.row(
                "snapshot with few, with " + made,
                Rounds.median(few),
                Rounds.median(many),
                "ms",
                Table.atMost(1.25));
    }

    private static void write(Scene scene, VolumeDevice device) throws Exception {
        long block = scene.random.nextLong(Scene.GIB / Scene.BLOCK);
        device.write(block * Scene.BLOCK, ByteBuffer.allocateDirect(Scene.BLOCK));
    }

    /** Median of some, each with one change to write. */
    private static double checkpoint(Scene scene, Pool pool, VolumeId id) throws Exception {
        SparseFill.Probe probe = new SparseFill.Probe(pool);
        probe.checkpoint();
        double[] millis = new double[CHECKPOINTS];
        try (VolumeDevice device = pool.openVolume(id)) {
            for (int i = 0; i < CHECKPOINTS; i++) {
                write(scene, device);
                millis[i] = Rounds.millis(probe::checkpoint);
            }
        }
        return Rounds.median(millis);
    }
}
