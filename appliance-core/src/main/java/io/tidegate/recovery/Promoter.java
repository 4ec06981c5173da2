package io.tidegate.recovery;

import io.tidegate.block.DeviceException;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.CatalogException;
import io.tidegate.catalog.OutcomeUnknownException;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.Tx;
import io.tidegate.job.JobCancelledException;
import io.tidegate.job.JobContext;
import io.tidegate.job.JobId;
import io.tidegate.job.JobResult;
import io.tidegate.job.JobStoppedException;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.presentation.LunListener.UnitChange;
import io.tidegate.presentation.SwapRows;
import io.tidegate.presentation.UnitRecord;
import io.tidegate.presentation.UnitRows;
import io.tidegate.recovery.PromotionService.Mode;
import io.tidegate.recovery.PromotionService.Result;
import io.tidegate.snapshot.Gates;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.Snapshots;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreFailures;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeRows;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One promotion on its job's thread, from the intent to the open gate.
 *
 * <pre>
 *   1  row preparing, QRV kept from refresh and prune; a cut-off refresh taken back; safety snapshot
 *   2  planned: refresh rounds under load
 *   3  gate closed, drained (unplanned: what does not end in time is abandoned)
 *   4  planned: last difference, nothing written since
 *   5  one transaction: pointer, generation, names, the old primary's own unit, QRV, audit
 *   6  device swapped, attentions, gate opened or unit held
 * </pre>
 *
 * <p>Up to 5 everything can be taken back; from 5 on nothing is.
 */
final class Promoter {

    private static final Logger log = LoggerFactory.getLogger(Promoter.class);

    /** Rounds under load before the gate closes; more would chase a busy host in vain. */
    private static final int MAX_ROUNDS = 6;

    /** A round that moved no more than this leads to one that surely fits the hold. */
    private static final long SMALL_ROUND_BYTES = 32L << 20;

    /** What of the gate's time is kept for the transaction and the swap. */
    private static final Duration RESERVE = Duration.ofMillis(500);

    private final RecoveryParts parts;
    private final Catalog catalog;
    private final JobContext job;
    private final QrvRow qrv;
    private final Refresher refresher;
    private final Units units;
    private long moved;

    Promoter(RecoveryParts parts, Refresher refresher, JobContext job, QrvRow qrv) {
        this.parts = parts;
        this.catalog = parts.catalog();
        this.job = job;
        this.qrv = qrv;
        this.refresher = refresher;
        this.units = new Units(catalog, parts.presentation());
    }

    /** The reason under which a promotion's safety snapshot is held. */
    static String tag(JobId job) {
        return Snapshots.SAFETY + "promote-" + job;
    }

    static String safetyName(String job) {
        return "before-promote-" + job;
    }

    JobResult promote(PromotionService.Order order) throws Exception {
        VolumeRecord primary = parts.volumes().find(qrv.source());
        UnitRecord unit =
                catalog.<Optional<UnitRecord>, RuntimeException>read(
                                handle -> UnitRows.ofVolume(handle, primary.id()))
                        .orElseThrow(
                                () -> new IllegalStateException("no unit of " + primary.name()));
        PromotionRow row = intend(order, primary, unit);
        boolean switched = false;
        try {
            prepare(row, order.mode(), primary);
            double millis = swap(row, order, primary, unit);
            switched = true;
            return report(find(row.id()), millis);
        } finally {
            if (!switched) {
                takeBack(row);
            }
        }
    }

    private PromotionRow intend(
            PromotionService.Order order, VolumeRecord primary, UnitRecord unit) {
        PromotionRow row =
                new PromotionRow(
                        UUID.randomUUID(),
                        job.id(),
                        qrv.id(),
                        unit.id(),
                        primary.id(),
                        qrv.volume(),
                        order.mode(),
                        PromotionRow.State.PREPARING,
                        SnapshotId.random(),
                        order.hostsStopped(),
                        unit.generation(),
                        Optional.empty(),
                        false,
                        Optional.empty());
        catalog.<Object, RuntimeException>housekeeping(
                tx -> {
                    PromotionRow.insert(tx.handle(), row, tx.nowMillis());
                    QrvRows.setState(tx.handle(), qrv.id(), QrvState.PROMOTING);
                    return row;
                });
        reached("promote:preparing");
        return row;
    }

    /** Steps 1 and 2. */
    private void prepare(PromotionRow row, Mode mode, VolumeRecord primary)
            throws ServiceException, JobCancelledException, JobStoppedException {
        job.phase("safety snapshot");
        refresher.settle(job, qrv.id());
        VolumeRecord volume = parts.volumes().find(qrv.volume());
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
        reached("promote:safety");
        if (mode == Mode.PLANNED) {
            refreshUnderLoad();
        } else {
            refresher.grow(volume, primary.sizeBytes());
        }
        job.check();
    }

    private void refreshUnderLoad()
            throws ServiceException, JobCancelledException, JobStoppedException {
        for (int i = 0; i < MAX_ROUNDS; i++) {
            Refresher.Round round = refresher.round(job, qrv.id(), () -> false);
            moved += round.moved();
            reached("promote:round");
            if (round.changed() <= SMALL_ROUND_BYTES) {
                return;
            }
        }
        job.log("the primary changes fast: the last difference may not fit the hold");
    }

    /** Steps 3 to 6; returns the time without service in milliseconds. */
    private double swap(
            PromotionRow row, PromotionService.Order order, VolumeRecord primary, UnitRecord unit)
            throws Exception {
        job.phase("switch");
        Optional<LogicalUnit> live = units.find(unit.id());
        long began = System.nanoTime();
        try (Gates.Closed gate = parts.gates().close(live.stream().toList())) {
            reached("promote:gated");
            boolean abandoned = drain(order.mode(), live, gate, row.generation() + 1);
            if (order.mode() == Mode.PLANNED) {
                lastDifference(gate, primary);
            }
            if (!gate.disarm()) {
                throw late("the gate's time was over before the switch");
            }
            reached("promote:commit");
            boolean held = order.mode() == Mode.UNPLANNED && !order.hostsStopped();
            commit(gate, row, held, abandoned);
            gate.leaveClosed();
            reached("promote:committed");
            units.follow(unit.id(), row.newVolume(), tell(order.mode(), held));
        }
        double millis = (System.nanoTime() - began) / 1e6;
        reached("promote:swapped");
        units.refresh(row.oldVolume());
        units.refresh(row.newVolume());
        parts.snapshots().prune();
        return millis;
    }

    /** Planned: same bytes, same identity, nothing is owed. Held: hosts are told at the opening. */
    private static Set<UnitChange> tell(Mode mode, boolean held) {
        Set<UnitChange> tell = EnumSet.of(UnitChange.RESERVATION_CLEARED);
        if (mode == Mode.UNPLANNED && !held) {
            tell.add(UnitChange.MEDIUM);
        }
        return tell;
    }

    /** Whether commands had to be abandoned. */
    private boolean drain(
            Mode mode, Optional<LogicalUnit> live, Gates.Closed gate, long nextGeneration)
            throws ServiceException {
        Duration limit = gate.left().minus(RESERVE);
        // a planned promotion still has to copy behind the gate
        if (gate.awaitDrained(mode == Mode.PLANNED ? limit.dividedBy(2) : limit)) {
            reached("promote:drained");
            return false;
        }
        if (mode == Mode.PLANNED) {
            throw late("writes under way did not end in time");
        }
        if (!gate.disarm()) {
            throw late("the gate's time was over before the switch");
        }
        job.log("commands under way did not end in time and are abandoned");
        live.ifPresent(unit -> units.abandon(unit, nextGeneration));
        reached("promote:abandoned");
        return true;
    }

    /** Equal = every piece is flushed, and nothing was written to the primary since. */
    private void lastDifference(Gates.Closed gate, VolumeRecord primary)
            throws ServiceException, JobCancelledException, JobStoppedException {
        try (VolumeDevice device = parts.volumes().store(primary).openVolume(primary.id())) {
            device.flush();
            long before = device.changeCount();
            Refresher.Round round =
                    refresher.round(job, qrv.id(), () -> gate.left().compareTo(RESERVE) < 0);
            moved += round.moved();
            if (!round.complete()) {
                throw late("the last difference did not fit the time of the gate");
            }
            if (device.changeCount() != before) {
                throw late("the primary was written to past its gate");
            }
            reached("promote:equal");
        } catch (StoreException e) {
            throw StoreFailures.of(e, "QRV " + qrv.name() + " is not promoted");
        } catch (DeviceException e) {
            throw StoreFailures.of(e, "QRV " + qrv.name() + " is not promoted");
        }
    }

    private ServiceException late(String why) {
        return ServiceException.busy(
                "QRV " + qrv.name() + " is not promoted; the primary goes on, nothing has changed",
                why,
                "repeat when there are fewer writes",
                "qrv refresh " + qrv.name() + ", then repeat");
    }

    // ---- the transaction

    private void commit(Gates.Closed gate, PromotionRow row, boolean held, boolean abandoned)
            throws ServiceException {
        try {
            catalog.<Object, ServiceException>change(
                    job.request(),
                    "qrv:" + qrv.name(),
                    tx -> {
                        write(tx, row, held, abandoned);
                        return row;
                    });
        } catch (OutcomeUnknownException e) {
            readBack(gate, row, e);
        }
    }

    /** Nobody knows what became of the transaction: the row says it, or nobody is let in. */
    private void readBack(Gates.Closed gate, PromotionRow row, OutcomeUnknownException unknown) {
        try {
            if (find(row.id()).state().switched()) {
                return;
            }
        } catch (CatalogException e) {
            unknown.addSuppressed(e);
        }
        gate.leaveClosed();
        log.error(
                "unit {}: its gate stays closed until a restart, since the catalog does not say"
                        + " where it points",
                row.unit());
        throw unknown;
    }

    private void write(Tx tx, PromotionRow row, boolean held, boolean abandoned)
            throws ServiceException {
        String oldName = PromotionPlans.oldName(tx.handle(), volume(tx, row.oldVolume()).name());
        SwapRows.Swapped swapped =
                new SwapRows(parts.presentation())
                        .swap(tx, new SwapRows.Order(row.unit(), row.newVolume(), oldName, held));
        QrvRow now = QrvRows.find(tx.handle(), qrv.id()).orElseThrow(IllegalStateException::new);
        keepForReverse(tx, now);
        QrvRows.setState(tx.handle(), now.id(), QrvState.PROMOTED);
        adoptOthers(tx, row.oldVolume(), row.newVolume());
        PromotionRow.State state = held ? PromotionRow.State.HELD : PromotionRow.State.OPEN;
        Instant point = now.pointAt().orElse(tx.now());
        PromotionRow.switched(tx.handle(), row.id(), state, point, abandoned, tx.nowMillis());
        tx.note("unit", row.unit().toString())
                .note("generation", swapped.unit().generation())
                .note("mode", row.mode().name())
                .note("hostsStopped", row.hostsStopped());
    }

    /** Both ends of the point stay, for the way back; by hand they may go. */
    private void keepForReverse(Tx tx, QrvRow now) {
        now.base().ifPresent(id -> rehold(tx, id, now));
        now.point().ifPresent(id -> rehold(tx, id, now));
    }

    private void rehold(Tx tx, SnapshotId id, QrvRow now) {
        Snapshots.hold(tx, id, tag(job.id()));
        Snapshots.release(tx, id, now.holdReason());
    }

    /** Other QRVs follow the name: they belong to the new primary, and are copied whole once. */
    private static void adoptOthers(Tx tx, VolumeId old, VolumeId fresh) {
        for (QrvRow other : QrvRows.ofSource(tx.handle(), old)) {
            if (other.state() == QrvState.READY || other.state() == QrvState.REFRESHING) {
                other.base().ifPresent(id -> Refresher.drop(tx, id, other.holdReason()));
                QrvRows.follow(tx.handle(), other.id(), fresh);
            }
        }
    }

    private static VolumeRecord volume(Tx tx, VolumeId id) {
        return VolumeRows.find(tx.handle(), id)
                .orElseThrow(() -> new IllegalStateException("no volume " + id));
    }

    // ---- ends

    /** After a failure before the switch; a catalog that does not answer leaves it to the start. */
    private void takeBack(PromotionRow row) {
        try {
            catalog.<Object, RuntimeException>housekeeping(
                    tx -> {
                        PromotionRow now = find(tx, row.id());
                        if (now.state() == PromotionRow.State.PREPARING) {
                            PromotionService.giveUp(tx, now);
                        }
                        return row;
                    });
            parts.snapshots().prune();
        } catch (CatalogException e) {
            log.error("promotion {} is taken back at the next start", row.id(), e);
        }
    }

    JobResult report(PromotionRow row) {
        Duration since =
                row.switchedAt()
                        .map(at -> Duration.between(at, catalog.clock().instant()))
                        .orElse(Duration.ZERO);
        return report(row, row.state() == PromotionRow.State.HELD ? since.toMillis() : 0);
    }

    private JobResult report(PromotionRow row, double millis) {
        boolean held = row.state() == PromotionRow.State.HELD;
        Result result =
                new Result(
                        qrv.name(),
                        name(row.newVolume()),
                        name(row.oldVolume()),
                        parts.snapshots().find(row.safety()).map(SnapshotInfo::name).orElse("-"),
                        held,
                        millis,
                        row.abandoned(),
                        row.pointAt().map(Instant::toString).orElse("-"),
                        generation(row.unit()),
                        moved);
        return held ? JobResult.partly(result) : JobResult.done(result);
    }

    private String name(VolumeId id) {
        return catalog.<Optional<VolumeRecord>, RuntimeException>read(
                        handle -> VolumeRows.find(handle, id))
                .map(VolumeRecord::name)
                .orElse("-");
    }

    private long generation(LogicalUnitId id) {
        return catalog.<Optional<UnitRecord>, RuntimeException>read(
                        handle -> UnitRows.find(handle, id))
                .map(UnitRecord::generation)
                .orElse(0L);
    }

    private PromotionRow find(UUID id) {
        return catalog.<Optional<PromotionRow>, RuntimeException>read(
                        handle -> PromotionRow.find(handle, id))
                .orElseThrow(() -> new IllegalStateException("no promotion " + id));
    }

    private static PromotionRow find(Tx tx, UUID id) {
        return PromotionRow.find(tx.handle(), id)
                .orElseThrow(() -> new IllegalStateException("no promotion " + id));
    }

    private void reached(String step) {
        parts.steps().reached(step);
    }
}
