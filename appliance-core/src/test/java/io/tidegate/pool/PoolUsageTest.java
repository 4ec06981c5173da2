package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.volume.BookmarkId;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import io.tidegate.volume.VolumeUsage;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What volumes and snapshots are said to take. */
@NullUnmarked
class PoolUsageTest {

    private static final int GRAIN = 4096;

    /** Eight leaves, so that discards drop subtrees. */
    private static final int GRAINS = 4096;

    @TempDir Path tokens;

    private PoolHarness h;
    private Pool pool;
    private VolumeDevice d;

    @BeforeEach
    void start() throws Exception {
        h = new PoolHarness(1, tokens);
        pool = h.pool;
        d = volume();
    }

    private VolumeDevice volume() throws StoreException {
        VolumeId id = VolumeId.random();
        Geometry geometry = Geometry.ofBytes((long) GRAINS * GRAIN, 512, 4096);
        pool.createVolume(id, new VolumeShape(geometry, 4096));
        return pool.openVolume(id);
    }

    private static void write(VolumeDevice d, int first, int grains) throws DeviceException {
        d.write((long) first * GRAIN, ByteBuffer.allocateDirect(grains * GRAIN));
    }

    private static void discard(VolumeDevice d, int first, int grains) throws DeviceException {
        d.discard((long) first * GRAIN, (long) grains * GRAIN);
    }

    private SnapshotId snapshot(VolumeDevice v) throws StoreException {
        SnapshotId id = SnapshotId.random();
        pool.snapshot(Map.of(v.volume(), id));
        return id;
    }

    private void takes(VolumeDevice v, int mapped, int exclusive, int kept) throws Exception {
        VolumeUsage u = pool.usage(v.volume());
        assertThat(u)
                .isEqualTo(
                        new VolumeUsage(
                                (long) mapped * GRAIN,
                                (long) exclusive * GRAIN,
                                (long) (mapped - exclusive) * GRAIN,
                                (long) kept * GRAIN,
                                0));
    }

    private void takes(SnapshotId s, int referenced, int unique) throws StoreException {
        assertThat(pool.usage(s).referencedBytes()).isEqualTo((long) referenced * GRAIN);
        assertThat(pool.usage(s).uniqueBytes()).isEqualTo((long) unique * GRAIN);
        assertThat(pool.uniqueBytes(s)).isEqualTo((long) unique * GRAIN);
    }

    private void sound() throws Exception {
        new UsageOracle(pool).verify();
        assertThat(pool.check().problems()).isEmpty();
    }

    @Test
    void aLifeInFigures() throws Exception {
        write(d, 0, 100);
        takes(d, 100, 100, 0);
        SnapshotId a = snapshot(d);
        takes(d, 100, 0, 0);
        takes(a, 100, 0);
        write(d, 0, 10);
        write(d, 0, 10);
        takes(d, 100, 10, 10);
        takes(a, 100, 10);
        SnapshotId b = snapshot(d);
        write(d, 5, 10);
        // Five that b alone has, five that both have.
        takes(d, 100, 10, 20);
        takes(a, 100, 10);
        takes(b, 100, 5);
        discard(d, 90, 10);
        takes(d, 90, 10, 30);

        pool.deleteSnapshot(a);
        h.background();
        takes(d, 90, 10, 20);
        takes(b, 100, 20);
        pool.bookmark(b, BookmarkId.random());
        h.background();
        takes(d, 90, 90, 0);
        // A bookmark has it redirected, but keeps nothing.
        write(d, 0, 90);
        takes(d, 90, 90, 0);
        sound();
        assertThatThrownBy(() -> pool.usage(b))
                .extracting("kind")
                .isEqualTo(StoreException.Kind.NOT_FOUND);
    }

    @Test
    void aCloneCountsWhatIsItsOwn() throws Exception {
        write(d, 0, 100);
        SnapshotId origin = snapshot(d);
        VolumeId id = VolumeId.random();
        pool.cloneSnapshot(origin, id);
        VolumeDevice c = pool.openVolume(id);
        takes(c, 100, 0, 0);
        write(c, 0, 10);
        SnapshotId s = snapshot(c);
        write(c, 0, 30);
        // Of the thirty that it let go, twenty are the origin's.
        takes(c, 100, 30, 10);
        takes(s, 100, 10);
        takes(origin, 100, 0);
        sound();

        write(d, 50, 7);
        pool.promoteClone(id);
        takes(c, 100, 30, 40);
        // What stands at 50 the old volume has no more, but its origin, now the clone's, shows it.
        takes(d, 100, 7, 0);
        takes(s, 100, 10);
        takes(origin, 100, 10);
        sound();

        // Nobody counted what the clone has of each interval that it took over, till they are one.
        pool.promoteClone(d.volume());
        takes(d, 100, 7, 7);
        takes(c, 100, 30, 10);
        sound();
    }

    @Test
    void aPromotedCloneKnowsItsOwnAgainWhenTheOldSnapshotsAreGone() throws Exception {
        write(d, 0, 100);
        SnapshotId first = snapshot(d);
        write(d, 0, 20);
        SnapshotId origin = snapshot(d);
        VolumeId id = VolumeId.random();
        pool.cloneSnapshot(origin, id);
        VolumeDevice c = pool.openVolume(id);
        write(c, 0, 5);
        pool.promoteClone(id);
        d.close();
        pool.deleteVolume(d.volume());
        pool.deleteSnapshot(origin);
        h.background();
        // Fifteen more are its own by now, and not known to be.
        takes(c, 100, 5, 20);
        sound();
        pool.deleteSnapshot(first);
        h.background();
        takes(c, 100, 100, 0);
        sound();
    }

    @Test
    void accountsAreTakenOverARestart() throws Exception {
        write(d, 0, 1500);
        SnapshotId a = snapshot(d);
        discard(d, 0, 1024);
        SnapshotId b = snapshot(d);
        write(d, 1020, 20);
        pool.close();
        h.open(h.boot);
        pool = h.pool;
        for (SnapshotId s : List.of(a, b)) {
            Snapshot found = pool.core().state.snapshots.get(s);
            int i = found.volume.snapshots.indexOf(found);
            assertThat(found.volume.listAfter(i).unique()).isNotEqualTo(DeadList.UNKNOWN);
        }
        takes(a, 1500, 1024);
        takes(b, 476, 0);
        sound();
        pool.close();
    }

    /** Lists of several pages, subtrees of mixed births, and every change of place. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void actsOverManyLeaves(long seed) throws Exception {
        Random random = new Random(seed);
        List<VolumeDevice> all = new ArrayList<>(List.of(d));
        for (int i = 0; i < 250; i++) {
            VolumeDevice v = all.get(random.nextInt(all.size()));
            Volume in = pool.core().state.volumes.get(v.volume());
            List<SnapshotId> points = new ArrayList<>(pool.snapshots(v.volume()));
            switch (random.nextInt(12)) {
                case 0, 1 -> {
                    int first = random.nextInt(GRAINS);
                    discard(v, first, Math.min(GRAINS - first, 1 + random.nextInt(1500)));
                }
                case 2, 3 -> {
                    if (points.size() < 5) {
                        snapshot(v);
                    }
                }
                case 4, 5 -> {
                    if (!points.isEmpty()) {
                        drop(random, points.get(random.nextInt(points.size())));
                    }
                }
                case 6 -> {
                    if (!points.isEmpty() && all.size() < 3) {
                        VolumeId clone = VolumeId.random();
                        pool.cloneSnapshot(points.get(random.nextInt(points.size())), clone);
                        all.add(pool.openVolume(clone));
                    }
                }
                case 7 -> {
                    if (in.origin != null) {
                        pool.promoteClone(v.volume());
                    }
                }
                case 8 -> h.background();
                default -> {
                    int first = random.nextInt(GRAINS);
                    write(v, first, Math.min(GRAINS - first, 1 + random.nextInt(200)));
                }
            }
            if (i % 20 == 0) {
                sound();
            }
        }
        h.background();
        sound();
        pool.close();
    }

    private void drop(Random random, SnapshotId s) throws StoreException {
        if (pool.core().state.snapshots.get(s).clones > 0) {
            return;
        }
        if (random.nextBoolean()) {
            pool.deleteSnapshot(s);
        } else {
            pool.bookmark(s, BookmarkId.random());
        }
    }

    /** Between two pieces of a count the list grows, changes its place, and reaches the disk. */
    @Test
    void aListIsCountedWhileThePoolGoesOn() throws Exception {
        for (int i = 0; i < 8; i++) {
            write(d, i * 256, 200);
        }
        snapshot(d);
        write(d, 0, 100);
        SnapshotId a = snapshot(d);
        write(d, 0, 200);
        SnapshotId b = snapshot(d);
        discard(d, 0, 1500);
        pool.deleteSnapshot(a);
        Snapshot s = pool.core().state.snapshots.get(b);
        DeadList list = s.volume.listAfter(1);
        assertThat(list.unique()).isEqualTo(DeadList.UNKNOWN);
        ListCount count = new ListCount(list, pool.core().store);
        assertThat(count.piece(2)).isFalse();
        discard(d, 1500, 100);
        h.background();
        assertThat(count.piece(3)).isFalse();
        write(d, 1600, 30);
        snapshot(d);
        h.background();
        assertThat(count.piece(1)).isFalse();
        int pieces = 0;
        while (!count.piece(7)) {
            pieces++;
        }
        assertThat(pieces).isPositive();
        assertThat(list.unique()).isNotEqualTo(DeadList.UNKNOWN);
        sound();
    }

    @Test
    void theCheckNoticesAWrongAccount() throws Exception {
        write(d, 0, 100);
        SnapshotId a = snapshot(d);
        write(d, 0, 10);
        sound();
        Volume v = pool.core().state.volumes.get(d.volume());
        v.live.restore(11, 0, 0);
        assertThat(pool.check().problems()).hasSize(1);
        assertThat(pool.check().problems().get(0)).contains("alone has 10 grains");
        v.live.restore(10, 0, 0);
        pool.core().state.snapshots.get(a).live--;
        assertThat(pool.check().problems().get(0)).contains("up to snapshot");
        pool.core().state.snapshots.get(a).live++;
        Births wrong = new Births();
        wrong.add(1);
        assertThat(v.headList.counted(1000, wrong)).isTrue();
        assertThat(pool.check().problems().get(0))
                .contains("an account of what only one snapshot needs is wrong");
        VolumeId reserved = VolumeId.random();
        pool.createVolume(
                reserved, new VolumeShape(Geometry.ofBytes(1 << 20, 512, 4096), 4096), true);
        pool.core().state.volumes.get(reserved).budget.own = 3;
        assertThat(pool.check().problems()).hasSize(3);
    }
}
