package io.tidegate.bench.pool;

import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOpenOptions;
import io.tidegate.pool.PoolOptions;
import io.tidegate.pool.SparseFill;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import java.nio.ByteBuffer;

/** What a snapshot of a volume of 64 GiB costs beside one of 1 GiB, both fully mapped. */
final class SnapshotCell implements Cell {

    private static final int SNAPSHOTS = 50;

    @Override
    public String name() {
        return "snapshot";
    }

    @Override
    public String about() {
        return "snapshot, durable, fully mapped volume (sparse data): 1 GiB, 64 GiB";
    }

    @Override
    public void run(Scene scene, Table table) throws Exception {
        PoolOptions options = PoolOptions.fast(96 * Scene.GIB).withChecksums(false);
        try (Pool pool =
                SparseFill.create(scene.path("pool"), options, PoolOpenOptions.standard())) {
            VolumeId small = mapped(pool, Scene.GIB);
            VolumeId large = mapped(pool, 64 * Scene.GIB);
            new SparseFill.Probe(pool).checkpoint();
            double[] a = new double[SNAPSHOTS];
            double[] b = new double[SNAPSHOTS];
            try (VolumeDevice smallDevice = pool.openVolume(small);
                    VolumeDevice largeDevice = pool.openVolume(large)) {
                snapshot(pool, small, smallDevice);
                snapshot(pool, large, largeDevice);
                for (int i = 0; i < SNAPSHOTS; i++) {
                    a[i] = snapshot(pool, small, smallDevice);
                    b[i] = snapshot(pool, large, largeDevice);
                }
            }
            table.row(
                    "snapshot of 1 GiB, of 64 GiB: median",
                    Rounds.median(a),
                    Rounds.median(b),
                    "ms",
                    Table.atMost(1.25));
            table.row(
                    "snapshot of 1 GiB, of 64 GiB: p99",
                    Rounds.percentile(a, 99),
                    Rounds.percentile(b, 99),
                    "ms",
                    Table.NONE);
        }
    }

    private static VolumeId mapped(Pool pool, long bytes) throws Exception {
        VolumeId id = Scene.volume(pool, bytes);
        SparseFill.map(pool, id, 0, bytes);
        return id;
    }

    /** Milliseconds of one snapshot, after a write, so that there is something to keep. */
    private static double snapshot(Pool pool, VolumeId id, VolumeDevice device) throws Exception {
        device.write(0, ByteBuffer.allocateDirect(Scene.BLOCK));
        return Rounds.millis(() -> Scene.snapshot(pool, id));
    }
}
