package io.tidegate.recovery;

import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.Names;
import io.tidegate.catalog.ServiceException;
import io.tidegate.presentation.UnitRecord;
import io.tidegate.presentation.UnitRows;
import io.tidegate.recovery.RecoverService.Order;
import io.tidegate.recovery.RecoverService.Plan;
import io.tidegate.recovery.RecoverService.To;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.SnapshotService;
import io.tidegate.snapshot.SnapshotState;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeRows;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Chooses the point of a recovery and says what it would do. Changes nothing. */
final class RecoverPlans {

    /**
     * What a recovery goes by.
     *
     * @param name of the snapshot or QRV
     * @param kind {@code snapshot} or {@code qrv}
     * @param snapshot whose content is wanted
     * @param point when the volume looked like it
     */
    record Choice(
            VolumeRecord volume, String name, String kind, SnapshotInfo snapshot, Instant point) {}

    private final RecoveryParts parts;
    private final Catalog catalog;
    private final Units units;
    private final ChangedSince changed;

    RecoverPlans(RecoveryParts parts, Units units) {
        this.parts = parts;
        this.catalog = parts.catalog();
        this.units = units;
        this.changed = new ChangedSince(parts);
    }

    Choice choose(Order order) throws ServiceException {
        VolumeRecord volume = RecoverService.usable(catalog, order.volume());
        if (order.from().isPresent()) {
            return named(volume, order.from().get());
        }
        Instant at =
                order.at()
                        .orElseThrow(
                                () ->
                                        ServiceException.invalid(
                                                "volume " + volume.name() + " is not recovered",
                                                "neither a time nor a source was given",
                                                "give --at T or --from X"));
        return candidates(volume).stream()
                .filter(choice -> !choice.point().isAfter(at))
                .max(Comparator.comparing(Choice::point))
                .orElseThrow(
                        () ->
                                ServiceException.conflict(
                                        "volume " + volume.name() + " is not recovered",
                                        "there is no point of it at or before " + at,
                                        "snapshot list --volume " + volume.name(),
                                        "qrv list"));
    }

    private Choice named(VolumeRecord volume, String from) throws ServiceException {
        Optional<QrvRow> qrv =
                catalog.<Optional<QrvRow>, RuntimeException>read(
                        handle -> QrvRows.byName(handle, Names.fold(from)));
        if (qrv.isPresent()) {
            return ofQrv(volume, qrv.get())
                    .orElseThrow(() -> QrvService.notNow(qrv.get(), "is no source"));
        }
        SnapshotInfo snapshot = parts.snapshotService().show(from);
        if (snapshot.state() != SnapshotState.READY) {
            throw ServiceException.conflict(
                    snapshot.name() + " is no source",
                    "it is in the bin or gone",
                    "snapshot undelete " + snapshot.name());
        }
        return new Choice(volume, snapshot.name(), "snapshot", snapshot, snapshot.taken());
    }

    private List<Choice> candidates(VolumeRecord volume) {
        List<Choice> all = new ArrayList<>();
        for (SnapshotInfo snapshot : parts.snapshots().ofVolume(volume.id())) {
            all.add(new Choice(volume, snapshot.name(), "snapshot", snapshot, snapshot.taken()));
        }
        List<QrvRow> qrvs =
                catalog.<List<QrvRow>, RuntimeException>read(
                        handle -> QrvRows.ofSource(handle, volume.id()));
        qrvs.forEach(qrv -> ofQrv(volume, qrv).ifPresent(all::add));
        return all;
    }

    private Optional<Choice> ofQrv(VolumeRecord volume, QrvRow qrv) {
        boolean whole =
                qrv.state() == QrvState.READY
                        || qrv.state() == QrvState.REFRESHING
                        || qrv.state() == QrvState.PROMOTED;
        Optional<SnapshotInfo> point = qrv.point().flatMap(parts.snapshots()::ready);
        return whole && point.isPresent() && qrv.pointAt().isPresent()
                ? Optional.of(
                        new Choice(volume, qrv.name(), "qrv", point.get(), qrv.pointAt().get()))
                : Optional.empty();
    }

    /**
     * The snapshot of the volume itself that has the same content as the source: the source, or the
     * base of the QRV whose point it is. Empty when there is none, and all has to be copied.
     */
    static Optional<SnapshotInfo> common(
            Catalog catalog, RecoveryParts parts, VolumeRecord volume, SnapshotInfo source) {
        if (source.volume().equals(volume.id())) {
            return Optional.of(source);
        }
        return catalog.<Optional<QrvRow>, RuntimeException>read(
                        handle -> QrvRows.byVolume(handle, source.volume()))
                .filter(qrv -> qrv.point().equals(Optional.<SnapshotId>of(source.id())))
                .flatMap(QrvRow::base)
                .flatMap(parts.snapshots()::ready)
                .filter(base -> base.volume().equals(volume.id()));
    }

    /**
     * Whether what is recovered may come to share grains with its source. It may with a snapshot,
     * which shares them with its volume anyway. A QRV keeps its own: a damaged grain must not be in
     * both.
     */
    static boolean mayShare(VolumeRecord volume, SnapshotInfo source) {
        return source.volume().equals(volume.id());
    }

    Plan plan(Order order) throws ServiceException {
        Choice choice = choose(order);
        boolean inPlace = order.to() instanceof To.InPlace;
        boolean held = order.to() instanceof To.InPlace place && !place.hostsStopped();
        VolumeRecord volume = choice.volume();
        Optional<SnapshotInfo> common = common(catalog, parts, volume, choice.snapshot());
        List<String> notes = new ArrayList<>();
        if (held) {
            notes.add("the LUN will refuse reads and writes until --hosts-stopped is given");
        }
        if (inPlace && choice.snapshot().sizeBytes() < volume.sizeBytes()) {
            notes.add("the volume has grown since the point; its tail will read as zeroes");
        }
        String safety = InPlaceRecovery.safetyName("N");
        return new Plan(
                volume.name(),
                choice.name(),
                choice.kind(),
                choice.point(),
                order.at(),
                inPlace
                        ? Optional.of(Duration.between(choice.point(), catalog.clock().instant()))
                        : Optional.empty(),
                inPlace ? changed.bytes(volume, common) : Optional.empty(),
                inPlace ? Optional.of(volume.name() + "@" + safety) : Optional.empty(),
                order.to() instanceof To.Volume to ? to.name() : volume.name(),
                inPlace,
                !inPlace || common.isEmpty(),
                held,
                inPlace ? sessions(volume) : List.of(),
                order.at().map(at -> unusable(volume, choice, at)).orElse(List.of()),
                notes,
                obstacles(choice, order));
    }

    private List<SessionLine> sessions(VolumeRecord volume) {
        return catalog.<Optional<UnitRecord>, RuntimeException>read(
                        handle -> UnitRows.ofVolume(handle, volume.id()))
                .map(unit -> units.sessions(unit.id()))
                .orElse(List.of());
    }

    /** Points between the chosen one and the time that was asked for. */
    private List<String> unusable(VolumeRecord volume, Choice choice, Instant at) {
        List<String> words = new ArrayList<>();
        try {
            for (SnapshotInfo info :
                    parts.snapshotService()
                            .list(
                                    new SnapshotService.Query(
                                            Optional.of(volume.name()), Optional.empty(), true))) {
                boolean nearer = info.taken().isAfter(choice.point()) && !info.taken().isAfter(at);
                if (nearer && info.state() == SnapshotState.DELETED) {
                    words.add(info.name() + ": in the bin (snapshot undelete " + info.name() + ")");
                } else if (nearer && info.state() == SnapshotState.DESTROYED) {
                    words.add(info.name() + ": destroyed");
                }
            }
        } catch (ServiceException e) {
            words.add("other points are not known: " + e.why());
        }
        return words;
    }

    void check(Choice choice, Order order) throws ServiceException {
        List<String> obstacles = obstacles(choice, order);
        if (!obstacles.isEmpty()) {
            throw ServiceException.conflict(
                    "volume " + choice.volume().name() + " is not recovered",
                    String.join("; ", obstacles),
                    "recover plan shows what is in the way");
        }
    }

    private List<String> obstacles(Choice choice, Order order) {
        List<String> obstacles = new ArrayList<>();
        int wanted = choice.volume().shape().geometry().logicalBlockBytes();
        Optional<VolumeRecord> of = row(choice.snapshot().volume().toString());
        if (of.isPresent() && of.get().shape().geometry().logicalBlockBytes() != wanted) {
            obstacles.add("the source has logical blocks of another size");
        }
        switch (order.to()) {
            case To.InPlace place -> {
                if (choice.snapshot().sizeBytes() > choice.volume().sizeBytes()) {
                    obstacles.add("the source is larger than the volume");
                }
                if (choice.volume().readOnly()) {
                    obstacles.add("the volume is write-protected");
                }
            }
            case To.Volume to -> checkOther(choice, to, wanted, obstacles);
        }
        return obstacles;
    }

    private void checkOther(Choice choice, To.Volume to, int block, List<String> obstacles) {
        Optional<VolumeRecord> there =
                catalog.<Optional<VolumeRecord>, RuntimeException>read(
                        handle -> VolumeRows.byName(handle, Names.fold(to.name())));
        if (there.isEmpty()) {
            return;
        }
        if (there.get().sizeBytes() < choice.snapshot().sizeBytes()) {
            obstacles.add("volume " + to.name() + " is smaller than the source");
        }
        if (there.get().shape().geometry().logicalBlockBytes() != block) {
            obstacles.add("volume " + to.name() + " has logical blocks of another size");
        }
        try {
            checkDestination(catalog, parts, there.get());
        } catch (ServiceException e) {
            obstacles.add(e.why());
        }
    }

    /** Refuses to overwrite a volume that anybody uses. */
    static void checkDestination(Catalog catalog, RecoveryParts parts, VolumeRecord to)
            throws ServiceException {
        List<String> users =
                catalog.<List<String>, RuntimeException>read(
                        handle -> parts.volumes().heldBy(handle, to.id()));
        if (!to.usable() || !users.isEmpty()) {
            throw ServiceException.busy(
                    "volume " + to.name() + " is not overwritten",
                    to.usable()
                            ? "volume " + to.name() + " is used by " + String.join(", ", users)
                            : "volume " + to.name() + " is in the bin",
                    "take these away, or choose a new name");
        }
    }

    private Optional<VolumeRecord> row(String id) {
        return catalog.<Optional<VolumeRecord>, RuntimeException>read(
                handle -> VolumeRows.find(handle, io.tidegate.volume.VolumeId.of(id)));
    }
}
