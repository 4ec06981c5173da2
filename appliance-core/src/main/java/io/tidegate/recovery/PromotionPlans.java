package io.tidegate.recovery;

import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.ServiceException;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.PersistentReservations;
import io.tidegate.presentation.UnitRecord;
import io.tidegate.presentation.UnitRows;
import io.tidegate.recovery.PromotionService.Mode;
import io.tidegate.recovery.PromotionService.Order;
import io.tidegate.recovery.PromotionService.Plan;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeRows;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Says what a promotion would do, and why it would be refused. Changes nothing. */
final class PromotionPlans {

    private static final int MAX_NAME = 63;

    private final RecoveryParts parts;
    private final Catalog catalog;
    private final Units units;
    private final ChangedSince changed;

    PromotionPlans(RecoveryParts parts, Units units) {
        this.parts = parts;
        this.catalog = parts.catalog();
        this.units = units;
        this.changed = new ChangedSince(parts);
    }

    /** The plan, if it has no obstacles. */
    void check(QrvRow qrv, Order order) throws ServiceException {
        Subject subject = subject(qrv);
        List<String> obstacles = obstacles(qrv, subject, order);
        if (!obstacles.isEmpty()) {
            throw ServiceException.conflict(
                    "QRV " + qrv.name() + " is not promoted",
                    String.join("; ", obstacles),
                    fix(qrv, subject, order),
                    "qrv promote " + qrv.name() + " --dry-run");
        }
    }

    private String fix(QrvRow qrv, Subject subject, Order order) {
        boolean unreadable =
                order.mode() == Mode.PLANNED
                        && subject.primary().isPresent()
                        && !changed.readable(subject.primary().get());
        return unreadable ? "qrv promote " + qrv.name() + " --unplanned" : "qrv show " + qrv.name();
    }

    /** What a promotion is about. */
    private record Subject(
            Optional<VolumeRecord> primary,
            Optional<VolumeRecord> volume,
            Optional<UnitRecord> unit,
            Optional<SnapshotInfo> base,
            Optional<PromotionRow> switched) {}

    private Subject subject(QrvRow qrv) {
        return catalog.<Subject, RuntimeException>read(
                handle -> {
                    Optional<PromotionRow> switched = PromotionRow.switchedOf(handle, qrv.id());
                    Optional<UnitRecord> unit =
                            switched.isPresent()
                                    ? UnitRows.find(handle, switched.get().unit())
                                    : UnitRows.ofVolume(handle, qrv.source());
                    return new Subject(
                            VolumeRows.find(handle, qrv.source()),
                            VolumeRows.find(handle, qrv.volume()),
                            unit,
                            qrv.base()
                                    .flatMap(id -> io.tidegate.snapshot.Snapshots.find(handle, id)),
                            switched);
                });
    }

    Plan plan(QrvRow qrv, Order order) throws ServiceException {
        Subject subject = subject(qrv);
        UnitRecord unit =
                subject.unit()
                        .orElseThrow(
                                () ->
                                        ServiceException.conflict(
                                                "QRV " + qrv.name() + " cannot be promoted",
                                                "its source has no logical unit any more",
                                                "recover volume --from " + qrv.name()));
        boolean confirms =
                subject.switched().filter(r -> r.state() == PromotionRow.State.HELD).isPresent();
        boolean planned = order.mode() == Mode.PLANNED && !confirms;
        Instant now = catalog.clock().instant();
        Instant point = planned ? now : qrv.pointAt().orElse(now);
        long size = unit.shape().geometry().sizeBytes();
        long qrvSize = subject.volume().map(VolumeRecord::sizeBytes).orElse(0L);
        String name = unit.name();
        return new Plan(
                qrv.name(),
                name,
                order.mode(),
                point,
                planned ? Duration.ZERO : Duration.between(point, now),
                planned || confirms
                        ? Optional.of(0L)
                        : subject.primary().flatMap(p -> changed.bytes(p, subject.base())),
                size,
                unit.shape().geometry().logicalBlockBytes(),
                unit.identity().naa(),
                unit.identity().serial(),
                Math.max(0, size - qrvSize),
                qrv.name() + "@" + Promoter.safetyName("N"),
                catalog.<String, RuntimeException>read(handle -> oldName(handle, name)),
                units.sessions(unit.id()),
                registrations(unit),
                confirms,
                order.hostsStopped(),
                order.mode() == Mode.UNPLANNED && !order.hostsStopped(),
                notes(qrv, subject, order, size - qrvSize),
                obstacles(qrv, subject, order));
    }

    private int registrations(UnitRecord unit) {
        return parts.reservations()
                .load(unit.id())
                .map(PersistentReservations::registrations)
                .map(List::size)
                .orElse(0);
    }

    private static List<String> notes(QrvRow qrv, Subject subject, Order order, long grows) {
        List<String> notes = new ArrayList<>();
        if (qrv.pendingBase().isPresent()) {
            notes.add("a refresh that was cut off is taken back to the point first");
        }
        if (grows > 0) {
            notes.add("the QRV grows by " + grows + " bytes first; its tail reads as zeroes");
        }
        notes.add("RESERVE(6) is dropped; persistent registrations and mode pages stay");
        notes.add("copies that run on the LUN end with their count; tokens of the old volume end");
        if (subject.primary().isPresent()) {
            notes.add("the old primary keeps its newer writes, write-protected and unmapped");
        }
        if (order.mode() == Mode.UNPLANNED && !order.hostsStopped()) {
            notes.add("the LUN will refuse reads and writes until --hosts-stopped is given");
        }
        return notes;
    }

    private List<String> obstacles(QrvRow qrv, Subject subject, Order order) {
        List<String> obstacles = new ArrayList<>();
        if (subject.switched().isPresent()) {
            if (subject.switched().get().state() == PromotionRow.State.OPEN) {
                obstacles.add("it is in its primary's place already");
            }
            return obstacles;
        }
        if (qrv.state() != QrvState.READY && qrv.state() != QrvState.REFRESHING) {
            obstacles.add("it is " + qrv.state().name().toLowerCase(Locale.ROOT));
        }
        if (qrv.point().isEmpty()) {
            obstacles.add("it has no point: its first copy was never finished");
        }
        if (subject.volume().isEmpty() || !subject.volume().get().usable()) {
            obstacles.add("its volume is gone or in the bin");
        } else if (subject.primary().isPresent()) {
            checkFit(subject.primary().get(), subject.volume().get(), obstacles);
        }
        checkPrimary(subject, order, obstacles);
        return obstacles;
    }

    private void checkPrimary(Subject subject, Order order, List<String> obstacles) {
        if (subject.primary().isEmpty() || subject.unit().isEmpty()) {
            obstacles.add("its primary and the logical unit of it are gone");
            return;
        }
        VolumeRecord primary = subject.primary().get();
        if (!primary.usable()) {
            obstacles.add("volume " + primary.name() + " is in the bin");
        }
        boolean held =
                units.find(subject.unit().get().id())
                        .filter(unit -> unit.state() == LogicalUnit.State.HELD)
                        .isPresent();
        if (order.mode() == Mode.PLANNED && !changed.readable(primary)) {
            obstacles.add(
                    "volume "
                            + primary.name()
                            + " cannot be read: give --unplanned to go on without its last writes");
        }
        if (held && subject.unit().get().held()) {
            obstacles.add("LUN " + primary.name() + " is held by another promotion or recovery");
        }
    }

    private static void checkFit(VolumeRecord primary, VolumeRecord qrv, List<String> obstacles) {
        int primaryBlock = primary.shape().geometry().logicalBlockBytes();
        int qrvBlock = qrv.shape().geometry().logicalBlockBytes();
        if (primaryBlock != qrvBlock) {
            obstacles.add(
                    "its logical blocks have " + qrvBlock + " bytes, the LUN's " + primaryBlock);
        }
    }

    /** What the old primary will be called: a name that is free. */
    static String oldName(Handle handle, String name) {
        String base = name.length() > MAX_NAME - 8 ? name.substring(0, MAX_NAME - 8) : name;
        String old = base + "-old";
        for (int n = 2; VolumeRows.byName(handle, old).isPresent(); n++) {
            old = base + "-old" + n;
        }
        return old;
    }
}
