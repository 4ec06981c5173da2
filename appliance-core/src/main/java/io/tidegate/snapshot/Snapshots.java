package io.tidegate.snapshot;

import io.tidegate.audit.Request;
import io.tidegate.block.DeviceException;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.Tx;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.volume.ActLocks;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreFailures;
import io.tidegate.volume.VolumeDependents;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeService;
import io.tidegate.volume.VolumeStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Snapshots as the other services of the core use them: taken under ids of the caller's, held for
 * reasons, destroyed, opened. A snapshot is made so: row {@code preparing} - store - row {@code
 * ready}; a crash between leaves a row that {@link #recover} takes back together with the snapshot.
 *
 * <p>Calls touch stores and belong on platform threads that nobody interrupts.
 */
public final class Snapshots implements VolumeDependents {

    private static final Logger log = LoggerFactory.getLogger(Snapshots.class);

    /**
     * One snapshot of a set that is to be taken.
     *
     * @param name the part after the @
     * @param holds reasons why it is not to be deleted, from the first moment on
     */
    public record Member(SnapshotId id, VolumeRecord volume, String name, List<String> holds) {}

    /** Holds of this kind keep policies away, but no order of an administrator's. */
    public static final String SAFETY = "safety:";

    private final Catalog catalog;
    private final VolumeService volumes;
    private final Gates gates;
    private final ActLocks locks;
    private final Function<VolumeId, Optional<LogicalUnit>> units;

    /**
     * @param locks shared with the volume service
     * @param units the logical unit that hosts reach a volume by, if there is one
     */
    public Snapshots(
            Catalog catalog,
            VolumeService volumes,
            Gates gates,
            ActLocks locks,
            Function<VolumeId, Optional<LogicalUnit>> units) {
        this.catalog = catalog;
        this.volumes = volumes;
        this.gates = gates;
        this.locks = locks;
        this.units = units;
    }

    /**
     * Takes snapshots of volumes at one instant: all are ready when it returns.
     *
     * <p>Members in one pool are cut by the pool. Members in several pools are cut while the gates
     * of their logical units are closed, so no host's write falls between two of them.
     *
     * @param keepUntil when retention ends; null for never
     * @throws ServiceException none of them exists
     */
    public List<SnapshotInfo> take(
            Request who, List<Member> members, @Nullable Instant keepUntil, String label)
            throws ServiceException {
        return take(who, members, keepUntil, label, false);
    }

    /** As above; for a request that is answered by these snapshots alone. */
    List<SnapshotInfo> take(
            Request who,
            List<Member> members,
            @Nullable Instant keepUntil,
            String label,
            boolean keepResult)
            throws ServiceException {
        Map<VolumeStore, Map<VolumeId, SnapshotId>> byStore = new LinkedHashMap<>();
        for (Member member : members) {
            byStore.computeIfAbsent(volumes.store(member.volume()), s -> new HashMap<>())
                    .put(member.volume().id(), member.id());
        }
        prepare(members, keepUntil, label);
        Instant taken;
        try {
            taken = byStore.size() == 1 ? cut(byStore) : cutPools(members, byStore);
        } catch (ServiceException e) {
            takeBack(members.stream().map(Member::id).toList(), byStore);
            throw e;
        }
        return commit(who, members, taken, keepResult);
    }

    private void prepare(List<Member> members, @Nullable Instant keepUntil, String label)
            throws ServiceException {
        UUID set = UUID.randomUUID();
        catalog.<Integer, ServiceException>housekeeping(
                tx -> {
                    for (Member member : members) {
                        checkFree(tx.handle(), member);
                        SnapshotRows.insert(
                                tx.handle(),
                                member.id(),
                                member.volume(),
                                member.name(),
                                set,
                                keepUntil == null ? null : keepUntil.toEpochMilli(),
                                label,
                                tx.nowMillis());
                        for (String reason : member.holds()) {
                            SnapshotRows.hold(tx.handle(), member.id(), reason, tx.nowMillis());
                        }
                    }
                    return members.size();
                });
    }

    private static void checkFree(Handle handle, Member member) throws ServiceException {
        if (SnapshotRows.nameTaken(handle, member.volume().id(), member.name())) {
            String name = member.volume().name() + "@" + member.name();
            throw ServiceException.conflict(
                    "snapshot " + name + " is not taken",
                    "there is one of this name, perhaps in the bin",
                    "choose another --name",
                    "snapshot show " + name);
        }
    }

    private Instant cut(Map<VolumeStore, Map<VolumeId, SnapshotId>> byStore)
            throws ServiceException {
        // read before the cut: every write that was answered before this time is in
        Instant before = catalog.clock().instant();
        for (Map.Entry<VolumeStore, Map<VolumeId, SnapshotId>> part : byStore.entrySet()) {
            try {
                part.getKey().snapshot(part.getValue());
            } catch (StoreException e) {
                throw StoreFailures.of(e, "the snapshot is not taken");
            }
        }
        return before;
    }

    private Instant cutPools(
            List<Member> members, Map<VolumeStore, Map<VolumeId, SnapshotId>> byStore)
            throws ServiceException {
        List<LogicalUnit> offered =
                members.stream().flatMap(m -> units.apply(m.volume().id()).stream()).toList();
        List<ActLocks.Held> kept = new ArrayList<>();
        try {
            for (Member member : members) { // who unmaps a LUN opens its gate, too
                kept.add(locks.hold(member.volume().id(), member.volume().name(), "snapshot set"));
            }
            return cutBehindGates(offered, byStore);
        } finally {
            kept.forEach(ActLocks.Held::close);
        }
    }

    private Instant cutBehindGates(
            List<LogicalUnit> offered, Map<VolumeStore, Map<VolumeId, SnapshotId>> byStore)
            throws ServiceException {
        try (Gates.Closed closed = gates.close(offered)) {
            if (!closed.awaitDrained(closed.left())) {
                throw ServiceException.busy(
                        "the snapshots are not taken",
                        "writes under way did not end in " + gates.limit().toSeconds() + " s",
                        "repeat when there are fewer writes");
            }
            Instant taken = cut(byStore);
            if (!closed.disarm()) {
                throw ServiceException.busy(
                        "the snapshots are not taken",
                        "the pools took longer than " + gates.limit().toSeconds() + " s",
                        "repeat when there is less load",
                        "take snapshots of volumes of one pool");
            }
            return taken;
        }
    }

    private List<SnapshotInfo> commit(
            Request who, List<Member> members, Instant taken, boolean keepResult)
            throws ServiceException {
        return catalog.<List<SnapshotInfo>, ServiceException>change(
                who,
                "snapshot:" + members.getFirst().volume().name(),
                tx -> {
                    List<SnapshotInfo> ready = new ArrayList<>();
                    for (Member member : members) {
                        SnapshotRows.ready(tx.handle(), member.id(), taken.toEpochMilli());
                        ready.add(
                                SnapshotRows.byId(tx.handle(), member.id())
                                        .orElseThrow(IllegalStateException::new));
                    }
                    tx.note("snapshots", ready.stream().map(SnapshotInfo::name).toList());
                    if (keepResult) {
                        Catalog.keepResult(
                                tx, who, ready.stream().map(i -> i.id().toString()).toList());
                    }
                    return ready;
                });
    }

    /** Removes rows of a set that did not come about, and what exists of it. */
    private void takeBack(
            List<SnapshotId> ids, Map<VolumeStore, Map<VolumeId, SnapshotId>> byStore) {
        boolean clean = true;
        for (Map.Entry<VolumeStore, Map<VolumeId, SnapshotId>> part : byStore.entrySet()) {
            for (SnapshotId id : part.getValue().values()) {
                clean &= deleteInStore(part.getKey(), id);
            }
        }
        if (clean) {
            removeRows(ids);
        }
    }

    private void removeRows(List<SnapshotId> ids) {
        catalog.<Integer, RuntimeException>housekeeping(
                tx -> {
                    ids.forEach(id -> SnapshotRows.remove(tx.handle(), id));
                    return ids.size();
                });
    }

    /** Whether the store has it no longer; a failure is logged and tried again later. */
    private static boolean deleteInStore(VolumeStore store, SnapshotId id) {
        try {
            store.deleteSnapshot(id);
            return true;
        } catch (StoreException e) {
            if (e.kind() == StoreException.Kind.NOT_FOUND) {
                return true;
            }
            log.warn("snapshot {} cannot be deleted yet: {}", id, e.getMessage());
            return false;
        }
    }

    /** Looks at a snapshot that passes. */
    @FunctionalInterface
    public interface Look<T> {
        T at(SnapshotId snapshot) throws ServiceException, StoreException, DeviceException;
    }

    /**
     * Takes a snapshot that nobody is to see, has it looked at, and removes it. Its row is never
     * ready, so a crash leaves nothing.
     */
    public <T> T passing(VolumeRecord volume, Look<T> look)
            throws ServiceException, StoreException, DeviceException {
        SnapshotId id = SnapshotId.random();
        prepare(List.of(new Member(id, volume, "passing." + id, List.of())), null, "passing");
        VolumeStore store = volumes.store(volume);
        try {
            store.snapshot(Map.of(volume.id(), id));
            return look.at(id);
        } finally {
            takeBack(List.of(id), Map.of(store, Map.of(volume.id(), id)));
        }
    }

    /** Removes what a crash left half made, in rows and stores. At start, before all else. */
    public void recover() {
        for (SnapshotInfo half : inState(SnapshotState.PREPARING)) {
            Optional<VolumeStore> store = store(half);
            if (store.isPresent() && deleteInStore(store.get(), half.id())) {
                log.info(
                        "snapshot {} ({}) was not finished and is removed", half.name(), half.id());
                removeRows(List.of(half.id()));
            }
        }
    }

    /**
     * Destroys what is due.
     *
     * @return how many snapshots went
     */
    public int prune() {
        long now = catalog.clock().millis();
        List<SnapshotId> due =
                catalog.<List<SnapshotId>, RuntimeException>read(
                        handle -> SnapshotRows.due(handle, now));
        int gone = 0;
        for (SnapshotId id : due) {
            gone += destroy(id) ? 1 : 0;
        }
        return gone;
    }

    /**
     * Destroys a snapshot that nobody holds.
     *
     * @return false when a handle or clone still needs it, or the store failed: tried again later
     */
    boolean destroy(SnapshotId id) {
        SnapshotInfo info = find(id).orElseThrow(() -> new IllegalStateException("no row: " + id));
        if (info.state() == SnapshotState.DESTROYED) {
            return true;
        }
        Optional<VolumeStore> store = store(info);
        if (store.isEmpty() || !deleteInStore(store.get(), id)) {
            return false;
        }
        catalog.<Object, RuntimeException>housekeeping(
                tx -> {
                    SnapshotRows.setState(tx.handle(), id, SnapshotState.DESTROYED, tx.nowMillis());
                    return id;
                });
        log.info("snapshot {} ({}) is destroyed", info.name(), id);
        return true;
    }

    /** Has a snapshot destroyed by the next {@link #prune}, once nobody holds it. */
    public static void expire(Tx tx, SnapshotId id) {
        SnapshotRows.bin(tx.handle(), id, tx.nowMillis(), tx.nowMillis());
    }

    public static void hold(Tx tx, SnapshotId id, String reason) {
        SnapshotRows.hold(tx.handle(), id, reason, tx.nowMillis());
    }

    public static void release(Tx tx, SnapshotId id, String reason) {
        SnapshotRows.release(tx.handle(), id, reason);
    }

    /** A row inside a caller's query or transaction. */
    public static Optional<SnapshotInfo> find(Handle handle, SnapshotId id) {
        return SnapshotRows.byId(handle, id);
    }

    public Optional<SnapshotInfo> find(SnapshotId id) {
        return catalog.<Optional<SnapshotInfo>, RuntimeException>read(
                handle -> SnapshotRows.byId(handle, id));
    }

    /** The snapshot, if it is whole and in use. */
    public Optional<SnapshotInfo> ready(SnapshotId id) {
        return find(id).filter(info -> info.state() == SnapshotState.READY);
    }

    /** The ready ones of a volume, oldest first. */
    public List<SnapshotInfo> ofVolume(VolumeId volume) {
        return catalog
                .<List<SnapshotInfo>, RuntimeException>read(
                        handle -> SnapshotRows.ofVolume(handle, volume))
                .stream()
                .filter(info -> info.state() == SnapshotState.READY)
                .toList();
    }

    /** A read-only device of a ready snapshot; holds it in the store until closed. */
    public SnapshotDevice open(SnapshotInfo snapshot) throws ServiceException {
        try {
            return volumes.store(volumes.find(snapshot.volume())).openSnapshot(snapshot.id());
        } catch (StoreException e) {
            throw StoreFailures.of(e, "snapshot " + snapshot.name() + " cannot be read");
        }
    }

    List<SnapshotInfo> inState(SnapshotState state) {
        return catalog.<List<SnapshotInfo>, RuntimeException>read(
                handle -> SnapshotRows.inState(handle, state));
    }

    private Optional<VolumeStore> store(SnapshotInfo info) {
        try {
            return Optional.of(volumes.store(volumes.find(info.volume())));
        } catch (ServiceException e) {
            log.warn("snapshot {} is out of reach: {}", info.name(), e.why());
            return Optional.empty();
        }
    }

    @Override
    public List<String> needing(Handle handle, VolumeId volume) {
        return SnapshotRows.ofVolume(handle, volume).stream()
                .filter(info -> info.heldBy().stream().anyMatch(r -> !r.startsWith(SAFETY)))
                .map(info -> info.name() + " (" + String.join(", ", info.heldBy()) + ")")
                .toList();
    }

    @Override
    public void purged(Tx tx, VolumeId volume) {
        SnapshotRows.goneWithVolume(tx.handle(), volume, tx.nowMillis());
    }
}
