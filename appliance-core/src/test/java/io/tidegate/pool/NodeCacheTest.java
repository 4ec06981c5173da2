package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.Geometry;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A map that is larger than its cache: all of it is there, and the cache keeps to its budget. */
@NullUnmarked
class NodeCacheTest {

    private static final int GRAIN = 4096;
    private static final int NODES = 96;
    private static final int NODE_HEAP = 6400;
    private static final long CACHE = 24L * NODE_HEAP;

    /** One mapped grain for every leaf, so that a small pool has many nodes. */
    private static final long STRIDE = 512L * GRAIN;

    @TempDir Path tokens;

    @Test
    void nodesOutsideTheBudgetAreTakenOutAndReadAgain() throws Exception {
        SimFiles files = new SimFiles();
        Rules rules =
                new Rules() {
                    @Override
                    boolean background() {
                        return false;
                    }
                };
        PoolFactory factory = new PoolFactory(files, rules, java.util.UUID.randomUUID());
        factory.create(new PoolOptions(16 << 20, GRAIN, 64 << 10, 16 << 20, 256 << 10, true));
        PoolOpenOptions options =
                PoolOpenOptions.standard()
                        .withTokenDirectory(tokens)
                        .withCheckpointEvery(Duration.ZERO)
                        .withNodeCacheBytes(CACHE);
        Random random = new Random(12);
        try (Pool pool = new Pool(factory, options)) {
            VolumeId id = VolumeId.random();
            Geometry geometry = Geometry.ofBytes(NODES * STRIDE, 512, GRAIN);
            pool.createVolume(id, new VolumeShape(geometry, GRAIN));
            VolumeDevice live = pool.openVolume(id);
            long[] now = new long[NODES];
            List<long[]> then = new ArrayList<>();
            List<SnapshotDevice> points = new ArrayList<>();
            for (int i = 0; i < NODES; i++) {
                now[i] = write(live, i, random.nextLong());
            }
            NodeCache cache = pool.core().store.cache();
            for (int round = 0; round < 6; round++) {
                SnapshotId point = SnapshotId.random();
                pool.snapshot(Map.of(id, point));
                then.add(now.clone());
                points.add(pool.openSnapshot(point));
                for (int i = 0; i < 20; i++) {
                    int at = random.nextInt(NODES);
                    now[at] = write(live, at, random.nextLong());
                }
                pool.core().checkpointer.run(false);
                for (int i = 0; i < 300; i++) {
                    int at = random.nextInt(NODES);
                    assertThat(read(live, at)).isEqualTo(now[at]);
                    int p = random.nextInt(points.size());
                    assertThat(read(points.get(p), at)).isEqualTo(then.get(p)[at]);
                    assertThat(cache.storedBytes()).isLessThanOrEqualTo(CACHE);
                }
            }
            assertThat(cache.sweeps()).isGreaterThan(20);
            assertThat(pool.check().problems()).isEmpty();
        }
    }

    private static long write(VolumeDevice d, int at, long value) throws Exception {
        ByteBuffer b = ByteBuffer.allocateDirect(GRAIN);
        d.write(at * STRIDE, b.putLong(0, value));
        return value;
    }

    private static long read(io.tidegate.block.BlockDevice d, int at) throws Exception {
        ByteBuffer b = ByteBuffer.allocateDirect(GRAIN);
        if (!d.tryRead(at * STRIDE, b)) {
            d.read(at * STRIDE, b.clear());
        }
        return b.getLong(0);
    }
}
