package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.io.TempDir;

/** What the tests of reserved volumes share: small pools, filled and written over whole. */
@NullUnmarked
abstract class PoolReserveFixture {

    static final int GRAIN = 4096;
    static final int BYTES = 2 << 20;
    static final int PIECE = 64 << 10;

    @TempDir Path tokens;

    PoolHarness h;
    Pool pool;

    void start() throws Exception {
        h = new PoolHarness(1, tokens);
        pool = h.pool;
    }

    static VolumeShape shape(long bytes) {
        return new VolumeShape(Geometry.ofBytes(bytes, 512, 4096), 4096);
    }

    VolumeDevice volume(long bytes, boolean reserved) throws StoreException {
        VolumeId id = VolumeId.random();
        pool.createVolume(id, shape(bytes), reserved);
        return pool.openVolume(id);
    }

    static ByteBuffer bytes(int length, int value) {
        byte[] content = new byte[length];
        Arrays.fill(content, (byte) value);
        return ByteBuffer.allocateDirect(length).put(content).flip();
    }

    /** Writes new grains until nothing is left for a thin volume; how many bytes it got. */
    static long fill(BlockDevice d) throws DeviceException {
        long at = 0;
        for (int length = PIECE; length >= GRAIN; length = length == GRAIN ? 0 : GRAIN) {
            try {
                while (at + length <= d.geometry().sizeBytes()) {
                    d.write(at, bytes(length, 0x5A));
                    at += length;
                }
                throw new AssertionError("the volume is too small to fill the pool");
            } catch (DeviceException e) {
                assertThat(e.kind()).isEqualTo(DeviceException.Kind.NO_SPACE);
            }
        }
        return at;
    }

    /** Every grain of a device, in some order and in pieces of several lengths. */
    static void writeWhole(BlockDevice d, long seed, int value) throws DeviceException {
        Random random = new Random(seed);
        List<Integer> places = new ArrayList<>();
        int pieceGrains = PIECE / GRAIN;
        for (int p = 0; p < d.geometry().sizeBytes() / PIECE; p++) {
            places.add(p);
        }
        Collections.shuffle(places, random);
        for (int p : places) {
            if (random.nextBoolean()) {
                d.write((long) p * PIECE, bytes(PIECE, value));
            } else {
                for (int g = pieceGrains - 1; g >= 0; g--) {
                    d.write((long) p * PIECE + (long) g * GRAIN, bytes(GRAIN, value));
                }
            }
        }
    }

    static void holds(BlockDevice d, int value) throws DeviceException {
        ByteBuffer b = ByteBuffer.allocateDirect((int) d.geometry().sizeBytes());
        d.read(0, b);
        assertThat(b.flip().mismatch(bytes(b.limit(), value))).isEqualTo(-1);
    }

    void sound() throws Exception {
        new UsageOracle(pool).verify();
        assertThat(pool.check().problems()).isEmpty();
    }
}
