package io.tidegate.recovery;

import io.tidegate.block.ChangeStream;
import io.tidegate.block.DeviceException;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.CatalogException;
import io.tidegate.catalog.ServiceException;
import io.tidegate.job.JobCancelledException;
import io.tidegate.job.JobContext;
import io.tidegate.job.JobId;
import io.tidegate.job.JobResult;
import io.tidegate.job.JobStoppedException;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LunListener.UnitChange;
import io.tidegate.presentation.UnitRecord;
import io.tidegate.presentation.UnitRows;
import io.tidegate.recovery.RecoverService.Result;
import io.tidegate.recovery.RecoverService.Work;
import io.tidegate.snapshot.Gates;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.Snapshots;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreFailures;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a volume back in place, on its job's thread: gate closed and drained, safety snapshot,
 * unit held under a new generation, changed blocks copied, unit opened (or left held until the
 * operator says that hosts are stopped).
 *
 * <p>Commands that do not end are never abandoned here: their writes would land on the recovered
 * content, so the recovery is given up instead. From the hold on a crash leaves the unit held, and
 * the job goes on after the restart.
 */
final class InPlaceRecovery {

    private static final Logger log = LoggerFactory.getLogger(InPlaceRecovery.class);
    private static final Duration RESERVE = Duration.ofMillis(500);

    /** Where a cut-off copy goes on. */
    record Resume(String recovery, long offset) {}

    private final RecoveryParts parts;
    private final Catalog catalog;
    private final Units units;
    private final JobContext job;
    private Tally tally = new Tally(0, 0, 0);
    private Mover.Result moved = Mover.Result.NOTHING;

    InPlaceRecovery(RecoveryParts parts, Units units, JobContext job) {
        this.parts = parts;
        this.catalog = parts.catalog();
        this.units = units;
        this.job = job;
    }

    /** The reason under which a recovery's safety snapshot is held. */
    static String tag(JobId job) {
        return Snapshots.SAFETY + "recover-" + job;
    }

    static String safetyName(String job) {
        return "before-recover-" + job;
    }

    /**
     * @param live a recovery that this volume is in the middle of; this one takes over from it
     */
    JobResult run(Work work, VolumeRecord volume, SnapshotInfo source, Optional<RecoveryRow> live)
            throws Exception {
        Optional<RecoveryRow> own =
                catalog.<Optional<RecoveryRow>, RuntimeException>read(
                                handle -> RecoveryRow.byJob(handle, job.id()))
                        .filter(row -> row.state().begun());
        if (own.isEmpty() && job.restarted()) {
            throw ServiceException.conflict(
                    "volume " + volume.name() + " is not recovered",
                    "the appliance was restarted before anything was changed",
                    "repeat, when the hosts are as you think");
        }
        long began = System.nanoTime();
        RecoveryRow row = own.isPresent() ? own.get() : begin(work, volume, source, live);
        if (row.state() == RecoveryRow.State.COPYING) {
            copy(row, volume, source);
            finish(row, volume);
        }
        return report(row.id(), source, (System.nanoTime() - began) / 1e6);
    }

    private RecoveryRow begin(
            Work work, VolumeRecord volume, SnapshotInfo source, Optional<RecoveryRow> live)
            throws ServiceException, JobCancelledException, JobStoppedException {
        UnitRecord unit =
                catalog.<Optional<UnitRecord>, RuntimeException>read(
                                handle -> UnitRows.ofVolume(handle, volume.id()))
                        .orElseThrow(
                                () -> new IllegalStateException("no unit of " + volume.name()));
        RecoveryRow row =
                new RecoveryRow(
                        UUID.randomUUID(),
                        job.id(),
                        unit.id(),
                        volume.id(),
                        work.source(),
                        source.id(),
                        RecoveryRow.State.PREPARING,
                        SnapshotId.random(),
                        work.hostsStopped());
        boolean begun = false;
        job.phase("hold");
        try (Gates.Closed gate = parts.gates().close(units.find(unit.id()).stream().toList())) {
            drain(gate, volume);
            intend(row, source, live);
            safetySnapshot(row, volume);
            job.check();
            if (!gate.disarm()) {
                throw late(volume, "the gate's time was over before the hold");
            }
            hold(row, volume);
            begun = true;
            gate.leaveClosed();
            units.follow(row.unit(), row.volume(), Set.of(UnitChange.RESERVATION_CLEARED));
        } finally {
            if (!begun) {
                takeBack(row, live);
            }
        }
        reached("recover:held");
        return find(row.id());
    }

    private void drain(Gates.Closed gate, VolumeRecord volume) throws ServiceException {
        if (!gate.awaitDrained(gate.left().minus(RESERVE))) {
            throw late(volume, "writes under way did not end in time");
        }
        reached("recover:drained");
    }

    private static ServiceException late(VolumeRecord volume, String why) {
        return ServiceException.busy(
                "volume " + volume.name() + " is not recovered; nothing has changed",
                why,
                "repeat when there are fewer writes");
    }

    private void intend(RecoveryRow row, SnapshotInfo source, Optional<RecoveryRow> live) {
        catalog.<Object, RuntimeException>housekeeping(
                tx -> {
                    // what the other one began is in its safety snapshot and in ours
                    live.ifPresent(
                            other ->
                                    RecoveryRow.setState(
                                            tx.handle(),
                                            other.id(),
                                            RecoveryRow.State.GIVEN_UP,
                                            tx.nowMillis()));
                    RecoveryRow.insert(tx.handle(), row, tx.nowMillis());
                    Snapshots.hold(tx, source.id(), using());
                    return row;
                });
    }

    private String using() {
        return "recover:" + job.id();
    }

    private void safetySnapshot(RecoveryRow row, VolumeRecord volume) throws ServiceException {
        parts.snapshots()
                .take(
                        job.request(),
                        List.of(
                                new Snapshots.Member(
                                        row.safety(),
                                        volume,
                                        safetyName(job.id().toString()),
                                        List.of(tag(job.id())))),
                        null,
                        "safety");
        reached("recover:safety");
    }

    private void hold(RecoveryRow row, VolumeRecord volume) throws ServiceException {
        catalog.<Object, ServiceException>change(
                job.request(),
                "volume:" + volume.name(),
                tx -> {
                    long generation = UnitRows.nextGeneration(tx, row.unit(), true);
                    RecoveryRow.setState(
                            tx.handle(), row.id(), RecoveryRow.State.COPYING, tx.nowMillis());
                    tx.note("source", row.source()).note("generation", generation);
                    return row;
                });
    }

    private void copy(RecoveryRow row, VolumeRecord volume, SnapshotInfo source)
            throws ServiceException, JobCancelledException, JobStoppedException {
        job.phase("copy changes");
        long from =
                job.checkpoint(Resume.class)
                        .filter(resume -> resume.recovery().equals(row.id().toString()))
                        .map(Resume::offset)
                        .orElse(0L);
        try (SnapshotDevice content = parts.snapshots().open(source);
                VolumeDevice device = parts.volumes().store(volume).openVolume(volume.id())) {
            tally = Tally.of(changes(row, volume, source, content, from));
            moved =
                    Move.run(
                            parts.mover(),
                            job,
                            Mover.Order.copy(
                                            content,
                                            device,
                                            changes(row, volume, source, content, from),
                                            tally.changedBytes())
                                    .byReference(RecoverPlans.mayShare(volume, source)),
                            () -> false,
                            offset -> job.checkpoint(new Resume(row.id().toString(), offset)));
        } catch (StoreException e) {
            throw StoreFailures.of(e, halfWay(volume));
        } catch (DeviceException e) {
            throw StoreFailures.of(e, halfWay(volume));
        }
        reached("recover:copied");
    }

    private String halfWay(VolumeRecord volume) {
        return "volume "
                + volume.name()
                + " is recovered in part and stays held (job retry, or recover undo "
                + job.id()
                + ")";
    }

    /** What differs between the point and the volume as it was, as the point has it. */
    private ChangeStream changes(
            RecoveryRow row,
            VolumeRecord volume,
            SnapshotInfo source,
            SnapshotDevice content,
            long from)
            throws ServiceException, StoreException {
        Optional<SnapshotInfo> common = RecoverPlans.common(catalog, parts, volume, source);
        ChangeStream ranges =
                common.isPresent()
                        ? parts.volumes().store(volume).diff(common.get().id(), row.safety(), from)
                        : new OneChange(from, volume.sizeBytes());
        return new ContentOf(ranges, content, source.sizeBytes());
    }

    private void finish(RecoveryRow row, VolumeRecord volume) throws ServiceException {
        boolean open = row.hostsStopped();
        catalog.<Object, RuntimeException>change(
                job.request(),
                "volume:" + volume.name(),
                tx -> {
                    if (open) {
                        UnitRows.nextGeneration(tx, row.unit(), false);
                    }
                    RecoveryRow.setState(
                            tx.handle(),
                            row.id(),
                            open ? RecoveryRow.State.OPEN : RecoveryRow.State.HELD,
                            tx.nowMillis());
                    Snapshots.release(tx, row.sourceSnapshot(), using());
                    tx.note("recoveredTo", row.source()).note("held", !open);
                    return row;
                });
        reached("recover:finished");
        if (open) {
            units.follow(row.unit(), row.volume(), Set.of(UnitChange.MEDIUM));
        }
    }

    /** Nothing was touched: a recovery that this one took over from is what it was. */
    private void takeBack(RecoveryRow row, Optional<RecoveryRow> live) {
        try {
            catalog.<Object, RuntimeException>housekeeping(
                    tx -> {
                        Optional<RecoveryRow> now = RecoveryRow.find(tx.handle(), row.id());
                        if (now.isPresent() && !now.get().state().begun()) {
                            RecoverService.giveUp(tx, now.get());
                            Snapshots.release(tx, row.sourceSnapshot(), using());
                            live.ifPresent(
                                    other ->
                                            RecoveryRow.setState(
                                                    tx.handle(),
                                                    other.id(),
                                                    other.state(),
                                                    tx.nowMillis()));
                        }
                        return row;
                    });
            parts.snapshots().prune();
        } catch (CatalogException e) {
            log.error("recovery {} is taken back at the next start", row.id(), e);
        }
    }

    JobResult report(UUID id, SnapshotInfo source) {
        return report(id, source, 0);
    }

    private JobResult report(UUID id, SnapshotInfo source, double millis) {
        RecoveryRow row = find(id);
        String volume =
                units.find(row.unit()).map(LogicalUnit::name).orElse(row.volume().toString());
        boolean held = row.state() == RecoveryRow.State.HELD;
        Result result =
                new Result(
                        volume,
                        row.source(),
                        volume,
                        source.taken().toString(),
                        parts.snapshots().find(row.safety()).map(SnapshotInfo::name).orElse("-"),
                        held,
                        millis,
                        tally.changedBytes(),
                        moved.copiedBytes() + moved.sharedBytes(),
                        moved.discardedBytes());
        return held ? JobResult.partly(result) : JobResult.done(result);
    }

    private RecoveryRow find(UUID id) {
        return catalog.<Optional<RecoveryRow>, RuntimeException>read(
                        handle -> RecoveryRow.find(handle, id))
                .orElseThrow(() -> new IllegalStateException("no recovery " + id));
    }

    private void reached(String step) {
        parts.steps().reached(step);
    }
}
