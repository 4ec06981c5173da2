package io.tidegate.volume;

/**
 * Space of one volume, in bytes.
 *
 * @param mappedBytes what its live content takes
 * @param keptBySnapshotsBytes what only its snapshots still need
 */
public record VolumeUsage(long mappedBytes, long keptBySnapshotsBytes) {}
