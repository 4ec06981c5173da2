package io.tidegate.volume;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A pool's row.
 *
 * @param devices block devices that hold its data; empty when files in the directory do
 * @param sizeBytes what the store has, or what was ordered while it is being made; then 0 stands
 *     for all of the devices
 * @param checksums whether it was ordered with checksums; the store says what it has
 * @param storeUuid what the store in the directory calls itself; empty until it is made
 * @param ready false while it is being made
 */
public record PoolRecord(
        PoolId id,
        String name,
        PoolTier tier,
        Path path,
        List<Path> devices,
        int grainBytes,
        long sizeBytes,
        boolean checksums,
        PoolThresholds thresholds,
        Optional<UUID> storeUuid,
        boolean ready,
        Instant createdAt) {

    public PoolRecord {
        devices = List.copyOf(devices);
    }
}
