package io.tidegate.volume;

/**
 * Space of one volume, in bytes.
 *
 * @param mappedBytes what its live content takes
 * @param exclusiveBytes of that, what no snapshot and no clone shows; extents that were shared by
 *     reference count as each volume's own, {@link StoreStatus#sharedBytes} says how much that is
 * @param sharedBytes of that, what snapshots or clones show as well
 * @param keptBySnapshotsBytes what only its snapshots still need
 * @param reservedBytes what is set aside so that a write to it cannot fail for want of space
 */
public record VolumeUsage(
        long mappedBytes,
        long exclusiveBytes,
        long sharedBytes,
        long keptBySnapshotsBytes,
        long reservedBytes) {}
