package io.tidegate.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidegate.catalog.ServiceException;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LunSpec;
import io.tidegate.snapshot.MountInfo;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.SnapshotService;
import io.tidegate.snapshot.SnapshotState;
import io.tidegate.volume.VolumeSpec;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotServiceTest {

    private static final int SIZE = Rig.MIB;

    @TempDir Path dir;
    private Rig rig;

    @BeforeEach
    void open() throws Exception {
        rig = new Rig(dir);
        rig.volume("db01", SIZE);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private List<SnapshotInfo> take(String name, String... volumes) throws ServiceException {
        return rig.snapshotService.create(
                Rig.ADMIN,
                new SnapshotService.Create(
                        List.of(volumes), Optional.of(name), Optional.empty(), ""));
    }

    private void write(long offset, byte value, int length) throws Exception {
        byte[] bytes = new byte[length];
        java.util.Arrays.fill(bytes, value);
        assertThat(Rig.write(rig.unit("db01"), offset, bytes)).isTrue();
    }

    @Test
    void showsTheVolumeAsItWas() throws Exception {
        write(0, (byte) 1, 8192);
        byte[] then = rig.content("db01");
        SnapshotInfo taken = take("one", "db01").getFirst();
        write(0, (byte) 2, 8192);
        assertThat(taken.name()).isEqualTo("db01@one");
        assertThat(taken.state()).isEqualTo(SnapshotState.READY);
        assertThat(rig.snapshot("db01@one")).isEqualTo(then);
        assertThatThrownBy(() -> take("one", "db01"))
                .isInstanceOfSatisfying(
                        ServiceException.class,
                        e -> assertThat(e.code()).isEqualTo(ServiceException.Code.CONFLICT));
    }

    @Test
    void setOverTwoPoolsIsCutAtOneInstantUnderLoad() throws Exception {
        rig.volumes.create(Rig.ADMIN, VolumeSpec.of("log", "capacity", SIZE));
        rig.luns.map(Rig.ADMIN, "log", LunSpec.to("esx7", false));
        AtomicBoolean stop = new AtomicBoolean();
        CountDownLatch running = new CountDownLatch(1);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        LogicalUnit log = rig.unit("log");
        LogicalUnit data = rig.unit("db01");
        Thread writer =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    try {
                                        for (long n = 1; !stop.get(); n++) {
                                            put(log, n); // log first, as a database does
                                            put(data, n);
                                            running.countDown();
                                        }
                                    } catch (Throwable e) {
                                        failure.set(e);
                                    }
                                });
        running.await();
        for (int i = 0; i < 10; i++) {
            take("set" + i, "db01", "log");
            long logged = first(rig.snapshot("log@set" + i));
            long applied = first(rig.snapshot("db01@set" + i));
            // never data without its log, and at most the one write that was between the two
            assertThat(logged - applied).isBetween(0L, 1L);
        }
        stop.set(true);
        writer.join();
        assertThat(failure.get()).isNull();
        assertThat(data.state()).isEqualTo(LogicalUnit.State.OPEN);
    }

    private static void put(LogicalUnit unit, long n) throws Exception {
        byte[] block = new byte[512];
        ByteBuffer.wrap(block).putLong(n);
        while (!Rig.write(unit, 0, block)) {
            CountDownLatch opened = new CountDownLatch(1);
            unit.park(opened::countDown);
            opened.await();
        }
    }

    private static long first(byte[] content) {
        return ByteBuffer.wrap(content).getLong();
    }

    @Test
    void setThatIsNotDrainedInTimeLeavesNothingAndOpensTheGates() throws Exception {
        rig.volumes.create(Rig.ADMIN, VolumeSpec.of("log", "capacity", SIZE));
        rig.gateLimit = Duration.ofMillis(300);
        rig.close();
        rig.open();
        LogicalUnit.Entry stuck = Rig.enter(rig.unit("db01"));
        assertThatThrownBy(() -> take("set", "db01", "log"))
                .isInstanceOfSatisfying(
                        ServiceException.class,
                        e -> assertThat(e.code()).isEqualTo(ServiceException.Code.BUSY));
        stuck.exit();
        assertThat(rig.unit("db01").state()).isEqualTo(LogicalUnit.State.OPEN);
        assertThat(rig.snapshotNames("db01")).isEmpty();
        assertThat(rig.store("fast").snapshots(rig.volumes.find("db01").id())).isEmpty();
        assertThat(take("set", "db01", "log")).hasSize(2);
    }

    @Test
    void setOfWhichOnePoolFailsLeavesNothing() throws Exception {
        rig.volumes.create(Rig.ADMIN, VolumeSpec.of("log", "capacity", SIZE));
        rig.store("capacity").beforeSnapshot =
                () -> {
                    throw new IllegalStateException("the pool has a bug");
                };
        assertThatThrownBy(() -> take("set", "db01", "log"))
                .isInstanceOf(IllegalStateException.class);
        rig.store("capacity").beforeSnapshot = () -> {};
        assertThat(rig.unit("db01").state()).isEqualTo(LogicalUnit.State.OPEN);
        rig.crash();
        assertThat(rig.snapshotNames("db01")).isEmpty();
        assertThat(rig.store("fast").snapshots(rig.volumes.find("db01").id())).isEmpty();
        assertThat(take("set", "db01", "log")).hasSize(2);
    }

    @Test
    void binGivesBackUntilItsGraceIsOver() throws Exception {
        take("one", "db01");
        rig.snapshotService.delete(Rig.ADMIN, "db01@one");
        assertThat(rig.snapshotNames("db01")).isEmpty();
        rig.snapshotService.undelete(Rig.ADMIN, "db01@one");
        assertThat(rig.snapshotNames("db01")).hasSize(1);
        rig.snapshotService.delete(Rig.ADMIN, "db01@one");
        assertThat(rig.snapshotService.prune()).isZero();
        rig.clock.forward(Duration.ofHours(25));
        assertThat(rig.snapshotService.prune()).isEqualTo(1);
        assertThat(rig.snapshotService.show("db01@one").state()).isEqualTo(SnapshotState.DESTROYED);
        assertThat(rig.store("fast").snapshots(rig.volumes.find("db01").id())).isEmpty();
        assertThat(take("one", "db01")).hasSize(1);
    }

    @Test
    void retentionEndsASnapshotThatNobodyHolds() throws Exception {
        rig.snapshotService.create(
                Rig.ADMIN,
                new SnapshotService.Create(
                        List.of("db01"),
                        Optional.of("short"),
                        Optional.of(Duration.ofHours(1)),
                        ""));
        rig.snapshotService.mount(
                Rig.ADMIN, "db01@short", "esx7", Optional.empty(), Optional.empty(), false);
        rig.clock.forward(Duration.ofHours(2));
        assertThat(rig.snapshotService.prune()).isZero();
        assertThatThrownBy(() -> rig.snapshotService.delete(Rig.ADMIN, "db01@short"))
                .isInstanceOfSatisfying(
                        ServiceException.class, e -> assertThat(e.why()).contains("mount:esx7"));
        rig.snapshotService.unmount(Rig.ADMIN, "db01@short", "esx7");
        assertThat(rig.snapshotService.prune()).isEqualTo(1);
    }

    @Test
    void mountedSnapshotOutlivesARestartUnderItsOwnIdentity() throws Exception {
        write(0, (byte) 3, 4096);
        byte[] then = rig.content("db01");
        take("one", "db01");
        write(0, (byte) 4, 4096);
        MountInfo mount =
                rig.snapshotService.mount(
                        Rig.ADMIN, "db01@one", "esx7", Optional.empty(), Optional.empty(), false);
        rig.crash();
        LogicalUnit unit = rig.presentation.unit(mount.unit()).orElseThrow();
        assertThat(Rig.read(unit.device(), SIZE)).isEqualTo(then);
        assertThat(unit.shape().writeProtected()).isTrue();
        assertThat(rig.snapshotService.mounts()).containsExactly(mount);
    }

    @Test
    void differenceNamesWrittenAndDiscardedRanges() throws Exception {
        write(0, (byte) 1, 16384);
        take("a", "db01");
        write(4096, (byte) 2, 4096);
        var entry = Rig.enter(rig.unit("db01"));
        ((io.tidegate.block.Discardable) entry.device()).discard(8192, 4096);
        entry.exit();
        take("b", "db01");
        SnapshotService.Difference diff = rig.snapshotService.diff("db01@a", "db01@b", 1, 0);
        assertThat(diff.writtenBytes()).isEqualTo(4096);
        assertThat(diff.discardedBytes()).isEqualTo(4096);
        assertThat(diff.first()).hasSize(1);
        assertThatThrownBy(() -> rig.snapshotService.diff("db01@b", "db01@a", 1, 0))
                .isInstanceOf(ServiceException.class);
    }

    @Test
    void listAtATimeGivesTheNewestBefore() throws Exception {
        take("a", "db01");
        rig.clock.forward(Duration.ofHours(1));
        var between = rig.clock.instant();
        rig.clock.forward(Duration.ofHours(1));
        take("b", "db01");
        assertThat(
                        rig.snapshotService.list(
                                new SnapshotService.Query(
                                        Optional.of("db01"), Optional.of(between), false)))
                .extracting(SnapshotInfo::name)
                .containsExactly("db01@a");
    }
}
