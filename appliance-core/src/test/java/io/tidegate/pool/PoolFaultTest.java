package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Failed syncs, a full pool, a log and a node budget at their limits, damaged structures. */
@NullUnmarked
class PoolFaultTest {

    @TempDir Path tokens;

    private PoolHarness harness() throws Exception {
        return new PoolHarness(5, tokens);
    }

    @Test
    void afterAFailedSyncNothingIsTakenUntilTheLossIsAcknowledged() throws Exception {
        PoolHarness h = harness();
        ModelVolume v = h.createVolume();
        h.write(v, 0, 64);
        h.device(v).flush();
        v.flushed();
        h.write(v, 0, 64);
        h.files.failSyncs = true;
        DeviceException e = catchThrowableOfType(DeviceException.class, () -> v.device.flush());
        assertThat(e.kind()).isEqualTo(DeviceException.Kind.SYNC);
        h.files.failSyncs = false;
        assertThatThrownBy(() -> h.write(v, 8, 8))
                .extracting("kind")
                .isEqualTo(DeviceException.Kind.SYNC);
        assertThat(v.device.tryRead(0, ByteBuffer.allocateDirect(512))).isTrue();
        assertThat(h.pool.status().readOnlyReason()).isPresent();

        h.pool.reopen(false);
        assertThat(h.pool.status().readOnlyReason()).isPresent();
        // The same after a kill: the same boot, but no token.
        h.files = h.files.afterKill();
        h.abandon();
        h.open(h.boot);
        assertThat(h.pool.status().readOnlyReason()).isPresent();
        h.settle();
        h.pool.reopen(true);
        assertThat(h.pool.status().readOnlyReason()).isEmpty();
        h.write(v, 100, 50);
        h.device(v).flush();
        h.verify();
    }

    @Test
    void aHandleGoesOnAfterAReopening() throws Exception {
        PoolHarness h = harness();
        ModelVolume v = h.createVolume();
        h.write(v, 0, 64);
        long before = v.device.changeCount();
        h.pool.reopen(false);
        assertThat(v.device.changeCount()).isNotEqualTo(before);
        h.write(v, 32, 64);
        h.verify();
    }

    @Test
    void aFullPoolReadsOverwritesAndRecovers() throws Exception {
        PoolHarness h = harness();
        ModelVolume a = h.createVolume();
        h.write(a, 0, 400);
        VolumeId id = VolumeId.random();
        VolumeShape big = new VolumeShape(Geometry.ofBytes(64 << 20, 512, 4096), 4096);
        h.pool.createVolume(id, big);
        VolumeDevice d = h.pool.openVolume(id);
        ByteBuffer full = ByteBuffer.allocateDirect(64 << 10);
        long at = 0;
        DeviceException refused = null;
        while (refused == null) {
            try {
                d.write(at, full.duplicate());
                at += full.capacity();
            } catch (DeviceException e) {
                refused = e;
            }
        }
        assertThat(refused.kind()).isEqualTo(DeviceException.Kind.NO_SPACE);
        assertThat(at).isGreaterThan(12 << 20);
        h.write(a, 0, 400);
        d.flush();
        d.write(0, full.duplicate());
        h.pool.snapshot(Map.of(id, SnapshotId.random()));
        DeviceException again =
                catchThrowableOfType(DeviceException.class, () -> d.write(0, full.duplicate()));
        assertThat(again.kind()).isEqualTo(DeviceException.Kind.NO_SPACE);
        d.discard(0, 32 << 20);
        h.pool.deleteSnapshot(h.pool.snapshots(id).iterator().next());
        // A write waits for what the deletion gives back, and gets it.
        h.background();
        d.write(0, full.duplicate());
        assertThat(h.pool.check().problems()).isEmpty();
        d.close();
        h.pool.deleteVolume(id);
        h.background();
        h.verify();
        h.pool.close();
    }

    @Test
    void anEmptyPoolIsAllFree() throws Exception {
        PoolHarness h = harness();
        long free = h.pool.status().freeBytes();
        for (int i = 0; i < 300; i++) {
            h.act();
        }
        while (!h.volumes.isEmpty()) {
            for (ModelVolume v : h.volumes.values()) {
                if (v.device != null) {
                    v.device.close();
                    v.device = null;
                }
            }
            for (VolumeId id : h.pool.volumes()) {
                ModelVolume v = h.volumes.get(id);
                if (v.points.stream().allMatch(p -> p.clones == 0)) {
                    h.pool.deleteVolume(id);
                    h.volumes.remove(id);
                    if (v.origin != null) {
                        v.origin.clones--;
                    }
                }
            }
        }
        h.background();
        h.background();
        assertThat(h.pool.check().problems()).isEmpty();
        assertThat(h.pool.check().grains()).isZero();
        assertThat(h.pool.status().freeBytes()).isGreaterThanOrEqualTo(free - (128 << 10));
    }

    @Test
    void damageInMetadataIsRefusedOrReported() throws Exception {
        PoolHarness h = harness();
        for (int i = 0; i < 120; i++) {
            h.act();
        }
        h.pool.close();
        Random random = new Random(9);
        int refused = 0;
        for (int i = 0; i < 24; i++) {
            SimFiles kept = h.files.afterKill();
            int at = random.nextInt(4096);
            boolean newest = random.nextBoolean();
            h.files.damage("pool.super", at + (newest ? 0 : 1 << 20), random.nextInt(8));
            try {
                h.open(UUID.randomUUID());
                h.settle();
                h.abandon();
            } catch (StoreException e) {
                assertThat(e.kind()).isEqualTo(StoreException.Kind.DAMAGED);
                refused++;
            }
            h.files = kept;
        }
        assertThat(refused).as("a rotten newest superblock").isBetween(4, 22);
    }

    @Test
    void aDamagedNodeIsNeverTakenForData() throws Exception {
        PoolHarness h = harness();
        for (int i = 0; i < 120; i++) {
            h.act();
        }
        h.pool.close();
        byte[] data = h.files.content("data-0000");
        Random random = new Random(10);
        int noticed = 0;
        for (int i = 0; i < 15; i++) {
            SimFiles kept = h.files.afterKill();
            // Metadata lies in the first segments that were opened.
            for (int k = 0; k < 40; k++) {
                h.files.damage("data-0000", random.nextInt(data.length), random.nextInt(8));
            }
            PoolFactory factory = new PoolFactory(h.files, h.rules, h.boot);
            try {
                if (!factory.check().clean()) {
                    noticed++;
                }
            } catch (StoreException e) {
                assertThat(e.kind()).isEqualTo(StoreException.Kind.DAMAGED);
                noticed++;
            }
            h.files = kept;
        }
        assertThat(noticed).isPositive();
    }

    @Test
    void aGapInTheLogIsRefused() throws Exception {
        PoolHarness h = harness();
        ModelVolume v = h.createVolume();
        int flushes = 8;
        for (int i = 0; i < flushes; i++) {
            h.write(v, 8 * i, 8);
            h.device(v).flush();
            v.flushed();
        }
        // Each write and each flush is a batch of a sector.
        Wal.Mark end = h.pool.core().wal.mark();
        int batches = 2 * flushes;
        SimFiles kept = h.files.afterPowerLoss(SimFiles.LOSE_ALL);
        h.abandon();
        for (int i = 0; i < batches; i++) {
            h.files = kept.afterKill();
            long at =
                    (end.position() - (long) (batches - i) * 512) % PoolHarness.OPTIONS.walBytes();
            h.files.damage("pool.wal", at + 40, 5);
            boolean refused = false;
            try {
                h.open(UUID.randomUUID());
                h.pool.close();
            } catch (StoreException e) {
                assertThat(e.kind()).isEqualTo(StoreException.Kind.DAMAGED);
                refused = true;
            }
            // Behind the last but two nothing proves that there ever was a batch.
            assertThat(refused).as("batch %d of %d", i, batches).isEqualTo(i < batches - 3);
        }
    }
}
