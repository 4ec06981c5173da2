package io.tidegate.recovery;

import io.tidegate.catalog.ServiceException;
import io.tidegate.volume.PoolId;
import io.tidegate.volume.PoolInfo;
import io.tidegate.volume.PoolService;
import io.tidegate.volume.PoolTier;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreFailures;
import io.tidegate.volume.StoreStatus;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeStore;
import java.util.Comparator;
import java.util.Optional;

/** Where QRVs go, and how much room there is. */
final class QrvPools {

    private final PoolService pools;

    QrvPools(PoolService pools) {
        this.pools = pools;
    }

    /**
     * Name of the pool for a QRV: the one that was named; else another than the source's, capacity
     * before fast, the one with most room; else the source's own.
     */
    String choose(Optional<String> named, VolumeRecord source) throws ServiceException {
        if (named.isPresent()) {
            return pools.find(named.get()).name();
        }
        return pools.list().stream()
                .filter(info -> info.status().isPresent() && info.problem().isEmpty())
                .max(
                        Comparator.comparing(
                                        (PoolInfo info) -> !info.pool().id().equals(source.pool()))
                                .thenComparing(info -> info.pool().tier() == PoolTier.CAPACITY)
                                .thenComparing(QrvPools::free))
                .map(info -> info.pool().name())
                .orElseThrow(
                        () ->
                                ServiceException.conflict(
                                        "there is no pool for a QRV",
                                        "no pool is open and takes writes",
                                        "pool list"));
    }

    private static long free(PoolInfo info) {
        return info.status().map(StoreStatus::freeBytes).orElse(0L);
    }

    long freeBytes(String pool) throws ServiceException {
        return free(pools.show(pool));
    }

    /** Refuses a pool that is too full for what is new. */
    void admit(String pool, String message) throws ServiceException {
        pools.admit(pools.find(pool).id(), message);
    }

    boolean samePool(String pool, VolumeRecord volume) throws ServiceException {
        return pools.find(pool).id().equals(volume.pool());
    }

    /** The pool's present name; its id when it has no row any more. */
    String name(PoolId id) {
        return pools.list().stream()
                .filter(info -> info.pool().id().equals(id))
                .map(info -> info.pool().name())
                .findFirst()
                .orElse(id.toString());
    }

    long mappedBytes(VolumeStore store, VolumeId volume) throws ServiceException {
        try {
            return store.usage(volume).mappedBytes();
        } catch (StoreException e) {
            throw StoreFailures.of(e, "the space of the volume is not known");
        }
    }
}
