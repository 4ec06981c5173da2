package io.tidegate.volume;

import java.nio.file.Path;
import java.util.List;

/**
 * A pool that is to be made.
 *
 * @param path an empty or absent directory
 * @param grainBytes unit of allocation, a power of two from 4 KiB to 64 KiB
 * @param sizeBytes the most that it may take of the file system or of its devices; 0, with devices
 *     only, takes all of them
 * @param devices block devices that hold the data instead of files in the directory, in this order;
 *     what they held is lost
 * @param checksums whether data that cannot change any more is sealed with checksums
 */
public record PoolSpec(
        String name,
        PoolTier tier,
        Path path,
        int grainBytes,
        long sizeBytes,
        List<Path> devices,
        boolean checksums) {

    private static final int FAST_GRAIN = 4096;
    private static final int CAPACITY_GRAIN = 16384;

    public PoolSpec {
        devices = List.copyOf(devices);
    }

    /** In files, with checksums. */
    public PoolSpec(String name, PoolTier tier, Path path, int grainBytes, long sizeBytes) {
        this(name, tier, path, grainBytes, sizeBytes, List.of(), true);
    }

    /** In files, with checksums and the grain that suits the tier. */
    public static PoolSpec of(String name, PoolTier tier, Path path, long sizeBytes) {
        int grain = tier == PoolTier.FAST ? FAST_GRAIN : CAPACITY_GRAIN;
        return new PoolSpec(name, tier, path, grain, sizeBytes);
    }

    public PoolSpec withGrainBytes(int bytes) {
        return new PoolSpec(name, tier, path, bytes, sizeBytes, devices, checksums);
    }

    public PoolSpec withDevices(List<Path> paths) {
        return new PoolSpec(name, tier, path, grainBytes, sizeBytes, paths, checksums);
    }

    public PoolSpec withChecksums(boolean on) {
        return new PoolSpec(name, tier, path, grainBytes, sizeBytes, devices, on);
    }
}
