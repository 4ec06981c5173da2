package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.CopyTarget;
import io.tidegate.block.ExtentSharing;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A copy's bytes are seen and owed for only when its own flush has made them durable. */
@NullUnmarked
class CopyStreamTest {

    private static final int SECTORS = 1024;

    @TempDir Path tokens;

    private static ByteBuffer numbers(int first, int n) {
        ByteBuffer b =
                ByteBuffer.allocateDirect(n * PoolHarness.SECTOR).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < PoolHarness.SECTOR / 4; k++) {
                b.putInt(first + i);
            }
        }
        return b.flip();
    }

    private static void copy(CopyTarget.CopyStream stream, ModelVolume v, int at, int n, int value)
            throws Exception {
        stream.write((long) at * PoolHarness.SECTOR, numbers(value, n));
        for (int i = 0; i < n; i++) {
            v.put(at + i, value + i);
        }
    }

    private static CopyTarget.CopyStream stream(PoolHarness h, ModelVolume v) throws Exception {
        return ((CopyTarget) h.device(v)).openCopyStream();
    }

    @Test
    void isSeenAfterItsFlushAndNotBefore() throws Exception {
        PoolHarness h = new PoolHarness(1, tokens);
        ModelVolume v = h.createVolume();
        h.write(v, 0, SECTORS);
        h.pool.snapshot(Map.of(v.id, SnapshotId.random()));
        int[] before = v.now.clone();
        try (CopyTarget.CopyStream stream = stream(h, v)) {
            copy(stream, v, 8, 800, 500_000);
            assertThat(h.sectors.content(v.device)).isEqualTo(before);
            stream.flush();
        }
        assertThat(h.sectors.content(v.device)).isEqualTo(v.now);
        v.flushed();
        h.abandon();
        h.files = h.files.afterPowerLoss(new Random(4));
        h.open(UUID.randomUUID());
        assertThat(h.sectors.content(h.device(v))).isEqualTo(v.now);
        assertThat(h.pool.check().problems()).isEmpty();
    }

    @Test
    void edgesOfGrainsAndGrainsInPlaceGoTheUsualWay() throws Exception {
        PoolHarness h = new PoolHarness(2, tokens);
        ModelVolume v = h.createVolume();
        h.write(v, 0, 64);
        try (CopyTarget.CopyStream stream = stream(h, v)) {
            copy(stream, v, 3, 90, 500_000);
            copy(stream, v, 1021, 11, 600_000);
            stream.flush();
        }
        h.verify();
    }

    @Test
    void whatIsNotFlushedIsForgottenAndItsSpaceComesBack() throws Exception {
        PoolHarness h = new PoolHarness(3, tokens);
        ModelVolume v = h.createVolume();
        h.background();
        long free = h.pool.status().freeBytes();
        try (CopyTarget.CopyStream stream = stream(h, v)) {
            stream.write(0, numbers(1, SECTORS));
            assertThat(h.pool.status().freeBytes()).isLessThan(free);
        }
        assertThat(h.pool.status().freeBytes()).isEqualTo(free);
        h.verify();
    }

    /** Whether a copy is there after its flush and a loss of all that was not synced. */
    private boolean survivesALossOfPower(boolean syncedFirst) throws Exception {
        Rules rules =
                new PoolHarness.Quiet() {
                    @Override
                    boolean copiesAreSyncedFirst() {
                        return syncedFirst;
                    }
                };
        PoolHarness h = new PoolHarness(4, tokens, PoolHarness.OPTIONS, PoolHarness.SECTORS, rules);
        ModelVolume v = h.createVolume();
        try (CopyTarget.CopyStream stream = stream(h, v)) {
            copy(stream, v, 0, SECTORS, 500_000);
            stream.flush();
        }
        h.files = h.files.afterPowerLoss(SimFiles.LOSE_ALL);
        try {
            h.open(UUID.randomUUID());
            return Arrays.equals(h.sectors.content(h.device(v)), v.now);
        } catch (StoreException e) {
            // The file ends before what the map points to.
            assertThat(e.kind()).isEqualTo(StoreException.Kind.DAMAGED);
            return false;
        }
    }

    @Test
    void aCopyIsDurableBeforeAnythingPointsToIt() throws Exception {
        assertThat(survivesALossOfPower(true)).isTrue();
        assertThat(survivesALossOfPower(false)).isFalse();
    }

    @Test
    void aStreamEndsWhenThePoolIsReopened() throws Exception {
        PoolHarness h = new PoolHarness(5, tokens);
        ModelVolume v = h.createVolume();
        try (CopyTarget.CopyStream stream = stream(h, v)) {
            stream.write(0, numbers(1, SECTORS));
            h.pool.reopen(true);
            org.assertj.core.api.Assertions.assertThatThrownBy(stream::flush)
                    .hasMessageContaining("begin it anew");
        }
        h.verify();
    }

    @Test
    void anotherVolumesFlushOwesACopyNothing() throws Exception {
        PoolHarness h = new PoolHarness(6, tokens);
        ModelVolume v = h.createVolume();
        ModelVolume other = h.createVolume();
        h.write(other, 0, 64);
        h.device(other).flush();
        List<String> synced = new ArrayList<>();
        try (CopyTarget.CopyStream stream = stream(h, v)) {
            copy(stream, v, 0, SECTORS, 500_000);
            h.files.before = synced::add;
            h.write(other, 0, 640);
            h.device(other).flush();
            assertThat(synced).contains("sync data-0000").doesNotContain("sync data-0002");
            synced.clear();
            stream.flush();
            assertThat(synced.indexOf("sync data-0002"))
                    .isNotNegative()
                    .isLessThan(synced.indexOf("write pool.wal"));
        }
        h.files.before = op -> {};
        v.flushed();
        h.verify();
    }

    /** A volume whose grains came by a copy, so that they lie apart from those of others. */
    private static ModelVolume copied(PoolHarness h) throws Exception {
        ModelVolume v = h.createVolume();
        try (CopyTarget.CopyStream stream = stream(h, v)) {
            copy(stream, v, 0, SECTORS, 500_000);
            stream.flush();
        }
        v.flushed();
        return v;
    }

    @Test
    void anotherVolumesFlushOwesACopyInPlaceNothing() throws Exception {
        PoolHarness h = new PoolHarness(7, tokens);
        ModelVolume v = copied(h);
        ModelVolume other = h.createVolume();
        h.write(other, 0, 64);
        h.device(other).flush();
        List<String> synced = new ArrayList<>();
        try (CopyTarget.CopyStream stream = stream(h, v)) {
            copy(stream, v, 3, 800, 600_000);
            h.files.before = synced::add;
            h.write(other, 0, 640);
            h.device(other).flush();
            assertThat(synced).contains("sync data-0000").doesNotContain("sync data-0002");
            h.device(v).flush();
            assertThat(synced).contains("sync data-0002");
            v.flushed();
            synced.clear();
            h.device(v).flush();
            assertThat(synced).doesNotContain("sync data-0002");
        }
        h.files.before = op -> {};
        h.verify();
    }

    /** Rules with one of those for copies in place broken, or none. */
    private static final class InPlace extends PoolHarness.Quiet {
        private final boolean flushes;
        private final boolean snapshots;

        InPlace(boolean flushes, boolean snapshots) {
            this.flushes = flushes;
            this.snapshots = snapshots;
        }

        @Override
        boolean copiesAreOwedToFlushes() {
            return flushes;
        }

        @Override
        boolean copiesAreOwedToSnapshots() {
            return snapshots;
        }
    }

    /** Makes durable what was copied, in one way or another. */
    private interface Vouch {
        /**
         * @return opens, after a loss of power, what it vouched for
         */
        Opening vouch(PoolHarness h, ModelVolume v) throws Exception;
    }

    private interface Opening {
        BlockDevice open() throws Exception;
    }

    private static Opening byAFlush(PoolHarness h, ModelVolume v) throws Exception {
        h.device(v).flush();
        return () -> h.device(v);
    }

    private static Opening byASnapshot(PoolHarness h, ModelVolume v) throws Exception {
        SnapshotId id = SnapshotId.random();
        h.pool.snapshot(Map.of(v.id, id));
        return () -> h.pool.openSnapshot(id);
    }

    private static Opening byAShare(PoolHarness h, ModelVolume v) throws Exception {
        // Every second one is reserved, and takes no shares.
        h.createVolume();
        ModelVolume w = h.createVolume();
        long bytes = (long) SECTORS * PoolHarness.SECTOR;
        assertThat(((ExtentSharing) h.device(w)).share(h.device(v), 0, 0, bytes)).isEqualTo(bytes);
        h.device(w).flush();
        return () -> h.device(w);
    }

    /** Whether what was copied in place is there after a loss of all that was not synced. */
    private boolean survivesInPlace(Rules rules, Vouch vouch) throws Exception {
        PoolHarness h = new PoolHarness(8, tokens, PoolHarness.OPTIONS, PoolHarness.SECTORS, rules);
        ModelVolume v = copied(h);
        Opening opening;
        try (CopyTarget.CopyStream stream = stream(h, v)) {
            copy(stream, v, 3, 800, 600_000);
            opening = vouch.vouch(h, v);
        }
        h.files = h.files.afterPowerLoss(SimFiles.LOSE_ALL);
        h.open(UUID.randomUUID());
        return Arrays.equals(h.sectors.content(opening.open()), v.now);
    }

    @Test
    void aFlushOwesWhatWasCopiedInPlace() throws Exception {
        assertThat(survivesInPlace(new InPlace(true, true), CopyStreamTest::byAFlush)).isTrue();
        assertThat(survivesInPlace(new InPlace(false, true), CopyStreamTest::byAFlush)).isFalse();
    }

    @Test
    void aSnapshotOwesWhatWasCopiedInPlace() throws Exception {
        assertThat(survivesInPlace(new InPlace(true, true), CopyStreamTest::byASnapshot)).isTrue();
        assertThat(survivesInPlace(new InPlace(true, false), CopyStreamTest::byASnapshot))
                .isFalse();
    }

    @Test
    void aShareOwesWhatWasCopiedInPlace() throws Exception {
        assertThat(survivesInPlace(new InPlace(true, true), CopyStreamTest::byAShare)).isTrue();
        assertThat(survivesInPlace(new InPlace(true, false), CopyStreamTest::byAShare)).isFalse();
    }
}
