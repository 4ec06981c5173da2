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
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.presentation.LunListener.UnitChange;
import io.tidegate.presentation.UnitRows;
import io.tidegate.snapshot.Snapshots;
import io.tidegate.volume.ActLocks;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a QRV in its primary's place.
 *
 * <pre>
 *   preparing --one transaction--> open
 *                             \--> held --confirm--> open
 *   preparing --> given up         (nothing has changed)
 * </pre>
 *
 * <p>The logical unit keeps identity, size, reservations and mode pages; it points to the QRV's
 * volume from one transaction on. Hosts are told by attentions. Safe for concurrent calls.
 */
public final class PromotionService {

    private static final Logger log = LoggerFactory.getLogger(PromotionService.class);

    /** A host whose write was refused this short a time ago is not stopped. */
    static final int QUIET_SECONDS = 60;

    /** How much the primary still takes part. */
    public enum Mode {
        /** Writes are held, the last difference is copied: nothing is lost. */
        PLANNED,
        /** The primary is lost or not to be trusted: the QRV as it was at its point. */
        UNPLANNED
    }

    /**
     * What to do.
     *
     * @param hostsStopped the operator's word that no host has the LUN mounted
     */
    public record Order(String qrv, Mode mode, boolean hostsStopped) {}

    /**
     * What a promotion would do.
     *
     * @param point what the QRV is at; a planned promotion brings it to the last write first
     * @param losesTime how far the point lies back, zero for a planned one
     * @param losesBytes what was changed since, empty when the primary cannot tell
     * @param grows by how many bytes the QRV has to grow first; the tail reads zero
     * @param safetySnapshot name that it will have, with N for the job's number
     * @param oldName what the present primary will be called
     * @param registrations persistent registrations that stay
     * @param confirmsHeld the QRV is in place already, and only the hold is to be lifted
     * @param notes what else happens, a sentence each
     * @param obstacles why it would be refused; empty when it would not
     */
    public record Plan(
            String qrv,
            String primary,
            Mode mode,
            Instant point,
            Duration losesTime,
            Optional<Long> losesBytes,
            long sizeBytes,
            int logicalBlockBytes,
            String naa,
            String serial,
            long grows,
            String safetySnapshot,
            String oldName,
            List<SessionLine> sessions,
            int registrations,
            boolean confirmsHeld,
            boolean hostsStopped,
            boolean willBeHeld,
            List<String> notes,
            List<String> obstacles) {}

    /**
     * What a promotion did.
     *
     * @param held whether the LUN refuses medium commands until the hosts are confirmed stopped
     * @param millisWithoutService from the gate's closing to its opening; for a held one to now
     * @param abandonedWrites whether commands were under way that did not end in time
     * @param point ISO 8601: what the LUN shows now
     */
    public record Result(
            String qrv,
            String primary,
            String oldPrimary,
            String safetySnapshot,
            boolean held,
            double millisWithoutService,
            boolean abandonedWrites,
            String point,
            long generation,
            long bytesMoved) {}

    private final Catalog catalog;
    private final RecoveryParts parts;
    private final PromotionPlans plans;
    private final Refresher refresher;
    private final Units units;

    /** Registers its job type with the job service. */
    public PromotionService(RecoveryParts parts) {
        this.catalog = parts.catalog();
        this.parts = parts;
        this.refresher = new Refresher(parts);
        this.units = new Units(parts.catalog(), parts.presentation());
        this.plans = new PromotionPlans(parts, units);
        parts.jobs().register("qrv-promote", JobService.AfterRestart.RESUME, this::run);
    }

    /** What the order would do; changes nothing. */
    public Plan plan(Order order) throws ServiceException {
        return plans.plan(row(order.qrv()), order);
    }

    /**
     * Starts job {@code qrv-promote}, whose result is a {@link Result} and whose exit code is 7
     * when the unit is held. A QRV that is in place and held is confirmed when the order says that
     * hosts are stopped.
     *
     * @throws ServiceException it is refused; nothing has changed
     */
    public JobInfo promote(Request request, Order order) throws ServiceException {
        QrvRow qrv = row(order.qrv());
        return parts.jobs()
                .start(
                        request,
                        "qrv-promote",
                        "qrv:" + qrv.name(),
                        new Order(qrv.id().toString(), order.mode(), order.hostsStopped()));
    }

    /** What a job that is done did. */
    public Result result(JobId job) throws ServiceException {
        return parts.jobs().result(job, Result.class);
    }

    private QrvRow row(String name) throws ServiceException {
        return catalog.<Optional<QrvRow>, RuntimeException>read(
                        handle -> QrvRows.byName(handle, Names.fold(name)))
                .orElseThrow(() -> ServiceException.notFound("qrv", name));
    }

    private JobResult run(JobContext job) throws Exception {
        Order order = job.parameters(Order.class);
        QrvRow qrv = refresher.row(QrvId.of(order.qrv()));
        Optional<PromotionRow> done =
                catalog.<Optional<PromotionRow>, RuntimeException>read(
                        handle -> PromotionRow.switchedByJob(handle, job.id()));
        if (done.isPresent()
                && (job.restarted() || done.get().state() == PromotionRow.State.OPEN)) {
            return new Promoter(parts, refresher, job, qrv).report(done.get());
        }
        if (job.restarted()) {
            throw ServiceException.conflict(
                    "QRV " + qrv.name() + " is not promoted",
                    "the appliance was restarted before the switch; nothing has changed",
                    "qrv promote " + qrv.name() + ", when the hosts are as you think");
        }
        if (qrv.state() == QrvState.PROMOTED) {
            return confirm(job, qrv, order);
        }
        try (ActLocks.Held one = lock("qrv:" + qrv.name(), qrv.name());
                ActLocks.Held two = lock(qrv.source(), qrv.name());
                ActLocks.Held three = lock(qrv.volume(), qrv.name())) {
            QrvRow now = refresher.row(qrv.id());
            plans.check(now, order);
            return new Promoter(parts, refresher, job, now).promote(order);
        }
    }

    private ActLocks.Held lock(Object key, String name) throws ServiceException {
        return parts.locks().hold(key, name, "qrv promote");
    }

    /** Lifts the hold, if the hosts have really stopped. */
    private JobResult confirm(JobContext job, QrvRow qrv, Order order) throws ServiceException {
        PromotionRow row =
                catalog.<Optional<PromotionRow>, RuntimeException>read(
                                handle -> PromotionRow.switchedOf(handle, qrv.id()))
                        .orElseThrow(() -> QrvService.notNow(qrv, "is not promoted"));
        Promoter promoter = new Promoter(parts, refresher, job, qrv);
        if (row.state() == PromotionRow.State.OPEN || !order.hostsStopped()) {
            return promoter.report(row); // a repeat: it says how things stand
        }
        checkQuiet(units, row.unit(), qrv.name());
        catalog.<Object, RuntimeException>change(
                job.request(),
                "qrv:" + qrv.name(),
                tx -> {
                    UnitRows.nextGeneration(tx, row.unit(), false);
                    PromotionRow.end(
                            tx.handle(), row.id(), PromotionRow.State.OPEN, tx.nowMillis());
                    tx.note("hostsStopped", true);
                    return row;
                });
        parts.steps().reached("promote:confirmed");
        units.follow(row.unit(), row.newVolume(), Set.of(UnitChange.MEDIUM));
        return promoter.report(
                catalog.<Optional<PromotionRow>, RuntimeException>read(
                                handle -> PromotionRow.find(handle, row.id()))
                        .orElseThrow(IllegalStateException::new));
    }

    /** Refuses to lift a hold while hosts still write. */
    static void checkQuiet(Units units, LogicalUnitId unit, String name) throws ServiceException {
        List<SessionLine> writing = units.refused(unit, QUIET_SECONDS);
        if (!writing.isEmpty()) {
            SessionLine first = writing.getFirst();
            throw ServiceException.conflict(
                    name + " stays held",
                    "host "
                            + first.host()
                            + " ("
                            + first.initiator()
                            + ") tried to write in the last "
                            + QUIET_SECONDS
                            + " s, so it is not stopped",
                    "stop the host, wait " + QUIET_SECONDS + " s, repeat",
                    "lun unmap of the LUN from host " + first.host());
        }
    }

    /**
     * Takes back what a crash cut off before the switch. At start, after the snapshots' recovery
     * and before any LUN is offered; what has switched needs nothing, since units are built from
     * rows.
     */
    public void recover() {
        for (PromotionRow row :
                catalog.<List<PromotionRow>, RuntimeException>read(PromotionRow::preparing)) {
            log.info("promotion {} of QRV {} was cut off before the switch", row.id(), row.qrv());
            catalog.<Object, RuntimeException>change(
                    Request.system("take back a promotion that was cut off"),
                    "qrv:" + row.qrv(),
                    tx -> {
                        giveUp(tx, row);
                        return row;
                    });
        }
    }

    /** Ends a promotion that has not switched: row, QRV and safety snapshot as before. */
    static void giveUp(Tx tx, PromotionRow row) {
        PromotionRow.end(tx.handle(), row.id(), PromotionRow.State.GIVEN_UP, tx.nowMillis());
        QrvRow qrv = QrvRows.find(tx.handle(), row.qrv()).orElseThrow(IllegalStateException::new);
        if (qrv.state() == QrvState.PROMOTING) {
            QrvRows.setState(
                    tx.handle(),
                    qrv.id(),
                    qrv.pendingBase().isPresent() ? QrvState.REFRESHING : QrvState.READY);
        }
        if (Snapshots.find(tx.handle(), row.safety()).isPresent()) {
            Snapshots.release(tx, row.safety(), Promoter.tag(row.job()));
            Snapshots.expire(tx, row.safety());
        }
    }
}
