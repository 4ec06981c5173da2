package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.ExtentSharing;
import io.tidegate.block.Geometry;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A pool over simulated files without a thread, and words for tests that share extents. */
@NullUnmarked
abstract class PoolShareFixture {

    static final int GRAIN = 4096;
    static final int GRAINS = 1536;
    static final VolumeShape SHAPE =
            new VolumeShape(Geometry.ofBytes((long) GRAINS * GRAIN, 512, 4096), 4096);

    @TempDir Path tokens;

    UUID boot = UUID.randomUUID();
    SimFiles files = new SimFiles();
    Pool pool;

    int mostRuns = 1 << 20;

    final Rules quiet =
            new Rules() {
                @Override
                boolean background() {
                    return false;
                }

                @Override
                int mostShareRuns(Layout layout) {
                    return mostRuns;
                }
            };

    @BeforeEach
    void make() throws Exception {
        new PoolFactory(files, quiet, boot)
                .create(new PoolOptions(32 << 20, GRAIN, 64 << 10, 8 << 20, 256 << 10, true));
        open();
    }

    @AfterEach
    void close() throws Exception {
        pool.close();
    }

    void open() throws Exception {
        PoolOpenOptions options =
                PoolOpenOptions.standard()
                        .withTokenDirectory(tokens)
                        .withDrainLimit(Duration.ofSeconds(10))
                        .withCheckpointEvery(Duration.ZERO);
        pool = new Pool(new PoolFactory(files, quiet, boot), options);
    }

    VolumeDevice volume() throws StoreException {
        VolumeId id = VolumeId.random();
        pool.createVolume(id, SHAPE);
        return pool.openVolume(id);
    }

    SnapshotId snapshot(VolumeDevice d) throws StoreException {
        SnapshotId id = SnapshotId.random();
        pool.snapshot(Map.of(d.volume(), id));
        return id;
    }

    static void write(BlockDevice d, long grain, int grains, int value) throws DeviceException {
        ByteBuffer b = ByteBuffer.allocateDirect(grains * GRAIN).order(ByteOrder.LITTLE_ENDIAN);
        while (b.hasRemaining()) {
            b.putInt(value);
        }
        d.write(grain * GRAIN, b.flip());
    }

    static void writeEach(BlockDevice d, int grain, int grains) throws DeviceException {
        for (int g = grain; g < grain + grains; g++) {
            write(d, g, 1, g + 1);
        }
    }

    /** The number that fills each grain. */
    static int[] read(BlockDevice d, long grain, int grains) throws DeviceException {
        ByteBuffer b = ByteBuffer.allocateDirect(grains * GRAIN).order(ByteOrder.LITTLE_ENDIAN);
        d.read(grain * GRAIN, b);
        int[] values = new int[grains];
        for (int i = 0; i < grains; i++) {
            values[i] = b.getInt(i * GRAIN);
            for (int at = 0; at < GRAIN; at += 4) {
                assertThat(b.getInt(i * GRAIN + at)).isEqualTo(values[i]);
            }
        }
        return values;
    }

    static int[] numbers(int from, int n) {
        int[] values = new int[n];
        Arrays.setAll(values, i -> from + i);
        return values;
    }

    static long share(BlockDevice from, long source, BlockDevice to, long at, long grains)
            throws DeviceException {
        return ((ExtentSharing) to).share(from, source * GRAIN, at * GRAIN, grains * GRAIN);
    }

    void background() throws Exception {
        pool.core().maintenance.wantCheckpoint();
        while (pool.core().maintenance.step()) {
            pool.core().maintenance.wantCheckpoint();
        }
    }

    void clean() throws Exception {
        assertThat(pool.check().problems()).isEmpty();
    }
}
