package io.tidegate.recovery;

import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.Names;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.Tx;
import io.tidegate.job.JobContext;
import io.tidegate.job.JobInfo;
import io.tidegate.job.JobResult;
import io.tidegate.job.JobService;
import io.tidegate.job.JobStoppedException;
import io.tidegate.snapshot.MountInfo;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.SnapshotMounts;
import io.tidegate.snapshot.SnapshotService;
import io.tidegate.snapshot.Snapshots;
import io.tidegate.volume.ActLocks;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.VolumeDependents;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeRows;
import io.tidegate.volume.VolumeService;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes, refreshes, checks, mounts and deletes quick recovery volumes. Safe for concurrent calls.
 */
public final class QrvService implements VolumeDependents {

    private static final Logger log = LoggerFactory.getLogger(QrvService.class);

    /**
     * What to make.
     *
     * @param volume name of the source
     * @param name of the QRV; without it {@code volume-qN}
     * @param pool where to; without it another pool than the source's, a capacity pool if there is
     *     one, and the source's own only when there is no other
     * @param fromSnapshot a snapshot of the source that is there; without it a new one is taken
     */
    public record Create(
            String volume,
            Optional<String> name,
            Optional<String> pool,
            Optional<String> fromSnapshot) {}

    /** What a creation would do. */
    public record CreatePlan(
            String volume,
            String name,
            String snapshot,
            String pool,
            long sizeBytes,
            long bytesToCopy,
            long poolFreeBytes,
            List<String> warnings) {}

    /**
     * What a creation or refresh did.
     *
     * @param pointAt instant of the point that the QRV is at now
     * @param bytesChanged what differed
     * @param bytesMoved what was written
     * @param bytesDiscarded what was discarded or zeroed
     */
    public record RefreshResult(
            String qrv,
            String pointAt,
            long bytesChanged,
            long bytesMoved,
            long bytesDiscarded,
            long millis,
            String engine) {}

    /**
     * What a verification found.
     *
     * @param equal whether every compared byte is equal
     * @param firstDifference offset in bytes, -1 when equal
     */
    public record VerifyResult(
            String qrv,
            boolean equal,
            long bytesCompared,
            long differentBlocks,
            long firstDifference,
            String sourceSha256,
            String qrvSha256) {}

    /** What is in the way of a deletion. */
    public record DeletePlan(QrvInfo qrv, long allocatedBytes, List<String> obstacles) {}

    /** Parameters of the job that makes a QRV. */
    record CreateJob(String volume, String name, String pool, @Nullable String fromSnapshot) {}

    /** Parameters of a job on a QRV. */
    record OnQrv(String id, boolean allBytes) {}

    private final Catalog catalog;
    private final VolumeService volumes;
    private final Snapshots snapshots;
    private final SnapshotService snapshotService;
    private final SnapshotMounts mounts;
    private final JobService jobs;
    private final ActLocks locks;
    private final Refresher refresher;
    private final QrvPools pools;
    private final QrvBin bin;
    private final QrvCreation creation;

    /** Registers its job types with the job service. */
    public QrvService(RecoveryParts parts) {
        this.catalog = parts.catalog();
        this.volumes = parts.volumes();
        this.snapshots = parts.snapshots();
        this.snapshotService = parts.snapshotService();
        this.mounts = parts.mounts();
        this.jobs = parts.jobs();
        this.locks = parts.locks();
        this.refresher = new Refresher(parts);
        this.pools = new QrvPools(parts.pools());
        this.bin = new QrvBin(parts);
        this.creation = new QrvCreation(parts, refresher, pools);
        jobs.register("qrv-create", JobService.AfterRestart.RESUME, this::runCreate);
        jobs.register("qrv-refresh", JobService.AfterRestart.RESUME, this::runRefresh);
        jobs.register("qrv-verify", JobService.AfterRestart.RESUME, this::runVerify);
    }

    // ---- create

    public CreatePlan planCreate(Create create) throws ServiceException {
        VolumeRecord source = creation.source(create.volume());
        CreateJob job = creation.resolve(create, source);
        List<String> warnings = new ArrayList<>();
        long free = pools.freeBytes(job.pool());
        long mapped = pools.mappedBytes(volumes.store(source), source.id());
        if (free < mapped) {
            warnings.add("pool " + job.pool() + " has less free space than is to be copied");
        }
        if (pools.samePool(job.pool(), source)) {
            warnings.add(
                    "pool " + job.pool() + " holds " + source.name() + " too: both fail together");
        }
        if (!source.thin()) {
            warnings.add(
                    source.name()
                            + " has space set aside, its QRV has not: after a promotion writes can"
                            + " fail for want of space");
        }
        String snapshot =
                job.fromSnapshot() == null
                        ? source.name() + "@" + job.name() + ".1 (new)"
                        : snapshotService.show(job.fromSnapshot()).name();
        return new CreatePlan(
                source.name(),
                job.name(),
                snapshot,
                job.pool(),
                source.sizeBytes(),
                mapped,
                free,
                warnings);
    }

    /** Starts job {@code qrv-create}; its result is a {@link RefreshResult}. */
    public JobInfo create(Request request, Create create) throws ServiceException {
        Optional<JobInfo> first = jobs.first(request);
        if (first.isPresent()) {
            return first.get();
        }
        VolumeRecord source = creation.source(create.volume());
        CreateJob job = creation.resolve(create, source);
        return jobs.start(request, "qrv-create", "qrv:" + job.name(), job);
    }

    private JobResult runCreate(JobContext job) throws Exception {
        CreateJob order = job.parameters(CreateJob.class);
        boolean leave = false;
        try (ActLocks.Held held = locks.hold("qrv:" + order.name(), order.name(), "qrv create")) {
            QrvRow row = creation.makeRow(job, order);
            RefreshResult result = refresh(job, row);
            leave = true;
            return JobResult.done(result);
        } catch (JobStoppedException e) {
            leave = true; // goes on after the restart
            throw e;
        } finally {
            if (!leave) {
                creation.takeBack(order.name(), bin);
            }
        }
    }

    // ---- refresh

    /** Starts job {@code qrv-refresh}; its result is a {@link RefreshResult}. */
    public JobInfo refresh(Request request, String qrv) throws ServiceException {
        QrvRow row = require(qrv);
        return jobs.start(
                request, "qrv-refresh", "qrv:" + row.name(), new OnQrv(row.id().toString(), false));
    }

    private JobResult runRefresh(JobContext job) throws Exception {
        QrvId id = QrvId.of(job.parameters(OnQrv.class).id());
        QrvRow row = refresher.row(id);
        try (ActLocks.Held held = locks.hold("qrv:" + row.name(), row.name(), "qrv refresh")) {
            QrvRow now = refresher.row(id);
            if (now.state() != QrvState.READY && now.state() != QrvState.REFRESHING) {
                throw notNow(now, "is not refreshed");
            }
            if (now.pendingBase().isPresent() && !job.restarted()) {
                job.log("the refresh that was cut off is finished first");
                refresh(job, now);
            }
            return JobResult.done(refresh(job, refresher.row(id)));
        }
    }

    private RefreshResult refresh(JobContext job, QrvRow row) throws Exception {
        long begin = System.nanoTime();
        Refresher.Round round = refresher.round(job, row.id(), () -> false);
        QrvRow now = refresher.row(row.id());
        return new RefreshResult(
                now.name(),
                now.pointAt().map(Instant::toString).orElse(""),
                round.changed(),
                round.moved(),
                round.discarded(),
                Duration.ofNanos(System.nanoTime() - begin).toMillis(),
                round.engine());
    }

    // ---- verify

    /**
     * Starts job {@code qrv-verify}, which compares the point with its base snapshot; its result is
     * a {@link VerifyResult}, with exit code 1 when they differ.
     *
     * @param allBytes reads unmapped ranges, too
     */
    public JobInfo verify(Request request, String qrv, boolean allBytes) throws ServiceException {
        QrvRow row = require(qrv);
        return jobs.start(
                request,
                "qrv-verify",
                "qrv:" + row.name(),
                new OnQrv(row.id().toString(), allBytes));
    }

    private JobResult runVerify(JobContext job) throws Exception {
        OnQrv order = job.parameters(OnQrv.class);
        QrvRow row = refresher.row(QrvId.of(order.id()));
        SnapshotInfo point = ready(row.point(), row, "point");
        SnapshotInfo base = ready(row.base(), row, "base snapshot");
        job.phase("compare");
        try (SnapshotDevice left = snapshots.open(base);
                SnapshotDevice right = snapshots.open(point)) {
            Comparison.Verdict verdict =
                    new Comparison(left, right, base.sizeBytes())
                            .run(
                                    order.allBytes(),
                                    (done, total) -> {
                                        job.progress(done, total);
                                        job.check();
                                    });
            if (verdict.equal()) {
                catalog.<Object, RuntimeException>housekeeping(
                        tx -> {
                            QrvRows.setVerified(tx.handle(), row.id(), tx.nowMillis());
                            return row;
                        });
            } else {
                job.log("differs first at byte " + verdict.firstDifference());
            }
            return new JobResult(result(row, verdict), verdict.equal() ? 0 : 1);
        }
    }

    private static VerifyResult result(QrvRow row, Comparison.Verdict verdict) {
        return new VerifyResult(
                row.name(),
                verdict.equal(),
                verdict.bytesCompared(),
                verdict.differentBlocks(),
                verdict.firstDifference(),
                verdict.leftSha256(),
                verdict.rightSha256());
    }

    private SnapshotInfo ready(Optional<io.tidegate.volume.SnapshotId> id, QrvRow row, String what)
            throws ServiceException {
        return id.flatMap(snapshots::ready)
                .orElseThrow(
                        () ->
                                ServiceException.conflict(
                                        "QRV " + row.name() + " has no " + what,
                                        "it was never whole, or it was deleted",
                                        "qrv refresh " + row.name()));
    }

    // ---- show

    /** All but the destroyed ones, unless asked for. */
    public List<QrvInfo> list(boolean destroyed) {
        List<QrvRow> rows =
                catalog.<List<QrvRow>, RuntimeException>read(QrvRows::all).stream()
                        .filter(row -> destroyed || row.state() != QrvState.DESTROYED)
                        .toList();
        return rows.stream().map(this::info).toList();
    }

    public QrvInfo show(String qrv) throws ServiceException {
        return info(any(qrv));
    }

    private QrvInfo info(QrvRow row) {
        Optional<VolumeRecord> source =
                catalog.<Optional<VolumeRecord>, RuntimeException>read(
                        handle -> VolumeRows.find(handle, row.source()));
        Optional<VolumeRecord> volume =
                catalog.<Optional<VolumeRecord>, RuntimeException>read(
                        handle -> VolumeRows.find(handle, row.volume()));
        Optional<Duration> age =
                row.pointAt().map(at -> Duration.between(at, catalog.clock().instant()));
        boolean unchanged = source.isPresent() && unchanged(source.get(), row);
        return new QrvInfo(
                row.id(),
                row.name(),
                source.map(VolumeRecord::name).orElse("-"),
                row.source(),
                row.volume(),
                pools.name(row.pool()),
                volume.map(VolumeRecord::sizeBytes).orElse(0L),
                row.state(),
                row.pointAt(),
                row.base(),
                row.point(),
                unchanged ? Optional.of(Duration.ZERO) : age,
                age,
                row.created(),
                row.refreshed(),
                row.bytesChanged(),
                row.bytesMoved(),
                row.verified(),
                row.pendingBase().isPresent() && row.state() == QrvState.REFRESHING
                        ? "between two points; the old one is whole"
                        : "");
    }

    private boolean unchanged(VolumeRecord source, QrvRow row) {
        try {
            return row.base().isPresent() && refresher.unchangedSince(source, row.base().get());
        } catch (ServiceException e) {
            log.debug("lag of {} is not known: {}", row.name(), e.why());
            return false;
        }
    }

    // ---- mount

    /** Shows the point to a host, read-only or as a writable clone of it. */
    public MountInfo mount(
            Request request,
            String qrv,
            String host,
            Optional<String> target,
            Optional<Integer> lun,
            boolean writableClone)
            throws ServiceException {
        QrvRow row = require(qrv);
        SnapshotInfo point = ready(row.point(), row, "point");
        return mounts.mount(request, point, row.name(), host, target, lun, writableClone);
    }

    public void unmount(Request request, String qrv, String host) throws ServiceException {
        mounts.unmountNamed(request, any(qrv).name(), host);
    }

    // ---- delete

    public DeletePlan planDelete(String qrv) throws ServiceException {
        QrvRow row = any(qrv);
        VolumeRecord volume = volumes.find(row.volume());
        return new DeletePlan(
                info(row),
                pools.mappedBytes(volumes.store(volume), volume.id()),
                bin.obstacles(row));
    }

    /** Puts a QRV into the bin, with its point; one that is there already is left alone. */
    public QrvInfo delete(Request request, String qrv) throws ServiceException {
        QrvRow row = any(qrv);
        try (ActLocks.Held held = locks.hold("qrv:" + row.name(), row.name(), "qrv delete")) {
            return info(bin.delete(request, refresher.row(row.id())));
        }
    }

    public QrvInfo undelete(Request request, String qrv) throws ServiceException {
        return info(bin.undelete(request, any(qrv)));
    }

    /** Destroys a QRV and its volume now. */
    public void purge(Request request, String qrv) throws ServiceException {
        QrvRow row = any(qrv);
        try (ActLocks.Held held = locks.hold("qrv:" + row.name(), row.name(), "qrv purge")) {
            bin.purge(request, refresher.row(row.id()));
        }
    }

    /** Destroys what was in the bin for longer than its grace, and what a crash left of others. */
    public int prune() {
        return bin.prune();
    }

    // ---- others ask

    QrvRow any(String name) throws ServiceException {
        return catalog.<Optional<QrvRow>, RuntimeException>read(
                        handle -> QrvRows.byName(handle, Names.fold(name)))
                .orElseThrow(() -> ServiceException.notFound("qrv", name));
    }

    /** A QRV that is in use. */
    private QrvRow require(String name) throws ServiceException {
        QrvRow row = any(name);
        if (row.state() == QrvState.DELETED || row.state() == QrvState.DESTROYED) {
            throw notNow(row, "cannot be used");
        }
        return row;
    }

    static ServiceException notNow(QrvRow row, String act) {
        String state = row.state().name().toLowerCase(Locale.ROOT);
        return ServiceException.conflict(
                "QRV " + row.name() + " " + act,
                "it is " + state,
                row.state() == QrvState.DELETED
                        ? "qrv undelete " + row.name()
                        : "qrv show " + row.name());
    }

    @Override
    public List<String> needing(Handle handle, VolumeId volume) {
        List<String> needs = new ArrayList<>();
        QrvRows.ofSource(handle, volume).stream()
                .filter(row -> row.state() != QrvState.PROMOTED)
                .forEach(row -> needs.add("QRV " + row.name() + " (follows it)"));
        QrvRows.byVolume(handle, volume)
                .filter(row -> row.state() != QrvState.PROMOTED)
                .ifPresent(row -> needs.add("QRV " + row.name() + " (qrv delete)"));
        return needs;
    }

    @Override
    public void purged(Tx tx, VolumeId volume) {
        QrvRows.ofSource(tx.handle(), volume)
                .forEach(row -> QrvRows.forgetBase(tx.handle(), row.id()));
        QrvRows.byVolume(tx.handle(), volume)
                .ifPresent(row -> QrvRows.setState(tx.handle(), row.id(), QrvState.DESTROYED));
    }
}
