package io.tidegate.presentation;

import io.tidegate.block.BlockDevice;
import io.tidegate.catalog.ServiceException;
import io.tidegate.volume.PoolService;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreFailures;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeStore;

/** Opens what units point at. */
final class Devices {

    private final PoolService pools;

    Devices(PoolService pools) {
        this.pools = pools;
    }

    BlockDevice volume(VolumeRecord volume) throws ServiceException {
        try {
            return pools.store(volume.pool()).openVolume(volume.id());
        } catch (StoreException e) {
            throw StoreFailures.of(e, "volume " + volume.name() + " does not open");
        }
    }

    /** What the unit shows: its volume's live content, or a snapshot of it. */
    BlockDevice of(UnitRecord unit, VolumeRecord volume) throws ServiceException {
        if (unit.snapshot().isEmpty()) {
            return volume(volume);
        }
        VolumeStore store = pools.store(volume.pool());
        try {
            return store.openSnapshot(unit.snapshot().get());
        } catch (StoreException e) {
            throw StoreFailures.of(e, "snapshot " + unit.name() + " does not open");
        }
    }
}
