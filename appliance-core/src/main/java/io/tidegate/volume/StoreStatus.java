package io.tidegate.volume;

import java.util.Optional;

/**
 * Space and health of a store; sizes in bytes.
 *
 * @param totalBytes room for volumes' data, the reserve included
 * @param allocatedBytes grains and nodes in use
 * @param freeBytes what writes to thin volumes may still take: without the reserve, what is
 *     reserved for volumes, and what the host's file system could not hold
 * @param pendingFreeBytes freed, not yet usable again
 * @param reserveBytes kept for the store's own structures and for deletes
 * @param reservedBytes set aside for reserved volumes and not used yet
 * @param mapBytes what the maps themselves take
 * @param sharedBytes what would be needed besides if nothing was shared between volumes
 * @param checksums whether data is sealed with checksums
 * @param readOnlyReason why no write is taken, empty when writes are taken
 */
public record StoreStatus(
        long totalBytes,
        long allocatedBytes,
        long freeBytes,
        long pendingFreeBytes,
        long reserveBytes,
        long reservedBytes,
        long mapBytes,
        long sharedBytes,
        boolean checksums,
        Optional<String> readOnlyReason) {

    /** How full it is for writes to thin volumes, in percent of what they could ever have. */
    public int usedPercent() {
        long room = totalBytes - reserveBytes;
        return room <= 0 ? 100 : (int) Math.min(100, 100 * Math.max(0, room - freeBytes) / room);
    }
}
