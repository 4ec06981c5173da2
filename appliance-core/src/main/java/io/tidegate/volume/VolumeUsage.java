package io.tidegate.volume;

/**
 * Space of one volume, in bytes.
 *
 * @param mappedBytes what its live content takes
 * @param exclusiveBytes of that, what nothing else shows: it comes back when it is discarded
 * @param sharedBytes of that, what snapshots, clones or other volumes show as well
 * @param keptBySnapshotsBytes what only its snapshots still need
 * @param reservedBytes what is set aside so that a write to it cannot fail for want of space
 */
public record VolumeUsage(
        long mappedBytes,
        long exclusiveBytes,
        long sharedBytes,
        long keptBySnapshotsBytes,
        long reservedBytes) {}
