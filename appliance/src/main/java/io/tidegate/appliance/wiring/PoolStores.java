package io.tidegate.appliance.wiring;

import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOpenOptions;
import io.tidegate.pool.PoolOptions;
import io.tidegate.volume.PoolRecord;
import io.tidegate.volume.ScrubControl;
import io.tidegate.volume.ScrubReport;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreProvider;
import io.tidegate.volume.VolumeStore;
import java.util.List;

/** Our own pool behind every pool row. */
final class PoolStores implements StoreProvider {

    @Override
    public VolumeStore create(PoolRecord pool) throws StoreException {
        PoolOptions options = PoolOptions.fast(pool.sizeBytes()).withGrainBytes(pool.grainBytes());
        return Pool.create(pool.path(), options);
    }

    @Override
    public VolumeStore open(PoolRecord pool) throws StoreException {
        return Pool.open(pool.path(), PoolOpenOptions.standard());
    }

    @Override
    public void reopen(VolumeStore store, boolean acknowledgeLoss) throws StoreException {
        pool(store).reopen(acknowledgeLoss);
    }

    @Override
    public List<String> check(VolumeStore store) throws StoreException {
        return pool(store).check().problems();
    }

    @Override
    public ScrubReport scrub(VolumeStore store, ScrubControl control) throws StoreException {
        return pool(store).scrub(control);
    }

    @Override
    public void grow(VolumeStore store, long sizeBytes) throws StoreException {
        pool(store).grow(sizeBytes);
    }

    private static Pool pool(VolumeStore store) {
        return (Pool) store; // made by this class
    }
}
