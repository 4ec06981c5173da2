package io.tidegate.volume;

import io.tidegate.block.ChangeStream;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A store of volumes with snapshots: our pool today, others later. Ids are made by the caller, and
 * an act that is repeated with the same ids after a lost answer fails with {@code EXISTS} or {@code
 * NOT_FOUND} and changes nothing.
 *
 * <p>Safe for concurrent calls; every act is durable when it returns. Calls block and belong on
 * platform threads that nobody interrupts. Names live in the catalog; a store knows ids only.
 */
public interface VolumeStore extends AutoCloseable {

    UUID id();

    StoreStatus status();

    /**
     * What does not work at present and goes on by itself when the fault ends, such as a file
     * system that is full; empty when all is well.
     */
    default Optional<String> trouble() {
        return Optional.empty();
    }

    /** Whose it is; empty when no catalog has claimed it yet. */
    Optional<StoreClaim> claim();

    /** Notes whose it is. Whether it may change hands is the caller's to know. */
    void claim(StoreClaim claim) throws StoreException;

    Set<VolumeId> volumes();

    /** Snapshots of a volume, oldest first in iteration order. */
    Set<SnapshotId> snapshots(VolumeId volume) throws StoreException;

    default void createVolume(VolumeId id, VolumeShape shape) throws StoreException {
        createVolume(id, shape, false);
    }

    /**
     * As {@link #createVolume(VolumeId, VolumeShape)}.
     *
     * @param reserved whether space is set aside for every block of it, so that no write fails for
     *     want of space; snapshots of it are refused with {@code NO_SPACE} where that could not be
     *     kept
     */
    void createVolume(VolumeId id, VolumeShape shape, boolean reserved) throws StoreException;

    /** A handle on the live content; close it after use. */
    VolumeDevice openVolume(VolumeId id) throws StoreException;

    VolumeUsage usage(VolumeId id) throws StoreException;

    /** Grows a volume; the new tail reads as zeroes. Shrinking is refused with {@code LIMIT}. */
    void growVolume(VolumeId id, long sizeBytes) throws StoreException;

    /**
     * Deletes a volume with its snapshots and bookmarks; space comes back in the background.
     * Refused with {@code BUSY} while handles, holds or clones exist.
     */
    void deleteVolume(VolumeId id) throws StoreException;

    /**
     * Snapshots volumes at one instant: either all exist when it returns, or none. A write that was
     * answered before the call is in; one that begins after it is not. Writes wait meanwhile, at
     * most for the store's drain limit; then {@code NOT_DRAINED}.
     */
    void snapshot(Map<VolumeId, SnapshotId> set) throws StoreException;

    SnapshotDevice openSnapshot(SnapshotId id) throws StoreException;

    /** What a snapshot shows, and what of it is its own. */
    SnapshotUsage usage(SnapshotId id) throws StoreException;

    /** Bytes that would come back if only this snapshot were deleted. */
    default long uniqueBytes(SnapshotId id) throws StoreException {
        return usage(id).uniqueBytes();
    }

    /** A writable volume that begins as the snapshot; the snapshot cannot be deleted meanwhile. */
    void cloneSnapshot(SnapshotId snapshot, VolumeId clone) throws StoreException;

    /**
     * The clone takes over its origin's snapshots up to its origin; the old volume becomes the
     * clone.
     */
    void promoteClone(VolumeId clone) throws StoreException;

    /** Refused with {@code BUSY} while the snapshot is open, held or a clone's origin. */
    void deleteSnapshot(SnapshotId id) throws StoreException;

    /** Deletes a snapshot and leaves a bookmark in its place, as one step. */
    void bookmark(SnapshotId id, BookmarkId bookmark) throws StoreException;

    void deleteBookmark(BookmarkId id) throws StoreException;

    /** Keeps a snapshot against deletion, over restarts, until released with the same tag. */
    void hold(SnapshotId id, String tag) throws StoreException;

    void release(SnapshotId id, String tag) throws StoreException;

    /**
     * What changed from one snapshot to a later one of the same volume.
     *
     * @param resumeOffset only ranges at or above it, in bytes
     */
    ChangeStream diff(SnapshotId from, SnapshotId to, long resumeOffset) throws StoreException;

    /** As {@link #diff}, from a bookmark. */
    ChangeStream diff(BookmarkId from, SnapshotId to, long resumeOffset) throws StoreException;

    /** Ends background work and syncs; the store can then be opened by another process. */
    @Override
    void close() throws StoreException;
}
