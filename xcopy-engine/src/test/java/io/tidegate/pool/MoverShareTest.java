package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.ChangeStreams;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.copy.mover.FixedEnds;
import io.tidegate.copy.mover.MoverSettings;
import io.tidegate.copy.mover.RangeOrder;
import io.tidegate.copy.mover.RangePlan;
import io.tidegate.copy.mover.RangeResult;
import io.tidegate.recovery.Mover;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The mover between volumes of one pool over simulated files: by reference, and by bytes beside.
 */
@NullUnmarked
class MoverShareTest extends PoolShareFixture {

    private static final int BYTES = GRAINS * GRAIN;

    private final DataMover mover =
            new DataMover(new MoverSettings(64 << 10, 4, 4, 256 << 10, 4096));

    @AfterEach
    void end() {
        mover.close();
    }

    private static byte[] all(BlockDevice device) throws DeviceException {
        byte[] bytes = new byte[BYTES];
        device.read(0, ByteBuffer.wrap(bytes));
        return bytes;
    }

    private static void random(BlockDevice device, long offset, int length, Random random)
            throws DeviceException {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        device.write(offset, ByteBuffer.allocateDirect(length).put(bytes).flip());
    }

    /** Data in patches with holes between. */
    private VolumeDevice patched(Random random) throws Exception {
        VolumeDevice device = volume();
        for (int i = 0; i < 12; i++) {
            int length = 512 * (1 + random.nextInt(400));
            random(device, 512L * random.nextInt((BYTES - length) / 512), length, random);
        }
        return device;
    }

    private RangeResult copy(RangeOrder order, BlockDevice from, BlockDevice to) {
        FixedEnds ends = new FixedEnds(from, to);
        RangeResult result = mover.copy(order, ends);
        assertThat(result.complete()).as("%s", result).isTrue();
        assertThat(result.moved().total()).isEqualTo(order.length());
        assertThat(ends.inside.get()).isZero();
        return result;
    }

    private static RangeOrder whole(int grains) {
        return new RangeOrder(0, 0, (long) grains * GRAIN, 512, false);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anyRangeArrivesByteForByte(long seed) throws Exception {
        Random random = new Random(seed);
        VolumeDevice[] volumes = {patched(random), patched(random)};
        byte[][] model = {all(volumes[0]), all(volumes[1])};
        long shared = 0;
        for (int round = 0; round < 60; round++) {
            int from = random.nextInt(2);
            int to = random.nextInt(2);
            int length = 512 * (1 + random.nextInt(BYTES / 1024));
            int target = 512 * random.nextInt((BYTES - length) / 512);
            int source =
                    switch (random.nextInt(3)) {
                        case 0 -> 512 * random.nextInt((BYTES - length) / 512);
                        case 1 -> target % GRAIN; // the same place in a grain
                        default -> Math.max(0, target - GRAIN * random.nextInt(40));
                    };
            RangeOrder order = new RangeOrder(source, target, length, 512, from == to);
            shared += copy(order, volumes[from], volumes[to]).moved().shared();
            System.arraycopy(model[from].clone(), source, model[to], target, length);
            // What is written later to one side must not show on the other.
            int side = random.nextInt(2);
            int at = 512 * random.nextInt(BYTES / 512 - 100);
            random(volumes[side], at, 512 * 99, random);
            volumes[side].read(at, ByteBuffer.wrap(model[side], at, 512 * 99));
            for (int v = 0; v < 2; v++) {
                assertThat(Arrays.mismatch(all(volumes[v]), model[v]))
                        .as("seed %d, round %d, %s, volume %d", seed, round, order, v)
                        .isEqualTo(-1);
            }
        }
        assertThat(shared).isPositive();
        clean();
    }

    @Test
    void holesOfTheSourceHideWhatWasThere() throws Exception {
        VolumeDevice source = volume();
        VolumeDevice copy = volume();
        write(copy, 0, GRAINS, 77);
        writeEach(source, 100, 50);
        RangeOrder all = new RangeOrder(0, 0, BYTES, 512, false);
        assertThat(copy(all, source, copy).moved().shared()).isEqualTo(BYTES);
        assertThat(all(copy)).isEqualTo(all(source));
        // Off the grains' borders the bytes go through memory; holes hide what was there as well.
        write(copy, 0, GRAINS, 77);
        RangeOrder apart = new RangeOrder(0, 512, BYTES - GRAIN, 512, false);
        assertThat(copy(apart, source, copy).moved().shared()).isZero();
        byte[] expected = new byte[BYTES - GRAIN];
        source.read(0, ByteBuffer.wrap(expected));
        assertThat(
                        Arrays.equals(
                                all(copy),
                                512,
                                512 + expected.length,
                                expected,
                                0,
                                expected.length))
                .isTrue();
    }

    @Test
    void whatTheFullTableDoesNotTakeIsCopied() throws Exception {
        pool.close();
        mostRuns = 20;
        open();
        VolumeDevice source = volume();
        VolumeDevice copy = volume();
        for (int g = 0; g < 100; g++) { // what lies side by side is apart on disk
            write(source, g, 1, g + 1);
            write(source, 200 + g, 1, 7);
        }
        write(copy, 0, 100, 77);
        RangeResult result = copy(whole(100), source, copy);
        assertThat(result.moved().shared()).isBetween((long) GRAIN, 20L * GRAIN);
        assertThat(result.moved().written()).isEqualTo(100L * GRAIN - result.moved().shared());
        assertThat(read(copy, 0, 100)).isEqualTo(numbers(1, 100));
        clean();
    }

    @Test
    void reservedVolumesAndOtherStoresAreCopied() throws Exception {
        VolumeDevice source = volume();
        writeEach(source, 0, 10);
        VolumeId id = VolumeId.random();
        VolumeShape small = new VolumeShape(Geometry.ofBytes(100L * GRAIN, 512, 4096), 4096);
        pool.createVolume(id, small, true);
        try (VolumeDevice reserved = pool.openVolume(id)) {
            assertThat(copy(whole(10), source, reserved).moved().shared()).isZero();
            assertThat(read(reserved, 0, 10)).isEqualTo(numbers(1, 10));
            VolumeDevice back = volume();
            assertThat(copy(whole(10), reserved, back).moved().shared()).isZero();
            assertThat(read(back, 0, 10)).isEqualTo(numbers(1, 10));
            RangePlan plan = mover.plan(whole(10), source, reserved);
            assertThat(plan.engine()).isEqualTo("pipeline");
            assertThat(plan.reason()).contains("reserved");
        }
        BlockDevice memory = io.tidegate.block.MemoryDevice.ofBytes(BYTES);
        write(memory, 3, 1, 5);
        VolumeDevice copy = volume();
        assertThat(mover.plan(whole(10), memory, copy).reason()).contains("different stores");
        assertThat(copy(whole(10), memory, copy).moved().shared()).isZero();
        assertThat(read(copy, 3, 1)).containsExactly(5);
    }

    /** Each grain is whole, old or new, and what a grain of the copy shows stays. */
    @Test
    void aWriterOfTheSourceTearsNothing() throws Exception {
        VolumeDevice source = volume();
        VolumeDevice copy = volume();
        write(source, 0, 200, 1);
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Void> writer =
                CompletableFuture.runAsync(
                        () -> {
                            try {
                                for (int n = 2; !stop.get(); n++) {
                                    write(source, (n * 17) % 190, 1 + n % 9, n);
                                }
                            } catch (DeviceException e) {
                                throw new AssertionError(e);
                            }
                        });
        try {
            int[] before = new int[200];
            for (int round = 0; round < 40; round++) {
                RangeOrder order = new RangeOrder(0, 0, 200L * GRAIN, 512, false);
                assertThat(copy(order, source, copy).moved().shared()).isEqualTo(200L * GRAIN);
                int[] seen = read(copy, 0, 200); // fails where a grain is not of one number
                assertThat(read(copy, 0, 200)).isEqualTo(seen);
                for (int g = 0; g < 200; g++) {
                    assertThat(seen[g]).isGreaterThanOrEqualTo(Math.max(1, before[g]));
                }
                before = seen;
            }
        } finally {
            stop.set(true);
            writer.join();
        }
        clean();
    }

    /** A copy that was flushed is there after a power loss, edges and all. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void powerLossAfterAFlushLeavesTheCopy(long seed) throws Exception {
        Random random = new Random(seed);
        VolumeDevice source = patched(random);
        VolumeDevice copy = volume();
        write(copy, 0, GRAINS, 77);
        RangeOrder order = new RangeOrder(512, 512 + 7L * GRAIN, BYTES / 2, 512, false);
        byte[] expected = all(copy);
        System.arraycopy(all(source), 512, expected, 512 + 7 * GRAIN, BYTES / 2);
        assertThat(copy(order, source, copy).moved().shared()).isPositive();
        copy.flush();
        write(source, 0, GRAINS, 9); // not flushed; would show through if it were in place
        lose(random);
        assertThat(all(pool.openVolume(copy.volume()))).isEqualTo(expected);
        clean();
    }

    private void lose(Random random) throws StoreException, Exception {
        pool.close();
        files = files.afterPowerLoss(random);
        boot = UUID.randomUUID();
        open();
    }

    @Test
    void aFenceLeavesWholePieces() throws Exception {
        VolumeShape large = new VolumeShape(Geometry.ofBytes(64 << 20, 512, 4096), 4096);
        VolumeId[] ids = {VolumeId.random(), VolumeId.random()};
        for (VolumeId id : ids) {
            pool.createVolume(id, large);
        }
        try (VolumeDevice source = pool.openVolume(ids[0]);
                VolumeDevice copy = pool.openVolume(ids[1])) {
            for (int piece = 0; piece < 4; piece++) {
                write(source, piece * 4096L, 1, piece + 1);
            }
            for (int pieces = 0; pieces < 4; pieces++) {
                copy.discard(0, 64 << 20);
                FixedEnds ends = new FixedEnds(source, copy);
                ends.most = pieces;
                RangeResult result = mover.copy(new RangeOrder(0, 0, 64 << 20, 512, false), ends);
                assertThat(result.complete()).isFalse();
                assertThat(result.moved().shared()).isEqualTo(pieces * (16L << 20));
                for (int piece = 0; piece < 4; piece++) {
                    assertThat(read(copy, piece * 4096L, 1))
                            .containsExactly(piece < pieces ? piece + 1 : 0);
                }
            }
        }
    }

    @Test
    void aJobSharesASnapshotOnlyWhereItMay() throws Exception {
        VolumeDevice source = patched(new Random(3));
        SnapshotId id = snapshot(source);
        byte[] then = all(source);
        write(source, 0, GRAINS / 2, 9);
        for (boolean byReference : new boolean[] {false, true}) {
            VolumeDevice copy = volume();
            write(copy, 0, 50, 77);
            copy.discard(0, 50L * GRAIN);
            try (SnapshotDevice point = pool.openSnapshot(id)) {
                Mover.Result result =
                        mover.move(
                                Mover.Order.copy(
                                                point,
                                                copy,
                                                ChangeStreams.wholeDevice(point, 0),
                                                BYTES)
                                        .byReference(byReference),
                                new Quiet());
                assertThat(result.complete()).isTrue();
                assertThat(result.sharedBytes() > 0).isEqualTo(byReference);
            }
            assertThat(all(copy)).isEqualTo(then);
            assertThat(pool.status().sharedBytes() > 0).isEqualTo(byReference);
            lose(new Random(4));
            assertThat(all(pool.openVolume(copy.volume()))).isEqualTo(then);
            clean();
        }
    }

    private static final class Quiet implements Mover.Control {
        @Override
        public boolean cancelled() {
            return false;
        }

        @Override
        public void progress(long copiedBytes, long discardedBytes, long resumeOffset) {}

        @Override
        public void checkpoint(long resumeOffset) {}
    }
}
