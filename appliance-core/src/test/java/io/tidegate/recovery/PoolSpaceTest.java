package io.tidegate.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.ServiceException.Code;
import io.tidegate.event.Event;
import io.tidegate.event.Event.Severity;
import io.tidegate.job.JobInfo;
import io.tidegate.job.JobState;
import io.tidegate.snapshot.SnapshotService;
import io.tidegate.volume.PoolSpec;
import io.tidegate.volume.PoolThresholds;
import io.tidegate.volume.PoolTier;
import io.tidegate.volume.VolumeSpace;
import io.tidegate.volume.VolumeSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of pools that fill up, and of volumes that may not meet that. */
class PoolSpaceTest {

    private static final long SIZE = 4L * Rig.MIB;

    @TempDir Path dir;
    private Rig rig;

    @BeforeEach
    void open() {
        rig = new Rig(dir);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private void used(String pool, int percent) {
        rig.store(pool).usedPercent = percent;
        rig.watch.look();
    }

    private List<String> events() {
        return rig.events.newest(100).reversed().stream()
                .filter(e -> e.object().equals("pool:fast"))
                .map(e -> e.severity() + " " + e.message())
                .toList();
    }

    private List<Severity> severities() {
        return rig.events.newest(100).reversed().stream().map(Event::severity).toList();
    }

    private static ServiceException refused(ThrowingCallable act) {
        ServiceException[] caught = new ServiceException[1];
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(act)
                .satisfies(e -> caught[0] = e);
        return caught[0];
    }

    private void snapshot(String volume, String name) throws ServiceException {
        rig.snapshotService.create(
                Rig.ADMIN,
                new SnapshotService.Create(
                        List.of(volume), Optional.of(name), Optional.empty(), ""));
    }

    @Test
    void eachCrossingIsToldOnceAndOnlyWellBelowAgain() {
        used("fast", 74);
        assertThat(events()).isEmpty();
        used("fast", 75);
        used("fast", 76);
        used("fast", 74); // not yet below by two points
        used("fast", 75);
        assertThat(severities()).containsExactly(Severity.WARNING);
        used("fast", 85);
        used("fast", 95);
        used("fast", 94);
        assertThat(severities()).containsExactly(Severity.WARNING, Severity.ERROR, Severity.ERROR);
        assertThat(events().getLast()).contains("95 % full", "are refused", "pool grow");
        used("fast", 84);
        assertThat(events().getLast()).startsWith("INFO").contains("below 95 % again");
        used("fast", 73);
        assertThat(events().getLast()).startsWith("INFO").contains("room enough");
        used("fast", 90); // over two at once: one event, the graver one
        assertThat(events()).hasSize(6);
        assertThat(events().getLast()).startsWith("ERROR the pool is 90 % full");
    }

    @Test
    void aRestartTellsNothingTwice() {
        used("fast", 80);
        rig.store("fast").readOnly = "a sync failed";
        rig.watch.look();
        assertThat(events()).hasSize(2);
        assertThat(events().getLast()).startsWith("ERROR the pool takes no writes: a sync failed");
        rig.crash();
        rig.watch.look();
        assertThat(events()).hasSize(2);
        rig.store("fast").readOnly = null;
        rig.watch.look();
        assertThat(events()).hasSize(3);
        assertThat(events().getLast()).isEqualTo("INFO the pool takes writes again");
    }

    @Test
    void hostsHearOfItOnceForEachCrossingOnThinLunsOfThePool() throws Exception {
        rig.volume("db01", SIZE);
        rig.volumes.create(Rig.ADMIN, thick("db02", "fast"));
        rig.volumes.create(Rig.ADMIN, VolumeSpec.of("far", "capacity", SIZE));
        used("fast", 75);
        used("fast", 90);
        used("fast", 97);
        assertThat(rig.told).containsExactly("db01 THIN_THRESHOLD OPEN");
        used("fast", 50);
        used("fast", 96); // all thresholds at once
        assertThat(rig.told)
                .containsExactly("db01 THIN_THRESHOLD OPEN", "db01 THIN_THRESHOLD OPEN");
    }

    @Test
    void aFullPoolRefusesWhatIsNewAndSaysWhatGivesSpaceBack() throws Exception {
        rig.volume("db01", SIZE);
        snapshot("db01", "before");
        rig.qrv("db01", "db01-q1");
        rig.store("fast").usedPercent = 95;
        ServiceException volume =
                refused(() -> rig.volumes.create(Rig.ADMIN, VolumeSpec.of("x", "fast", SIZE)));
        assertThat(volume.code()).isEqualTo(Code.NO_SPACE);
        assertThat(volume.why()).contains("pool fast is 95 % full");
        assertThat(String.join("\n", volume.fixes()))
                .contains("snapshot purge", "volume purge", "pool grow fast");
        assertThat(refused(() -> snapshot("db01", "new")).code()).isEqualTo(Code.NO_SPACE);
        assertThat(
                        refused(
                                        () ->
                                                rig.snapshotService.mount(
                                                        Rig.ADMIN,
                                                        "db01@before",
                                                        "esx7",
                                                        Optional.empty(),
                                                        Optional.empty(),
                                                        true))
                                .code())
                .isEqualTo(Code.NO_SPACE);
        assertThat(
                        refused(
                                        () ->
                                                rig.qrvs.create(
                                                        Rig.ADMIN,
                                                        new QrvService.Create(
                                                                "db01",
                                                                Optional.empty(),
                                                                Optional.of("capacity"),
                                                                Optional.empty())))
                                .code())
                .isEqualTo(Code.NO_SPACE);
        JobInfo refresh = rig.ended(rig.qrvs.refresh(Rig.ADMIN, "db01-q1"));
        assertThat(refresh.state()).isEqualTo(JobState.FAILED);
        assertThat(refresh.failure().orElseThrow().code()).isEqualTo("NO_SPACE");
        assertThat(refresh.failure().orElseThrow().why()).contains("pool fast is 95 % full");

        rig.store("fast").usedPercent = 94;
        snapshot("db01", "new");
        rig.store("capacity").usedPercent = 95; // where the QRV is
        assertThat(rig.ended(rig.qrvs.refresh(Rig.ADMIN, "db01-q1")).state())
                .isEqualTo(JobState.FAILED);
        rig.store("capacity").usedPercent = 0;
        rig.done(rig.qrvs.refresh(Rig.ADMIN, "db01-q1"));
    }

    @Test
    void aPromotionIsAWayOutOfAFullPool() throws Exception {
        rig.volume("db01", SIZE);
        rig.qrv("db01", "db01-q1");
        rig.store("fast").usedPercent = 99;
        JobInfo promoted = rig.promote("db01-q1", PromotionService.Mode.PLANNED, true);
        assertThat(promoted.state()).as("%s", promoted.failure()).isEqualTo(JobState.DONE);
    }

    @Test
    void thresholdsAreSetAndKept() throws Exception {
        rig.pools.setThresholds(Rig.ADMIN, "fast", new PoolThresholds(10, 20, 30));
        rig.crash();
        assertThat(rig.pools.find("fast").thresholds()).isEqualTo(new PoolThresholds(10, 20, 30));
        assertThat(rig.pools.find("capacity").thresholds()).isEqualTo(PoolThresholds.DEFAULT);
        used("fast", 10);
        assertThat(severities()).containsExactly(Severity.WARNING);
        rig.store("fast").usedPercent = 30;
        assertThat(refused(() -> rig.volume("db01", SIZE)).code()).isEqualTo(Code.NO_SPACE);
        for (int[] wrong : new int[][] {{0, 1, 2}, {5, 5, 6}, {5, 7, 6}, {90, 95, 101}}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new PoolThresholds(wrong[0], wrong[1], wrong[2]));
        }
    }

    @Test
    void aPoolGrowsAndItsRowFollowsAfterACut() throws Exception {
        long size = rig.store("fast").total;
        assertThat(rig.pools.find("fast").sizeBytes()).isEqualTo(size);
        rig.pools.grow(Rig.ADMIN, "fast", 2 * size);
        assertThat(rig.pools.find("fast").sizeBytes()).isEqualTo(2 * size);
        rig.pools.grow(Rig.ADMIN, "fast", 2 * size); // again: nothing to do
        assertThat(refused(() -> rig.pools.grow(Rig.ADMIN, "fast", size)).code())
                .isEqualTo(Code.INVALID);

        rig.store("fast").grow(3 * size); // as if cut off before the row
        assertThat(rig.pools.find("fast").sizeBytes()).isEqualTo(2 * size);
        rig.crash();
        assertThat(rig.pools.find("fast").sizeBytes()).isEqualTo(3 * size);
    }

    @Test
    void devicesAreKeptInOrderAndBelongToOnePool() throws Exception {
        List<Path> devices = List.of(Path.of("/dev/zz"), Path.of("/dev/aa"));
        PoolSpec spec =
                PoolSpec.of("raw", PoolTier.CAPACITY, dir.resolve("raw"), 0)
                        .withDevices(devices)
                        .withChecksums(false);
        rig.pools.create(Rig.ADMIN, spec);
        assertThat(rig.pools.find("raw").devices()).isEqualTo(devices);
        assertThat(rig.pools.find("raw").checksums()).isFalse();
        assertThat(rig.pools.find("raw").sizeBytes()).isEqualTo(rig.store("raw").total);
        PoolSpec other = PoolSpec.of("raw2", PoolTier.FAST, dir.resolve("raw2"), 1L << 30);
        assertThat(
                        refused(
                                        () ->
                                                rig.pools.create(
                                                        Rig.ADMIN,
                                                        other.withDevices(
                                                                List.of(Path.of("/dev/aa")))))
                                .why())
                .contains("/dev/aa is a device of another pool");
        assertThat(
                        refused(
                                        () ->
                                                rig.pools.create(
                                                        Rig.ADMIN,
                                                        PoolSpec.of(
                                                                "no",
                                                                PoolTier.FAST,
                                                                dir.resolve("no"),
                                                                0)))
                                .code())
                .isEqualTo(Code.INVALID);
    }

    private static VolumeSpec thick(String name, String pool) {
        return new VolumeSpec(name, pool, SIZE, 512, 4096, 0, false, true, false, false, "");
    }

    @Test
    void thickVolumesHaveSpaceSetAsideTheirReplicasAndClonesHaveNot() throws Exception {
        var thick = rig.volumes.create(Rig.ADMIN, thick("db01", "fast"));
        var thin = rig.volumes.create(Rig.ADMIN, VolumeSpec.of("db02", "fast", SIZE));
        assertThat(rig.store("fast").reserved).containsExactly(thick.id());
        assertThat(thin.thin()).isTrue();
        snapshot("db01", "first");
        rig.snapshotService.mount(
                Rig.ADMIN, "db01@first", "esx7", Optional.empty(), Optional.empty(), true);
        assertThat(rig.store("fast").reserved).containsExactly(thick.id());
        assertThat(rig.volumes.list(Optional.of("fast"), false))
                .filteredOn(v -> !v.volume().thin())
                .extracting(v -> v.volume().name())
                .containsExactly("db01"); // the clone is thin, whatever its origin is
        assertThat(
                        rig.qrvs
                                .planCreate(
                                        new QrvService.Create(
                                                "db01",
                                                Optional.empty(),
                                                Optional.empty(),
                                                Optional.empty()))
                                .warnings())
                .anyMatch(w -> w.contains("has space set aside"));
        rig.qrv("db01", "db01-q1");
        assertThat(rig.store("capacity").reserved).isEmpty();
        assertThat(rig.volumes.find("db01-q1").thin()).isTrue();
    }

    @Test
    void theLargestVolumesComeFirst() throws Exception {
        rig.volume("small", SIZE);
        rig.volume("large", SIZE);
        Rig.write(rig.unit("large"), 0, new byte[65536]);
        Rig.write(rig.unit("small"), 0, new byte[4096]);
        assertThat(rig.pools.spaces(rig.pools.find("fast")))
                .extracting(s -> s.volume().name())
                .containsExactly("large", "small");
        assertThat(rig.pools.spaces(rig.pools.find("fast")).getFirst())
                .extracting(VolumeSpace::heldBytes)
                .isEqualTo(65536L);
    }
}
