package io.tidegate.volume;

import io.tidegate.audit.Request;
import io.tidegate.block.DeviceException;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.CatalogException;
import io.tidegate.catalog.Names;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.Tx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes, changes and lists volumes. Making one goes: row {@code creating} - store - row {@code
 * ready} with its logical unit. A crash on the way leaves a {@code creating} row, which {@link
 * VolumeBin#reconcile} takes back. Safe for concurrent calls; calls block.
 */
public final class VolumeService {

    private static final Logger log = LoggerFactory.getLogger(VolumeService.class);

    /** What the store has to do to make a volume. */
    @FunctionalInterface
    public interface StoreAct {
        void run(VolumeStore store, VolumeId id, VolumeShape shape) throws StoreException;
    }

    /**
     * What is to be set; empty leaves it.
     *
     * @param readOnly whether no host may write
     */
    public record Settings(
            Optional<Boolean> writeCache, Optional<Boolean> readOnly, Optional<String> label) {}

    private final Catalog catalog;
    private final PoolService pools;
    private final VolumeUnits units;
    private final ActLocks locks;
    private final List<VolumeDependents> dependents = new CopyOnWriteArrayList<>();

    /**
     * @param locks shared with everyone who acts on volumes; its key is the {@link VolumeId}
     */
    public VolumeService(Catalog catalog, PoolService pools, VolumeUnits units, ActLocks locks) {
        this.catalog = catalog;
        this.pools = pools;
        this.units = units;
        this.locks = locks;
    }

    /** Has others asked before a volume is deleted, and told when it is gone. */
    public void addDependents(VolumeDependents others) {
        dependents.add(others);
    }

    List<VolumeDependents> dependents() {
        return dependents;
    }

    /**
     * Makes an empty volume with its logical unit; space for all of it is set aside if not thin.
     */
    public VolumeRecord create(Request who, VolumeSpec spec) throws ServiceException {
        return create(
                who,
                spec,
                VolumeKind.VOLUME,
                (store, id, shape) -> store.createVolume(id, shape, !spec.thin()));
    }

    /**
     * Refuses what is new when the volume's pool is too full for it.
     *
     * @param message what does not happen
     */
    public void admit(VolumeRecord volume, String message) throws ServiceException {
        pools.admit(volume.pool(), message);
    }

    /**
     * Makes a volume by an act of the store, such as cloning a snapshot.
     *
     * @param kind a {@code QRV} volume gets no logical unit
     * @throws ServiceException nothing was made
     */
    public VolumeRecord create(Request who, VolumeSpec spec, VolumeKind kind, StoreAct act)
            throws ServiceException {
        Optional<String> first = catalog.firstResult(who, String.class);
        if (first.isPresent()) {
            return find(VolumeId.of(first.get()));
        }
        String object = "volume:" + Names.shown(spec.name());
        try {
            String name = Names.check("volume", spec.name());
            PoolRecord pool = pools.find(spec.pool());
            VolumeStore store = pools.store(pool.id());
            pools.admit(pool.id(), "volume " + name + " is not made");
            VolumeRecord intent = intend(name, pool, spec, kind);
            makeInStore(store, intent, act);
            settle(who, intent);
            units.refresh(intent.id());
            log.info("volume {} ({}) is made in pool {}", name, intent.id(), pool.name());
            return find(intent.id());
        } catch (ServiceException e) {
            throw catalog.recorded(who, object, e);
        }
    }

    private VolumeRecord intend(String name, PoolRecord pool, VolumeSpec spec, VolumeKind kind)
            throws ServiceException {
        VolumeShape shape = spec.shape();
        return catalog.<VolumeRecord, ServiceException>housekeeping(
                tx -> {
                    checkFree(tx.handle(), name);
                    VolumeRecord volume =
                            new VolumeRecord(
                                    VolumeId.random(),
                                    name,
                                    pool.id(),
                                    kind,
                                    shape,
                                    spec.thin(),
                                    spec.removable(),
                                    spec.readOnly(),
                                    spec.writeCache(),
                                    spec.label(),
                                    VolumeState.CREATING,
                                    tx.now(),
                                    Optional.empty(),
                                    Optional.empty());
                    VolumeRows.insert(tx, volume);
                    return volume;
                });
    }

    /** Refuses a name that a volume has, in the bin or out of it. */
    static void checkFree(Handle handle, String name) throws ServiceException {
        Optional<VolumeRecord> other = VolumeRows.byName(handle, name);
        if (other.isPresent()) {
            boolean inBin = other.get().state() == VolumeState.DELETED;
            throw ServiceException.conflict(
                    "the name " + name + " is not free",
                    "a volume of this name is " + VolumeRows.words(other.get().state()),
                    "choose another name",
                    inBin ? "volume purge " + name : "volume show " + name);
        }
    }

    /** After anything but a clear refusal the row stays, and the next start looks for remains. */
    private void makeInStore(VolumeStore store, VolumeRecord intent, StoreAct act)
            throws ServiceException {
        try {
            act.run(store, intent.id(), intent.shape());
        } catch (StoreException e) {
            catalog.housekeeping(
                    tx -> {
                        VolumeRows.delete(tx, intent.id());
                        return 0;
                    });
            throw StoreFailures.of(e, "volume " + intent.name() + " is not made");
        }
    }

    /**
     * When this fails the row stays {@code creating}, and the next start takes the volume back: to
     * delete it here could delete one whose row was settled after all.
     */
    private void settle(Request who, VolumeRecord intent) {
        try {
            catalog.change(
                    who,
                    "volume:" + intent.name(),
                    tx -> {
                        VolumeRows.setState(tx, intent.id(), VolumeState.READY);
                        if (intent.kind() == VolumeKind.VOLUME) {
                            units.created(tx, intent);
                        }
                        Catalog.keepResult(tx, who, intent.id().toString());
                        tx.note("id", intent.id().toString()).note("size", intent.sizeBytes());
                        return 0;
                    });
        } catch (CatalogException e) {
            log.error("volume {} ({}) was made, its row not", intent.name(), intent.id(), e);
            throw e;
        }
    }

    /**
     * Volumes by name.
     *
     * @param deleted those in the bin instead of all others
     */
    public List<VolumeInfo> list(Optional<String> pool, boolean deleted) throws ServiceException {
        Optional<PoolId> only =
                pool.isPresent() ? Optional.of(pools.find(pool.get()).id()) : Optional.empty();
        List<VolumeInfo> infos = new ArrayList<>();
        for (VolumeRecord volume : catalog.read(VolumeRows::all)) {
            boolean inBin =
                    volume.state() == VolumeState.DELETED || volume.state() == VolumeState.PURGING;
            if (inBin == deleted && (only.isEmpty() || only.get().equals(volume.pool()))) {
                infos.add(info(volume));
            }
        }
        return infos;
    }

    public VolumeInfo show(String name) throws ServiceException {
        return info(find(name));
    }

    /** The row by name, whatever its state. */
    public VolumeRecord find(String name) throws ServiceException {
        String folded = Names.fold(name);
        return catalog.read((Handle h) -> VolumeRows.byName(h, folded))
                .orElseThrow(() -> ServiceException.notFound("volume", folded));
    }

    /** The row by id, whatever its state. */
    public VolumeRecord find(VolumeId id) throws ServiceException {
        return catalog.read((Handle h) -> VolumeRows.find(h, id))
                .orElseThrow(() -> ServiceException.notFound("volume", id.toString()));
    }

    /** The store that a volume lives in. */
    public VolumeStore store(VolumeRecord volume) throws ServiceException {
        return pools.store(volume.pool());
    }

    /** What needs the volume, in words. */
    public List<String> heldBy(Handle handle, VolumeId id) {
        List<String> all = new ArrayList<>(units.mappings(handle, id));
        for (VolumeDependents others : dependents) {
            all.addAll(others.needing(handle, id));
        }
        return all;
    }

    private VolumeInfo info(VolumeRecord volume) throws ServiceException {
        PoolRecord pool =
                catalog.read(PoolRows::all).stream()
                        .filter(p -> p.id().equals(volume.pool()))
                        .findFirst()
                        .orElseThrow(() -> ServiceException.notFound("pool", volume.name()));
        Optional<VolumeUsage> usage = Optional.empty();
        if (volume.state() != VolumeState.CREATING && volume.state() != VolumeState.PURGING) {
            usage = usage(volume);
        }
        List<String> heldBy = catalog.read(handle -> heldBy(handle, volume.id()));
        return new VolumeInfo(volume, pool.name(), usage, heldBy);
    }

    private Optional<VolumeUsage> usage(VolumeRecord volume) {
        try {
            return Optional.of(pools.store(volume.pool()).usage(volume.id()));
        } catch (ServiceException | StoreException e) {
            log.debug("no usage of volume {}", volume.name(), e); // the pool's own state says it
            return Optional.empty();
        }
    }

    /**
     * Grows a volume: store first, so that no host is ever promised blocks that are not there. The
     * same size again changes nothing.
     */
    public VolumeRecord resize(Request who, String name, long sizeBytes) throws ServiceException {
        VolumeRecord volume = find(name);
        String object = "volume:" + volume.name();
        try (ActLocks.Held held = hold(volume, "resize")) {
            VolumeRecord now = catalog.read((Handle h) -> VolumeRows.usable(h, volume.name()));
            VolumeShape shape = now.shape();
            VolumeSpec.shape(
                    sizeBytes,
                    shape.geometry().logicalBlockBytes(),
                    shape.geometry().physicalBlockBytes(),
                    shape.granularityBytes());
            if (sizeBytes < now.sizeBytes()) {
                throw ServiceException.invalid(
                        "volume " + now.name() + " is not resized",
                        "volumes do not shrink; it has " + now.sizeBytes() + " bytes",
                        "give a larger --size");
            }
            if (sizeBytes > now.sizeBytes()) {
                grow(now, sizeBytes);
            }
            catalog.<Integer, ServiceException>change(
                    who,
                    object,
                    tx -> {
                        VolumeRows.setSize(tx, now.id(), sizeBytes);
                        units.changed(tx, reread(tx.handle(), now.id()));
                        tx.note("before", now.sizeBytes()).note("after", sizeBytes);
                        return 0;
                    });
            units.refresh(now.id());
            return find(now.id());
        } catch (ServiceException e) {
            throw catalog.recorded(who, object, e);
        }
    }

    /**
     * The store's volume may be larger than what hosts are shown, when it was taken over from
     * another use: what was behind the old end must not come to light.
     */
    private void grow(VolumeRecord volume, long sizeBytes) throws ServiceException {
        String failure = "volume " + volume.name() + " is not resized";
        VolumeStore store = store(volume);
        try (VolumeDevice device = store.openVolume(volume.id())) {
            long inStore = device.geometry().sizeBytes();
            if (inStore > volume.sizeBytes()) {
                device.discard(
                        volume.sizeBytes(), Math.min(inStore, sizeBytes) - volume.sizeBytes());
                device.flush();
            }
            if (inStore < sizeBytes) {
                store.growVolume(volume.id(), sizeBytes);
            }
        } catch (StoreException e) {
            throw StoreFailures.of(e, failure);
        } catch (DeviceException e) {
            throw StoreFailures.of(e, failure);
        }
    }

    /** Changes flags and label. */
    public VolumeRecord set(Request who, String name, Settings settings) throws ServiceException {
        return act(
                who,
                name,
                "set",
                (tx, volume) -> {
                    VolumeRows.setFlags(
                            tx,
                            volume.id(),
                            settings.writeCache().orElse(volume.writeCache()),
                            settings.readOnly().orElse(volume.readOnly()),
                            settings.label().orElse(volume.label()));
                    VolumeRecord now = reread(tx.handle(), volume.id());
                    units.changed(tx, now);
                    if (settings.writeCache().isPresent()) {
                        units.writeCacheChanged(tx, now);
                    }
                    settings.writeCache().ifPresent(on -> tx.note("writeCache", on));
                    settings.readOnly().ifPresent(on -> tx.note("readOnly", on));
                    settings.label().ifPresent(text -> tx.note("label", text));
                });
    }

    /** Gives another name; identity and LUNs stay. */
    public VolumeRecord rename(Request who, String name, String newName) throws ServiceException {
        String to = Names.check("volume", newName);
        return act(
                who,
                name,
                "rename",
                (tx, volume) -> {
                    if (!to.equals(volume.name())) {
                        checkFree(tx.handle(), to);
                        VolumeRows.rename(tx, volume.id(), to);
                        units.changed(tx, reread(tx.handle(), volume.id()));
                    }
                    tx.note("before", volume.name()).note("after", to);
                });
    }

    /** Refuses hosts' medium commands until {@link #online}; LUNs stay mapped. */
    public VolumeRecord offline(Request who, String name) throws ServiceException {
        return act(
                who,
                name,
                "offline",
                (tx, volume) -> VolumeRows.setState(tx, volume.id(), VolumeState.OFFLINE));
    }

    public VolumeRecord online(Request who, String name) throws ServiceException {
        return act(
                who,
                name,
                "online",
                (tx, volume) -> VolumeRows.setState(tx, volume.id(), VolumeState.READY));
    }

    /** A change of rows of one volume. */
    @FunctionalInterface
    interface RowAct {
        void run(Tx tx, VolumeRecord volume) throws ServiceException;
    }

    private VolumeRecord act(Request who, String name, String act, RowAct rows)
            throws ServiceException {
        VolumeRecord volume = find(name);
        String object = "volume:" + volume.name();
        try (ActLocks.Held held = hold(volume, act)) {
            catalog.<Integer, ServiceException>change(
                    who,
                    object,
                    tx -> {
                        rows.run(tx, VolumeRows.usable(tx.handle(), volume.name()));
                        return 0;
                    });
            units.refresh(volume.id());
            return find(volume.id());
        } catch (ServiceException e) {
            throw catalog.recorded(who, object, e);
        }
    }

    ActLocks.Held hold(VolumeRecord volume, String act) throws ServiceException {
        return locks.hold(volume.id(), "volume " + volume.name(), act);
    }

    static VolumeRecord reread(Handle handle, VolumeId id) {
        return VolumeRows.find(handle, id)
                .orElseThrow(() -> new IllegalStateException("volume " + id + " has no row"));
    }

    /** Deletion in two steps, with the bin between them. */
    public VolumeBin bin(Duration grace) {
        return new VolumeBin(catalog, this, units, grace);
    }
}
