package io.tidegate.volume;

import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.Names;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.ServiceException.Code;
import io.tidegate.event.Event.Severity;
import io.tidegate.event.EventLog;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pools: their rows and their open stores. A pool that does not open keeps its row and says why;
 * the others go on. Safe for concurrent calls; calls block.
 */
public final class PoolService implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(PoolService.class);

    private final Catalog catalog;
    private final StoreProvider provider;
    private final EventLog events;
    private final PoolCreation creation;
    private final PoolGrowth growth;
    private final ActLocks locks = new ActLocks();
    private final Map<PoolId, VolumeStore> open = new ConcurrentHashMap<>();
    private final List<Consumer<PoolId>> listeners = new CopyOnWriteArrayList<>();
    private final Map<PoolId, String> problems = new ConcurrentHashMap<>();

    private final PoolClaims claims;

    public PoolService(Catalog catalog, StoreProvider provider, EventLog events) {
        this.catalog = catalog;
        this.provider = provider;
        this.creation = new PoolCreation(catalog, provider);
        this.growth = new PoolGrowth(catalog, provider);
        this.events = events;
        this.claims = new PoolClaims(catalog, events);
    }

    /**
     * Opens every pool; once, at start. What was cut off while it was made is finished when its
     * store is whole, and forgotten when it is not (its directory is left as it is).
     */
    public void start() {
        for (PoolRecord pool : catalog.read(PoolRows::all)) {
            try {
                VolumeStore store = openStore(pool);
                if (!pool.ready()) {
                    settle(pool, store);
                }
            } catch (StoreException e) {
                if (pool.ready()) {
                    problem(pool, e);
                } else {
                    forget(pool, e);
                }
            }
        }
    }

    /** Has others told when a pool was reopened after trouble. */
    public void addListener(Consumer<PoolId> listener) {
        listeners.add(listener);
    }

    private VolumeStore openStore(PoolRecord pool) throws StoreException {
        VolumeStore store = provider.open(pool);
        if (pool.storeUuid().isPresent() && !pool.storeUuid().get().equals(store.id())) {
            store.close();
            throw new StoreException(
                    StoreException.Kind.NOT_FOUND,
                    pool.path() + " holds another pool, " + store.id());
        }
        if (pool.ready()) {
            followSize(pool, store);
        }
        open.put(pool.id(), store);
        log.info("pool {} ({}) is open at {}", pool.name(), pool.id(), pool.path());
        claims.opened(pool, store);
        return store;
    }

    /**
     * Whether bins may be emptied and retention applied: not while a pool that is open belongs to
     * another catalog, or to a later state of this one.
     */
    public boolean mayCleanUp() {
        return claims.allOurs();
    }

    /** Takes a pool over for this catalog as it is; clean-up goes on afterwards. */
    public PoolInfo adopt(Request who, String name) throws ServiceException {
        PoolRecord pool = find(name);
        String object = "pool:" + pool.name();
        try (ActLocks.Held held = locks.hold(pool.id(), "pool " + pool.name(), "adopt")) {
            String reason = claims.estranged(pool.id()).orElse("");
            claims.take(pool, store(pool.id()));
            catalog.change(
                    who,
                    object,
                    tx -> {
                        tx.note("was", reason);
                        return 0;
                    });
            return info(pool);
        } catch (StoreException e) {
            throw catalog.recorded(
                    who, object, StoreFailures.of(e, "pool " + pool.name() + " is not adopted"));
        }
    }

    private void settle(PoolRecord pool, VolumeStore store) {
        catalog.change(
                Request.system("finish pool create " + pool.name()),
                "pool:" + pool.name(),
                tx -> {
                    PoolRows.ready(tx, pool.id(), store.id());
                    PoolRows.setSize(tx, pool.id(), store.status().totalBytes());
                    return 0;
                });
    }

    /** The store rules: it may have grown before its row could say so. */
    private void followSize(PoolRecord pool, VolumeStore store) {
        long size = store.status().totalBytes();
        if (size == pool.sizeBytes()) {
            return;
        }
        log.info("pool {} has {} bytes, its row said {}", pool.name(), size, pool.sizeBytes());
        catalog.housekeeping(
                tx -> {
                    PoolRows.setSize(tx, pool.id(), size);
                    return 0;
                });
    }

    private void problem(PoolRecord pool, StoreException e) {
        log.error("pool {} ({}) does not open", pool.name(), pool.id(), e);
        problems.put(pool.id(), String.valueOf(e.getMessage()));
        events.add(
                Severity.ERROR,
                "pool",
                "pool:" + pool.name(),
                "the pool does not open: " + e.getMessage());
    }

    private void forget(PoolRecord pool, StoreException e) {
        log.warn("pool {} was cut off while it was made", pool.name(), e);
        catalog.change(
                Request.system("take back pool create " + pool.name()),
                "pool:" + pool.name(),
                tx -> {
                    PoolRows.delete(tx, pool.id());
                    return 0;
                });
        events.add(
                Severity.WARNING,
                "pool",
                "pool:" + pool.name(),
                "its creation was cut off; " + pool.path() + " may hold remains");
    }

    /**
     * Makes a pool and opens it.
     *
     * @throws ServiceException name or path taken, directory not empty, no space
     */
    public PoolRecord create(Request who, PoolSpec spec) throws ServiceException {
        Optional<String> first = catalog.firstResult(who, String.class);
        if (first.isPresent()) {
            return find(first.get());
        }
        String object = "pool:" + Names.shown(spec.name());
        try {
            String name = Names.check("pool", spec.name());
            PoolRecord intent = creation.intend(name, spec);
            VolumeStore store = creation.make(intent);
            open.put(intent.id(), store);
            claimNew(intent, store);
            catalog.change(
                    who,
                    object,
                    tx -> {
                        long size = store.status().totalBytes();
                        PoolRows.ready(tx, intent.id(), store.id());
                        PoolRows.setSize(tx, intent.id(), size);
                        Catalog.keepResult(tx, who, name);
                        tx.note("path", spec.path().toString()).note("size", size);
                        return 0;
                    });
            log.info("pool {} ({}) is made at {}", name, intent.id(), intent.path());
            return find(name);
        } catch (ServiceException e) {
            throw catalog.recorded(who, object, e);
        }
    }

    private void claimNew(PoolRecord pool, VolumeStore store) throws ServiceException {
        try {
            claims.take(pool, store);
        } catch (StoreException e) {
            throw StoreFailures.of(e, "pool " + pool.name() + " is made, but not finished");
        }
    }

    public List<PoolInfo> list() {
        List<PoolInfo> infos = new ArrayList<>();
        for (PoolRecord pool : catalog.read(PoolRows::all)) {
            infos.add(info(pool));
        }
        return infos;
    }

    public PoolInfo show(String name) throws ServiceException {
        return info(find(name));
    }

    private PoolInfo info(PoolRecord pool) {
        VolumeStore store = open.get(pool.id());
        Optional<StoreStatus> status = Optional.ofNullable(store).map(VolumeStore::status);
        Optional<String> problem =
                Optional.ofNullable(problems.get(pool.id()))
                        .or(() -> claims.estranged(pool.id()))
                        .or(() -> status.flatMap(StoreStatus::readOnlyReason));
        int volumes = catalog.read(handle -> PoolRows.volumes(handle, pool.id()));
        Optional<String> trouble = Optional.ofNullable(store).flatMap(VolumeStore::trouble);
        return new PoolInfo(pool, status, problem, trouble, volumes);
    }

    /** The row of a pool by its name. */
    public PoolRecord find(String name) throws ServiceException {
        String folded = Names.fold(name);
        return catalog.read((Handle h) -> PoolRows.byName(h, folded))
                .orElseThrow(() -> ServiceException.notFound("pool", folded));
    }

    /**
     * The open store of a pool.
     *
     * @throws ServiceException {@code DEVICE} when the pool is not open
     */
    public VolumeStore store(PoolId id) throws ServiceException {
        VolumeStore store = open.get(id);
        if (store == null) {
            throw new ServiceException(
                    Code.DEVICE,
                    "the pool cannot be used",
                    problems.getOrDefault(id, "it is not open"),
                    List.of("pool list", "tidegate pool check DIR"));
        }
        return store;
    }

    /**
     * After a failed sync: recovers the store; it takes writes again when the loss is acknowledged.
     * A pool that did not open at start is tried again.
     */
    public PoolInfo reopen(Request who, String name, boolean acknowledgeLoss)
            throws ServiceException {
        PoolRecord pool = find(name);
        String object = "pool:" + pool.name();
        try (ActLocks.Held held = locks.hold(pool.id(), "pool " + pool.name(), "reopen")) {
            VolumeStore store = open.get(pool.id());
            if (store == null) {
                openStore(pool);
                problems.remove(pool.id());
            } else {
                provider.reopen(store, acknowledgeLoss);
            }
            catalog.change(
                    who,
                    object,
                    tx -> {
                        tx.note("acknowledgeLoss", acknowledgeLoss);
                        return 0;
                    });
            listeners.forEach(listener -> listener.accept(pool.id()));
            return info(pool);
        } catch (StoreException e) {
            throw catalog.recorded(
                    who, object, StoreFailures.of(e, "pool " + pool.name() + " is not reopened"));
        }
    }

    /** Looks at the structures of an open pool; changes nothing. */
    public StoreCheck check(String name) throws ServiceException {
        PoolRecord pool = find(name);
        try {
            return provider.check(store(pool.id()));
        } catch (StoreException e) {
            throw StoreFailures.of(e, "pool " + pool.name() + " is not checked");
        }
    }

    /**
     * Reads everything that a checksum of the pool vouches for, while it is in use; changes
     * nothing. Takes hours on a large pool: for jobs. One at a time for each pool.
     */
    public ScrubReport scrub(PoolRecord pool, ScrubControl control) throws ServiceException {
        // Under a key of its own: a pool in trouble must be reopened while a scrub is under way.
        try (ActLocks.Held held =
                locks.hold(new Scrub(pool.id()), "pool " + pool.name(), "scrub")) {
            return provider.scrub(store(pool.id()), control);
        } catch (StoreException e) {
            throw StoreFailures.of(e, "pool " + pool.name() + " is not scrubbed");
        }
    }

    private record Scrub(PoolId pool) {}

    /**
     * Makes a pool larger, in use: store first, then its row. When the row cannot follow, the next
     * start has it do so. The size that it has already changes nothing.
     */
    public PoolInfo grow(Request who, String name, long sizeBytes) throws ServiceException {
        return grow(who, name, (pool, store) -> growth.toSize(who, pool, store, sizeBytes));
    }

    /**
     * Adds devices to a pool on devices, in use. The row has them first: what was cut off is
     * finished by the same call again, and no other pool gets them meanwhile.
     */
    public PoolInfo grow(Request who, String name, List<Path> devices) throws ServiceException {
        return grow(who, name, (pool, store) -> growth.byDevices(who, pool, store, devices));
    }

    private interface Growing {
        void grow(PoolRecord pool, VolumeStore store) throws ServiceException;
    }

    private PoolInfo grow(Request who, String name, Growing act) throws ServiceException {
        PoolRecord pool = find(name);
        try (ActLocks.Held held = locks.hold(pool.id(), "pool " + pool.name(), "grow")) {
            act.grow(pool, store(pool.id()));
            return info(find(pool.name()));
        } catch (ServiceException e) {
            throw catalog.recorded(who, "pool:" + pool.name(), e);
        }
    }

    /** Sets from how full on the pool is talked about, and refuses what is new. */
    public PoolInfo setThresholds(Request who, String name, PoolThresholds to)
            throws ServiceException {
        PoolRecord pool = find(name);
        catalog.change(
                who,
                "pool:" + pool.name(),
                tx -> {
                    PoolRows.setThresholds(tx, pool.id(), to);
                    tx.note("before", pool.thresholds()).note("after", to);
                    return 0;
                });
        return info(find(pool.name()));
    }

    /**
     * Refuses new snapshots, volumes and clones in a pool that is too full for them, so that what
     * is there can go on. A pool that is not open is not refused here: its use is.
     *
     * @param message what does not happen
     * @throws ServiceException {@code NO_SPACE} with what would give space back
     */
    public void admit(PoolId id, String message) throws ServiceException {
        VolumeStore store = open.get(id);
        Optional<PoolRecord> row =
                catalog.<List<PoolRecord>, RuntimeException>read(PoolRows::all).stream()
                        .filter(pool -> pool.id().equals(id))
                        .findFirst();
        if (store == null || row.isEmpty()) {
            return;
        }
        int used = store.status().usedPercent();
        int refuse = row.get().thresholds().refusePercent();
        if (used >= refuse) {
            throw refusal(row.get(), message, used, refuse);
        }
    }

    private static ServiceException refusal(PoolRecord pool, String message, int used, int refuse) {
        String name = pool.name();
        return new ServiceException(
                Code.NO_SPACE,
                message,
                "pool %s is %d %% full; from %d %% on it takes no new volumes, snapshots or clones"
                        .formatted(name, used, refuse),
                List.of(
                        "snapshot list --sizes --sort -used, then snapshot purge VOLUME@NAME",
                        "volume list --pool " + name + " --deleted, then volume purge VOLUME",
                        "pool show " + name + " names its largest volumes",
                        "pool grow " + name + " --size SIZE"));
    }

    /** What each volume of the pool takes, the largest first; nothing when it is not open. */
    public List<VolumeSpace> spaces(PoolRecord pool) {
        VolumeStore store = open.get(pool.id());
        if (store == null) {
            return List.of();
        }
        List<VolumeSpace> spaces = new ArrayList<>();
        for (VolumeRecord volume : catalog.read(VolumeRows::all)) {
            if (volume.pool().equals(pool.id())) {
                usage(store, volume).ifPresent(u -> spaces.add(new VolumeSpace(volume, u)));
            }
        }
        spaces.sort(Comparator.comparingLong(VolumeSpace::heldBytes).reversed());
        return spaces;
    }

    private static Optional<VolumeUsage> usage(VolumeStore store, VolumeRecord volume) {
        try {
            return Optional.of(store.usage(volume.id()));
        } catch (StoreException e) {
            // It is being made or purged at this moment, or the pool's own state says the trouble.
            log.debug("no usage of volume {}", volume.name(), e);
            return Optional.empty();
        }
    }

    /** Rows of the pools that are open, with their state at this moment. */
    Map<PoolRecord, StoreStatus> watched() {
        Map<PoolRecord, StoreStatus> all = new LinkedHashMap<>();
        for (PoolRecord pool : catalog.read(PoolRows::all)) {
            VolumeStore store = open.get(pool.id());
            if (store != null && pool.ready()) {
                all.put(pool, store.status());
            }
        }
        return all;
    }

    /** Closes every store. */
    @Override
    public void close() {
        for (Map.Entry<PoolId, VolumeStore> entry : Map.copyOf(open).entrySet()) {
            try {
                entry.getValue().close();
            } catch (StoreException e) {
                log.error("pool {} did not close", entry.getKey(), e);
            }
            open.remove(entry.getKey());
        }
    }
}
