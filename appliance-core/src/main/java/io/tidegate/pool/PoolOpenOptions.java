package io.tidegate.pool;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How a pool is opened.
 *
 * @param acknowledgeLoss whether the operator has accepted that writes since the last good sync may
 *     be lost; without it a pool that was cut off by a failed sync opens for reading only
 * @param tokenDirectory where the token of a running pool lies, a tmpfs; empty looks for one
 *     ({@code XDG_RUNTIME_DIR}, {@code /dev/shm})
 * @param drainLimit how long a snapshot or checkpoint waits for writes under way
 * @param checkpointEvery how long changes stay in the log alone at most; zero leaves checkpoints to
 *     the fill of the log
 * @param dirtyNodeBytes how much of the map may be changed in memory before writes wait for a
 *     checkpoint; 0 takes the default of 256 MiB, less for small pools and small heaps
 * @param nodeCacheBytes heap for parts of the map that could be read again; a pool whose map is
 *     larger works, only slower
 */
public record PoolOpenOptions(
        boolean acknowledgeLoss,
        Optional<Path> tokenDirectory,
        Duration drainLimit,
        Duration checkpointEvery,
        long dirtyNodeBytes,
        long nodeCacheBytes) {

    private static final long LEAST_CACHE_BYTES = 64 << 10;

    public PoolOpenOptions {
        if (nodeCacheBytes < LEAST_CACHE_BYTES) {
            throw new IllegalArgumentException(
                    "a node cache of "
                            + nodeCacheBytes
                            + " bytes; it needs "
                            + LEAST_CACHE_BYTES
                            + " at least");
        }
    }

    /** An eighth of the heap for the node cache, so that two pools leave most of it to others. */
    public static PoolOpenOptions standard() {
        return new PoolOpenOptions(
                false,
                Optional.empty(),
                Duration.ofMillis(200),
                Duration.ofSeconds(30),
                0,
                Math.max(LEAST_CACHE_BYTES, Runtime.getRuntime().maxMemory() / 8));
    }

    public PoolOpenOptions acknowledgingLoss() {
        return new PoolOpenOptions(
                true, tokenDirectory, drainLimit, checkpointEvery, dirtyNodeBytes, nodeCacheBytes);
    }

    public PoolOpenOptions withTokenDirectory(Path directory) {
        return new PoolOpenOptions(
                acknowledgeLoss,
                Optional.of(directory),
                drainLimit,
                checkpointEvery,
                dirtyNodeBytes,
                nodeCacheBytes);
    }

    public PoolOpenOptions withDrainLimit(Duration limit) {
        return new PoolOpenOptions(
                acknowledgeLoss,
                tokenDirectory,
                limit,
                checkpointEvery,
                dirtyNodeBytes,
                nodeCacheBytes);
    }

    public PoolOpenOptions withCheckpointEvery(Duration period) {
        return new PoolOpenOptions(
                acknowledgeLoss,
                tokenDirectory,
                drainLimit,
                period,
                dirtyNodeBytes,
                nodeCacheBytes);
    }

    public PoolOpenOptions withDirtyNodeBytes(long bytes) {
        return new PoolOpenOptions(
                acknowledgeLoss,
                tokenDirectory,
                drainLimit,
                checkpointEvery,
                bytes,
                nodeCacheBytes);
    }

    public PoolOpenOptions withNodeCacheBytes(long bytes) {
        return new PoolOpenOptions(
                acknowledgeLoss,
                tokenDirectory,
                drainLimit,
                checkpointEvery,
                dirtyNodeBytes,
                bytes);
    }
}
