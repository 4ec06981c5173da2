package io.tidegate.volume;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * A pool's row.
 *
 * @param storeUuid what the store in the directory calls itself; empty until it is made
 * @param ready false while it is being made
 */
public record PoolRecord(
        PoolId id,
        String name,
        PoolTier tier,
        Path path,
        int grainBytes,
        long sizeBytes,
        Optional<UUID> storeUuid,
        boolean ready,
        Instant createdAt) {}
