package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidegate.block.ExtentMapped;
import io.tidegate.block.Geometry;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PoolSmokeTest {

    private static final VolumeShape SHAPE =
            new VolumeShape(Geometry.ofBytes(64 << 20, 512, 4096), 4096);

    @TempDir Path dir;

    private static ByteBuffer filled(int length, int value) {
        ByteBuffer b = ByteBuffer.allocateDirect(length);
        while (b.hasRemaining()) {
            b.put((byte) value);
        }
        return b.flip();
    }

    private static void expect(io.tidegate.block.BlockDevice d, long offset, int length, int value)
            throws Exception {
        ByteBuffer b = ByteBuffer.allocateDirect(length);
        d.read(offset, b);
        b.flip();
        assertThat(b).isEqualTo(filled(length, value));
    }

    @Test
    void keepsWhatWasWrittenOverSnapshotsAndReopenings() throws Exception {
        Path at = dir.resolve("pool");
        VolumeId id = VolumeId.random();
        SnapshotId snap = SnapshotId.random();
        try (Pool pool = Pool.create(at, PoolOptions.fast(256 << 20))) {
            pool.createVolume(id, SHAPE);
            VolumeDevice v = pool.openVolume(id);
            expect(v, 0, 8192, 0);
            v.write(0, filled(1 << 20, 1));
            v.write(512, filled(512, 2));
            expect(v, 0, 512, 1);
            expect(v, 512, 512, 2);
            expect(v, 1024, 4096, 1);
            pool.snapshot(Map.of(id, snap));
            v.write(4096, filled(4096, 3));
            v.discard(8192, 8192);
            expect(v, 4096, 4096, 3);
            expect(v, 8192, 8192, 0);
            expect(pool.openSnapshot(snap), 4096, 12288, 1);
            v.flush();
            assertThat(pool.check().problems()).isEmpty();
            assertThatThrownBy(() -> Pool.open(at, PoolOpenOptions.standard()))
                    .isInstanceOf(StoreException.class)
                    .extracting("kind")
                    .isEqualTo(StoreException.Kind.BUSY);
        }
        assertThat(PoolCheck.check(at).problems()).isEmpty();
        try (Pool pool = Pool.open(at, PoolOpenOptions.standard())) {
            VolumeDevice v = pool.openVolume(id);
            expect(v, 512, 512, 2);
            expect(v, 4096, 4096, 3);
            expect(v, 8192, 8192, 0);
            expect(pool.openSnapshot(snap), 4096, 12288, 1);
            assertThat(v.runs(0, 32768, 10))
                    .containsExactly(
                            new ExtentMapped.Run(0, 8192, true),
                            new ExtentMapped.Run(8192, 8192, false),
                            new ExtentMapped.Run(16384, 16384, true));
            assertThat(pool.check().problems()).isEmpty();
        }
    }
}
