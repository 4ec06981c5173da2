package io.tidegate.pool;

import io.tidegate.block.ChangeStream;
import io.tidegate.volume.BookmarkId;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreStatus;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import io.tidegate.volume.VolumeStore;
import io.tidegate.volume.VolumeUsage;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** A pool in a directory of ordinary files. One process at a time has it open. */
public final class Pool implements VolumeStore {

    private Pool() {}

    /**
     * Makes a pool in an empty or absent directory and opens it.
     *
     * @throws StoreException {@code EXISTS} when the directory holds anything, {@code NO_SPACE}
     *     when the file system has no room for the log and the reserve, {@code IO}
     */
    public static Pool create(Path directory, PoolOptions options) throws StoreException {
        throw new UnsupportedOperationException();
    }

    /** As {@link #create(Path, PoolOptions)}, with settings for this opening. */
    public static Pool create(Path directory, PoolOptions options, PoolOpenOptions open)
            throws StoreException {
        throw new UnsupportedOperationException();
    }

    /**
     * Opens a pool and recovers it if it was not closed.
     *
     * @throws StoreException {@code NOT_FOUND} when there is none, {@code BUSY} when a process has
     *     it open, {@code DAMAGED} with the place when its structures cannot be trusted, {@code IO}
     */
    public static Pool open(Path directory, PoolOpenOptions options) throws StoreException {
        throw new UnsupportedOperationException();
    }

    /**
     * After a failed sync: recovers from what is surely on disk, in this process. Open handles go
     * on with what was recovered; a handle of a volume that is lost answers {@code GONE}.
     *
     * @param acknowledgeLoss that writes since the last good sync may be lost; without it the pool
     *     is recovered but stays read-only
     */
    public void reopen(boolean acknowledgeLoss) throws StoreException {
        throw new UnsupportedOperationException();
    }

    /** Checks the open pool at one instant; writes wait while the ownership is counted. */
    public PoolCheckReport check() throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public UUID id() {
        throw new UnsupportedOperationException();
    }

    @Override
    public StoreStatus status() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Set<VolumeId> volumes() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Set<SnapshotId> snapshots(VolumeId volume) throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void createVolume(VolumeId id, VolumeShape shape) throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public VolumeDevice openVolume(VolumeId id) throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public VolumeUsage usage(VolumeId id) throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void growVolume(VolumeId id, long sizeBytes) throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void deleteVolume(VolumeId id) throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void snapshot(Map<VolumeId, SnapshotId> set) throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public SnapshotDevice openSnapshot(SnapshotId id) throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public long uniqueBytes(SnapshotId id) throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void cloneSnapshot(SnapshotId snapshot, VolumeId clone) throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void promoteClone(VolumeId clone) throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void deleteSnapshot(SnapshotId id) throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void bookmark(SnapshotId id, BookmarkId bookmark) throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void deleteBookmark(BookmarkId id) throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void hold(SnapshotId id, String tag) throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void release(SnapshotId id, String tag) throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public ChangeStream diff(SnapshotId from, SnapshotId to, long resumeOffset)
            throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public ChangeStream diff(BookmarkId from, SnapshotId to, long resumeOffset)
            throws StoreException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() throws StoreException {
        throw new UnsupportedOperationException();
    }
}
