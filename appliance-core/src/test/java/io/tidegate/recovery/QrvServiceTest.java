package io.tidegate.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidegate.catalog.ServiceException;
import io.tidegate.job.JobInfo;
import io.tidegate.job.JobState;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.snapshot.MountInfo;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QrvServiceTest {

    private static final int SIZE = 4 * Rig.MIB;

    @TempDir Path dir;
    private Rig rig;
    private final Random random = new Random(7);

    @BeforeEach
    void open() throws Exception {
        rig = new Rig(dir);
        rig.volume("db01", SIZE);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private byte[] write(long offset, int length) throws Exception {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        assertThat(Rig.write(rig.unit("db01"), offset, bytes)).isTrue();
        return bytes;
    }

    private QrvService.RefreshResult refresh() throws Exception {
        JobInfo job = rig.done(rig.qrvs.refresh(Rig.ADMIN, "db01-q1"));
        return rig.jobs.result(job.id(), QrvService.RefreshResult.class);
    }

    private byte[] point() throws Exception {
        return rig.snapshot(pointName());
    }

    private String pointName() throws ServiceException {
        return rig.snapshots
                .find(rig.qrvs.show("db01-q1").pointSnapshot().orElseThrow())
                .orElseThrow()
                .name();
    }

    @Test
    void firstCopyMovesWhatIsMappedOnly() throws Exception {
        write(0, 8192);
        write(2 * Rig.MIB, 4096);
        QrvInfo qrv = rig.qrv("db01", "db01-q1");
        assertThat(rig.mover.copied.get()).isEqualTo(12288);
        assertThat(qrv.state()).isEqualTo(QrvState.READY);
        assertThat(qrv.pool()).isEqualTo("capacity");
        assertThat(qrv.bytesMoved()).isEqualTo(12288);
        assertThat(rig.mover.byReference).isNotEmpty().containsOnly(false); // a full replica
        assertThat(point()).isEqualTo(rig.content("db01"));
    }

    @Test
    void refreshMovesChangedBlocksOnlyAndDiscardsWhatWasDiscarded() throws Exception {
        write(0, Rig.MIB);
        rig.qrv("db01", "db01-q1");
        byte[] before = rig.content("db01");
        write(4096, 4096);
        write(512 << 10, 8192);
        discard(64 << 10, 4096);
        assertThat(point()).isEqualTo(before);
        rig.mover.copied.set(0);
        QrvService.RefreshResult result = refresh();
        assertThat(result.bytesChanged()).isEqualTo(16384);
        assertThat(result.bytesMoved()).isEqualTo(12288);
        assertThat(result.bytesDiscarded()).isEqualTo(4096);
        assertThat(rig.mover.copied.get()).isEqualTo(12288);
        assertThat(rig.mover.byReference).isNotEmpty().containsOnly(false);
        assertThat(point()).isEqualTo(rig.content("db01"));
        assertThat(rig.snapshotNames("db01")).containsExactly("db01@db01-q1.2");
        assertThat(rig.snapshotNames("db01-q1")).containsExactly("db01-q1@point.2");
    }

    private void discard(long offset, long length) throws Exception {
        LogicalUnit.Entry entry = Rig.enter(rig.unit("db01"));
        ((io.tidegate.block.Discardable) entry.device()).discard(offset, length);
        entry.exit();
    }

    @Test
    void lagIsZeroAsLongAsNothingIsWritten() throws Exception {
        write(0, 4096);
        rig.qrv("db01", "db01-q1");
        rig.clock.forward(Duration.ofHours(2));
        assertThat(rig.qrvs.show("db01-q1").lag()).contains(Duration.ZERO);
        write(0, 4096);
        assertThat(rig.qrvs.show("db01-q1").lag().orElseThrow()).isGreaterThan(Duration.ofHours(1));
        assertThat(rig.qrvs.show("db01-q1").age().orElseThrow()).isGreaterThan(Duration.ofHours(1));
    }

    @Test
    void verifyFindsOneWrongBlock() throws Exception {
        write(0, Rig.MIB);
        rig.qrv("db01", "db01-q1");
        JobInfo good = rig.done(rig.qrvs.verify(Rig.ADMIN, "db01-q1", false));
        assertThat(good.exit()).isZero();
        assertThat(rig.qrvs.show("db01-q1").verifiedAt()).isPresent();
        // damage behind the point: the mover writes one wrong block in the next refresh
        write(8192, 4096);
        rig.mover.beforePiece = () -> damage(8192 + 512);
        refresh();
        rig.mover.beforePiece = () -> {};
        JobInfo bad = rig.done(rig.qrvs.verify(Rig.ADMIN, "db01-q1", false));
        assertThat(bad.exit()).isEqualTo(1);
        QrvService.VerifyResult result = rig.jobs.result(bad.id(), QrvService.VerifyResult.class);
        assertThat(result.equal()).isFalse();
        assertThat(result.differentBlocks()).isEqualTo(1);
        assertThat(result.firstDifference()).isBetween(16384L, 16895L);
    }

    /** Writes to the QRV's volume outside of what the refresh will write. */
    private void damage(long ignored) {
        try {
            var record = rig.volumes.find("db01-q1");
            try (var device = rig.volumes.store(record).openVolume(record.id())) {
                byte[] wrong = new byte[512];
                random.nextBytes(wrong);
                device.write(16384, Rig.direct(wrong));
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "refresh:pending",
                "refresh:base",
                "refresh:copied",
                "refresh:point",
                "refresh:committed"
            })
    void killedAnywhereTheQrvIsAtOnePointAndTheJobFinishes(String step) throws Exception {
        write(0, Rig.MIB);
        rig.qrv("db01", "db01-q1");
        byte[] old = rig.content("db01");
        write(100 << 10, 300 << 10);
        byte[] fresh = rig.content("db01");
        rig.steps.at(step);
        JobInfo job = rig.qrvs.refresh(Rig.ADMIN, "db01-q1");
        rig.steps.await();
        // what hosts write after the cut is in no point that the refresh was to reach, but may be
        // in that of a refresh which had not taken its snapshot
        byte[] atCrash = point();
        assertThat(atCrash).isEqualTo(step.equals("refresh:committed") ? fresh : old);
        rig.crash();
        assertThat(rig.ended(rig.jobs.show(job.id())).state()).isEqualTo(JobState.DONE);
        assertThat(point()).isEqualTo(fresh);
        assertThat(rig.qrvs.show("db01-q1").state()).isEqualTo(QrvState.READY);
        assertThat(rig.snapshotNames("db01")).hasSize(1);
        assertThat(rig.snapshotNames("db01-q1")).hasSize(1);
        assertThat(rig.jobs.show(job.id()).runs()).isEqualTo(2);
    }

    @Test
    void killedInTheFirstCopyTheJobGoesOnAndLeavesNoSecondVolume() throws Exception {
        write(0, Rig.MIB);
        rig.steps.at("refresh:copied");
        JobInfo job =
                rig.qrvs.create(
                        Rig.ADMIN,
                        new QrvService.Create(
                                "db01",
                                Optional.of("db01-q1"),
                                Optional.empty(),
                                Optional.empty()));
        rig.steps.await();
        rig.crash();
        rig.done(rig.jobs.show(job.id()));
        assertThat(point()).isEqualTo(rig.content("db01"));
        assertThat(rig.volumes.list(Optional.empty(), false)).hasSize(2);
    }

    @Test
    void cancelledCreationLeavesNothing() throws Exception {
        write(0, Rig.MIB);
        rig.mover.beforePiece =
                () -> {
                    try {
                        rig.jobs.cancel(Rig.ADMIN, rig.jobs.list(true, 1).getFirst().id());
                    } catch (ServiceException e) {
                        throw new IllegalStateException(e);
                    }
                };
        JobInfo job =
                rig.ended(
                        rig.qrvs.create(
                                Rig.ADMIN,
                                new QrvService.Create(
                                        "db01",
                                        Optional.of("db01-q1"),
                                        Optional.empty(),
                                        Optional.empty())));
        assertThat(job.state()).isEqualTo(JobState.CANCELLED);
        assertThat(rig.qrvs.list(false)).isEmpty();
        assertThat(rig.volumes.list(Optional.empty(), false)).hasSize(1);
        assertThat(rig.snapshotNames("db01")).isEmpty();
    }

    @Test
    void mountShowsThePointWhileARefreshMovesOn() throws Exception {
        write(0, Rig.MIB);
        rig.qrv("db01", "db01-q1");
        byte[] old = rig.content("db01");
        MountInfo mount =
                rig.qrvs.mount(
                        Rig.ADMIN, "db01-q1", "esx7", Optional.empty(), Optional.empty(), false);
        write(0, 8192);
        refresh();
        LogicalUnit shown = rig.presentation.unit(mount.unit()).orElseThrow();
        assertThat(shown.shape().writeProtected()).isTrue();
        assertThat(Rig.read(shown.device(), SIZE)).isEqualTo(old);
        assertThat(shown.identity()).isNotEqualTo(rig.unit("db01").identity());
        rig.qrvs.unmount(Rig.ADMIN, "db01-q1", "esx7");
        rig.snapshotService.prune();
        assertThat(rig.presentation.unit(mount.unit())).isEmpty();
        assertThat(rig.snapshotNames("db01-q1")).hasSize(1);
    }

    @Test
    void writableCloneOfThePointLeavesThePointAlone() throws Exception {
        write(0, Rig.MIB);
        rig.qrv("db01", "db01-q1");
        byte[] old = point();
        MountInfo mount =
                rig.qrvs.mount(
                        Rig.ADMIN, "db01-q1", "esx7", Optional.empty(), Optional.empty(), true);
        LogicalUnit clone = rig.presentation.unit(mount.unit()).orElseThrow();
        assertThat(Rig.write(clone, 0, new byte[4096])).isTrue();
        assertThat(point()).isEqualTo(old);
        rig.qrvs.unmount(Rig.ADMIN, "db01-q1", "esx7");
        assertThat(rig.volumes.list(Optional.empty(), false)).hasSize(2);
    }

    @Test
    void deletedQrvComesBackAndPurgedOneIsGone() throws Exception {
        write(0, Rig.MIB);
        rig.qrv("db01", "db01-q1");
        rig.qrvs.delete(Rig.ADMIN, "db01-q1");
        assertThatThrownBy(() -> rig.qrvs.refresh(Rig.ADMIN, "db01-q1"))
                .isInstanceOf(ServiceException.class)
                .hasMessageContaining("cannot be used");
        rig.qrvs.undelete(Rig.ADMIN, "db01-q1");
        refresh();
        rig.qrvs.purge(Rig.ADMIN, "db01-q1");
        assertThat(rig.qrvs.list(false)).isEmpty();
        assertThat(rig.volumes.list(Optional.empty(), false)).hasSize(1);
        assertThat(rig.snapshotNames("db01")).isEmpty();
    }

    @Test
    void primaryWithAQrvIsNotDeleted() throws Exception {
        rig.qrv("db01", "db01-q1");
        rig.luns.unmap(Rig.ADMIN, "db01", "esx7", Optional.empty(), false);
        assertThatThrownBy(() -> rig.volumes.bin(Duration.ofDays(1)).delete(Rig.ADMIN, "db01"))
                .isInstanceOfSatisfying(
                        ServiceException.class, e -> assertThat(e.why()).contains("db01-q1"));
    }

    @Test
    void grownPrimaryMakesTheQrvGrow() throws Exception {
        write(0, Rig.MIB);
        rig.qrv("db01", "db01-q1");
        rig.volumes.resize(Rig.ADMIN, "db01", 2L * SIZE);
        write(SIZE, 4096);
        refresh();
        assertThat(rig.qrvs.show("db01-q1").sizeBytes()).isEqualTo(2L * SIZE);
        assertThat(point()).isEqualTo(rig.content("db01"));
    }
}
