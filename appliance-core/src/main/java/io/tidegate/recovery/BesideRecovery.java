package io.tidegate.recovery;

import io.tidegate.block.ChangeStream;
import io.tidegate.block.DeviceException;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.ServiceException;
import io.tidegate.job.JobContext;
import io.tidegate.job.JobResult;
import io.tidegate.job.JobStoppedException;
import io.tidegate.recovery.RecoverService.Result;
import io.tidegate.recovery.RecoverService.Work;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.Snapshots;
import io.tidegate.volume.ActLocks;
import io.tidegate.volume.PoolInfo;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreFailures;
import io.tidegate.volume.VolumeBin;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeRows;
import io.tidegate.volume.VolumeSpec;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Copies a point into another volume, on its job's thread. */
final class BesideRecovery {

    private static final Logger log = LoggerFactory.getLogger(BesideRecovery.class);

    /**
     * What a run has done.
     *
     * @param volume the destination
     * @param made whether the job made it
     * @param safety name of its safety snapshot, empty for a new volume
     * @param offset everything below is durable
     */
    record Progress(String volume, boolean made, String safety, long offset) {}

    private final RecoveryParts parts;
    private final Catalog catalog;
    private final JobContext job;

    BesideRecovery(RecoveryParts parts, JobContext job) {
        this.parts = parts;
        this.catalog = parts.catalog();
        this.job = job;
    }

    JobResult run(Work work, VolumeRecord volume, SnapshotInfo source) throws Exception {
        String name = String.valueOf(work.to());
        Progress progress = destination(work, volume, source, name);
        VolumeRecord to = parts.volumes().find(progress.volume());
        boolean leave = false;
        try (ActLocks.Held held = parts.locks().hold(to.id(), "volume " + to.name(), "recover")) {
            JobResult result = copy(work, volume, source, to, progress);
            leave = true;
            return result;
        } catch (JobStoppedException e) {
            leave = true; // goes on after the restart
            throw e;
        } finally {
            if (!leave && progress.made()) {
                takeBack(to);
            }
        }
    }

    /** The volume to copy to: made, or checked and with its safety snapshot. */
    private Progress destination(Work work, VolumeRecord volume, SnapshotInfo source, String name)
            throws ServiceException {
        Optional<Progress> earlier = job.checkpoint(Progress.class);
        if (earlier.isPresent()) {
            return earlier.get();
        }
        job.phase("destination");
        Optional<VolumeRecord> there =
                catalog.<Optional<VolumeRecord>, RuntimeException>read(
                        handle -> VolumeRows.byName(handle, name));
        Progress progress =
                there.isPresent()
                        ? new Progress(name, false, safety(there.get()), 0)
                        : new Progress(make(work, volume, source, name), true, "", 0);
        job.checkpoint(progress);
        return progress;
    }

    private String make(Work work, VolumeRecord volume, SnapshotInfo source, String name)
            throws ServiceException {
        VolumeSpec spec =
                VolumeSpec.like(volume, name, work.pool() == null ? pool(volume) : work.pool())
                        .withSize(source.sizeBytes());
        return parts.volumes().create(job.request(), spec).name();
    }

    private String pool(VolumeRecord volume) throws ServiceException {
        return parts.pools().list().stream()
                .filter(info -> info.pool().id().equals(volume.pool()))
                .map((PoolInfo info) -> info.pool().name())
                .findFirst()
                .orElseThrow(() -> ServiceException.notFound("pool", volume.pool().toString()));
    }

    private String safety(VolumeRecord to) throws ServiceException {
        RecoverPlans.checkDestination(catalog, parts, to);
        return parts.snapshots()
                .take(
                        job.request(),
                        List.of(
                                new Snapshots.Member(
                                        SnapshotId.random(),
                                        to,
                                        InPlaceRecovery.safetyName(job.id().toString()),
                                        List.of(InPlaceRecovery.tag(job.id())))),
                        null,
                        "safety")
                .getFirst()
                .name();
    }

    private JobResult copy(
            Work work, VolumeRecord volume, SnapshotInfo source, VolumeRecord to, Progress progress)
            throws Exception {
        job.phase("copy");
        try (SnapshotDevice content = parts.snapshots().open(source);
                VolumeDevice device = parts.volumes().store(to).openVolume(to.id())) {
            Tally tally = Tally.of(changes(content, source, to, progress));
            Mover.Result moved =
                    Move.run(
                            parts.mover(),
                            job,
                            Mover.Order.copy(
                                            content,
                                            device,
                                            changes(content, source, to, progress),
                                            tally.changedBytes())
                                    .byReference(RecoverPlans.mayShare(volume, source)),
                            () -> false,
                            offset ->
                                    job.checkpoint(
                                            new Progress(
                                                    progress.volume(),
                                                    progress.made(),
                                                    progress.safety(),
                                                    offset)));
            parts.steps().reached("recover:copied");
            return JobResult.done(
                    new Result(
                            volume.name(),
                            work.source(),
                            to.name(),
                            source.taken().toString(),
                            progress.safety(),
                            false,
                            0,
                            tally.changedBytes(),
                            moved.copiedBytes() + moved.sharedBytes(),
                            moved.discardedBytes()));
        } catch (StoreException e) {
            throw StoreFailures.of(e, "volume " + to.name() + " is recovered in part");
        } catch (DeviceException e) {
            throw StoreFailures.of(e, "volume " + to.name() + " is recovered in part");
        }
    }

    /** A new volume reads as zeroes where nothing is copied; another one is discarded there. */
    private static ChangeStream changes(
            SnapshotDevice content, SnapshotInfo source, VolumeRecord to, Progress progress) {
        return progress.made()
                ? new FullContent(content, progress.offset(), source.sizeBytes(), false)
                : new ContentOf(
                        new OneChange(progress.offset(), to.sizeBytes()),
                        content,
                        source.sizeBytes());
    }

    private void takeBack(VolumeRecord made) {
        VolumeBin bin = parts.volumes().bin(parts.binGrace());
        try {
            bin.delete(job.request(), made.name());
            bin.purge(job.request(), made.name());
        } catch (ServiceException e) {
            log.warn("volume {} is recovered in part and stays: {}", made.name(), e.why());
        }
    }
}
