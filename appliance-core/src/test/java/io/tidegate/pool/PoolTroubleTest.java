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
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Single faults at the places where their order matters most, and what is left of them. */
@NullUnmarked
class PoolTroubleTest {

    @TempDir Path tokens;

    private PoolHarness lead(long seed) throws Exception {
        PoolHarness h = new PoolHarness(seed, tokens);
        for (int i = 0; i < 40; i++) {
            h.act();
        }
        return h;
    }

    private static FaultPlan failing(String op, long first, int count, long seed) {
        return new FaultPlan(op::equals, first, count, FaultPlan.EIO, seed);
    }

    /** A checkpoint whose superblock tears; then power is lost at once. */
    @Test
    void aTornSuperblockLeavesTheOtherAndALogThatReachesBack() throws Exception {
        for (long seed = 0; seed < 20; seed++) {
            PoolHarness h = lead(60);
            ModelVolume v = h.createVolume();
            h.write(v, 0, 100);
            h.device(v).flush();
            v.flushed();
            h.files.faults = failing("write pool.super", 0, 1, seed);
            assertThatThrownBy(h::background).isInstanceOf(IOException.class);
            assertThat(h.pool.trouble())
                    .hasValueSatisfying(t -> assertThat(t).contains("checkpoi"));
            SimFiles left = h.files.afterPowerLoss(new Random(seed));
            h.files.faults = null;
            if (seed % 2 == 0) {
                // It goes on as well.
                h.background();
                assertThat(h.pool.trouble()).isEmpty();
                h.verify();
            }
            h.abandon();
            h.files = left;
            h.open(UUID.randomUUID());
            h.verify();
            h.pool.close();
        }
    }

    /** The superblock is durable, its name is not in the log; then recovery itself is cut off. */
    @Test
    void aCheckpointWithoutItsNameCountsAllTheSame() throws Exception {
        for (long seed = 0; seed < 104; seed++) {
            Random random = new Random(seed);
            PoolHarness h = lead(61);
            h.background();
            long generation = h.pool.core().checkpointer.current().generation();
            h.pool.core().checkpointer.dirtied();
            h.files.faults = failing("write pool.wal", 0, 1, seed);
            assertThatThrownBy(() -> h.pool.core().checkpointer.run(false))
                    .isInstanceOf(IOException.class);
            h.files.faults = null;
            assertThat(h.pool.core().checkpointer.current().generation()).isEqualTo(generation + 1);
            assertThat(h.pool.core().checkpointer.somethingUnnamed()).isTrue();
            if (seed >= 91) {
                h.act();
                h.background();
                assertThat(h.pool.core().checkpointer.somethingUnnamed()).isFalse();
                h.verify();
            }
            SimFiles left = h.files.afterPowerLoss(random);
            h.abandon();
            h.files = left;
            h.files.stopAfter(seed % 13);
            try {
                h.open(UUID.randomUUID());
                h.pool.core().maintenance.stop();
            } catch (StoreException e) {
                assertThat(e.kind()).as("seed %s: %s", seed, e).isEqualTo(StoreException.Kind.IO);
            }
            h.files = h.files.afterPowerLoss(random);
            h.open(UUID.randomUUID());
            h.settle();
            h.act();
            h.background();
            h.verify();
            h.pool.close();
        }
    }

    @Test
    void whatAnUnnamedCheckpointFreedIsKeptUntilItIsNamed() throws Exception {
        PoolHarness h = lead(62);
        VolumeId id = VolumeId.random();
        h.pool.createVolume(id, new VolumeShape(Geometry.ofBytes(8 << 20, 512, 4096), 4096));
        try (VolumeDevice d = h.pool.openVolume(id)) {
            d.write(0, ByteBuffer.allocateDirect(4 << 20));
        }
        h.pool.deleteVolume(id);
        h.pool.core().maintenance.step();
        while (!h.pool.core().state.jobs.isEmpty()) {
            h.pool.core().maintenance.step();
        }
        h.files.faults = failing("write pool.wal", 0, Integer.MAX_VALUE, 1);
        long free = h.pool.status().freeBytes();
        for (int i = 0; i < 3; i++) {
            h.pool.core().maintenance.wantCheckpoint();
            assertThatThrownBy(() -> h.pool.core().maintenance.step())
                    .isInstanceOf(IOException.class);
            h.pool.core().retirement.poll();
            assertThat(h.pool.status().freeBytes()).isLessThan(free + (3 << 20));
        }
        h.files.faults = null;
        h.background();
        assertThat(h.pool.status().freeBytes()).isGreaterThan(free + (3 << 20));
        h.verify();
        h.pool.close();
    }

    @Test
    void aBarrierThatCouldNotBeWrittenIsWrittenByTheNextFlush() throws Exception {
        PoolHarness h = lead(63);
        ModelVolume v = h.createVolume();
        h.device(v).flush();
        h.write(v, 0, 64);
        h.files.faults = failing("write pool.wal", 0, 1, 1);
        DeviceException e = catchThrowableOfType(DeviceException.class, () -> h.device(v).flush());
        assertThat(e.kind()).isEqualTo(DeviceException.Kind.WRITE);
        assertThat(h.pool.status().readOnlyReason()).isEmpty();
        // The data was synced, so nothing is marked; the records are covered by nobody yet.
        assertThat(h.pool.core().files.anyMarked()).isFalse();
        h.device(v).flush();
        h.volumes.values().forEach(ModelVolume::flushed);
        SimFiles left = h.files.afterPowerLoss(new Random(1));
        h.abandon();
        h.files = left;
        h.open(UUID.randomUUID());
        h.verify();
        h.pool.close();
    }

    @Test
    void aRefusedActLeavesNoGapAndNoTrace() throws Exception {
        for (int seed = 0; seed < 12; seed++) {
            PoolHarness h = lead(64);
            ModelVolume v = h.createVolume();
            SnapshotId id = SnapshotId.random();
            h.write(v, 0, 8);
            h.files.faults = failing("write pool.wal", 0, 1 + seed % 3, seed);
            StoreException e =
                    catchThrowableOfType(
                            StoreException.class, () -> h.pool.snapshot(Map.of(v.id, id)));
            assertThat(e).hasMessageContaining("nothing of it has happened");
            assertThat(e.kind()).isEqualTo(StoreException.Kind.IO);
            VolumeId never = VolumeId.random();
            h.files.faults = failing("write pool.wal", 0, 1, seed);
            assertThatThrownBy(() -> h.pool.createVolume(never, v.device.shape()))
                    .hasMessageContaining("nothing of it has happened");
            h.files.faults = null;
            h.verify();
            boolean kill = seed % 2 == 0;
            if (!kill) {
                h.device(v).flush();
            }
            SimFiles left = kill ? h.files.afterKill() : h.files.afterPowerLoss(new Random(seed));
            BootToken token =
                    BootToken.of(Optional.of(tokens), h.pool.id(), h.boot, h.files.identity());
            h.abandon();
            h.files = left;
            token.make();
            h.open(kill ? h.boot : UUID.randomUUID());
            assertThat(h.pool.volumes()).doesNotContain(never);
            h.verify();
            h.pool.close();
        }
    }

    @Test
    void aFullFileSystemBelowTakesWhatThereIsAndNoMore() throws Exception {
        PoolHarness h = lead(65);
        ModelVolume v = h.createVolume();
        h.write(v, 0, 400);
        VolumeId id = VolumeId.random();
        h.pool.createVolume(id, new VolumeShape(Geometry.ofBytes(64 << 20, 512, 4096), 4096));
        h.files.capacity = 0;
        VolumeDevice d = h.pool.openVolume(id);
        ByteBuffer piece = ByteBuffer.allocateDirect(32 << 10);
        DeviceException full = null;
        for (long at = 0; full == null; at += piece.capacity()) {
            try {
                d.write(at, piece.duplicate());
            } catch (DeviceException e) {
                full = e;
            }
        }
        assertThat(full.kind()).isEqualTo(DeviceException.Kind.NO_SPACE);
        assertThat(h.pool.trouble()).hasValueSatisfying(t -> assertThat(t).contains("file system"));
        // In place, flushes, acts and checkpoints take nothing from the file system.
        h.write(v, 0, 400);
        for (int i = 0; i < 20; i++) {
            d.flush();
            h.pool.snapshot(Map.of(id, SnapshotId.random()));
            h.background();
        }
        h.volumes.values().forEach(ModelVolume::flushed);
        assertThat(h.pool.check().problems()).isEmpty();
        h.files.capacity = Long.MAX_VALUE;
        d.write(32 << 20, piece.duplicate());
        assertThat(h.pool.trouble()).isEmpty();
        d.close();
        h.pool.close();
        h.open(h.boot);
        assertThat(h.pool.check().problems()).isEmpty();
        h.pool.close();
    }

    /** Nodes run out while the file system is full: before anything is done, not halfway. */
    @Test
    void withoutRoomForNodesNothingIsBegun() throws Exception {
        PoolHarness h = lead(68);
        h.files.capacity = 0;
        PoolCore core = h.pool.core();
        LongArrayList taken = new LongArrayList();
        assertThatThrownBy(
                        () -> {
                            while (true) {
                                taken.add(core.store.take());
                            }
                        })
                .isInstanceOf(IOException.class);
        VolumeShape shape = new VolumeShape(Geometry.ofBytes(8 << 20, 512, 4096), 4096);
        StoreException e =
                catchThrowableOfType(
                        StoreException.class, () -> h.pool.createVolume(VolumeId.random(), shape));
        assertThat(e.kind()).isEqualTo(StoreException.Kind.NO_SPACE);
        assertThat(e).hasMessageContaining("nothing of it has happened");
        assertThatThrownBy(h::background).isInstanceOf(IOException.class);
        assertThat(h.pool.status().readOnlyReason()).isEmpty();
        taken.forEach(
                page -> {
                    core.space.free(page);
                    core.space.unblock(page);
                });
        h.background();
        h.verify();
        h.files.capacity = Long.MAX_VALUE;
        h.act();
        h.pool.close();
    }

    /** What a failed write left in the cache is seen, so a flush makes it durable as well. */
    @Test
    void aTornWriteThatIsSeenIsFlushed() throws Exception {
        int torn = 0;
        for (long seed = 0; seed < 12; seed++) {
            PoolHarness h = lead(69);
            ModelVolume v = h.createVolume();
            h.write(v, 0, 64);
            h.device(v).flush();
            h.volumes.values().forEach(ModelVolume::flushed);
            v.beginAct();
            h.files.faults = failing("write data-0000", 0, 1, seed);
            assertThatThrownBy(() -> h.write(v, 8, 32)).isInstanceOf(DeviceException.class);
            h.files.faults = null;
            int[] seen = h.sectors.content(v.device);
            torn += seen[8] == v.now[8] ? 1 : 0;
            h.reconcile();
            h.device(v).flush();
            SimFiles left = h.files.afterPowerLoss(new Random(seed));
            h.abandon();
            h.files = left;
            h.open(UUID.randomUUID());
            assertThat(h.sectors.content(h.device(v))).isEqualTo(seen);
            h.pool.close();
        }
        assertThat(torn).isPositive();
    }

    /** The record of a discard that met an unreadable node tells what was done, and no more. */
    @Test
    void aDiscardThatStopsHalfwayIsReplayedHalfway() throws Exception {
        int grain = 4096;
        int grains = 4096;
        for (int reads = 0; reads < 6; reads++) {
            PoolHarness h = new PoolHarness(70, tokens);
            VolumeId id = VolumeId.random();
            VolumeShape shape =
                    new VolumeShape(Geometry.ofBytes((long) grains * grain, 512, grain), grain);
            h.pool.createVolume(id, shape);
            try (VolumeDevice d = h.pool.openVolume(id)) {
                for (int leaf = 0; leaf < 8; leaf++) {
                    d.write(leaf * 512L * grain, filled(64 * grain, 1));
                }
            }
            h.pool.close();
            h.open(h.boot);
            VolumeDevice d = h.pool.openVolume(id);
            h.files.faults = new FaultPlan(op -> op.startsWith("read data"), 2L * reads, 1, 5, 1);
            assertThatThrownBy(() -> d.discard(0, (long) grains * grain))
                    .isInstanceOf(DeviceException.class);
            h.files.faults = null;
            assertThat(h.pool.check().problems()).isEmpty();
            // A grain that is still mapped is overwritten in place, and that is acknowledged.
            for (int leaf = 0; leaf < 8; leaf++) {
                d.write(leaf * 512L * grain, filled(grain, 2));
            }
            BootToken token =
                    BootToken.of(Optional.of(tokens), h.pool.id(), h.boot, h.files.identity());
            SimFiles left = h.files.afterKill();
            h.abandon();
            token.make();
            h.files = left;
            h.open(h.boot);
            try (VolumeDevice again = h.pool.openVolume(id)) {
                for (int leaf = 0; leaf < 8; leaf++) {
                    ByteBuffer b = ByteBuffer.allocateDirect(grain);
                    again.read(leaf * 512L * grain, b);
                    assertThat(b.get(0)).as("leaf %s, %s reads", leaf, reads).isEqualTo((byte) 2);
                }
            }
            assertThat(h.pool.check().problems()).isEmpty();
            h.pool.close();
        }
    }

    private static ByteBuffer filled(int bytes, int value) {
        ByteBuffer b = ByteBuffer.allocateDirect(bytes);
        while (b.hasRemaining()) {
            b.put((byte) value);
        }
        return b.flip();
    }

    @Test
    void aReopeningThatFailsCanBeTriedAgain() throws Exception {
        PoolHarness h = lead(66);
        h.files.faults = new FaultPlan(op -> op.startsWith("read"), 0, 1, FaultPlan.EIO, 1);
        assertThatThrownBy(() -> h.pool.reopen(false)).isInstanceOf(StoreException.class);
        h.files.faults = null;
        h.pool.reopen(false);
        h.verify();
        h.pool.close();
    }

    @Test
    void aCheckSeesWhatAnOpeningWouldSee() throws Exception {
        PoolHarness h = lead(67);
        h.background();
        ModelVolume v = h.createVolume();
        h.write(v, 0, 300);
        h.device(v).flush();
        SimFiles left = h.files.afterPowerLoss(new Random(1));
        int volumes = h.volumes.size();
        h.abandon();
        h.files = left;
        left.stopAfter(Long.MAX_VALUE);
        PoolCheckReport report =
                new PoolFactory(left, h.rules, UUID.randomUUID()).check(h.openOptions());
        assertThat(report.problems()).isEmpty();
        assertThat(report.notes()).isEmpty();
        assertThat(report.volumes()).isEqualTo(volumes);
        assertThat(report.replayedRecords()).isPositive();
        assertThat(report.generation()).isPositive();
        assertThat(left.operations()).as("writes").isZero();
        byte[] superblocks = left.content(Superblocks.FILE);
        int older = 1 - Resealed.newest(superblocks);
        left.damage(Superblocks.FILE, (older << 20) + 200, 3);
        report = new PoolFactory(left, h.rules, UUID.randomUUID()).check(h.openOptions());
        assertThat(report.notes()).hasSize(1).first().asString().contains("pool.super", "is bad");
        assertThat(report.problems()).isEmpty();
    }
}
