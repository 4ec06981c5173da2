package io.tidegate.recovery;

import io.tidegate.block.ChangeStream;
import io.tidegate.block.DeviceException;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.ServiceException;
import io.tidegate.job.JobCancelledException;
import io.tidegate.job.JobContext;
import io.tidegate.job.JobStoppedException;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.Snapshots;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreFailures;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeRows;
import io.tidegate.volume.VolumeService;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a QRV from one point to the next.
 *
 * <pre>
 *   1  row: pending base            the QRV is at its old point until step 5
 *   2  snapshot of the source       = pending base
 *   3  changed blocks to the QRV's volume, flushed
 *   4  snapshot of that volume      = pending point
 *   5  one transaction: base and point are the pending ones, the old ones are let go
 * </pre>
 *
 * <p>Cut off anywhere, the old point is whole, and the next round goes on with the same pending
 * base, or {@link #revert} takes the volume back to its point. Of job threads, one for each QRV at
 * a time.
 */
final class Refresher {

    private static final Logger log = LoggerFactory.getLogger(Refresher.class);

    /** Label of snapshots that a refresh made, and may so destroy. */
    static final String OWN = "qrv";

    /** Where a cut-off copy goes on: everything below is durable for this base. */
    record Resume(String pendingBase, long offset) {}

    /**
     * What a round did.
     *
     * @param complete false when it was too late; the QRV is at its old point then
     */
    record Round(boolean complete, long changed, long moved, long discarded, String engine) {}

    private final Catalog catalog;
    private final VolumeService volumes;
    private final Snapshots snapshots;
    private final Mover mover;
    private final Steps steps;

    /** Change counts of sources, read before a base was taken; only for this run. */
    private final Map<SnapshotId, Long> countAtBase = new ConcurrentHashMap<>();

    Refresher(RecoveryParts parts) {
        this.catalog = parts.catalog();
        this.volumes = parts.volumes();
        this.snapshots = parts.snapshots();
        this.mover = parts.mover();
        this.steps = parts.steps();
    }

    /**
     * Does one round, or finishes the one that was cut off.
     *
     * @param late ends the copying early when it says true
     */
    Round round(JobContext job, QrvId id, BooleanSupplier late)
            throws ServiceException, JobCancelledException, JobStoppedException {
        QrvRow qrv = row(id);
        boolean fresh = qrv.state() == QrvState.CREATING && !job.restarted();
        SnapshotInfo base = pendingBase(job, qrv);
        try {
            Copied copied = copy(job, row(id), base, fresh, late);
            if (!copied.moved().complete()) {
                return new Round(false, 0, copied.moved().copiedBytes(), 0, "");
            }
            steps.reached("refresh:copied");
            return commit(job, row(id), base, copied);
        } catch (DeviceException e) {
            throw StoreFailures.of(e, "QRV " + qrv.name() + " is not refreshed");
        } catch (StoreException e) {
            throw StoreFailures.of(e, "QRV " + qrv.name() + " is not refreshed");
        }
    }

    /** The snapshot that this round goes to: one that is there already, or a new one. */
    private SnapshotInfo pendingBase(JobContext job, QrvRow qrv) throws ServiceException {
        Optional<SnapshotInfo> there = qrv.pendingBase().flatMap(snapshots::ready);
        if (there.isPresent()) {
            return there.get();
        }
        admit(qrv);
        SnapshotId id = SnapshotId.random();
        long sequence = qrv.sequence() + 1;
        catalog.<Object, RuntimeException>housekeeping(
                tx -> {
                    QrvRows.setPending(tx.handle(), qrv.id(), id, null, sequence);
                    if (qrv.state() == QrvState.READY) {
                        QrvRows.setState(tx.handle(), qrv.id(), QrvState.REFRESHING);
                    }
                    return id;
                });
        steps.reached("refresh:pending");
        VolumeRecord source = volumes.find(qrv.source());
        countAtBase.put(id, changeCount(source));
        SnapshotInfo base = take(job, id, source, qrv.name() + "." + sequence, qrv.holdReason());
        steps.reached("refresh:base");
        return base;
    }

    /**
     * A round that has begun is brought to its end, and a promotion is the way out of a pool in
     * trouble: only a new round is refused in full pools.
     */
    private void admit(QrvRow qrv) throws ServiceException {
        if (qrv.state() == QrvState.PROMOTING) {
            return;
        }
        String message = "QRV " + qrv.name() + " is not refreshed";
        volumes.admit(volumes.find(qrv.source()), message);
        volumes.admit(volumes.find(qrv.volume()), message);
    }

    private SnapshotInfo take(
            JobContext job, SnapshotId id, VolumeRecord volume, String name, String hold)
            throws ServiceException {
        return snapshots
                .take(
                        job.request(),
                        List.of(new Snapshots.Member(id, volume, name, List.of(hold))),
                        null,
                        OWN)
                .getFirst();
    }

    /** What was found changed, and what was done about it. */
    private record Copied(Tally tally, Mover.Result moved) {
        static final Copied NOTHING = new Copied(new Tally(0, 0, 0), Mover.Result.NOTHING);
    }

    private Copied copy(
            JobContext job, QrvRow qrv, SnapshotInfo base, boolean fresh, BooleanSupplier late)
            throws ServiceException,
                    StoreException,
                    DeviceException,
                    JobCancelledException,
                    JobStoppedException {
        VolumeRecord volume = volumes.find(qrv.volume());
        grow(volume, base.sizeBytes());
        long from = resumeOffset(job, base);
        try (SnapshotDevice source = snapshots.open(base);
                VolumeDevice destination = volumes.store(volume).openVolume(volume.id())) {
            Tally tally = Tally.of(changes(qrv, base, source, from, fresh));
            job.phase(qrv.base().isPresent() ? "copy changes" : "copy all");
            Mover.Result moved =
                    Move.run(
                            mover,
                            job,
                            // never by reference: a QRV outlives what damages its source
                            Mover.Order.copy(
                                    source,
                                    destination,
                                    changes(qrv, base, source, from, fresh),
                                    tally.changedBytes()),
                            late,
                            offset -> job.checkpoint(new Resume(base.id().toString(), offset)));
            return new Copied(tally, moved);
        }
    }

    private static long resumeOffset(JobContext job, SnapshotInfo base) {
        return job.checkpoint(Resume.class)
                .filter(resume -> resume.pendingBase().equals(base.id().toString()))
                .map(Resume::offset)
                .orElse(0L);
    }

    /**
     * The difference from the present base; without one the whole content, and then on a volume
     * that is not new what is not mapped is discarded as well.
     */
    private ChangeStream changes(
            QrvRow qrv, SnapshotInfo to, SnapshotDevice source, long from, boolean fresh)
            throws ServiceException, StoreException {
        Optional<SnapshotInfo> base =
                qrv.base().flatMap(snapshots::ready).filter(b -> b.volume().equals(to.volume()));
        if (base.isPresent()) {
            return volumes.store(volumes.find(to.volume())).diff(base.get().id(), to.id(), from);
        }
        return new FullContent(source, from, to.sizeBytes(), !fresh);
    }

    /** Makes the QRV's volume as large as the source; never smaller. */
    void grow(VolumeRecord volume, long sizeBytes) throws ServiceException {
        if (volume.sizeBytes() >= sizeBytes) {
            return;
        }
        try {
            volumes.store(volume).growVolume(volume.id(), sizeBytes);
        } catch (StoreException e) {
            throw StoreFailures.of(e, "QRV volume " + volume.name() + " does not grow");
        }
        catalog.<Object, RuntimeException>housekeeping(
                tx -> {
                    VolumeRows.setSize(tx, volume.id(), sizeBytes);
                    return volume;
                });
    }

    private Round commit(JobContext job, QrvRow qrv, SnapshotInfo base, Copied copied)
            throws ServiceException {
        Mover.Result moved = copied.moved();
        job.phase("new point");
        SnapshotInfo point = pendingPoint(job, qrv);
        steps.reached("refresh:point");
        long changed = copied.tally().changedBytes();
        catalog.<Object, RuntimeException>change(
                job.request(),
                "qrv:" + qrv.name(),
                tx -> {
                    QrvRows.commitPoint(
                            tx.handle(),
                            qrv.id(),
                            base.taken(),
                            changed,
                            moved.copiedBytes(),
                            tx.nowMillis());
                    QrvState state = row(tx.handle(), qrv.id()).state();
                    if (state != QrvState.PROMOTING) {
                        QrvRows.setState(tx.handle(), qrv.id(), QrvState.READY);
                    }
                    letGo(tx, qrv);
                    tx.note("point", base.taken().toString());
                    tx.note("bytesMoved", moved.copiedBytes());
                    return qrv;
                });
        steps.reached("refresh:committed");
        snapshots.prune();
        log.info("QRV {} is at {} ({})", qrv.name(), base.taken(), point.id());
        return new Round(
                true, changed, moved.copiedBytes(), moved.discardedBytes(), moved.engine());
    }

    private SnapshotInfo pendingPoint(JobContext job, QrvRow qrv) throws ServiceException {
        Optional<SnapshotInfo> there = qrv.pendingPoint().flatMap(snapshots::ready);
        if (there.isPresent()) {
            return there.get();
        }
        SnapshotId id = SnapshotId.random();
        catalog.<Object, RuntimeException>housekeeping(
                tx -> {
                    QrvRows.setPending(
                            tx.handle(),
                            qrv.id(),
                            qrv.pendingBase().orElseThrow(IllegalStateException::new),
                            id,
                            qrv.sequence());
                    return id;
                });
        VolumeRecord volume = volumes.find(qrv.volume());
        return take(job, id, volume, "point." + qrv.sequence(), qrv.holdReason());
    }

    /** Releases the base and point that a QRV had; those that a refresh made are destroyed. */
    private void letGo(io.tidegate.catalog.Tx tx, QrvRow before) {
        before.base().ifPresent(id -> drop(tx, id, before.holdReason()));
        before.point().ifPresent(id -> drop(tx, id, before.holdReason()));
    }

    /** Releases a snapshot, and has it destroyed when it was made for QRVs and nobody else. */
    static void drop(io.tidegate.catalog.Tx tx, SnapshotId id, String reason) {
        Snapshots.release(tx, id, reason);
        boolean own =
                Snapshots.find(tx.handle(), id)
                        .filter(info -> info.label().equals(OWN))
                        .isPresent();
        if (own) {
            Snapshots.expire(tx, id);
        }
    }

    /**
     * Takes a QRV whose refresh was cut off back to its point, or forward when everything of the
     * new point was there but the transaction.
     */
    void settle(JobContext job, QrvId id)
            throws ServiceException, JobCancelledException, JobStoppedException {
        QrvRow qrv = row(id);
        if (qrv.pendingBase().isEmpty()) {
            return;
        }
        Optional<SnapshotInfo> base = qrv.pendingBase().flatMap(snapshots::ready);
        if (base.isPresent() && qrv.pendingPoint().flatMap(snapshots::ready).isPresent()) {
            commit(job, qrv, base.get(), Copied.NOTHING);
            return;
        }
        revert(job, qrv);
    }

    private void revert(JobContext job, QrvRow qrv)
            throws ServiceException, JobCancelledException, JobStoppedException {
        SnapshotInfo point =
                qrv.point()
                        .flatMap(snapshots::ready)
                        .orElseThrow(
                                () ->
                                        ServiceException.conflict(
                                                "QRV " + qrv.name() + " has no point",
                                                "its first copy was never finished",
                                                "qrv refresh " + qrv.name()));
        job.phase("revert to the point");
        VolumeRecord volume = volumes.find(qrv.volume());
        SnapshotId now = SnapshotId.random();
        String reason = "revert:" + qrv.name();
        take(job, now, volume, "revert." + now, reason);
        try (SnapshotDevice source = snapshots.open(point);
                VolumeDevice destination = volumes.store(volume).openVolume(volume.id())) {
            ChangeStream since = volumes.store(volume).diff(point.id(), now, 0);
            ContentOf back = new ContentOf(since, source, point.sizeBytes());
            Mover.Result moved =
                    Move.run(
                            mover,
                            job,
                            // the point is a snapshot of this volume: they share grains as it is
                            Mover.Order.copy(source, destination, back, 0).byReference(true),
                            () -> false,
                            o -> {});
            job.log(
                    "a cut-off refresh was taken back to the point: "
                            + (moved.copiedBytes() + moved.sharedBytes())
                            + " bytes taken back");
        } catch (DeviceException e) {
            throw StoreFailures.of(e, "QRV " + qrv.name() + " is not taken back to its point");
        } catch (StoreException e) {
            throw StoreFailures.of(e, "QRV " + qrv.name() + " is not taken back to its point");
        } finally {
            forgetRevert(now, reason);
        }
        forgetPending(qrv);
    }

    private void forgetRevert(SnapshotId id, String reason) {
        catalog.<Object, RuntimeException>housekeeping(
                tx -> {
                    drop(tx, id, reason);
                    return id;
                });
    }

    private void forgetPending(QrvRow qrv) {
        catalog.<Object, RuntimeException>housekeeping(
                tx -> {
                    qrv.pendingBase().ifPresent(id -> drop(tx, id, qrv.holdReason()));
                    qrv.pendingPoint().ifPresent(id -> drop(tx, id, qrv.holdReason()));
                    QrvRows.setPending(tx.handle(), qrv.id(), null, null, qrv.sequence());
                    if (qrv.state() == QrvState.REFRESHING) {
                        QrvRows.setState(tx.handle(), qrv.id(), QrvState.READY);
                    }
                    return qrv;
                });
        steps.reached("refresh:reverted");
        snapshots.prune();
    }

    /** Whether the source is known to be as it was when this base was taken. */
    boolean unchangedSince(VolumeRecord source, SnapshotId base) throws ServiceException {
        Long then = countAtBase.get(base);
        return then != null && then == changeCount(source);
    }

    private long changeCount(VolumeRecord volume) throws ServiceException {
        try (VolumeDevice device = volumes.store(volume).openVolume(volume.id())) {
            return device.changeCount();
        } catch (StoreException e) {
            throw StoreFailures.of(e, "volume " + volume.name() + " cannot be opened");
        } catch (DeviceException e) {
            throw StoreFailures.of(e, "volume " + volume.name() + " cannot be closed");
        }
    }

    QrvRow row(QrvId id) {
        return catalog.<QrvRow, RuntimeException>read(handle -> row(handle, id));
    }

    private static QrvRow row(org.jdbi.v3.core.Handle handle, QrvId id) {
        return QrvRows.find(handle, id)
                .orElseThrow(() -> new IllegalStateException("no row of QRV " + id));
    }
}
