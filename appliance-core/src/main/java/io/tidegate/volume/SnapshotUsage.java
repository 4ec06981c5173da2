package io.tidegate.volume;

/**
 * Space of one snapshot, in bytes.
 *
 * @param referencedBytes what it shows
 * @param uniqueBytes what would come back if only this snapshot were deleted
 */
public record SnapshotUsage(long referencedBytes, long uniqueBytes) {}
