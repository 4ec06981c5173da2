package io.tidegate.volume;

import java.util.Optional;

/**
 * Space and health of a store; sizes in bytes.
 *
 * @param totalBytes room for volumes' data, the reserve included
 * @param allocatedBytes grains and nodes in use
 * @param freeBytes what host writes may still take, the reserve excluded
 * @param pendingFreeBytes freed, not yet usable again
 * @param reserveBytes kept for the store's own structures and for deletes
 * @param mapBytes what the maps themselves take
 * @param readOnlyReason why no write is taken, empty when writes are taken
 */
public record StoreStatus(
        long totalBytes,
        long allocatedBytes,
        long freeBytes,
        long pendingFreeBytes,
        long reserveBytes,
        long mapBytes,
        Optional<String> readOnlyReason) {}
