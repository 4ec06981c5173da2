package io.tidegate.snapshot;

import io.tidegate.audit.Request;
import io.tidegate.block.ChangeStream;
import io.tidegate.block.DeviceException;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.Names;
import io.tidegate.catalog.ServiceException;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.SnapshotUsage;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreFailures;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeRows;
import io.tidegate.volume.VolumeService;
import io.tidegate.volume.VolumeStore;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes, lists, mounts and deletes snapshots for administrators. Safe for concurrent calls from any
 * thread: what touches stores runs on threads of its own.
 */
public final class SnapshotService {

    private static final Logger log = LoggerFactory.getLogger(SnapshotService.class);

    private static final DateTimeFormatter NAME =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS").withZone(ZoneOffset.UTC);

    /**
     * What to make.
     *
     * @param volumes names; more than one are taken at one instant
     * @param name the part after the @; without it the time is the name
     * @param keep retention; without it kept until deleted by hand
     */
    public record Create(
            List<String> volumes, Optional<String> name, Optional<Duration> keep, String label) {}

    /**
     * What to list.
     *
     * @param volume only of this volume
     * @param at only the newest at or before this time, for each volume
     * @param destroyed the deleted and destroyed ones, too
     */
    public record Query(Optional<String> volume, Optional<Instant> at, boolean destroyed) {
        public static final Query ALL = new Query(Optional.empty(), Optional.empty(), false);
    }

    /**
     * What differs between two snapshots.
     *
     * @param extents how many ranges changed, from where it was asked
     * @param first the first of the changed ranges
     * @param next where to go on for those after {@code first}, in bytes; empty when there are none
     */
    public record Difference(
            SnapshotInfo from,
            SnapshotInfo to,
            long writtenBytes,
            long discardedBytes,
            long extents,
            List<ChangeStream.Change> first,
            Optional<Long> next) {}

    /** What is in the way of a deletion, and what it would give back. */
    public record DeletePlan(
            SnapshotInfo snapshot, long uniqueBytes, List<String> obstacles, Instant binUntil) {}

    private final Catalog catalog;
    private final VolumeService volumes;
    private final Snapshots snapshots;
    private final SnapshotMounts mounts;
    private final Duration binGrace;

    /**
     * @param binGrace how long deleted snapshots can be had back
     */
    public SnapshotService(
            Catalog catalog,
            VolumeService volumes,
            Snapshots snapshots,
            SnapshotMounts mounts,
            Duration binGrace) {
        this.catalog = catalog;
        this.volumes = volumes;
        this.snapshots = snapshots;
        this.mounts = mounts;
        this.binGrace = binGrace;
    }

    /** Snapshots one or several volumes at one instant; all are ready when it returns. */
    public List<SnapshotInfo> create(Request request, Create create) throws ServiceException {
        if (create.volumes().isEmpty()) {
            throw ServiceException.invalid(
                    "no snapshot is taken", "no volume was named", "snapshot create VOLUME");
        }
        if (create.keep().isPresent() && !create.keep().get().isPositive()) {
            throw ServiceException.invalid(
                    "no snapshot is taken",
                    "a retention of " + create.keep().get() + " is over before it begins",
                    "give a --keep of at least a second");
        }
        Optional<String[]> first = catalog.firstResult(request, String[].class);
        if (first.isPresent()) {
            return infos(first.get());
        }
        Instant now = catalog.clock().instant();
        String name =
                create.name().isPresent()
                        ? Names.check("snapshot", create.name().get())
                        : NAME.format(now);
        List<Snapshots.Member> members = new ArrayList<>();
        for (String volumeName : create.volumes().stream().distinct().toList()) {
            VolumeRecord volume = usable(volumeName);
            volumes.admit(volume, "snapshot " + volume.name() + "@" + name + " is not taken");
            members.add(new Snapshots.Member(SnapshotId.random(), volume, name, List.of()));
        }
        Instant keepUntil = create.keep().map(now::plus).orElse(null);
        return Apart.call(
                "snapshot-create",
                () -> snapshots.take(request, members, keepUntil, create.label(), true));
    }

    private List<SnapshotInfo> infos(String[] ids) throws ServiceException {
        List<SnapshotInfo> infos = new ArrayList<>();
        for (String id : ids) {
            infos.add(show(id));
        }
        return infos;
    }

    private VolumeRecord usable(String name) throws ServiceException {
        return catalog.<VolumeRecord, ServiceException>read(
                handle -> VolumeRows.usable(handle, Names.fold(name)));
    }

    public List<SnapshotInfo> list(Query query) throws ServiceException {
        List<SnapshotInfo> all =
                query.volume().isPresent()
                        ? ofVolume(query.volume().get())
                        : catalog.<List<SnapshotInfo>, RuntimeException>read(SnapshotRows::all);
        List<SnapshotInfo> wanted =
                all.stream()
                        .filter(
                                info ->
                                        info.state() == SnapshotState.READY
                                                || query.destroyed()
                                                        && info.state() != SnapshotState.PREPARING)
                        .toList();
        return query.at().isPresent() ? newestAt(wanted, query.at().get()) : wanted;
    }

    private List<SnapshotInfo> ofVolume(String name) throws ServiceException {
        VolumeRecord volume = volumes.find(name);
        return catalog.<List<SnapshotInfo>, RuntimeException>read(
                handle -> SnapshotRows.ofVolume(handle, volume.id()));
    }

    private static List<SnapshotInfo> newestAt(List<SnapshotInfo> all, Instant at) {
        Map<Object, SnapshotInfo> newest = new HashMap<>();
        for (SnapshotInfo info : all) {
            if (!info.taken().isAfter(at)) {
                newest.merge(info.volume(), info, (a, b) -> b.taken().isBefore(a.taken()) ? a : b);
            }
        }
        return all.stream().filter(info -> newest.get(info.volume()) == info).toList();
    }

    /** By {@code volume@name}, or by its UUID. */
    public SnapshotInfo show(String name) throws ServiceException {
        return catalog.<Optional<SnapshotInfo>, RuntimeException>read(handle -> look(handle, name))
                .orElseThrow(() -> ServiceException.notFound("snapshot", name));
    }

    private static Optional<SnapshotInfo> look(Handle handle, String name) {
        int at = name.indexOf('@');
        if (at > 0) {
            return SnapshotRows.byName(
                    handle, Names.fold(name.substring(0, at)), Names.fold(name.substring(at + 1)));
        }
        try {
            return SnapshotRows.byId(handle, new SnapshotId(UUID.fromString(name)));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // neither form: there is no such snapshot
        }
    }

    /** What it shows, and what would come back if only this one were deleted. */
    public SnapshotUsage usage(SnapshotInfo snapshot) throws ServiceException {
        VolumeStore store = volumes.store(volumes.find(snapshot.volume()));
        try {
            return store.usage(snapshot.id());
        } catch (StoreException e) {
            throw StoreFailures.of(e, "the space of " + snapshot.name() + " is not known");
        }
    }

    /** Bytes that would come back if only this one were deleted. */
    public long uniqueBytes(SnapshotInfo snapshot) throws ServiceException {
        return usage(snapshot).uniqueBytes();
    }

    /**
     * Sizes of many snapshots. Those that cannot be told (gone meanwhile, their pool is not open)
     * are missing: the state of the snapshot or of the pool says why.
     */
    public Map<SnapshotId, SnapshotUsage> usages(List<SnapshotInfo> all) {
        Map<VolumeId, Optional<VolumeStore>> stores = new HashMap<>();
        Map<SnapshotId, SnapshotUsage> usages = new HashMap<>();
        for (SnapshotInfo info : all) {
            if (info.state() == SnapshotState.READY || info.state() == SnapshotState.DELETED) {
                stores.computeIfAbsent(info.volume(), this::storeOf)
                        .flatMap(store -> usage(store, info))
                        .ifPresent(usage -> usages.put(info.id(), usage));
            }
        }
        return usages;
    }

    private Optional<VolumeStore> storeOf(VolumeId volume) {
        try {
            return Optional.of(volumes.store(volumes.find(volume)));
        } catch (ServiceException e) {
            log.debug("no sizes of snapshots of volume {}: {}", volume, e.why());
            return Optional.empty();
        }
    }

    private static Optional<SnapshotUsage> usage(VolumeStore store, SnapshotInfo info) {
        try {
            return Optional.of(store.usage(info.id()));
        } catch (StoreException e) {
            log.debug("no size of snapshot {}: {}", info.name(), e.getMessage());
            return Optional.empty();
        }
    }

    /** Changes retention or label; empty values leave what is there. */
    public SnapshotInfo set(
            Request request, String name, Optional<Instant> keepUntil, Optional<String> label)
            throws ServiceException {
        SnapshotInfo info = require(name, SnapshotState.READY, "is not changed");
        catalog.<Object, RuntimeException>change(
                request,
                "snapshot:" + info.name(),
                tx -> {
                    SnapshotRows.set(
                            tx.handle(),
                            info.id(),
                            keepUntil.map(Instant::toEpochMilli).orElse(null),
                            label.orElse(null));
                    keepUntil.ifPresent(until -> tx.note("keepUntil", until.toString()));
                    label.ifPresent(text -> tx.note("label", text));
                    return info;
                });
        return show(info.id().toString());
    }

    public DeletePlan planDelete(String name) throws ServiceException {
        SnapshotInfo info = show(name);
        long unique =
                info.state() == SnapshotState.READY || info.state() == SnapshotState.DELETED
                        ? uniqueBytes(info)
                        : 0;
        return new DeletePlan(
                info, unique, obstacles(info), catalog.clock().instant().plus(binGrace));
    }

    private static List<String> obstacles(SnapshotInfo info) {
        return info.heldBy().stream()
                .filter(reason -> !reason.startsWith(Snapshots.SAFETY))
                .toList();
    }

    /** Puts a snapshot into the bin; one that is there already, or gone, is left alone. */
    public SnapshotInfo delete(Request request, String name) throws ServiceException {
        SnapshotInfo info = show(name);
        if (info.state() == SnapshotState.DELETED || info.state() == SnapshotState.DESTROYED) {
            return info;
        }
        catalog.<Object, ServiceException>change(
                request,
                "snapshot:" + info.name(),
                tx -> {
                    checkFree(tx.handle(), info, "deleted");
                    long until = tx.now().plus(binGrace).toEpochMilli();
                    SnapshotRows.releaseAll(tx.handle(), info.id());
                    SnapshotRows.bin(tx.handle(), info.id(), tx.nowMillis(), until);
                    return info;
                });
        return show(info.id().toString());
    }

    private static void checkFree(Handle handle, SnapshotInfo info, String act)
            throws ServiceException {
        SnapshotInfo now =
                SnapshotRows.byId(handle, info.id()).orElseThrow(IllegalStateException::new);
        List<String> obstacles = obstacles(now);
        if (!obstacles.isEmpty()) {
            throw ServiceException.busy(
                    "snapshot " + info.name() + " cannot be " + act,
                    "held by " + String.join(", ", obstacles),
                    "take these away, then repeat",
                    "snapshot show " + info.name());
        }
    }

    public SnapshotInfo undelete(Request request, String name) throws ServiceException {
        SnapshotInfo info = show(name);
        if (info.state() == SnapshotState.READY) {
            return info;
        }
        require(name, SnapshotState.DELETED, "cannot be had back");
        catalog.<Object, RuntimeException>change(
                request,
                "snapshot:" + info.name(),
                tx -> {
                    SnapshotRows.unbin(tx.handle(), info.id());
                    return info;
                });
        return show(info.id().toString());
    }

    /** Destroys a snapshot now, in the bin or not; its row stays as history. */
    public SnapshotInfo purge(Request request, String name) throws ServiceException {
        SnapshotInfo info = show(name);
        if (info.state() == SnapshotState.DESTROYED) {
            return info;
        }
        catalog.<Object, ServiceException>change(
                request,
                "snapshot:" + info.name(),
                tx -> {
                    checkFree(tx.handle(), info, "purged");
                    SnapshotRows.releaseAll(tx.handle(), info.id());
                    SnapshotRows.bin(tx.handle(), info.id(), tx.nowMillis(), tx.nowMillis());
                    return info;
                });
        boolean gone =
                Apart.<Boolean, RuntimeException>call(
                        "snapshot-purge", () -> snapshots.destroy(info.id()));
        if (!gone) {
            throw ServiceException.busy(
                    "snapshot " + info.name() + " is not yet purged",
                    "a reader or a clone still needs it; it is in the bin and goes with them",
                    "snapshot show " + info.name());
        }
        return show(info.id().toString());
    }

    private SnapshotInfo require(String name, SnapshotState state, String act)
            throws ServiceException {
        SnapshotInfo info = show(name);
        if (info.state() != state) {
            throw ServiceException.conflict(
                    "snapshot " + info.name() + " " + act,
                    "it is " + info.state().name().toLowerCase(java.util.Locale.ROOT),
                    "snapshot show " + info.name());
        }
        return info;
    }

    /**
     * Destroys what has been in the bin for longer than its grace, and what nobody holds and has
     * outlived its retention. Called from time to time.
     *
     * @return how many went
     */
    public int prune() {
        return Apart.<Integer, RuntimeException>call("snapshot-prune", snapshots::prune);
    }

    /**
     * Shows a snapshot to a host as a logical unit of its own, read-only or as a writable clone.
     *
     * @param target empty for the first target
     * @param lun empty for the next free number
     */
    public MountInfo mount(
            Request request,
            String name,
            String host,
            Optional<String> target,
            Optional<Integer> lun,
            boolean writableClone)
            throws ServiceException {
        SnapshotInfo info = require(name, SnapshotState.READY, "is not mounted");
        return mounts.mount(request, info, info.name(), host, target, lun, writableClone);
    }

    /** Takes a mounted snapshot away from a host; a writable clone is deleted with its writes. */
    public void unmount(Request request, String name, String host) throws ServiceException {
        mounts.unmount(request, show(name).id(), host);
    }

    public List<MountInfo> mounts() {
        return mounts.list();
    }

    /**
     * What changed from one snapshot to a later one of the same volume.
     *
     * @param maxExtents how many of the first extents to list
     * @param offset only what changed at or above it, in bytes; the sums, too
     */
    public Difference diff(String from, String to, int maxExtents, long offset)
            throws ServiceException {
        SnapshotInfo a = require(from, SnapshotState.READY, "is not compared");
        SnapshotInfo b = require(to, SnapshotState.READY, "is not compared");
        if (!a.volume().equals(b.volume()) || b.taken().isBefore(a.taken())) {
            throw ServiceException.invalid(
                    "there is no difference from " + a.name() + " to " + b.name(),
                    a.volume().equals(b.volume())
                            ? "the second is older than the first"
                            : "they are of two volumes",
                    "snapshot diff OLDER NEWER, both of one volume");
        }
        return Apart.call("snapshot-diff", () -> walk(a, b, maxExtents, offset));
    }

    private Difference walk(SnapshotInfo a, SnapshotInfo b, int maxExtents, long offset)
            throws ServiceException {
        long written = 0;
        long discarded = 0;
        long extents = 0;
        List<ChangeStream.Change> first = new ArrayList<>();
        Optional<Long> next = Optional.empty();
        VolumeStore store = volumes.store(volumes.find(a.volume()));
        try (ChangeStream changes = store.diff(a.id(), b.id(), offset)) {
            Optional<ChangeStream.Change> change;
            while ((change = changes.next()).isPresent()) {
                ChangeStream.Change c = change.get();
                extents++;
                switch (c.kind()) {
                    case WRITTEN -> written += c.length();
                    case DISCARDED -> discarded += c.length();
                }
                if (first.size() < maxExtents) {
                    first.add(c);
                } else if (next.isEmpty()) {
                    next = Optional.of(c.offset());
                }
            }
        } catch (StoreException e) {
            throw StoreFailures.of(e, "the difference cannot be had");
        } catch (DeviceException e) {
            throw StoreFailures.of(e, "the difference cannot be read");
        }
        return new Difference(a, b, written, discarded, extents, List.copyOf(first), next);
    }
}
