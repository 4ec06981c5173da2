package io.tidegate.recovery;

import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.Names;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.Tx;
import io.tidegate.job.JobContext;
import io.tidegate.job.JobId;
import io.tidegate.job.JobInfo;
import io.tidegate.job.JobResult;
import io.tidegate.job.JobService;
import io.tidegate.presentation.LunListener.UnitChange;
import io.tidegate.presentation.UnitRows;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.Snapshots;
import io.tidegate.volume.ActLocks;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeRows;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a volume back to a snapshot or a QRV, in place or beside it. Safe for concurrent calls.
 */
public final class RecoverService {

    private static final Logger log = LoggerFactory.getLogger(RecoverService.class);

    /** Where the recovered content goes. */
    public sealed interface To {
        /** Over the volume's own content, by changed blocks only; a safety snapshot first. */
        record InPlace(boolean hostsStopped) implements To {}

        /**
         * Into another volume: a new one of that name, or one that is there, not mapped to any host
         * and large enough, which is overwritten after a safety snapshot.
         *
         * @param pool for a new one; without it the source's pool
         */
        record Volume(String name, Optional<String> pool) implements To {}
    }

    /**
     * What to recover.
     *
     * @param at the newest point at or before this time; needed when {@code from} is empty
     * @param from name of a snapshot or QRV
     */
    public record Order(String volume, Optional<Instant> at, Optional<String> from, To to) {}

    /**
     * What a recovery would do.
     *
     * @param source name of the chosen snapshot or QRV
     * @param sourceKind {@code snapshot} or {@code qrv}
     * @param point its instant
     * @param wanted the time asked for
     * @param losesTime what is lost since the point, in place only
     * @param losesBytes changed since the point, empty when not known
     * @param safetySnapshot name that it will have, with N for the job's number
     * @param fullCopy whether everything is copied, since there is no common snapshot
     * @param others nearer points that cannot be used, with the reason
     */
    public record Plan(
            String volume,
            String source,
            String sourceKind,
            Instant point,
            Optional<Instant> wanted,
            Optional<Duration> losesTime,
            Optional<Long> losesBytes,
            Optional<String> safetySnapshot,
            String destination,
            boolean inPlace,
            boolean fullCopy,
            boolean willBeHeld,
            List<SessionLine> sessions,
            List<String> others,
            List<String> notes,
            List<String> obstacles) {}

    /**
     * What a recovery did.
     *
     * @param safetySnapshot empty when nothing was overwritten
     * @param held whether the LUN refuses medium commands until the hosts are confirmed stopped
     * @param millisWithoutService from the gate's closing to its opening, or to now when held; 0
     *     when it did not go in place
     * @param bytesChanged what differed
     */
    public record Result(
            String volume,
            String source,
            String destination,
            String point,
            String safetySnapshot,
            boolean held,
            double millisWithoutService,
            long bytesChanged,
            long bytesMoved,
            long bytesDiscarded) {}

    /**
     * Parameters of the job.
     *
     * @param source name, for people
     * @param to name of another volume; null in place
     */
    record Work(
            String volume,
            String source,
            String sourceSnapshot,
            @Nullable String to,
            @Nullable String pool,
            boolean hostsStopped) {}

    private final Catalog catalog;
    private final RecoveryParts parts;
    private final RecoverPlans plans;
    private final Units units;

    /** Registers its job type with the job service. */
    public RecoverService(RecoveryParts parts) {
        this.catalog = parts.catalog();
        this.parts = parts;
        this.units = new Units(parts.catalog(), parts.presentation());
        this.plans = new RecoverPlans(parts, units);
        parts.jobs().register("recover-volume", JobService.AfterRestart.RESUME, this::run);
    }

    /** What the order would do; changes nothing. */
    public Plan plan(Order order) throws ServiceException {
        return plans.plan(order);
    }

    /**
     * Starts job {@code recover-volume}; its result is a {@link Result}, its exit code 7 when the
     * unit is held. An in-place recovery that is held is confirmed by {@link #confirm}, or by
     * repeating the order with the hosts stopped.
     *
     * @throws ServiceException it is refused; nothing has changed
     */
    public JobInfo recover(Request request, Order order) throws ServiceException {
        Optional<JobInfo> first = jobs().first(request);
        if (first.isPresent()) {
            return first.get();
        }
        RecoverPlans.Choice choice = plans.choose(order);
        plans.check(choice, order);
        Work work =
                switch (order.to()) {
                    case To.InPlace place ->
                            new Work(
                                    choice.volume().id().toString(),
                                    choice.name(),
                                    choice.snapshot().id().toString(),
                                    null,
                                    null,
                                    place.hostsStopped());
                    case To.Volume to ->
                            new Work(
                                    choice.volume().id().toString(),
                                    choice.name(),
                                    choice.snapshot().id().toString(),
                                    Names.check("volume", to.name()),
                                    to.pool().orElse(null),
                                    false);
                };
        return start(request, choice.volume(), work);
    }

    private JobInfo start(Request request, VolumeRecord volume, Work work) throws ServiceException {
        return jobs().start(request, "recover-volume", "volume:" + volume.name(), work);
    }

    private JobService jobs() {
        return parts.jobs();
    }

    /** Brings a volume back to the safety snapshot of an in-place recovery, in the same way. */
    public JobInfo undo(Request request, JobId recovery, boolean hostsStopped)
            throws ServiceException {
        RecoveryRow row =
                catalog.<Optional<RecoveryRow>, RuntimeException>read(
                                handle -> RecoveryRow.byJob(handle, recovery))
                        .filter(r -> r.state().begun())
                        .orElseThrow(
                                () ->
                                        ServiceException.conflict(
                                                "job " + recovery + " is not undone",
                                                "it is no in-place recovery that changed a volume",
                                                "job list"));
        SnapshotInfo safety =
                parts.snapshots()
                        .ready(row.safety())
                        .orElseThrow(
                                () ->
                                        ServiceException.conflict(
                                                "job " + recovery + " is not undone",
                                                "its safety snapshot was deleted",
                                                "snapshot list --destroyed"));
        VolumeRecord volume = parts.volumes().find(row.volume());
        return start(
                request,
                volume,
                new Work(
                        volume.id().toString(),
                        safety.name(),
                        safety.id().toString(),
                        null,
                        null,
                        hostsStopped));
    }

    /** What a job that is done did. */
    public Result result(JobId job) throws ServiceException {
        return jobs().result(job, Result.class);
    }

    /** Lifts the hold of a unit after an in-place recovery: the operator's word on the hosts. */
    public void confirm(Request request, String volume) throws ServiceException {
        VolumeRecord record = parts.volumes().find(volume);
        RecoveryRow row =
                live(record.id())
                        .filter(r -> r.state() == RecoveryRow.State.HELD)
                        .orElseThrow(
                                () ->
                                        ServiceException.conflict(
                                                "LUN " + record.name() + " is not opened",
                                                "no finished recovery in place holds it",
                                                "volume show " + record.name()));
        confirm(request, record, row);
    }

    private void confirm(Request request, VolumeRecord volume, RecoveryRow row)
            throws ServiceException {
        PromotionService.checkQuiet(units, row.unit(), "LUN " + volume.name());
        catalog.<Object, RuntimeException>change(
                request,
                "volume:" + volume.name(),
                tx -> {
                    UnitRows.nextGeneration(tx, row.unit(), false);
                    RecoveryRow.setState(
                            tx.handle(), row.id(), RecoveryRow.State.OPEN, tx.nowMillis());
                    tx.note("hostsStopped", true);
                    return row;
                });
        parts.steps().reached("recover:confirmed");
        units.follow(row.unit(), row.volume(), Set.of(UnitChange.MEDIUM));
    }

    private Optional<RecoveryRow> live(VolumeId volume) {
        return catalog.<Optional<RecoveryRow>, RuntimeException>read(
                handle -> RecoveryRow.live(handle, volume));
    }

    private JobResult run(JobContext job) throws Exception {
        Work work = job.parameters(Work.class);
        VolumeRecord volume = parts.volumes().find(VolumeId.of(work.volume()));
        SnapshotInfo source =
                parts.snapshots()
                        .ready(SnapshotId.of(work.sourceSnapshot()))
                        .orElseThrow(
                                () ->
                                        ServiceException.conflict(
                                                work.source() + " is not recovered from",
                                                "its snapshot was deleted meanwhile",
                                                "recover plan again"));
        if (work.to() != null) {
            return new BesideRecovery(parts, job).run(work, volume, source);
        }
        Optional<RecoveryRow> live = live(volume.id());
        boolean repeat =
                live.isPresent()
                        && live.get().state() == RecoveryRow.State.HELD
                        && live.get().sourceSnapshot().equals(source.id());
        if (repeat && work.hostsStopped()) {
            confirm(job.request(), volume, live.get());
        }
        try (ActLocks.Held held =
                parts.locks().hold(volume.id(), "volume " + volume.name(), "recover")) {
            InPlaceRecovery recovery = new InPlaceRecovery(parts, units, job);
            if (repeat) {
                return recovery.report(live.get().id(), source);
            }
            return recovery.run(work, volume, source, live);
        }
    }

    /**
     * Takes back what a crash cut off before anything changed. At start, after the snapshots'
     * recovery and before any LUN is offered; what is in the middle stays held and its job goes on.
     */
    public void recover() {
        for (RecoveryRow row :
                catalog.<List<RecoveryRow>, RuntimeException>read(RecoveryRow::preparing)) {
            log.info(
                    "recovery {} of volume {} was cut off before it began",
                    row.job(),
                    row.volume());
            catalog.<Object, RuntimeException>change(
                    Request.system("take back a recovery that was cut off"),
                    "volume:" + row.volume(),
                    tx -> {
                        giveUp(tx, row);
                        return row;
                    });
        }
    }

    /** Ends a recovery that has touched nothing. */
    static void giveUp(Tx tx, RecoveryRow row) {
        RecoveryRow.setState(tx.handle(), row.id(), RecoveryRow.State.GIVEN_UP, tx.nowMillis());
        if (Snapshots.find(tx.handle(), row.safety()).isPresent()) {
            Snapshots.release(tx, row.safety(), InPlaceRecovery.tag(row.job()));
            Snapshots.expire(tx, row.safety());
        }
    }

    /** The volume by name, in use. */
    static VolumeRecord usable(Catalog catalog, String name) throws ServiceException {
        return catalog.<VolumeRecord, ServiceException>read(
                handle -> VolumeRows.usable(handle, Names.fold(name)));
    }
}
