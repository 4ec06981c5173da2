package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.volume.BookmarkId;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreStatus;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reserved volumes: what is promised to them, what is refused for it, and a full pool. */
@NullUnmarked
class PoolReserveTest extends PoolReserveFixture {

    private static final int ACTS = Integer.getInteger("pool.reserve.acts", 240);

    @Test
    void atFullAThinVolumeIsRefusedNewGrainsAndAReservedOneNever() throws Exception {
        start();
        VolumeDevice reserved = volume(BYTES, true);
        VolumeDevice other = volume(BYTES, false);
        other.write(0, bytes(PIECE, 7));
        VolumeDevice thin = volume(64 << 20, false);
        long got = fill(thin);
        assertThat(got).isGreaterThan(8 << 20);
        assertThat(pool.status().freeBytes()).isZero();

        writeWhole(reserved, 1, 1);
        holds(reserved, 1);
        assertThat(pool.usage(reserved.volume()).reservedBytes()).isZero();
        writeWhole(reserved, 2, 2);

        // What needs no new grain goes on for all.
        thin.write(0, bytes(PIECE, 8));
        other.write(0, bytes(PIECE, 9));
        thin.flush();
        ByteBuffer back = ByteBuffer.allocateDirect(PIECE);
        thin.read(0, back);
        assertThat(back.flip()).isEqualTo(bytes(PIECE, 8));
        assertThat(catchThrowableOfType(DeviceException.class, () -> fillOne(other)).kind())
                .isEqualTo(DeviceException.Kind.NO_SPACE);
        // What the reserved volume discards is set aside for it again.
        reserved.discard(0, BYTES);
        assertThat(catchThrowableOfType(DeviceException.class, () -> fillOne(other)).kind())
                .isEqualTo(DeviceException.Kind.NO_SPACE);
        assertThat(pool.usage(reserved.volume()).reservedBytes()).isEqualTo(BYTES);
        writeWhole(reserved, 3, 3);
        sound();

        // No restart: what a thin volume discards, or a deletion frees, is there for the next
        // write.
        thin.discard(0, 1 << 20);
        fillOne(other);
        VolumeId gone = thin.volume();
        thin.close();
        pool.deleteVolume(gone);
        h.background();
        other.write(0, bytes(BYTES, 4));
        holds(other, 4);
        holds(reserved, 3);
        sound();
        pool.close();
    }

    private static void fillOne(BlockDevice d) throws DeviceException {
        d.write(BYTES / 2, bytes(PIECE, 3));
    }

    @Test
    void afterASnapshotThatWasTakenEveryWriteStillFits() throws Exception {
        start();
        VolumeDevice reserved = volume(BYTES, true);
        writeWhole(reserved, 1, 1);
        SnapshotId first = SnapshotId.random();
        pool.snapshot(Map.of(reserved.volume(), first));
        assertThat(pool.usage(reserved.volume()).reservedBytes()).isEqualTo(BYTES);
        VolumeDevice thin = volume(64 << 20, false);
        fill(thin);
        writeWhole(reserved, 2, 2);
        writeWhole(reserved, 3, 3);

        // The next one would need all of it again.
        SnapshotId second = SnapshotId.random();
        assertThatThrownBy(() -> pool.snapshot(Map.of(reserved.volume(), second)))
                .hasMessageContaining(BYTES + " bytes")
                .hasMessageContaining("Delete snapshots")
                .extracting("kind")
                .isEqualTo(StoreException.Kind.NO_SPACE);
        assertThat(pool.snapshots(reserved.volume())).containsExactly(first);
        // Maps have grown meanwhile, by a segment of nodes or two.
        thin.discard(0, 4 * PIECE);
        // A thin volume's snapshot promises nothing.
        pool.snapshot(Map.of(thin.volume(), SnapshotId.random()));
        writeWhole(reserved, 4, 4);
        pool.deleteSnapshot(first);
        h.background();
        pool.snapshot(Map.of(reserved.volume(), second));
        writeWhole(reserved, 5, 5);
        holds(reserved, 5);
        try (var s = pool.openSnapshot(second)) {
            holds(s, 4);
        }
        sound();
        pool.close();
    }

    @Test
    void aSetIsRefusedWholeIfOneMemberDoesNotFit() throws Exception {
        start();
        VolumeDevice a = volume(BYTES, true);
        VolumeDevice b = volume(BYTES, true);
        writeWhole(a, 1, 1);
        writeWhole(b, 1, 1);
        VolumeDevice thin = volume(64 << 20, false);
        thin.write(0, bytes(PIECE, 1));
        fill(thin);
        // Room for one of the two.
        thin.discard(0, BYTES + PIECE);
        h.background();
        Map<VolumeId, SnapshotId> both =
                Map.of(a.volume(), SnapshotId.random(), b.volume(), SnapshotId.random());
        assertThatThrownBy(() -> pool.snapshot(both))
                .extracting("kind")
                .isEqualTo(StoreException.Kind.NO_SPACE);
        assertThat(pool.snapshots(a.volume())).isEmpty();
        assertThat(pool.snapshots(b.volume())).isEmpty();
        pool.snapshot(Map.of(a.volume(), both.get(a.volume())));
        fill(thin);
        writeWhole(a, 2, 2);
        writeWhole(b, 2, 2);
        sound();
        pool.close();
    }

    /**
     * A bookmark keeps no grain, but has each redirected: a grain is taken before one comes back.
     */
    @Test
    void aBookmarkHasGrainsRedirectedInAFullPool() throws Exception {
        start();
        VolumeDevice reserved = volume(BYTES, true);
        writeWhole(reserved, 1, 1);
        SnapshotId s = SnapshotId.random();
        pool.snapshot(Map.of(reserved.volume(), s));
        pool.bookmark(s, BookmarkId.random());
        h.background();
        assertThat(pool.usage(reserved.volume()).reservedBytes()).isZero();
        fill(volume(64 << 20, false));
        reserved.write(0, bytes(1 << 20, 2));
        reserved.write(1 << 20, bytes(1 << 20, 2));
        holds(reserved, 2);
        sound();
        SnapshotId again = SnapshotId.random();
        assertThatThrownBy(() -> pool.snapshot(Map.of(reserved.volume(), again)))
                .extracting("kind")
                .isEqualTo(StoreException.Kind.NO_SPACE);
        pool.close();
    }

    /**
     * Discards need no grain, but in what a snapshot keeps each one copies a path of the map. Those
     * nodes come from the reserve, and at the end such discards are refused; promises stay.
     */
    @Test
    void mapsOfThinVolumesDoNotGrowIntoAPromise() throws Exception {
        start();
        VolumeDevice reserved = volume(BYTES, true);
        int leafBytes = MapNode.SLOTS * GRAIN;
        int leaves = 1024;
        VolumeDevice sparse = volume((long) leaves * leafBytes, false);
        for (int i = 0; i < leaves; i++) {
            sparse.write((long) i * leafBytes, bytes(2 * GRAIN, 1));
        }
        fill(volume(64 << 20, false));
        pool.snapshot(Map.of(sparse.volume(), SnapshotId.random()));
        h.background();
        int done = 0;
        try {
            for (; done < leaves; done++) {
                sparse.discard((long) done * leafBytes, GRAIN);
            }
        } catch (DeviceException e) {
            assertThat(e.kind()).isEqualTo(DeviceException.Kind.NO_SPACE);
        }
        assertThat(done).isBetween(30, leaves - 1);
        writeWhole(reserved, 1, 1);
        holds(reserved, 1);
        writeWhole(reserved, 2, 2);
        sound();
        pool.close();
    }

    @Test
    void whatThePoolCannotKeepIsNotPromised() throws Exception {
        start();
        StoreStatus before = pool.status();
        VolumeId big = VolumeId.random();
        assertThatThrownBy(() -> pool.createVolume(big, shape(64 << 20), true))
                .hasMessageContaining("are lacking")
                .extracting("kind")
                .isEqualTo(StoreException.Kind.NO_SPACE);
        assertThat(pool.volumes()).isEmpty();
        assertThat(pool.status()).isEqualTo(before);

        VolumeDevice v = volume(BYTES, true);
        StoreStatus with = pool.status();
        assertThat(with.reservedBytes()).isGreaterThanOrEqualTo(BYTES);
        // The volume's empty root and the checkpoint pages take nothing of what is free for data.
        assertThat(before.freeBytes() - with.freeBytes())
                .isBetween(with.reservedBytes(), with.reservedBytes() + (128L << 10));
        assertThatThrownBy(() -> pool.growVolume(v.volume(), 64 << 20))
                .extracting("kind")
                .isEqualTo(StoreException.Kind.NO_SPACE);
        assertThat(v.geometry().sizeBytes()).isEqualTo(BYTES);
        pool.growVolume(v.volume(), 2 * BYTES);
        assertThat(pool.usage(v.volume()).reservedBytes()).isEqualTo(2 * BYTES);
        sound();

        // A clone is thin, and stays it.
        SnapshotId s = SnapshotId.random();
        pool.snapshot(Map.of(v.volume(), s));
        VolumeId clone = VolumeId.random();
        pool.cloneSnapshot(s, clone);
        assertThat(pool.usage(clone).reservedBytes()).isZero();
        pool.promoteClone(clone);
        assertThat(pool.usage(clone).reservedBytes()).isZero();
        assertThat(pool.usage(v.volume()).reservedBytes()).isEqualTo(2 * BYTES);
        sound();

        // Deleted: the promise is void at once, before anything is walked.
        VolumeId id = v.volume();
        v.close();
        pool.deleteVolume(id);
        assertThat(pool.status().reservedBytes()).isZero();
        h.background();
        assertThat(pool.check().problems()).isEmpty();
        pool.close();
    }

    @Test
    void aPromiseOutlivesACrash() throws Exception {
        start();
        VolumeDevice reserved = volume(BYTES, true);
        reserved.write(0, bytes(BYTES / 2, 1));
        reserved.flush();
        h.background();
        reserved.write(BYTES / 2, bytes(BYTES / 4, 1));
        reserved.flush();
        VolumeDevice thin = volume(64 << 20, false);
        fill(thin);
        thin.flush();
        for (boolean kill : List.of(true, false)) {
            h.files = kill ? h.files.afterKill() : h.files.afterPowerLoss(new Random(3));
            h.abandon();
            h.open(UUID.randomUUID());
            pool = h.pool;
            assertThat(pool.usage(reserved.volume()).reservedBytes()).isEqualTo(BYTES / 4);
            assertThat(pool.core().space.claims.promisesHold()).isTrue();
            VolumeDevice again = pool.openVolume(thin.volume());
            assertThat(catchThrowableOfType(DeviceException.class, () -> refill(again)).kind())
                    .isEqualTo(DeviceException.Kind.NO_SPACE);
            sound();
        }
        VolumeDevice again = pool.openVolume(reserved.volume());
        writeWhole(again, 4, 4);
        holds(again, 4);
        sound();
        pool.close();
    }

    private static void refill(BlockDevice d) throws DeviceException {
        for (long at = 32 << 20; at < 64 << 20; at += GRAIN) {
            d.write(at, bytes(GRAIN, 1));
        }
    }

    /** Random acts with the pool full all the time: whatever happens, a reserved write fits. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void noActAtFullBreaksAPromise(long seed) throws Exception {
        start();
        Random random = new Random(seed);
        List<VolumeDevice> reserved = List.of(volume(BYTES, true), volume(BYTES / 2, true));
        VolumeDevice thin = volume(64 << 20, false);
        fill(thin);
        int refused = 0;
        for (int i = 0; i < ACTS; i++) {
            VolumeDevice v = reserved.get(random.nextInt(2));
            int size = (int) v.geometry().sizeBytes();
            int at = random.nextInt(size / 512) * 512;
            int length = Math.min(size - at, 512 * (1 + random.nextInt(400)));
            switch (random.nextInt(14)) {
                case 0 -> v.discard(at, length);
                case 1 -> thin.discard((at & -GRAIN) * 4L, length & -GRAIN);
                case 2 -> fill(thin);
                case 3 -> refused += snapshot(random.nextInt(3) == 0 ? thin : v) ? 0 : 1;
                case 4 -> dropOne(random, random.nextInt(3) == 0 ? thin : v);
                case 5 -> h.background();
                case 6 -> v.flush();
                case 7 -> writeWhole(v, i, i);
                default -> v.write(at, bytes(length, i));
            }
            if (i % 60 == 0) {
                sound();
            }
        }
        for (VolumeDevice v : reserved) {
            writeWhole(v, 9, 9);
            holds(v, 9);
        }
        sound();
        assertThat(refused).as("snapshots that would have promised too much").isPositive();
        pool.close();
    }

    private boolean snapshot(VolumeDevice v) throws StoreException {
        try {
            pool.snapshot(Map.of(v.volume(), SnapshotId.random()));
            return true;
        } catch (StoreException e) {
            assertThat(e.kind()).isEqualTo(StoreException.Kind.NO_SPACE);
            return false;
        }
    }

    private void dropOne(Random random, VolumeDevice v) throws StoreException {
        List<SnapshotId> all = new ArrayList<>(pool.snapshots(v.volume()));
        if (!all.isEmpty()) {
            SnapshotId s = all.get(random.nextInt(all.size()));
            if (random.nextBoolean()) {
                pool.bookmark(s, BookmarkId.random());
            } else {
                pool.deleteSnapshot(s);
            }
        }
    }
}
