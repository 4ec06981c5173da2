package io.tidegate.volume;

import io.tidegate.catalog.Catalog;
import io.tidegate.event.Event.Severity;
import io.tidegate.event.EventLog;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whose the open pools are. A catalog that was restored, or is another one, does not know what a
 * pool holds: what it takes for rubbish may be somebody's volume. Such a pool works, but nothing
 * cleans up until it is adopted. Safe for concurrent calls.
 */
final class PoolClaims {

    private static final Logger log = LoggerFactory.getLogger(PoolClaims.class);

    private final Catalog catalog;
    private final EventLog events;

    /** Pools that another catalog, or a later state of this one, has used; with the reason. */
    private final Map<PoolId, String> estranged = new ConcurrentHashMap<>();

    private final Set<PoolId> claimed = ConcurrentHashMap.newKeySet();

    PoolClaims(Catalog catalog, EventLog events) {
        this.catalog = catalog;
        this.events = events;
    }

    private StoreClaim ours() {
        return new StoreClaim(catalog.uuid(), catalog.generation());
    }

    /** A pool was opened: it is ours, or it is estranged. */
    void opened(PoolRecord pool, VolumeStore store) throws StoreException {
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
            take(pool, store);
        }
    }

    /** From now on the pool is this catalog's. */
    void take(PoolRecord pool, VolumeStore store) throws StoreException {
        store.claim(ours());
        claimed.add(pool.id());
        estranged.remove(pool.id());
    }

    /** Why nothing of a pool is cleaned up; empty when it is ours. */
    Optional<String> estranged(PoolId pool) {
        return Optional.ofNullable(estranged.get(pool));
    }

    boolean allOurs() {
        return estranged.isEmpty();
    }
}
