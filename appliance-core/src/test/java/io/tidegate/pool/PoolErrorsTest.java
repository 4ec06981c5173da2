package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Reads, writes and allocations that fail, at every operation of a workload, one after another and
 * some in a row, and then work again: what was refused has not happened, a failed write left each
 * sector old or new, everything else is as it was, and the pool goes on; then it loses power, or is
 * closed and checked. Failed syncs: reads go on, nothing else does until the pool is reopened.
 */
@NullUnmarked
class PoolErrorsTest {

    /** Acts before the faults, and with them. */
    private static final int LEAD = 30;

    private static final int ACTS = 24;

    /** Acts after the faults have ended. */
    private static final int AFTER = 6;

    private static final Set<DeviceException.Kind> PASSING =
            EnumSet.of(
                    DeviceException.Kind.READ,
                    DeviceException.Kind.WRITE,
                    DeviceException.Kind.NO_SPACE);

    @TempDir Path tokens;

    @ParameterizedTest
    @CsvSource({
        "write, pool.wal, 11, 1",
        "write, data, 12, 1",
        "write, pool.super, 13, 1",
        "read, data, 14, 2",
        "allocate, data, 15, 1"
    })
    void aFaultPasses(String kind, String file, long seed, int stride) throws Exception {
        Predicate<String> which = op -> op.startsWith(kind + " " + file);
        FaultPlan all = FaultPlan.counting(which);
        PoolHarness quiet = lead(seed);
        quiet.files.faults = all;
        acts(quiet, all, seed);
        long stops = all.seen();
        quiet.pool.close();
        for (long stop = 0; stop < stops; stop += stride) {
            Random random = new Random(seed * 1_000_003 + stop);
            int errno =
                    !kind.equals("read") && random.nextBoolean() ? FaultPlan.ENOSPC : FaultPlan.EIO;
            FaultPlan plan =
                    new FaultPlan(which, stop, 1 + random.nextInt(4), errno, random.nextLong());
            try {
                passing(lead(seed), plan, random);
                assertThat(plan.failed()).isPositive();
            } catch (Exception | AssertionError e) {
                throw new AssertionError("seed " + seed + ", stop " + stop, e);
            }
        }
        assertThat(stops).as("operations that failed").isPositive();
    }

    private void passing(PoolHarness h, FaultPlan plan, Random random) throws Exception {
        h.files.faults = plan;
        acts(h, plan, 0);
        h.files.faults = null;
        assertThat(h.pool.status().readOnlyReason()).as("a fault that passes").isEmpty();
        boolean crash = random.nextBoolean();
        if (!crash) {
            for (int i = 0; i < AFTER; i++) {
                h.act();
            }
            h.background();
            h.verify();
            assertThat(h.pool.core().space.figures().pendingPages()).as("held back").isZero();
            h.pool.close();
            PoolCheckReport report =
                    new PoolFactory(h.files, h.rules, h.boot).check(h.openOptions());
            assertThat(report.problems()).isEmpty();
            h.open(h.boot);
        } else if (random.nextBoolean()) {
            h.files = h.files.afterPowerLoss(random);
            h.abandon();
            h.open(UUID.randomUUID());
            h.settle();
        } else {
            SimFiles left = h.files.afterKill();
            BootToken token = token(h);
            h.abandon();
            token.make();
            h.files = left;
            h.open(h.boot);
            h.verify();
        }
        for (int i = 0; i < AFTER; i++) {
            h.act();
        }
        h.background();
        h.verify();
        h.pool.close();
    }

    private static BootToken token(PoolHarness h) {
        return BootToken.of(
                java.util.Optional.of(h.tokens), h.pool.id(), h.boot, h.files.identity());
    }

    private PoolHarness lead(long seed) throws Exception {
        PoolHarness h = new PoolHarness(seed, tokens);
        for (int i = 0; i < LEAD; i++) {
            h.act();
        }
        return h;
    }

    /** Acts under a plan; the model follows what was answered. */
    private static void acts(PoolHarness h, FaultPlan plan, long seed) throws Exception {
        for (int i = 0; i < ACTS; i++) {
            h.volumes.values().forEach(v -> v.beginAct());
            try {
                if (i % 8 == 7) {
                    h.background();
                } else {
                    h.act();
                }
            } catch (DeviceException e) {
                assertThat(e.kind()).isIn(PASSING);
                quietly(h, plan, h::reconcile);
            } catch (StoreException e) {
                assertThat(e.kind()).isIn(StoreException.Kind.IO, StoreException.Kind.NO_SPACE);
                boolean open = h.refused(e);
                quietly(h, plan, () -> flushed(h, open));
            } catch (IOException e) {
                // A checkpoint that could not be made; it comes later.
                assertThat(plan.failed()).as("%s", e).isPositive();
            }
        }
    }

    /** An act that has happened and is not durable yet becomes so by a flush. */
    private static void flushed(PoolHarness h, boolean open) throws Exception {
        if (open && !h.volumes.isEmpty()) {
            h.device(h.volumes.values().iterator().next()).flush();
            h.volumes.values().forEach(ModelVolume::flushed);
        }
        h.reconcile();
    }

    private interface Body {
        void run() throws Exception;
    }

    private static void quietly(PoolHarness h, FaultPlan plan, Body body) throws Exception {
        h.files.faults = null;
        body.run();
        h.files.faults = plan;
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22})
    void aFailedSyncIsFinalUntilTheReopening(long seed) throws Exception {
        Predicate<String> which = op -> op.startsWith("sync");
        FaultPlan all = FaultPlan.counting(which);
        PoolHarness quiet = lead(seed);
        quiet.files.faults = all;
        acts(quiet, all, seed);
        long stops = all.seen();
        quiet.pool.close();
        assertThat(stops).isGreaterThan(10);
        for (long stop = 0; stop < stops; stop++) {
            Random random = new Random(seed * 1_000_003 + stop);
            FaultPlan plan = new FaultPlan(which, stop, 1, FaultPlan.EIO, random.nextLong());
            try {
                refusing(lead(seed), plan, random);
            } catch (Exception | AssertionError e) {
                throw new AssertionError("seed " + seed + ", stop " + stop, e);
            }
        }
    }

    private static void refusing(PoolHarness h, FaultPlan plan, Random random) throws Exception {
        h.files.faults = plan;
        boolean failed = false;
        for (int i = 0; i < ACTS && !failed; i++) {
            try {
                if (i % 8 == 7) {
                    h.background();
                } else {
                    h.act();
                }
            } catch (DeviceException e) {
                assertThat(e.kind()).isEqualTo(DeviceException.Kind.SYNC);
                failed = true;
            } catch (StoreException e) {
                assertThat(e.kind()).isEqualTo(StoreException.Kind.READ_ONLY);
                failed = true;
            } catch (IOException e) {
                assertThat(e).isInstanceOf(SyncFailure.class);
                failed = true;
            }
        }
        assertThat(plan.failed()).isEqualTo(1);
        assertThat(failed).isTrue();
        assertThat(h.pool.status().readOnlyReason()).isPresent();
        for (ModelVolume v : h.volumes.values()) {
            h.sectors.content(h.device(v));
        }
        reopened(h, random);
        // What is believed now must not stand in the cache alone.
        h.device(h.volumes.values().iterator().next()).flush();
        SimFiles left = h.files.afterPowerLoss(random);
        h.abandon();
        h.files = left;
        h.open(UUID.randomUUID());
        h.verify();
        for (int i = 0; i < AFTER; i++) {
            h.act();
        }
        h.background();
        h.verify();
        h.pool.close();
    }

    /** By a reopening, by a restart of the process, or after a loss of power. */
    private static void reopened(PoolHarness h, Random random) throws Exception {
        switch (random.nextInt(4)) {
            case 0 -> {
                h.pool.reopen(true);
                h.volumes.values().forEach(v -> v.device = null);
            }
            case 1 -> {
                SimFiles left = h.files.afterKill();
                h.abandon();
                h.files = left;
                h.open(h.boot);
                assertThat(h.pool.status().readOnlyReason()).isPresent();
                h.pool.reopen(true);
                h.volumes.values().forEach(v -> v.device = null);
            }
            case 2 -> {
                // What a failed sync left in the cache is no ground for a recovery to build on.
                SimFiles left = h.files.afterKill();
                h.abandon();
                h.files = left;
                h.files.stopAfter(random.nextInt(14));
                try {
                    h.open(h.boot);
                    h.pool.core().maintenance.stop();
                } catch (StoreException e) {
                    assertThat(e.kind()).isEqualTo(StoreException.Kind.IO);
                }
                h.files = h.files.afterPowerLoss(random);
                h.open(UUID.randomUUID());
            }
            default -> {
                SimFiles left = h.files.afterPowerLoss(random);
                h.abandon();
                h.files = left;
                h.open(UUID.randomUUID());
            }
        }
        assertThat(h.pool.status().readOnlyReason()).isEmpty();
        h.settle();
    }

    @Test
    void aHoleThatCannotBePunchedIsLeft() throws Exception {
        PoolHarness h = lead(32);
        VolumeId id = VolumeId.random();
        h.pool.createVolume(id, new VolumeShape(Geometry.ofBytes(16 << 20, 512, 4096), 4096));
        try (VolumeDevice d = h.pool.openVolume(id)) {
            d.write(0, ByteBuffer.allocateDirect(8 << 20));
        }
        h.pool.deleteVolume(id);
        FaultPlan plan = new FaultPlan(op -> op.startsWith("punch"), 0, 2, FaultPlan.EIO, 1);
        h.files.faults = plan;
        for (int i = 0; i < 40 && plan.failed() < 2; i++) {
            h.pool.core().maintenance.wantCheckpoint();
            int before = plan.failed();
            h.pool.core().maintenance.step();
            assertThat(h.pool.trouble().isPresent()).isEqualTo(plan.failed() > before);
        }
        assertThat(plan.failed()).isEqualTo(2);
        h.background();
        assertThat(h.pool.trouble()).isEmpty();
        h.act();
        h.verify();
        h.pool.close();
    }

    @Test
    void whileTheLogCannotBeWrittenNothingPilesUp() throws Exception {
        PoolHarness h = lead(31);
        ModelVolume v = h.createVolume();
        h.device(v).flush();
        h.files.faults =
                new FaultPlan(
                        op -> op.equals("write " + Recovery.WAL),
                        0,
                        Integer.MAX_VALUE,
                        FaultPlan.ENOSPC,
                        1);
        long queued = h.pool.core().wal.queuedLsn();
        for (int i = 0; i < 50; i++) {
            v.beginAct();
            try {
                h.write(v, 8 * i, 8);
                throw new AssertionError("acknowledged");
            } catch (DeviceException e) {
                assertThat(e.kind()).isEqualTo(DeviceException.Kind.NO_SPACE);
                h.reconcile();
            }
        }
        // The first fails when it is answered; those after it before they do anything.
        assertThat(h.pool.core().wal.queuedLsn()).isEqualTo(queued + 1);
        assertThat(h.pool.trouble()).hasValueSatisfying(t -> assertThat(t).contains("log"));
        assertThat(h.pool.status().readOnlyReason()).isEmpty();
        h.files.faults = null;
        h.write(v, 0, 400);
        assertThat(h.pool.trouble()).isEmpty();
        h.device(v).flush();
        v.flushed();
        h.verify();
        h.pool.close();
    }
}
