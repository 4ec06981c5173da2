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
 *     checkpoint; 0 takes the default of 256 MiB, less for small pools
 */
public record PoolOpenOptions(
        boolean acknowledgeLoss,
        Optional<Path> tokenDirectory,
        Duration drainLimit,
        Duration checkpointEvery,
        long dirtyNodeBytes) {

    public static PoolOpenOptions standard() {
        return new PoolOpenOptions(
                false, Optional.empty(), Duration.ofMillis(200), Duration.ofSeconds(30), 0);
    }

    public PoolOpenOptions acknowledgingLoss() {
        return new PoolOpenOptions(
                true, tokenDirectory, drainLimit, checkpointEvery, dirtyNodeBytes);
    }

    public PoolOpenOptions withTokenDirectory(Path directory) {
        return new PoolOpenOptions(
                acknowledgeLoss,
                Optional.of(directory),
                drainLimit,
                checkpointEvery,
                dirtyNodeBytes);
    }

    public PoolOpenOptions withDrainLimit(Duration limit) {
        return new PoolOpenOptions(
                acknowledgeLoss, tokenDirectory, limit, checkpointEvery, dirtyNodeBytes);
    }

    public PoolOpenOptions withCheckpointEvery(Duration period) {
        return new PoolOpenOptions(
                acknowledgeLoss, tokenDirectory, drainLimit, period, dirtyNodeBytes);
    }

    public PoolOpenOptions withDirtyNodeBytes(long bytes) {
        return new PoolOpenOptions(
                acknowledgeLoss, tokenDirectory, drainLimit, checkpointEvery, bytes);
    }
}
