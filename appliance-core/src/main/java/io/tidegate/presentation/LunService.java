package io.tidegate.presentation;

import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.Names;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.Tx;
import io.tidegate.presentation.LunRows.LunRow;
import io.tidegate.presentation.LunRows.Resting;
import io.tidegate.presentation.SessionControl.SessionInfo;
import io.tidegate.presentation.TargetRows.TargetRow;
import io.tidegate.volume.ActLocks;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Maps logical units to hosts. A number that a host has seen rests for a time after its unmap, so
 * that no host finds another volume behind a device that it still knows; the same unit may have it
 * back at once. Safe for concurrent calls; calls block.
 */
public final class LunService {

    private static final Logger log = LoggerFactory.getLogger(LunService.class);

    private final Catalog catalog;
    private final Presentation presentation;
    private final ActLocks locks;
    private final Duration quarantine;
    private final Duration drainLimit;

    /**
     * @param locks as in the volume service
     * @param quarantine how long a number rests
     */
    public LunService(
            Catalog catalog, Presentation presentation, ActLocks locks, Duration quarantine) {
        this(catalog, presentation, locks, quarantine, LiveUnits.GATE_LIMIT);
    }

    LunService(
            Catalog catalog,
            Presentation presentation,
            ActLocks locks,
            Duration quarantine,
            Duration drainLimit) {
        this.catalog = catalog;
        this.presentation = presentation;
        this.locks = locks;
        this.quarantine = quarantine;
        this.drainLimit = drainLimit;
    }

    /**
     * Maps a volume or a mounted snapshot to a host.
     *
     * @param name of the volume or mount
     */
    public LunInfo map(Request who, String name, LunSpec spec) throws ServiceException {
        String folded = Names.fold(name);
        String object = "lun:" + folded;
        LunRow made;
        try {
            made =
                    catalog.<LunRow, ServiceException>change(
                            who, object, tx -> mapByName(tx, who, folded, spec));
        } catch (ServiceException e) {
            throw catalog.recorded(who, object, e);
        }
        presentation.publish();
        return show(made);
    }

    private LunRow mapByName(Tx tx, Request who, String name, LunSpec spec)
            throws ServiceException {
        UnitRecord unit =
                UnitRows.byName(tx.handle(), name)
                        .orElseThrow(() -> ServiceException.notFound("volume", name));
        Optional<LunRow> same = sameAgain(tx, who, unit, spec);
        if (same.isPresent()) {
            return same.get();
        }
        return mapRows(tx, unit, spec);
    }

    /** A repeat of the request finds its own mapping. */
    private static Optional<LunRow> sameAgain(Tx tx, Request who, UnitRecord unit, LunSpec spec)
            throws ServiceException {
        if (who.requestId().isEmpty()) {
            return Optional.empty();
        }
        String target = target(tx.handle(), spec).name();
        return LunRows.find(tx.handle(), unit.id(), Names.fold(spec.host()), target)
                .filter(lun -> spec.number().isEmpty() || spec.number().get() == lun.number())
                .filter(lun -> lun.readOnly() == spec.readOnly());
    }

    /**
     * Makes the row of a mapping in the caller's transaction, who calls {@link
     * Presentation#publish} (or {@code refresh}) after it.
     */
    public LunRowKey mapUnit(Tx tx, UnitRecord unit, LunSpec spec) throws ServiceException {
        LunRow row = mapRows(tx, unit, spec);
        return new LunRowKey(row.host(), row.target(), row.number());
    }

    /** Where a mapping is. */
    public record LunRowKey(String host, String target, int number) {}

    private LunRow mapRows(Tx tx, UnitRecord unit, LunSpec spec) throws ServiceException {
        HostRows.HostRow host = HostService.row(tx.handle(), Names.fold(spec.host()));
        TargetRow target = target(tx.handle(), spec);
        Optional<LunRow> present = LunRows.find(tx.handle(), unit.id(), host.name(), target.name());
        if (present.isPresent()) {
            throw ServiceException.conflict(
                    unit.name() + " is not mapped",
                    "host " + host.name() + " has it as LUN " + present.get().number(),
                    "lun unmap " + unit.name() + " --host " + host.name(),
                    "lun list --host " + host.name());
        }
        checkUsable(tx.handle(), unit);
        int number = new Numbers(tx, host, target, unit).choose(spec.number());
        LunRows.insert(tx, host.id(), target.id(), number, unit.id(), spec.readOnly());
        LunRows.wake(tx, host.name(), target.name(), number);
        LunRows.forgetRested(tx);
        tx.note("host", host.name()).note("target", target.name()).note("lun", number);
        tx.note("readOnly", spec.readOnly());
        return LunRows.find(tx.handle(), unit.id(), host.name(), target.name())
                .orElseThrow(() -> new IllegalStateException("the mapping is not there"));
    }

    private static void checkUsable(Handle handle, UnitRecord unit) throws ServiceException {
        boolean usable =
                io.tidegate.volume.VolumeRows.find(handle, unit.volume())
                        .filter(io.tidegate.volume.VolumeRecord::usable)
                        .isPresent();
        if (!usable) {
            throw ServiceException.conflict(
                    unit.name() + " is not mapped",
                    "its volume is in the bin",
                    "volume undelete " + unit.name());
        }
    }

    private static TargetRow target(Handle handle, LunSpec spec) throws ServiceException {
        List<TargetRow> targets = TargetRows.all(handle);
        if (spec.target().isPresent()) {
            String name = IscsiNames.fold(spec.target().get());
            return targets.stream()
                    .filter(t -> t.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> ServiceException.notFound("target", name));
        }
        if (targets.isEmpty()) {
            throw ServiceException.conflict(
                    "no LUN can be mapped", "there is no target", "target create IQN");
        }
        return targets.getFirst();
    }

    /** Chooses LUN numbers for one host on one target. */
    private static final class Numbers {

        private final String where;
        private final LogicalUnitId unit;
        private final Instant now;
        private final Set<Integer> taken = new HashSet<>();
        private final List<Resting> resting;

        Numbers(Tx tx, HostRows.HostRow host, TargetRow target, UnitRecord unit) {
            this.where = "host " + host.name();
            this.unit = unit.id();
            this.now = tx.now();
            for (LunRow lun : LunRows.ofHost(tx.handle(), host.id())) {
                if (lun.target().equals(target.name())) {
                    taken.add(lun.number());
                }
            }
            resting = LunRows.resting(tx.handle(), host.name(), target.name(), tx.now());
        }

        int choose(Optional<Integer> wanted) throws ServiceException {
            if (wanted.isPresent()) {
                check(wanted.get());
                return wanted.get();
            }
            for (Resting own : resting) {
                if (own.unit().equals(unit) && !taken.contains(own.number())) {
                    return own.number();
                }
            }
            Set<Integer> closed = new HashSet<>(taken);
            resting.forEach(r -> closed.add(r.number()));
            for (int number = 0; number <= MappedLun.MAX_NUMBER; number++) {
                if (!closed.contains(number)) {
                    return number;
                }
            }
            throw ServiceException.conflict(
                    "no LUN is mapped",
                    "all numbers of " + where + " are taken or rest",
                    "lun list");
        }

        private void check(int number) throws ServiceException {
            String what = "LUN " + number + " is not given";
            if (number < 0 || number > MappedLun.MAX_NUMBER) {
                throw ServiceException.invalid(
                        what,
                        "numbers go from 0 to " + MappedLun.MAX_NUMBER,
                        "choose another --lun, or leave it out");
            }
            if (taken.contains(number)) {
                throw ServiceException.conflict(
                        what,
                        where + " has another unit there",
                        "choose another --lun, or leave it out");
            }
            for (Resting rest : resting) {
                if (rest.number() == number && !rest.unit().equals(unit)) {
                    Duration left = Duration.between(now, rest.until());
                    throw ServiceException.conflict(
                            what,
                            where
                                    + " had another unit there, and may still know it; the number"
                                    + " rests for another "
                                    + words(left),
                            "choose another --lun, or leave it out",
                            "repeat after " + rest.until());
                }
            }
        }

        private static String words(Duration left) {
            long seconds = Math.max(1, left.plusMillis(999).toSeconds());
            return seconds >= 120 ? (seconds + 59) / 60 + " min" : seconds + " s";
        }
    }

    /**
     * Takes a LUN from a host: waits for what is under way on the unit, then removes the mapping
     * and tells the host.
     *
     * @param target empty when the host has it on one target only
     * @param force goes on when commands do not end in time
     * @throws ServiceException {@code BUSY}, with the sessions named, when commands do not end in
     *     time: nothing changed
     */
    public void unmap(Request who, String name, String host, Optional<String> target, boolean force)
            throws ServiceException {
        String folded = Names.fold(name);
        String object = "lun:" + folded;
        try {
            LunRow lun = find(folded, Names.fold(host), target);
            UnitRecord unit = unit(lun);
            try (ActLocks.Held held = locks.hold(unit.volume(), "volume " + folded, "unmap")) {
                drainAndRemove(who, object, unit, lun, force);
            }
        } catch (ServiceException e) {
            throw catalog.recorded(who, object, e);
        }
    }

    private void drainAndRemove(
            Request who, String object, UnitRecord unit, LunRow lun, boolean force)
            throws ServiceException {
        Optional<LogicalUnit> live = presentation.unit(unit.id());
        boolean gated = live.isPresent() && live.get().state() == LogicalUnit.State.OPEN;
        if (gated) {
            live.get().closeGate();
        }
        try {
            boolean drained = !gated || Drains.await(live.get(), drainLimit);
            if (!drained && !force) {
                throw ServiceException.busy(
                        unit.name() + " is not unmapped from host " + lun.host(),
                        "commands did not end within "
                                + drainLimit.toSeconds()
                                + " s; "
                                + sessions(lun),
                        "repeat, or lun unmap "
                                + unit.name()
                                + " --host "
                                + lun.host()
                                + " --force");
            }
            catalog.<Integer, ServiceException>change(
                    who,
                    object,
                    tx -> {
                        Instant until = tx.now().plus(quarantine);
                        LunRows.delete(tx, lun, until);
                        tx.note("host", lun.host()).note("lun", lun.number());
                        tx.note("restsUntil", until.toString()).note("drained", drained);
                        return 0;
                    });
            presentation.publish();
            log.info("LUN {} of host {} ({}) is gone", lun.number(), lun.host(), unit.name());
        } finally {
            if (gated) {
                live.get().open();
            }
        }
    }

    private String sessions(LunRow lun) {
        List<String> words = new ArrayList<>();
        for (SessionInfo session :
                presentation.sessions().map(SessionControl::sessions).orElse(List.of())) {
            boolean hosts =
                    presentation.hostOf(session.initiator()).filter(lun.host()::equals).isPresent();
            if (hosts && session.target().equals(lun.target())) {
                words.add(
                        session.initiator()
                                + Optional.ofNullable(session.lastWrites().get(lun.unit()))
                                        .map(t -> " (last write " + t + ")")
                                        .orElse(""));
            }
        }
        return words.isEmpty()
                ? "no session of the host is open"
                : words.size() + " sessions: " + String.join(", ", words);
    }

    private LunRow find(String name, String host, Optional<String> target) throws ServiceException {
        UnitRecord unit =
                catalog.read((Handle h) -> UnitRows.byName(h, name))
                        .orElseThrow(() -> ServiceException.notFound("volume", name));
        List<LunRow> luns =
                catalog.read(h -> LunRows.ofUnit(h, unit.id())).stream()
                        .filter(lun -> lun.host().equals(host))
                        .filter(
                                lun ->
                                        target.isEmpty()
                                                || IscsiNames.fold(target.get())
                                                        .equals(lun.target()))
                        .toList();
        if (luns.isEmpty()) {
            throw new ServiceException(
                    ServiceException.Code.NOT_FOUND,
                    name + " is no LUN of host " + host,
                    "it is not mapped to that host",
                    List.of("lun list --volume " + name));
        }
        if (luns.size() > 1) {
            throw ServiceException.invalid(
                    "it is not clear which LUN is meant",
                    "host " + host + " has " + name + " on " + luns.size() + " targets",
                    "give --target IQN");
        }
        return luns.getFirst();
    }

    /** Sets whether this host may write. */
    public LunInfo setReadOnly(
            Request who, String name, String host, Optional<String> target, boolean readOnly)
            throws ServiceException {
        String folded = Names.fold(name);
        String object = "lun:" + folded;
        LunRow lun;
        try {
            lun = find(folded, Names.fold(host), target);
            catalog.change(
                    who,
                    object,
                    tx -> {
                        LunRows.setReadOnly(tx, lun, readOnly);
                        tx.note("host", lun.host()).note("readOnly", readOnly);
                        return 0;
                    });
        } catch (ServiceException e) {
            throw catalog.recorded(who, object, e);
        }
        presentation.publish();
        return show(folded, lun.host(), Optional.of(lun.target()));
    }

    /**
     * Mappings by host, target and number.
     *
     * @param name only of this volume or mount
     */
    public List<LunInfo> list(Optional<String> host, Optional<String> name) {
        return catalog.read(
                handle -> {
                    List<LunInfo> infos = new ArrayList<>();
                    for (LunRow lun : LunRows.all(handle)) {
                        LunInfo info = info(handle, lun);
                        boolean wanted =
                                (host.isEmpty() || Names.fold(host.get()).equals(lun.host()))
                                        && (name.isEmpty()
                                                || Names.fold(name.get()).equals(info.name()));
                        if (wanted) {
                            infos.add(info);
                        }
                    }
                    return infos;
                });
    }

    public LunInfo show(String name, String host, Optional<String> target) throws ServiceException {
        return show(find(Names.fold(name), Names.fold(host), target));
    }

    private LunInfo show(LunRow lun) {
        return catalog.read(handle -> info(handle, lun));
    }

    private UnitRecord unit(LunRow lun) {
        return catalog.read(handle -> unitOf(handle, lun));
    }

    private static UnitRecord unitOf(Handle handle, LunRow lun) {
        return UnitRows.find(handle, lun.unit())
                .orElseThrow(() -> new IllegalStateException("LUN of no unit " + lun.unit()));
    }

    private static LunInfo info(Handle handle, LunRow lun) {
        UnitRecord unit = unitOf(handle, lun);
        return new LunInfo(
                unit.name(),
                unit.id(),
                unit.kind(),
                lun.host(),
                lun.target(),
                lun.number(),
                lun.readOnly(),
                unit.held(),
                unit.identity(),
                unit.shape().geometry().sizeBytes());
    }
}
