package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.ChangeStream;
import io.tidegate.block.DeviceException;
import io.tidegate.block.ExtentSharing;
import io.tidegate.block.Geometry;
import io.tidegate.block.MemoryDevice;
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
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies by reference between the volumes and snapshots of one pool. */
@NullUnmarked
class PoolShareTest {

    private static final int GRAIN = 4096;
    private static final int GRAINS = 1536;
    private static final VolumeShape SHAPE =
            new VolumeShape(Geometry.ofBytes((long) GRAINS * GRAIN, 512, 4096), 4096);

    @TempDir Path tokens;

    private UUID boot = UUID.randomUUID();
    private SimFiles files = new SimFiles();
    private Pool pool;

    private int mostRuns = 1 << 20;

    private final Rules quiet =
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

    private void open() throws Exception {
        PoolOpenOptions options =
                PoolOpenOptions.standard()
                        .withTokenDirectory(tokens)
                        .withDrainLimit(Duration.ofSeconds(10))
                        .withCheckpointEvery(Duration.ZERO);
        pool = new Pool(new PoolFactory(files, quiet, boot), options);
    }

    private VolumeDevice volume() throws StoreException {
        VolumeId id = VolumeId.random();
        pool.createVolume(id, SHAPE);
        return pool.openVolume(id);
    }

    private SnapshotId snapshot(VolumeDevice d) throws StoreException {
        SnapshotId id = SnapshotId.random();
        pool.snapshot(Map.of(d.volume(), id));
        return id;
    }

    private static void write(BlockDevice d, long grain, int grains, int value)
            throws DeviceException {
        ByteBuffer b = ByteBuffer.allocateDirect(grains * GRAIN).order(ByteOrder.LITTLE_ENDIAN);
        while (b.hasRemaining()) {
            b.putInt(value);
        }
        d.write(grain * GRAIN, b.flip());
    }

    private static void writeEach(BlockDevice d, int grain, int grains) throws DeviceException {
        for (int g = grain; g < grain + grains; g++) {
            write(d, g, 1, g + 1);
        }
    }

    /** The number that fills each grain. */
    private static int[] read(BlockDevice d, long grain, int grains) throws DeviceException {
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

    private static int[] numbers(int from, int n) {
        int[] values = new int[n];
        Arrays.setAll(values, i -> from + i);
        return values;
    }

    private static long share(BlockDevice from, long source, BlockDevice to, long at, long grains)
            throws DeviceException {
        return ((ExtentSharing) to).share(from, source * GRAIN, at * GRAIN, grains * GRAIN);
    }

    private void background() throws Exception {
        pool.core().maintenance.wantCheckpoint();
        while (pool.core().maintenance.step()) {
            pool.core().maintenance.wantCheckpoint();
        }
    }

    private void clean() throws Exception {
        assertThat(pool.check().problems()).isEmpty();
    }

    @Test
    void aLiveRangeReadsTheSameOnBothSidesAndTakesNoGrains() throws Exception {
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        writeEach(a, 0, 700);
        long used = pool.status().allocatedBytes() - pool.status().mapBytes();
        long changes = b.changeCount();
        assertThat(share(a, 0, b, 300, 700)).isEqualTo(700L * GRAIN);
        assertThat(read(b, 300, 700)).isEqualTo(numbers(1, 700));
        assertThat(read(b, 0, 300)).containsOnly(0);
        assertThat(b.changeCount()).isGreaterThan(changes);
        assertThat(pool.status().allocatedBytes() - pool.status().mapBytes()).isEqualTo(used);
        assertThat(pool.status().sharedBytes()).isEqualTo(700L * GRAIN);
        assertThat(pool.usage(b.volume()).mappedBytes()).isEqualTo(700L * GRAIN);
        clean();
        background();
        clean();
    }

    @Test
    void laterWritesToEitherSideDoNotShowOnTheOther() throws Exception {
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        writeEach(a, 0, 20);
        assertThat(share(a, 0, b, 0, 20)).isEqualTo(20L * GRAIN);
        write(a, 3, 1, 1001);
        write(b, 5, 1, 1002);
        a.discard(7L * GRAIN, GRAIN);
        b.discard(9L * GRAIN, GRAIN);
        // Parts of grains, over and over: the second write may be in place.
        for (int i = 0; i < 3; i++) {
            ByteBuffer sector = ByteBuffer.allocateDirect(512);
            a.write(11L * GRAIN, sector);
            b.write(13L * GRAIN + 512, sector.clear());
            b.flush();
        }
        int[] ofA = numbers(1, 20);
        int[] ofB = numbers(1, 20);
        ofA[3] = 1001;
        ofB[5] = 1002;
        ofA[7] = 0;
        ofB[9] = 0;
        assertThat(read(a, 0, 11)).isEqualTo(Arrays.copyOf(ofA, 11));
        assertThat(read(b, 0, 13)).isEqualTo(Arrays.copyOf(ofB, 13));
        assertThat(read(a, 12, 8)).isEqualTo(Arrays.copyOfRange(ofA, 12, 20));
        assertThat(read(b, 14, 6)).isEqualTo(Arrays.copyOfRange(ofB, 14, 20));
        assertThat(pool.status().sharedBytes()).isEqualTo(14L * GRAIN);
        clean();
    }

    @Test
    void aSnapshotIsASourceAndStaysAsItWas() throws Exception {
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        writeEach(a, 0, 600);
        SnapshotId id = snapshot(a);
        write(a, 0, 100, 9);
        a.discard(100L * GRAIN, 400L * GRAIN);
        try (SnapshotDevice s = pool.openSnapshot(id)) {
            assertThat(share(s, 0, b, 512, 600)).isEqualTo(600L * GRAIN);
            write(b, 520, 10, 8);
            assertThat(read(s, 0, 600)).isEqualTo(numbers(1, 600));
            // Into the volume itself: a rollback of a range.
            assertThat(share(s, 50, a, 50, 100)).isEqualTo(100L * GRAIN);
            assertThatThrownBy(() -> pool.deleteSnapshot(id)).isInstanceOf(StoreException.class);
        }
        assertThat(read(a, 40, 20))
                .isEqualTo(new int[] {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 51, 52, 53, 54, 55, 56, 57, 58,
                    59, 60});
        // All is shared but what b wrote anew.
        assertThat(pool.usage(id).uniqueBytes()).isEqualTo(10L * GRAIN);
        clean();
        pool.deleteSnapshot(id);
        background();
        clean();
        assertThat(read(b, 512, 8)).isEqualTo(numbers(1, 8));
        assertThat(read(b, 530, 582)).isEqualTo(numbers(19, 582));
    }

    @Test
    void aCloneIsASourceAndADestination() throws Exception {
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        writeEach(a, 0, 64);
        SnapshotId id = snapshot(a);
        VolumeId clone = VolumeId.random();
        pool.cloneSnapshot(id, clone);
        VolumeDevice c = pool.openVolume(clone);
        assertThat(share(c, 0, b, 0, 64)).isEqualTo(64L * GRAIN);
        assertThat(share(c, 0, c, 100, 64)).isEqualTo(64L * GRAIN);
        write(c, 0, 10, 5);
        write(c, 100, 10, 6);
        write(b, 20, 10, 7);
        clean();
        pool.promoteClone(clone);
        clean();
        a.close();
        pool.deleteVolume(a.volume());
        background();
        clean();
        assertThat(read(b, 0, 20)).isEqualTo(numbers(1, 20));
        assertThat(read(c, 110, 54)).isEqualTo(numbers(11, 54));
        assertThat(read(c, 10, 54)).isEqualTo(numbers(11, 54));
    }

    @Test
    void holesOfTheSourceBecomeHoles() throws Exception {
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        write(a, 10, 5, 1);
        write(a, 1200, 5, 2);
        write(b, 0, 1536, 3);
        assertThat(share(a, 0, b, 0, 1300)).isEqualTo(1300L * GRAIN);
        assertThat(read(b, 0, 1300)).isEqualTo(read(a, 0, 1300));
        assertThat(read(b, 1300, 236)).containsOnly(3);
        assertThat(pool.usage(b.volume()).mappedBytes()).isEqualTo((10 + 236L) * GRAIN);
        clean();
    }

    @Test
    void edgesOffTheGrainsAreLeftToTheCaller() throws Exception {
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        writeEach(a, 0, 10);
        ExtentSharing to = (ExtentSharing) b;
        assertThat(to.share(a, 512, 512, 3 * GRAIN)).isZero();
        assertThat(to.share(a, 512, 0, 3 * GRAIN)).isZero();
        assertThat(to.share(a, 0, 512, 3 * GRAIN)).isZero();
        assertThat(to.share(a, 0, 0, GRAIN - 512)).isZero();
        assertThat(to.share(a, 0, 0, 0)).isZero();
        assertThat(read(b, 0, 10)).containsOnly(0);
        assertThat(to.share(a, GRAIN, 0, 2 * GRAIN + 512)).isEqualTo(2 * GRAIN);
        assertThat(read(b, 0, 4)).containsExactly(2, 3, 0, 0);
        assertThatThrownBy(() -> to.share(a, 0, (long) GRAINS * GRAIN, GRAIN))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> to.share(a, (long) GRAINS * GRAIN, 0, GRAIN))
                .isInstanceOf(IllegalArgumentException.class);
        clean();
    }

    @Test
    void onlyOwnHandlesAreSources() throws Exception {
        VolumeDevice b = volume();
        write(b, 0, 1, 4);
        BlockDevice memory = new MemoryDevice("memory", Geometry.ofBytes(1 << 20, 512, 4096));
        assertThat(share(memory, 0, b, 0, 1)).isZero();
        SimFiles elsewhere = new SimFiles();
        PoolFactory factory = new PoolFactory(elsewhere, quiet, boot);
        factory.create(new PoolOptions(4 << 20, GRAIN, 64 << 10, 1 << 20, 256 << 10, true));
        try (Pool other = new Pool(factory, PoolOpenOptions.standard().withTokenDirectory(tokens))) {
            VolumeId id = VolumeId.random();
            other.createVolume(id, SHAPE);
            try (VolumeDevice d = other.openVolume(id)) {
                write(d, 0, 1, 5);
                assertThat(share(d, 0, b, 0, 1)).isZero();
            }
        }
        assertThat(read(b, 0, 1)).containsExactly(4);
        VolumeDevice gone = volume();
        gone.close();
        assertThatThrownBy(() -> share(gone, 0, b, 0, 1))
                .isInstanceOfSatisfying(
                        DeviceException.class,
                        e -> assertThat(e.kind()).isEqualTo(DeviceException.Kind.GONE));
    }

    @Test
    void withinOneVolumeOnlyApart() throws Exception {
        VolumeDevice a = volume();
        writeEach(a, 0, 30);
        assertThat(share(a, 0, a, 10, 20)).isZero();
        assertThat(share(a, 10, a, 0, 20)).isZero();
        assertThat(share(a, 5, a, 5, 1)).isZero();
        assertThat(read(a, 0, 30)).isEqualTo(numbers(1, 30));
        assertThat(share(a, 0, a, 10, 10)).isEqualTo(10L * GRAIN);
        assertThat(share(a, 20, a, 0, 10)).isEqualTo(10L * GRAIN);
        write(a, 25, 1, 99);
        assertThat(read(a, 0, 30))
                .isEqualTo(
                        new int[] {
                            21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
                            21, 22, 23, 24, 25, 99, 27, 28, 29, 30
                        });
        clean();
        // A snapshot of the same volume may overlap: it does not change.
        SnapshotId id = snapshot(a);
        try (SnapshotDevice s = pool.openSnapshot(id)) {
            assertThat(share(s, 0, a, 5, 25)).isEqualTo(25L * GRAIN);
            assertThat(read(a, 5, 25)).isEqualTo(read(s, 0, 25));
        }
        clean();
    }

    @Test
    void theDifferenceOfTheDestinationShowsTheRangeAsWritten() throws Exception {
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        writeEach(a, 0, 10);
        snapshot(a);
        SnapshotId before = snapshot(b);
        share(a, 0, b, 40, 12);
        SnapshotId after = snapshot(b);
        try (ChangeStream changes = pool.diff(before, after, 0)) {
            ChangeStream.Change c = changes.next().orElseThrow();
            assertThat(c.offset()).isEqualTo(40L * GRAIN);
            assertThat(c.length()).isEqualTo(10L * GRAIN);
            assertThat(c.kind()).isEqualTo(ChangeStream.Kind.WRITTEN);
            assertThat(changes.next()).isEmpty();
        }
    }

    @Test
    void aFullTableLeavesTheRestToTheCaller() throws Exception {
        pool.close();
        mostRuns = 20;
        open();
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        // What the share takes lies apart on disk.
        for (int g = 0; g < 100; g++) {
            write(a, g, 1, g + 1);
            write(a, 200 + g, 1, 7);
        }
        assertThat(share(a, 0, b, 10, 100)).isEqualTo(19L * GRAIN);
        assertThat(share(a, 50, b, 50, 1)).isZero();
        assertThat(read(b, 10, 19)).isEqualTo(numbers(1, 19));
        assertThat(read(b, 29, 100)).containsOnly(0);
        write(a, 5, 1, 1000);
        write(b, 20, 1, 1001);
        assertThat(read(b, 15, 1)).containsExactly(6);
        assertThat(read(a, 10, 1)).containsExactly(11);
        clean();
        // Losing owners makes room again.
        b.discard(0, (long) GRAINS * GRAIN);
        b.flush();
        assertThat(share(a, 50, b, 50, 1)).isEqualTo(GRAIN);
        clean();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void inWhateverOrderOwnersGoInTheEndAllIsFree(long seed) throws Exception {
        Random random = new Random(seed);
        List<VolumeDevice> volumes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            volumes.add(volume());
            writeEach(volumes.get(i), 100 * i, 100);
        }
        List<SnapshotId> snapshots = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            VolumeDevice to = volumes.get(random.nextInt(4));
            VolumeDevice from = volumes.get(random.nextInt(4));
            int n = 1 + random.nextInt(150);
            share(from, random.nextInt(400), to, random.nextInt(400), n);
            if (i % 9 == 0) {
                snapshots.add(snapshot(to));
            }
            if (i % 13 == 0 && i > 0) {
                to.discard(random.nextInt(300) * (long) GRAIN, 50L * GRAIN);
            }
        }
        clean();
        List<Runnable> ends = new ArrayList<>();
        snapshots.forEach(s -> ends.add(() -> unchecked(() -> pool.deleteSnapshot(s))));
        volumes.forEach(v -> ends.add(() -> unchecked(() -> deleteLater(v, snapshots))));
        Collections.shuffle(ends, random);
        for (Runnable end : ends) {
            end.run();
            if (random.nextBoolean()) {
                background();
            }
            clean();
            if (random.nextInt(4) == 0) {
                files = files.afterPowerLoss(random);
                boot = UUID.randomUUID();
                abandon();
                open();
                clean();
            }
        }
        for (VolumeId id : pool.volumes()) {
            pool.deleteVolume(id);
        }
        background();
        background();
        clean();
        assertThat(pool.status().sharedBytes()).isZero();
        assertThat(pool.core().space.figures().grainsUsed()).isZero();
        assertThat(pool.core().space.figures().pendingPages()).isZero();
        pool.close();
        open();
        clean();
    }

    private void deleteLater(VolumeDevice v, List<SnapshotId> snapshots) throws Exception {
        v.close();
        if (pool.volumes().contains(v.volume())) {
            snapshots.removeAll(pool.snapshots(v.volume()));
            pool.deleteVolume(v.volume());
        }
    }

    private interface Body {
        void run() throws Exception;
    }

    private static void unchecked(Body body) {
        try {
            body.run();
        } catch (StoreException e) {
            // Deleted with its volume before.
            assertThat(e.kind()).isEqualTo(StoreException.Kind.NOT_FOUND);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** The opening whose files are those of before the loss. */
    private void abandon() throws StoreException {
        pool.close();
    }

    private static final Random ALL_KEPT =
            new Random() {
                private static final long serialVersionUID = 1L;

                @Override
                public int nextInt(int bound) {
                    return bound - 1;
                }
            };

    private void crash(SimFiles left) throws Exception {
        abandon();
        files = left;
        boot = UUID.randomUUID();
        open();
    }

    @Test
    void powerLossBeforeTheBarrierLeavesTheOldContent() throws Exception {
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        writeEach(a, 0, 20);
        write(b, 0, 20, 77);
        b.flush();
        assertThat(share(a, 0, b, 0, 20)).isEqualTo(20L * GRAIN);
        crash(files.afterPowerLoss(ALL_KEPT));
        assertThat(read(pool.openVolume(b.volume()), 0, 20)).containsOnly(77);
        assertThat(read(pool.openVolume(a.volume()), 0, 20)).isEqualTo(numbers(1, 20));
        assertThat(pool.status().sharedBytes()).isZero();
        clean();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void powerLossAfterTheBarrierLeavesTheCopy(long seed) throws Exception {
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        writeEach(a, 0, 20);
        write(b, 0, 20, 77);
        assertThat(share(a, 0, b, 0, 20)).isEqualTo(20L * GRAIN);
        b.flush();
        write(a, 0, 10, 5);
        write(b, 15, 5, 6);
        crash(files.afterPowerLoss(new Random(seed)));
        int[] ofB = read(pool.openVolume(b.volume()), 0, 15);
        assertThat(ofB).isEqualTo(numbers(1, 15));
        assertThat(read(pool.openVolume(a.volume()), 10, 10)).isEqualTo(numbers(11, 10));
        clean();
    }

    @Test
    void aKillLosesNoShareThatWasAnswered() throws Exception {
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        writeEach(a, 0, 20);
        assertThat(share(a, 0, b, 3, 20)).isEqualTo(20L * GRAIN);
        write(a, 0, 10, 5);
        SimFiles left = files.afterKill();
        BootToken token =
                BootToken.of(
                        java.util.Optional.of(tokens),
                        pool.id(),
                        boot,
                        files.identity());
        abandon();
        token.make();
        files = left;
        open();
        assertThat(read(pool.openVolume(b.volume()), 3, 20)).isEqualTo(numbers(1, 20));
        assertThat(read(pool.openVolume(a.volume()), 0, 10)).containsOnly(5);
        assertThat(pool.status().sharedBytes()).isEqualTo(10L * GRAIN);
        clean();
    }

    @Test
    void aReopeningKeepsWhatIsShared() throws Exception {
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        writeEach(a, 0, 40);
        assertThat(share(a, 0, b, 0, 40)).isEqualTo(40L * GRAIN);
        pool.close();
        open();
        assertThat(pool.status().sharedBytes()).isEqualTo(40L * GRAIN);
        VolumeDevice again = pool.openVolume(a.volume());
        write(again, 0, 40, 3);
        assertThat(read(pool.openVolume(b.volume()), 0, 40)).isEqualTo(numbers(1, 40));
        clean();
    }
}
