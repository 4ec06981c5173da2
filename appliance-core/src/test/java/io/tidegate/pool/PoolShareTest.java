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
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Copies by reference between the volumes and snapshots of one pool. */
@NullUnmarked
class PoolShareTest extends PoolShareFixture {

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
                .isEqualTo(
                        new int[] {
                            9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60
                        });
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
        try (Pool other =
                new Pool(factory, PoolOpenOptions.standard().withTokenDirectory(tokens))) {
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
}
