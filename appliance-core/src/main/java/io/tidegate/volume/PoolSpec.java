package io.tidegate.volume;

import java.nio.file.Path;

/**
 * A pool that is to be made.
 *
 * @param path an empty or absent directory
 * @param grainBytes unit of allocation, a power of two from 4 KiB to 64 KiB
 * @param sizeBytes the most that it may take of the file system
 */
public record PoolSpec(String name, PoolTier tier, Path path, int grainBytes, long sizeBytes) {

    private static final int FAST_GRAIN = 4096;
    private static final int CAPACITY_GRAIN = 16384;

    /** With the grain that suits the tier. */
    public static PoolSpec of(String name, PoolTier tier, Path path, long sizeBytes) {
        int grain = tier == PoolTier.FAST ? FAST_GRAIN : CAPACITY_GRAIN;
        return new PoolSpec(name, tier, path, grain, sizeBytes);
    }
}
