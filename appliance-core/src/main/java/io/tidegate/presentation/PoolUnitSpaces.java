package io.tidegate.presentation;

import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.ServiceException;
import io.tidegate.volume.PoolInfo;
import io.tidegate.volume.PoolRecord;
import io.tidegate.volume.PoolService;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreStatus;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeRows;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The space of units as the stores of their pools have it. */
public final class PoolUnitSpaces implements UnitSpaces {

    private static final Logger log = LoggerFactory.getLogger(PoolUnitSpaces.class);

    private final Catalog catalog;
    private final PoolService pools;

    public PoolUnitSpaces(Catalog catalog, PoolService pools) {
        this.catalog = catalog;
        this.pools = pools;
    }

    @Override
    public Optional<Space> of(LogicalUnit unit) {
        if (!unit.shape().thin() || unit.shape().writeProtected()) {
            return Optional.empty();
        }
        Optional<VolumeRecord> volume =
                catalog.read(
                        (Handle h) ->
                                UnitRows.find(h, unit.id())
                                        .flatMap(row -> VolumeRows.find(h, row.volume())));
        return volume.flatMap(this::of);
    }

    private Optional<Space> of(VolumeRecord volume) {
        for (PoolInfo pool : pools.list()) {
            if (pool.pool().id().equals(volume.pool()) && pool.status().isPresent()) {
                return of(volume, pool.pool(), pool.status().get());
            }
        }
        return Optional.empty();
    }

    private Optional<Space> of(VolumeRecord volume, PoolRecord pool, StoreStatus status) {
        long room = Math.max(0, status.totalBytes() - status.reserveBytes());
        long warn = room / 100 * (100 - pool.thresholds().warnPercent());
        try {
            long used = pools.store(pool.id()).usage(volume.id()).mappedBytes();
            return Optional.of(new Space(used, Math.max(0, status.freeBytes()), warn));
        } catch (ServiceException | StoreException e) {
            log.info("the space of volume {} is not known: {}", volume.name(), e.getMessage());
            return Optional.empty();
        }
    }
}
