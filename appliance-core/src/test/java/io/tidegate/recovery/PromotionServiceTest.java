package io.tidegate.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.job.JobInfo;
import io.tidegate.job.JobState;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.presentation.UnitIdentity;
import io.tidegate.recovery.PromotionService.Mode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromotionServiceTest {

    private static final int SIZE = 4 * Rig.MIB;

    @TempDir Path dir;
    private Rig rig;
    private final Random random = new Random(11);
    private byte[] atPoint;
    private LogicalUnitId unitId;
    private UnitIdentity identity;

    @BeforeEach
    void open() throws Exception {
        rig = new Rig(dir);
        rig.volume("db01", SIZE);
        write(0, Rig.MIB);
        rig.qrv("db01", "q1");
        atPoint = rig.content("db01");
        unitId = rig.unit("db01").id();
        identity = rig.unit("db01").identity();
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private void write(long offset, int length) throws Exception {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        assertThat(Rig.write(rig.unit("db01"), offset, bytes)).isTrue();
    }

    private LogicalUnit live() {
        return rig.presentation.unit(unitId).orElseThrow();
    }

    private PromotionService.Result result(JobInfo job) throws Exception {
        return rig.promotions.result(job.id());
    }

    private void assertPromoted() throws Exception {
        assertThat(live().identity()).isEqualTo(identity);
        assertThat(live().name()).isEqualTo("db01");
        assertThat(live().generation()).isEqualTo(2);
        assertThat(live().shape().geometry().sizeBytes()).isEqualTo(SIZE);
        assertThat(rig.volumes.find("db01").id()).isEqualTo(rig.qrvs.show("q1").volume());
        LogicalUnit old = rig.unit("db01-old");
        assertThat(old.identity().naa()).isNotEqualTo(identity.naa());
        assertThat(old.shape().writeProtected()).isTrue();
        assertThat(rig.luns.list(Optional.empty(), Optional.of("db01-old"))).isEmpty();
        assertThat(rig.luns.list(Optional.of("esx7"), Optional.of("db01"))).hasSize(1);
        assertThat(
                        rig.presentation.units().stream()
                                .filter(u -> u.identity().naa().equals(identity.naa())))
                .hasSize(1);
    }

    @Test
    void unplannedShowsThePointUnderTheSameIdentityAndKeepsTheNewerWrites() throws Exception {
        write(4096, 8192);
        byte[] newer = rig.content("db01");
        JobInfo job = rig.promote("q1", Mode.UNPLANNED, true);
        assertThat(job.exit()).as("%s", job.failure()).isZero();
        assertPromoted();
        assertThat(rig.content("db01")).isEqualTo(atPoint);
        assertThat(rig.raw("db01-old")).isEqualTo(newer);
        assertThat(rig.snapshot(result(job).safetySnapshot())).isEqualTo(atPoint);
        assertThat(result(job).millisWithoutService()).isBetween(0.0, 10_000.0);
        assertThat(rig.told).contains("db01 MEDIUM GATED", "db01 RESERVATION_CLEARED GATED");
        write(0, 4096);
        assertThat(rig.snapshot(result(job).safetySnapshot())).isEqualTo(atPoint);
    }

    @Test
    void safetySnapshotIsPrunedByNobodyButGoesByHand() throws Exception {
        JobInfo job = rig.promote("q1", Mode.UNPLANNED, true);
        String safety = result(job).safetySnapshot();
        rig.clock.forward(Duration.ofDays(400));
        rig.snapshotService.prune();
        assertThat(rig.snapshotNames("db01")).contains(safety);
        rig.snapshotService.purge(Rig.ADMIN, safety);
        assertThat(rig.snapshotNames("db01")).doesNotContain(safety);
    }

    @Test
    void withoutTheOperatorsWordTheUnitIsHeldOverARestartUntilHostsAreQuiet() throws Exception {
        JobInfo job = rig.promote("q1", Mode.UNPLANNED, false);
        assertThat(job.exit()).isEqualTo(7);
        assertThat(result(job).held()).isTrue();
        assertThat(live().enter()).isNull();
        assertThat(live().state()).isEqualTo(LogicalUnit.State.HELD);
        rig.crash();
        assertThat(live().state()).isEqualTo(LogicalUnit.State.HELD);
        assertPromoted();
        rig.sessions.list.add(rig.session(unitId, rig.clock.instant()));
        JobInfo refused = rig.promote("q1", Mode.UNPLANNED, true);
        assertThat(refused.exit()).isEqualTo(4);
        assertThat(live().state()).isEqualTo(LogicalUnit.State.HELD);
        rig.clock.forward(Duration.ofSeconds(61));
        rig.told.clear();
        JobInfo confirmed = rig.promote("q1", Mode.UNPLANNED, true);
        assertThat(confirmed.exit()).as("%s", confirmed.failure()).isZero();
        assertThat(live().state()).isEqualTo(LogicalUnit.State.OPEN);
        assertThat(rig.told).contains("db01 MEDIUM GATED");
        assertThat(rig.content("db01")).isEqualTo(atPoint);
    }

    @Test
    void plannedLosesNoAcknowledgedWrite() throws Exception {
        int writers = 4;
        AtomicBoolean stop = new AtomicBoolean();
        int blocks = SIZE / 512 / writers;
        long[][] acknowledged = new long[writers][blocks];
        List<Thread> threads = new ArrayList<>();
        CountDownLatch running = new CountDownLatch(writers);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        for (int w = 0; w < writers; w++) {
            int me = w;
            threads.add(
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        try {
                                            numbered(me, acknowledged[me], stop, running);
                                        } catch (Throwable e) {
                                            failure.set(e);
                                        }
                                    }));
        }
        running.await();
        JobInfo job = rig.promote("q1", Mode.PLANNED, false);
        stop.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failure.get()).isNull();
        assertThat(job.exit()).as("%s", job.failure()).isZero();
        assertPromoted();
        assertThat(rig.told).doesNotContain("db01 MEDIUM GATED");
        byte[] content = rig.content("db01");
        for (int w = 0; w < writers; w++) {
            for (int b = 0; b < blocks; b++) {
                long found = ByteBuffer.wrap(content, (w * blocks + b) * 512, 8).getLong();
                if (acknowledged[w][b] == 0) {
                    continue; // never written: it holds any number
                }
                assertThat(found < acknowledged[w][b])
                        .as("writer %d block %d: %d < %d", w, b, found, acknowledged[w][b])
                        .isFalse();
            }
        }
    }

    /** Writes growing numbers into its own blocks and notes what was answered GOOD. */
    private void numbered(int me, long[] acknowledged, AtomicBoolean stop, CountDownLatch running)
            throws Exception {
        Random mine = new Random(me);
        byte[] block = new byte[512];
        for (long n = Long.MIN_VALUE >>> 1; !stop.get(); n++) {
            int b = mine.nextInt(acknowledged.length);
            ByteBuffer.wrap(block).putLong(n);
            long offset = ((long) me * acknowledged.length + b) * 512;
            if (Rig.write(live(), offset, block)) {
                acknowledged[b] = n;
                running.countDown();
            } else {
                CountDownLatch opened = new CountDownLatch(1);
                live().park(opened::countDown); // as the target has it wait
                opened.await();
            }
            Thread.yield();
        }
    }

    @Test
    void plannedGivesUpWhenAWriteDoesNotEndAndThePrimaryGoesOn() throws Exception {
        rig.gateLimit = Duration.ofMillis(1500);
        rig.close();
        rig.open();
        LogicalUnit.Entry stuck = Rig.enter(live());
        JobInfo job = rig.promote("q1", Mode.PLANNED, false);
        assertThat(job.state()).isEqualTo(JobState.FAILED);
        assertThat(job.exit()).isEqualTo(4);
        assertThat(live().state()).isEqualTo(LogicalUnit.State.OPEN);
        assertThat(live().generation()).isEqualTo(1);
        assertThat(stuck.current()).isTrue();
        stuck.exit();
        write(0, 4096);
        assertThat(rig.qrvs.show("q1").state()).isEqualTo(QrvState.READY);
        assertThat(rig.snapshotNames("q1")).hasSize(1);
        assertThat(rig.promote("q1", Mode.PLANNED, false).exit()).isZero();
        assertPromoted();
    }

    @Test
    void plannedGivesUpWhenTheLastDifferenceIsTooSlow() throws Exception {
        rig.gateLimit = Duration.ofMillis(1200);
        rig.close();
        rig.open();
        CountDownLatch gated = new CountDownLatch(1);
        AtomicBoolean armed = new AtomicBoolean(true);
        rig.mover.beforePiece =
                () -> {
                    if (rig.steps.seen().contains("promote:drained") && armed.get()) {
                        gated.countDown();
                        CountDownLatch opened = new CountDownLatch(1);
                        live().park(opened::countDown); // until the timer opens the gate
                        await(opened);
                    }
                };
        // something to copy behind the gate: written after the last round under load
        AtomicBoolean once = new AtomicBoolean(true);
        FakeStore fast = rig.store("fast");
        fast.beforeSnapshot =
                () -> {
                    if (rig.steps.seen().contains("promote:round") && once.getAndSet(false)) {
                        try (var device = fast.openVolume(rig.volumes.find("db01").id())) {
                            device.write(0, Rig.direct(new byte[4096]));
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    }
                };
        JobInfo job = rig.promote("q1", Mode.PLANNED, false);
        gated.await();
        assertThat(job.exit()).isEqualTo(4);
        assertThat(live().generation()).isEqualTo(1);
        assertThat(live().state()).isEqualTo(LogicalUnit.State.OPEN);
        armed.set(false);
        rig.done(rig.qrvs.refresh(Rig.ADMIN, "q1"));
        assertThat(rig.promote("q1", Mode.PLANNED, false).exit()).isZero();
        assertPromoted();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void lateWriteOfAnUnplannedPromotionIsNeverGoodAndNeverOnTheQrv() throws Exception {
        rig.gateLimit = Duration.ofMillis(1200);
        rig.close();
        rig.open();
        LogicalUnit.Entry late = Rig.enter(live());
        JobInfo job = rig.promote("q1", Mode.UNPLANNED, true);
        assertThat(job.exit()).as("%s", job.failure()).isZero();
        assertThat(result(job).abandonedWrites()).isTrue();
        assertThat(rig.sessions.abandoned).containsExactly(2L);
        byte[] poison = new byte[4096];
        Arrays.fill(poison, (byte) 0x66);
        late.device().write(0, Rig.direct(poison));
        late.exit();
        assertThat(late.current()).isFalse();
        assertThat(rig.content("db01")).isEqualTo(atPoint);
        assertThat(rig.raw("db01-old")).startsWith(poison);
    }

    @ParameterizedTest
    @CsvSource({
        "PLANNED, promote:preparing",
        "PLANNED, promote:safety",
        "PLANNED, promote:round",
        "PLANNED, promote:gated",
        "PLANNED, promote:drained",
        "PLANNED, promote:equal",
        "PLANNED, promote:commit",
        "PLANNED, promote:committed",
        "PLANNED, promote:swapped",
        "UNPLANNED, promote:preparing",
        "UNPLANNED, promote:safety",
        "UNPLANNED, promote:gated",
        "UNPLANNED, promote:drained",
        "UNPLANNED, promote:commit",
        "UNPLANNED, promote:committed",
        "UNPLANNED, promote:swapped",
    })
    void killedAnywhereItIsOldOrNewAndARepeatFinishes(Mode mode, String step) throws Exception {
        write(4096, 8192);
        byte[] newest = rig.content("db01");
        rig.steps.at(step);
        JobInfo job =
                rig.promotions.promote(Rig.ADMIN, new PromotionService.Order("q1", mode, true));
        rig.steps.await();
        boolean switched = step.equals("promote:committed") || step.equals("promote:swapped");
        rig.crash();
        assertThat(
                        rig.presentation.units().stream()
                                .filter(u -> u.identity().naa().equals(identity.naa())))
                .hasSize(1);
        assertThat(live().state()).isEqualTo(LogicalUnit.State.OPEN);
        JobInfo after = rig.ended(rig.jobs.show(job.id()));
        byte[] wanted = mode == Mode.PLANNED ? newest : atPoint;
        if (switched) {
            assertThat(after.state()).isEqualTo(JobState.DONE);
        } else {
            assertThat(after.state()).isEqualTo(JobState.FAILED);
            assertThat(live().generation()).isEqualTo(1);
            assertThat(rig.content("db01")).isEqualTo(newest);
            assertThat(rig.qrvs.show("q1").state()).isIn(QrvState.READY, QrvState.REFRESHING);
            assertThat(rig.snapshotNames("q1")).noneMatch(name -> name.contains("before"));
            assertThat(rig.promote("q1", mode, true).exit()).isZero();
            // a refresh of the killed promotion may have moved the point before
            wanted = rig.steps.seen().contains("promote:round") ? newest : wanted;
        }
        assertPromoted();
        byte[] content = rig.content("db01");
        if (mode == Mode.PLANNED) {
            assertThat(content).isEqualTo(wanted);
        } else {
            assertThat(content).isEqualTo(atPoint);
        }
        String safety =
                rig.snapshotNames("db01").stream()
                        .filter(name -> name.contains("before-promote"))
                        .findFirst()
                        .orElseThrow();
        if (mode == Mode.UNPLANNED) {
            assertThat(rig.snapshot(safety)).isEqualTo(atPoint);
        }
    }

    @Test
    void repeatWithTheSameRequestIdRunsAgainOnlyWhenTheFirstWasCutOff() throws Exception {
        var request =
                new io.tidegate.audit.Request(
                        "admin",
                        "127.0.0.1:1",
                        "key",
                        "qrv promote q1",
                        Optional.empty(),
                        Optional.of("r1"));
        var order = new PromotionService.Order("q1", Mode.UNPLANNED, true);
        rig.steps.at("promote:commit");
        JobInfo first = rig.promotions.promote(request, order);
        rig.steps.await();
        rig.crash();
        rig.ended(rig.jobs.show(first.id()));
        JobInfo again = rig.ended(rig.promotions.promote(request, order));
        assertThat(again.id()).isEqualTo(first.id());
        assertThat(again.exit()).as("%s", again.failure()).isZero();
        assertPromoted();
        JobInfo third = rig.ended(rig.promotions.promote(request, order));
        assertThat(third.id()).isEqualTo(first.id());
        assertThat(live().generation()).isEqualTo(2);
    }

    @Test
    void cutOffRefreshIsTakenBackToThePointBeforeAnUnplannedPromotion() throws Exception {
        write(64 << 10, 512 << 10);
        AtomicBoolean stop = new AtomicBoolean();
        CountDownLatch some = new CountDownLatch(1);
        long begun = rig.mover.copied.get();
        rig.mover.beforePiece =
                () -> {
                    if (rig.mover.copied.get() > begun + 100_000 && !stop.get()) {
                        some.countDown();
                        rig.steps.at("stop-here");
                        rig.steps.reached("stop-here");
                    }
                };
        rig.qrvs.refresh(Rig.ADMIN, "q1");
        some.await();
        stop.set(true);
        // the job that goes on after the restart is held back, so that the promotion comes first
        assertThat(rig.raw("q1")).isNotEqualTo(atPoint);
        rig.jobs.cancel(Rig.ADMIN, rig.jobs.list(true, 1).getFirst().id());
        rig.crash();
        rig.ended(rig.jobs.list(false, 1).getFirst());
        assertThat(rig.qrvs.show("q1").state()).isEqualTo(QrvState.REFRESHING);
        JobInfo job = rig.promote("q1", Mode.UNPLANNED, true);
        assertThat(job.exit()).as("%s", job.failure()).isZero();
        assertThat(rig.content("db01")).isEqualTo(atPoint);
    }

    @Test
    void planSaysWhatIsLostAndWhoIsInTheWay() throws Exception {
        write(8192, 12288);
        rig.clock.forward(Duration.ofHours(11));
        rig.sessions.list.add(rig.session(unitId, rig.clock.instant()));
        PromotionService.Plan plan =
                rig.promotions.plan(new PromotionService.Order("q1", Mode.UNPLANNED, false));
        assertThat(plan.primary()).isEqualTo("db01");
        assertThat(plan.losesTime()).isGreaterThan(Duration.ofHours(10));
        assertThat(plan.losesBytes()).contains(12288L);
        assertThat(plan.naa()).isEqualTo(identity.naa());
        assertThat(plan.oldName()).isEqualTo("db01-old");
        assertThat(plan.willBeHeld()).isTrue();
        assertThat(plan.obstacles()).isEmpty();
        assertThat(plan.sessions())
                .singleElement()
                .satisfies(s -> assertThat(s.host()).isEqualTo("esx7"));
        assertThat(rig.snapshotNames("db01")).hasSize(1);
        assertThat(live().generation()).isEqualTo(1);
    }

    @Test
    void plannedIsRefusedWithTheHintWhenThePrimaryCannotBeRead() throws Exception {
        rig.store("fast").unreadable = rig.volumes.find("db01").id().toString();
        JobInfo job = rig.promote("q1", Mode.PLANNED, false);
        assertThat(job.exit()).isEqualTo(4);
        assertThat(job.failure().orElseThrow().fix()).anyMatch(fix -> fix.contains("--unplanned"));
        assertThat(rig.promote("q1", Mode.UNPLANNED, true).exit()).isZero();
        assertThat(rig.content("db01")).isEqualTo(atPoint);
    }

    @Test
    void otherQrvsFollowTheNewPrimary() throws Exception {
        rig.qrv("db01", "q2");
        rig.promote("q1", Mode.UNPLANNED, true);
        assertThat(rig.qrvs.show("q2").source()).isEqualTo("db01");
        write(0, 4096);
        rig.done(rig.qrvs.refresh(Rig.ADMIN, "q2"));
        assertThat(rig.done(rig.qrvs.verify(Rig.ADMIN, "q2", true)).exit()).isZero();
        assertThat(rig.raw("q2")).isEqualTo(rig.content("db01"));
    }
}
