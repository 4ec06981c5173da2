package io.tidegate.pool;

import io.tidegate.block.ChangeStream;
import io.tidegate.volume.BookmarkId;
import io.tidegate.volume.ScrubControl;
import io.tidegate.volume.ScrubReport;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.SnapshotUsage;
import io.tidegate.volume.StoreClaim;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreException.Kind;
import io.tidegate.volume.StoreStatus;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import io.tidegate.volume.VolumeStore;
import io.tidegate.volume.VolumeUsage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

/**
 * A pool in a directory of ordinary files, or of raw block devices. One process at a time has it
 * open. Calls block, and belong on platform threads.
 */
public final class Pool implements VolumeStore {

    private final PoolFactory factory;
    private final PoolOpenOptions options;
    private final Set<Reopenable> handles = new LinkedHashSet<>();
    private PoolCore core;
    private BootToken token;
    private boolean closed;

    /** Ended by a reopening that then failed: it may be tried again. */
    private boolean lost;

    Pool(PoolFactory factory, PoolOpenOptions options) throws StoreException {
        this.factory = factory;
        this.options = options;
        Recovery.Opened opened = factory.open(options);
        this.core = opened.core();
        this.token = opened.token();
    }

    /**
     * Makes a pool in an empty or absent directory and opens it.
     *
     * @throws StoreException {@code EXISTS} when the directory holds anything, {@code NO_SPACE}
     *     when the file system has no room for the log and the reserve, {@code IO}
     */
    public static Pool create(Path directory, PoolOptions options) throws StoreException {
        return create(directory, options, PoolOpenOptions.standard());
    }

    /** As {@link #create(Path, PoolOptions)}, with settings for this opening. */
    public static Pool create(Path directory, PoolOptions options, PoolOpenOptions open)
            throws StoreException {
        PoolFactory.makeDirectory(directory);
        PoolFactory.of(directory).create(options);
        return open(directory, open);
    }

    /**
     * Makes a pool on raw block devices, each of them whole, and opens it. The directory, which is
     * empty or absent, holds the superblocks, the log and a link to each device; give paths that
     * stay the same over restarts ({@code /dev/disk/by-id}). Sizes of pool and files in the options
     * are not used: devices have theirs. A device that is added later can be as large as the
     * largest one here, rounded up to a power of two.
     *
     * @throws StoreException {@code EXISTS} when the directory or a device holds anything, {@code
     *     BUSY} when a device is in use, {@code LIMIT} when devices are too small or too large,
     *     {@code NO_SPACE} when the file system has no room for the log, {@code IO}. Nothing was
     *     written to any device if one was refused
     */
    public static Pool create(
            Path directory, PoolOptions options, List<Path> devices, PoolOpenOptions open)
            throws StoreException {
        PoolFactory.makeDirectory(directory);
        PoolFactory.of(directory).create(options, devices);
        return open(directory, open);
    }

    /**
     * Opens a pool and recovers it if it was not closed.
     *
     * @throws StoreException {@code NOT_FOUND} when there is none, {@code BUSY} when a process has
     *     it or one of its devices open, {@code DAMAGED} with the place when its structures cannot
     *     be trusted or a device is not the one that belongs there, {@code IO}
     */
    public static Pool open(Path directory, PoolOpenOptions options) throws StoreException {
        return new Pool(PoolFactory.of(directory), options);
    }

    /**
     * After a failed sync: recovers from what is surely on disk, in this process. Open handles go
     * on with what was recovered; a handle of a volume that is lost answers {@code GONE}.
     * Differences that are being read end with {@code GONE}.
     *
     * @param acknowledgeLoss that writes since the last good sync may be lost; without it the pool
     *     is recovered but stays read-only
     * @throws StoreException as {@link #open}; the pool is then without an opening, and this may be
     *     called again
     */
    public synchronized void reopen(boolean acknowledgeLoss) throws StoreException {
        if (!lost) {
            requireOpen();
            closed = true;
            lost = true;
            end(false);
        }
        PoolOpenOptions next = acknowledgeLoss ? options.acknowledgingLoss() : options;
        Recovery.Opened opened = factory.open(next);
        core = opened.core();
        token = opened.token();
        closed = false;
        lost = false;
        handles.forEach(h -> h.stand(core));
    }

    /**
     * Checks the open pool as of one instant. Writes wait only while that instant is noted; then
     * the structures are read beside them, and space that is given back meanwhile stays unused
     * until the end.
     */
    public PoolCheckReport check() throws StoreException {
        PoolCore c = core();
        Guards.Guard guard = c.guards.enter();
        try {
            CheckImage image =
                    c.checkpointer.whileStill(
                            places -> {
                                c.state.freezeAll();
                                return new CheckImage(c.space, c.state, c.shares, places);
                            });
            return new Ownership(c.space, c.store, image).count();
        } catch (IOException e) {
            throw Failures.store(e, c);
        } finally {
            c.guards.leave(guard);
        }
    }

    synchronized PoolCore core() {
        requireOpen();
        return core;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the pool is closed");
        }
    }

    private interface Act {
        void on(Acts acts) throws StoreException;
    }

    private void act(Act act) throws StoreException {
        PoolCore c = core();
        c.admission.makeRoom();
        c.admin.lock();
        try {
            act.on(new Acts(c));
        } finally {
            c.admin.unlock();
        }
        c.maintenance.wake();
        c.sealer.wake();
    }

    @Override
    public UUID id() {
        return core().checkpointer.current().pool();
    }

    @Override
    public StoreStatus status() {
        return new Sizes(core()).ofPool();
    }

    @Override
    public Optional<StoreClaim> claim() {
        Superblock s = core().checkpointer.current();
        return s.catalog().equals(Superblock.NOBODY)
                ? Optional.empty()
                : Optional.of(new StoreClaim(s.catalog(), s.catalogGeneration()));
    }

    @Override
    public void claim(StoreClaim claim) throws StoreException {
        PoolCore c = core();
        String reason = c.health.readOnlyReason();
        if (reason != null) {
            throw new StoreException(Kind.READ_ONLY, reason);
        }
        try {
            if (!c.checkpointer.claim(claim)) {
                throw new StoreException(
                        Kind.NOT_DRAINED, "writes under way did not end, nothing was noted");
            }
        } catch (IOException e) {
            throw Failures.store(e, c);
        }
    }

    /**
     * What does not work at present and goes on by itself when the fault ends: a file system that
     * is full, a write that failed. Empty when all is well; apart from {@link
     * StoreStatus#readOnlyReason}, which only a {@link #reopen} ends.
     */
    @Override
    public Optional<String> trouble() {
        return Optional.ofNullable(core().health.trouble());
    }

    @Override
    public Set<VolumeId> volumes() {
        return Set.copyOf(core().state.volumes.keySet());
    }

    @Override
    public Set<SnapshotId> snapshots(VolumeId volume) throws StoreException {
        Set<SnapshotId> ids = new LinkedHashSet<>();
        act(acts -> acts.volume(volume).snapshots.forEach(s -> ids.add(s.id)));
        return ids;
    }

    @Override
    public void createVolume(VolumeId id, VolumeShape shape, boolean reserved)
            throws StoreException {
        act(acts -> acts.createVolume(id, shape, reserved));
    }

    @Override
    public synchronized VolumeDevice openVolume(VolumeId id) throws StoreException {
        PoolCore c = core();
        c.admin.lock();
        try {
            VolumeHandle handle = new VolumeHandle(this, c, new Acts(c).volume(id));
            handles.add(handle);
            return handle;
        } finally {
            c.admin.unlock();
        }
    }

    @Override
    public synchronized SnapshotDevice openSnapshot(SnapshotId id) throws StoreException {
        PoolCore c = core();
        c.admin.lock();
        try {
            SnapshotHandle handle = new SnapshotHandle(this, c, new Acts(c).snapshot(id));
            handles.add(handle);
            return handle;
        } finally {
            c.admin.unlock();
        }
    }

    /** A handle was closed. */
    synchronized void forget(Reopenable handle) {
        if (handles.remove(handle)) {
            handle.lift();
        }
    }

    @Override
    public VolumeUsage usage(VolumeId id) throws StoreException {
        return new Sizes(core()).of(id);
    }

    @Override
    public void growVolume(VolumeId id, long sizeBytes) throws StoreException {
        act(acts -> acts.growVolume(id, sizeBytes));
    }

    @Override
    public void deleteVolume(VolumeId id) throws StoreException {
        act(acts -> acts.deleteVolume(id));
    }

    @Override
    public void snapshot(Map<VolumeId, SnapshotId> set) throws StoreException {
        Map<VolumeId, SnapshotId> copy = Map.copyOf(set);
        act(acts -> acts.snapshot(copy));
    }

    @Override
    public SnapshotUsage usage(SnapshotId id) throws StoreException {
        return new Sizes(core()).of(id);
    }

    /**
     * Reads all metadata in use, and all data that a checksum vouches for, and compares them with
     * their checksums; other data is counted as unchecked and not read. Changes and repairs
     * nothing. Goes on while the pool is in use, and works on a pool that is open for reading only.
     * What the system has cached is compared as it is cached: damage below that shows once the
     * cache has let go. Map nodes that no checkpoint has written yet are in memory only and not
     * counted.
     *
     * @throws StoreException {@code IO} when the pool is closed or reopened meanwhile
     */
    public ScrubReport scrub(ScrubControl control) throws StoreException {
        PoolCore c = core();
        try {
            return new Scrub(c, control, LockSupport::parkNanos).run();
        } catch (IOException e) {
            throw Failures.store(e, c);
        }
    }

    /**
     * Makes a pool on files larger, in use. It has the new size when this returns; a growth that is
     * cut off leaves the old size or the new one.
     *
     * @param sizeBytes rounded down to whole segments; nothing happens when it is the size already
     * @throws StoreException {@code LIMIT} when that is less than now, more than 1 PiB, or the pool
     *     lies on devices; {@code NO_SPACE} when the file system has no room for the larger
     *     reserve; {@code NOT_DRAINED}; {@code READ_ONLY}; {@code IO}, after which a later
     *     checkpoint may bring the new size
     */
    public void grow(long sizeBytes) throws StoreException {
        PoolCore c = core();
        new Growth(c, token()).toSize(sizeBytes);
    }

    /**
     * Adds raw devices to a pool on devices, as {@link #grow(long)}.
     *
     * @throws StoreException as there, and as {@link #create(Path, PoolOptions, List,
     *     PoolOpenOptions)} for devices
     */
    public void grow(List<Path> moreDevices) throws StoreException {
        PoolCore c = core();
        new Growth(c, token()).byDevices(moreDevices);
    }

    private synchronized BootToken token() {
        return token;
    }

    @Override
    public void cloneSnapshot(SnapshotId snapshot, VolumeId clone) throws StoreException {
        act(acts -> acts.cloneSnapshot(snapshot, clone));
    }

    @Override
    public void promoteClone(VolumeId clone) throws StoreException {
        act(acts -> acts.promoteClone(clone));
    }

    @Override
    public void deleteSnapshot(SnapshotId id) throws StoreException {
        act(acts -> acts.deleteSnapshot(id));
    }

    @Override
    public void bookmark(SnapshotId id, BookmarkId bookmark) throws StoreException {
        act(acts -> acts.bookmark(id, bookmark));
    }

    @Override
    public void deleteBookmark(BookmarkId id) throws StoreException {
        act(acts -> acts.deleteBookmark(id));
    }

    @Override
    public void hold(SnapshotId id, String tag) throws StoreException {
        act(acts -> acts.hold(id, tag));
    }

    @Override
    public void release(SnapshotId id, String tag) throws StoreException {
        act(acts -> acts.release(id, tag));
    }

    @Override
    public ChangeStream diff(SnapshotId from, SnapshotId to, long resumeOffset)
            throws StoreException {
        return new Differences(core()).between(from, to, resumeOffset);
    }

    @Override
    public ChangeStream diff(BookmarkId from, SnapshotId to, long resumeOffset)
            throws StoreException {
        return new Differences(core()).between(from, to, resumeOffset);
    }

    @Override
    public synchronized void close() throws StoreException {
        if (closed) {
            return;
        }
        closed = true;
        end(true);
    }

    /** Ends this opening: handles lifted, then as {@link Ending} says. */
    private void end(boolean clean) throws StoreException {
        handles.forEach(Reopenable::lift);
        try {
            new Ending(core, token).run(clean);
        } finally {
            factory.release();
        }
    }
}
