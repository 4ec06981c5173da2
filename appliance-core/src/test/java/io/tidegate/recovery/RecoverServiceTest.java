package io.tidegate.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidegate.catalog.ServiceException;
import io.tidegate.job.JobInfo;
import io.tidegate.job.JobState;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.recovery.RecoverService.To;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.SnapshotService;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecoverServiceTest {

    private static final int SIZE = 4 * Rig.MIB;

    @TempDir Path dir;
    private Rig rig;
    private final Random random = new Random(13);

    @BeforeEach
    void open() throws Exception {
        rig = new Rig(dir);
        rig.volume("db01", SIZE);
        write(0, Rig.MIB);
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

    private SnapshotInfo take(String name) throws ServiceException {
        return rig.snapshotService
                .create(
                        Rig.ADMIN,
                        new SnapshotService.Create(
                                List.of("db01"), Optional.of(name), Optional.empty(), ""))
                .getFirst();
    }

    private JobInfo recover(String from, boolean hostsStopped) throws Exception {
        return rig.ended(
                rig.recoveries.recover(Rig.ADMIN, order(from, new To.InPlace(hostsStopped))));
    }

    private static RecoverService.Order order(String from, To to) {
        return new RecoverService.Order("db01", Optional.empty(), Optional.of(from), to);
    }

    @Test
    void inPlaceFromASnapshotCopiesChangedBlocksOnlyAndCanBeUndone() throws Exception {
        take("good");
        byte[] good = rig.content("db01");
        write(4096, 8192);
        write(3 * Rig.MIB, 4096); // was unmapped: has to be discarded
        byte[] bad = rig.content("db01");
        rig.mover.copied.set(0);
        JobInfo job = recover("db01@good", true);
        assertThat(job.exit()).as("%s", job.failure()).isZero();
        assertThat(rig.content("db01")).isEqualTo(good);
        RecoverService.Result result = rig.recoveries.result(job.id());
        assertThat(result.bytesMoved()).isEqualTo(8192);
        assertThat(result.bytesDiscarded()).isEqualTo(4096);
        assertThat(rig.mover.copied.get()).isEqualTo(8192);
        assertThat(rig.mover.byReference).containsExactly(true);
        assertThat(rig.snapshot(result.safetySnapshot())).isEqualTo(bad);
        assertThat(rig.told).contains("db01 MEDIUM GATED");
        assertThat(rig.unit("db01").generation()).isGreaterThan(1);
        JobInfo undone = rig.ended(rig.recoveries.undo(Rig.ADMIN, job.id(), true));
        assertThat(undone.exit()).as("%s", undone.failure()).isZero();
        assertThat(rig.content("db01")).isEqualTo(bad);
    }

    @Test
    void inPlaceFromAQrvGoesByTheDifferenceToItsBase() throws Exception {
        rig.qrv("db01", "q1");
        byte[] good = rig.content("db01");
        write(64 << 10, 4096);
        rig.mover.copied.set(0);
        rig.mover.byReference.clear();
        JobInfo job = recover("q1", true);
        assertThat(job.exit()).as("%s", job.failure()).isZero();
        assertThat(rig.content("db01")).isEqualTo(good);
        assertThat(rig.mover.copied.get()).isEqualTo(4096);
        assertThat(rig.mover.byReference).containsExactly(false); // the QRV keeps its own grains
    }

    @Test
    void withoutTheOperatorsWordTheUnitIsHeldUntilConfirmed() throws Exception {
        take("good");
        byte[] good = rig.content("db01");
        write(0, 4096);
        JobInfo job = recover("db01@good", false);
        assertThat(job.exit()).isEqualTo(7);
        LogicalUnit unit = rig.unit("db01");
        assertThat(unit.state()).isEqualTo(LogicalUnit.State.HELD);
        rig.sessions.list.add(rig.session(unit.id(), rig.clock.instant()));
        assertThatThrownBy(() -> rig.recoveries.confirm(Rig.ADMIN, "db01"))
                .isInstanceOf(ServiceException.class);
        rig.clock.forward(Duration.ofSeconds(61));
        JobInfo repeat = recover("db01@good", true);
        assertThat(repeat.exit()).as("%s", repeat.failure()).isZero();
        assertThat(rig.content("db01")).isEqualTo(good);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "recover:drained",
                "recover:safety",
                "recover:held",
                "recover:copied",
                "recover:finished"
            })
    void killedAnywhereItIsTheOldContentOrTheJobFinishes(String step) throws Exception {
        take("good");
        byte[] good = rig.content("db01");
        write(4096, 200 << 10);
        byte[] bad = rig.content("db01");
        rig.steps.at(step);
        JobInfo job = rig.recoveries.recover(Rig.ADMIN, order("db01@good", new To.InPlace(true)));
        rig.steps.await();
        rig.crash();
        JobInfo after = rig.ended(rig.jobs.show(job.id()));
        boolean begun = !step.equals("recover:drained") && !step.equals("recover:safety");
        assertThat(after.state()).isEqualTo(begun ? JobState.DONE : JobState.FAILED);
        assertThat(rig.content("db01")).isEqualTo(begun ? good : bad);
        if (!begun) {
            assertThat(rig.snapshotNames("db01")).containsExactly("db01@good");
            assertThat(recover("db01@good", true).exit()).isZero();
            assertThat(rig.content("db01")).isEqualTo(good);
        }
    }

    @Test
    void writesThatDoNotEndMakeItGiveUp() throws Exception {
        take("good");
        write(0, 4096);
        byte[] bad = rig.content("db01");
        rig.gateLimit = Duration.ofMillis(1200);
        rig.close();
        rig.open();
        LogicalUnit.Entry stuck = Rig.enter(rig.unit("db01"));
        JobInfo job = recover("db01@good", true);
        assertThat(job.exit()).isEqualTo(4);
        stuck.exit();
        assertThat(rig.content("db01")).isEqualTo(bad);
        assertThat(rig.unit("db01").generation()).isEqualTo(1);
    }

    @Test
    void intoANewVolumeAndIntoOneThatIsThere() throws Exception {
        take("good");
        byte[] good = rig.content("db01");
        write(0, 4096);
        To fresh = new To.Volume("copy", Optional.of("capacity"));
        assertThat(rig.done(rig.recoveries.recover(Rig.ADMIN, order("db01@good", fresh))).exit())
                .isZero();
        assertThat(rig.raw("copy")).isEqualTo(good);
        take("later");
        byte[] later = rig.content("db01");
        JobInfo job = rig.done(rig.recoveries.recover(Rig.ADMIN, order("db01@later", fresh)));
        assertThat(rig.raw("copy")).isEqualTo(later);
        assertThat(rig.snapshot(rig.recoveries.result(job.id()).safetySnapshot())).isEqualTo(good);
    }

    @Test
    void aVolumeThatHostsHaveIsNotOverwritten() throws Exception {
        rig.volume("other", SIZE);
        take("good");
        assertThatThrownBy(
                        () ->
                                rig.recoveries.recover(
                                        Rig.ADMIN,
                                        order(
                                                "db01@good",
                                                new To.Volume("other", Optional.empty()))))
                .isInstanceOfSatisfying(
                        ServiceException.class, e -> assertThat(e.why()).contains("esx7"));
    }

    @Test
    void atATimeTheNearestEarlierPointIsChosenAndNearerOnesInTheBinAreNamed() throws Exception {
        take("s1");
        rig.clock.forward(Duration.ofHours(1));
        rig.qrv("db01", "q1");
        rig.clock.forward(Duration.ofHours(1));
        take("s2");
        rig.snapshotService.delete(Rig.ADMIN, "db01@s2");
        rig.clock.forward(Duration.ofHours(1));
        Instant wanted = rig.clock.instant();
        RecoverService.Plan plan =
                rig.recoveries.plan(
                        new RecoverService.Order(
                                "db01",
                                Optional.of(wanted),
                                Optional.empty(),
                                new To.InPlace(false)));
        assertThat(plan.source()).isIn("q1", "db01@q1.1");
        assertThat(plan.others()).anyMatch(text -> text.contains("db01@s2"));
        assertThat(plan.willBeHeld()).isTrue();
        assertThatThrownBy(
                        () ->
                                rig.recoveries.plan(
                                        new RecoverService.Order(
                                                "db01",
                                                Optional.of(Instant.EPOCH),
                                                Optional.empty(),
                                                new To.InPlace(false))))
                .isInstanceOf(ServiceException.class);
    }
}
