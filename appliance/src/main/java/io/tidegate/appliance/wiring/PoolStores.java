package io.tidegate.appliance.wiring;

import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolCheckReport;
import io.tidegate.pool.PoolOpenOptions;
import io.tidegate.pool.PoolOptions;
import io.tidegate.volume.PoolRecord;
import io.tidegate.volume.ScrubControl;
import io.tidegate.volume.ScrubReport;
import io.tidegate.volume.StoreCheck;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreProvider;
import io.tidegate.volume.VolumeStore;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** Our own pool behind every pool row. */
final class PoolStores implements StoreProvider {

    private final PoolOpenOptions open;

    /**
     * @param nodeCacheBytes heap for the map of each pool; 0 takes the pool's default
     */
    PoolStores(long nodeCacheBytes) {
        PoolOpenOptions standard = PoolOpenOptions.standard();
        open = nodeCacheBytes == 0 ? standard : standard.withNodeCacheBytes(nodeCacheBytes);
    }

    @Override
    public VolumeStore create(PoolRecord pool) throws StoreException {
        PoolOptions options =
                PoolOptions.fast(sizeBytes(pool))
                        .withGrainBytes(pool.grainBytes())
                        .withChecksums(pool.checksums());
        return pool.devices().isEmpty()
                ? Pool.create(pool.path(), options, open)
                : Pool.create(pool.path(), options, pool.devices(), open);
    }

    /** What was ordered, or all that the devices have. */
    private static long sizeBytes(PoolRecord pool) throws StoreException {
        if (pool.sizeBytes() != 0) {
            return pool.sizeBytes();
        }
        long bytes = 0;
        for (Path device : pool.devices()) {
            try (FileChannel channel = FileChannel.open(device, StandardOpenOption.READ)) {
                bytes += channel.size();
            } catch (IOException e) {
                throw new StoreException(
                        StoreException.Kind.IO,
                        "the device " + device + " cannot be opened: " + e.getMessage(),
                        e);
            }
        }
        return bytes;
    }

    @Override
    public VolumeStore open(PoolRecord pool) throws StoreException {
        return Pool.open(pool.path(), open);
    }

    @Override
    public void reopen(VolumeStore store, boolean acknowledgeLoss) throws StoreException {
        pool(store).reopen(acknowledgeLoss);
    }

    @Override
    public StoreCheck check(VolumeStore store) throws StoreException {
        PoolCheckReport report = pool(store).check();
        SequencedMap<String, Long> counts = new LinkedHashMap<>();
        counts.put("volumes", (long) report.volumes());
        counts.put("snapshots", (long) report.snapshots());
        counts.put("grains", report.grains());
        counts.put("nodes", report.nodes());
        return new StoreCheck(counts, report.problems());
    }

    @Override
    public ScrubReport scrub(VolumeStore store, ScrubControl control) throws StoreException {
        return pool(store).scrub(control);
    }

    @Override
    public void grow(VolumeStore store, long sizeBytes) throws StoreException {
        pool(store).grow(sizeBytes);
    }

    @Override
    public void grow(VolumeStore store, List<Path> devices) throws StoreException {
        pool(store).grow(devices);
    }

    private static Pool pool(VolumeStore store) {
        return (Pool) store; // made by this class
    }
}
