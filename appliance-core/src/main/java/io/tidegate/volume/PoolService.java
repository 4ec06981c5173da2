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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
    private final ActLocks locks = new ActLocks();
    private final Map<PoolId, VolumeStore> open = new ConcurrentHashMap<>();
    private final List<Consumer<PoolId>> listeners = new CopyOnWriteArrayList<>();
    private final Map<PoolId, String> problems = new ConcurrentHashMap<>();

    /** Pools that another catalog, or a later state of this one, has used; with the reason. */
    private final Map<PoolId, String> estranged = new ConcurrentHashMap<>();

    private final Set<PoolId> claimed = ConcurrentHashMap.newKeySet();

    public PoolService(Catalog catalog, StoreProvider provider, EventLog events) {
        this.catalog = catalog;
        this.provider = provider;
        this.events = events;
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
        open.put(pool.id(), store);
        log.info("pool {} ({}) is open at {}", pool.name(), pool.id(), pool.path());
        checkClaim(pool, store);
        return store;
    }

    private StoreClaim ours() {
        return new StoreClaim(catalog.uuid(), catalog.generation());
    }

    /**
     * A catalog that was restored, or is another one, does not know what the pool holds: what it
     * takes for rubbish may be somebody's volume. Such a pool works, but nothing cleans up.
     */
    private void checkClaim(PoolRecord pool, VolumeStore store) throws StoreException {
        Optional<StoreClaim> seen = store.claim();
        boolean mine = claimed.contains(pool.id()); // by this run, before the pool was reopened
        if (seen.isPresent() && !mine && !seen.get().precedes(ours())) {
            String reason =
                    seen.get().catalog().equals(catalog.uuid())
                            ? "it was used with a later state of this catalog"
                            : "it was used with another catalog, " + seen.get().catalog();
            estranged.put(pool.id(), reason);
            log.error("pool {} ({}): {}; nothing is cleaned up", pool.name(), pool.id(), reason);
            events.add(
                    Severity.ERROR,
                    "pool",
                    "pool:" + pool.name(),
                    reason + "; nothing is deleted by itself until it is adopted: pool adopt");
        } else if (store.status().readOnlyReason().isEmpty()) {
            claimAsOurs(pool, store);
        }
    }

    private void claimAsOurs(PoolRecord pool, VolumeStore store) throws StoreException {
        store.claim(ours());
        claimed.add(pool.id());
    }

    /**
     * Whether bins may be emptied and retention applied: not while a pool that is open belongs to
     * another catalog, or to a later state of this one.
     */
    public boolean mayCleanUp() {
        return estranged.isEmpty();
    }

    /** Takes a pool over for this catalog as it is; clean-up goes on afterwards. */
    public PoolInfo adopt(Request who, String name) throws ServiceException {
        PoolRecord pool = find(name);
        String object = "pool:" + pool.name();
        try (ActLocks.Held held = locks.hold(pool.id(), "pool " + pool.name(), "adopt")) {
            String reason = estranged.getOrDefault(pool.id(), "");
            claimAsOurs(pool, store(pool.id()));
            catalog.change(
                    who,
                    object,
                    tx -> {
                        tx.note("was", reason);
                        return 0;
                    });
            estranged.remove(pool.id());
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
            PoolRecord intent = intend(name, spec);
            VolumeStore store = makeStore(intent);
            open.put(intent.id(), store);
            claimNew(intent, store);
            catalog.change(
                    who,
                    object,
                    tx -> {
                        PoolRows.ready(tx, intent.id(), store.id());
                        Catalog.keepResult(tx, who, name);
                        tx.note("path", spec.path().toString()).note("size", spec.sizeBytes());
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
            claimAsOurs(pool, store);
        } catch (StoreException e) {
            throw StoreFailures.of(e, "pool " + pool.name() + " is made, but not finished");
        }
    }

    private PoolRecord intend(String name, PoolSpec spec) throws ServiceException {
        Path path = spec.path().toAbsolutePath().normalize();
        return catalog.<PoolRecord, ServiceException>housekeeping(
                tx -> {
                    if (PoolRows.byName(tx.handle(), name).isPresent()) {
                        throw ServiceException.conflict(
                                "pool " + name + " is not made",
                                "there is a pool of this name",
                                "choose another name",
                                "pool show " + name);
                    }
                    if (PoolRows.pathTaken(tx.handle(), path)) {
                        throw ServiceException.conflict(
                                "pool " + name + " is not made",
                                "another pool lives in " + path,
                                "choose another --path");
                    }
                    PoolRecord pool =
                            new PoolRecord(
                                    PoolId.random(),
                                    name,
                                    spec.tier(),
                                    path,
                                    spec.grainBytes(),
                                    spec.sizeBytes(),
                                    Optional.empty(),
                                    false,
                                    tx.now());
                    PoolRows.insert(tx, pool);
                    return pool;
                });
    }

    /** After anything but a clear refusal the row stays, and the next start looks for remains. */
    private VolumeStore makeStore(PoolRecord pool) throws ServiceException {
        try {
            return provider.create(pool);
        } catch (StoreException e) {
            takeBack(pool);
            throw StoreFailures.of(e, "pool " + pool.name() + " is not made");
        } catch (IllegalArgumentException e) {
            takeBack(pool);
            throw ServiceException.invalid(
                    "pool " + pool.name() + " is not made",
                    String.valueOf(e.getMessage()),
                    "choose other values for --size and --grain");
        }
    }

    private void takeBack(PoolRecord pool) {
        catalog.housekeeping(
                tx -> {
                    PoolRows.delete(tx, pool.id());
                    return 0;
                });
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
                        .or(() -> Optional.ofNullable(estranged.get(pool.id())))
                        .or(() -> status.flatMap(StoreStatus::readOnlyReason));
        int volumes = catalog.read(handle -> PoolRows.volumes(handle, pool.id()));
        return new PoolInfo(pool, status, problem, volumes);
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

    /** Problems in the structures of an open pool; empty when there are none. */
    public List<String> check(String name) throws ServiceException {
        PoolRecord pool = find(name);
        try {
            return provider.check(store(pool.id()));
        } catch (StoreException e) {
            throw StoreFailures.of(e, "pool " + pool.name() + " is not checked");
        }
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
