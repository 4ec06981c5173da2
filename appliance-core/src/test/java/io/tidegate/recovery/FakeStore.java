package io.tidegate.recovery;

import io.tidegate.block.ChangeStream;
import io.tidegate.block.Geometry;
import io.tidegate.volume.BookmarkId;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A store in memory by the contract, in grains of 4 KiB: the model that a real one is held against.
 * Outlives the services above it, as a disk does.
 */
final class FakeStore implements VolumeStore {

    static final int GRAIN = 4096;

    /** Called before every write to a volume, outside of the store's lock. */
    interface WriteHook {
        void writing(VolumeId volume, long offset);
    }

    static final class Vol {
        VolumeShape shape;
        TreeMap<Long, byte[]> grains;
        long changes;
        final Map<SnapshotId, Snap> snapshots = new LinkedHashMap<>();
        int handles;

        Vol(VolumeShape shape, TreeMap<Long, byte[]> grains) {
            this.shape = shape;
            this.grains = grains;
        }
    }

    static final class Snap {
        final VolumeId volume;
        final VolumeShape shape;
        final TreeMap<Long, byte[]> grains;
        final Set<String> holds = new HashSet<>();
        int handles;
        int clones;

        Snap(VolumeId volume, VolumeShape shape, TreeMap<Long, byte[]> grains) {
            this.volume = volume;
            this.shape = shape;
            this.grains = grains;
        }
    }

    private final UUID id = UUID.randomUUID();

    /** Under the lock of this. */
    final Map<VolumeId, Vol> volumes = new HashMap<>();

    final Set<VolumeId> reserved = ConcurrentHashMap.newKeySet();
    volatile long total = 100L << 30; // so that percents are whole
    volatile int usedPercent;
    volatile @Nullable String readOnly;
    volatile WriteHook hook = (volume, offset) -> {};
    volatile @Nullable String unreadable;
    volatile Runnable beforeSnapshot = () -> {};

    @Override
    public UUID id() {
        return id;
    }

    private Optional<StoreClaim> claim = Optional.empty();

    @Override
    public synchronized Optional<StoreClaim> claim() {
        return claim;
    }

    @Override
    public synchronized void claim(StoreClaim next) {
        claim = Optional.of(next);
    }

    @Override
    public StoreStatus status() {
        return new StoreStatus(
                total,
                total * usedPercent / 100,
                total - total * usedPercent / 100,
                0,
                0,
                0,
                0,
                0,
                false,
                Optional.ofNullable(readOnly));
    }

    void grow(long sizeBytes) {
        total = sizeBytes;
    }

    @Override
    public synchronized Set<VolumeId> volumes() {
        return Set.copyOf(volumes.keySet());
    }

    @Override
    public synchronized Set<SnapshotId> snapshots(VolumeId volume) throws StoreException {
        return new LinkedHashSet<>(vol(volume).snapshots.keySet());
    }

    @Override
    public synchronized void createVolume(VolumeId volume, VolumeShape shape, boolean reserved)
            throws StoreException {
        if (volumes.putIfAbsent(volume, new Vol(shape, new TreeMap<>())) != null) {
            throw new StoreException(Kind.EXISTS, "volume " + volume);
        }
        if (reserved) {
            this.reserved.add(volume);
        }
    }

    @Override
    public synchronized VolumeDevice openVolume(VolumeId volume) throws StoreException {
        vol(volume).handles++;
        return new FakeVolumeDevice(this, volume);
    }

    @Override
    public synchronized VolumeUsage usage(VolumeId volume) throws StoreException {
        long bytes = (long) vol(volume).grains.size() * GRAIN;
        return new VolumeUsage(bytes, bytes, 0, 0, 0);
    }

    @Override
    public synchronized void growVolume(VolumeId volume, long sizeBytes) throws StoreException {
        Vol vol = vol(volume);
        Geometry g = vol.shape.geometry();
        if (sizeBytes < g.sizeBytes()) {
            throw new StoreException(Kind.LIMIT, "shrinking");
        }
        vol.shape =
                new VolumeShape(
                        Geometry.ofBytes(sizeBytes, g.logicalBlockBytes(), g.physicalBlockBytes()),
                        vol.shape.granularityBytes());
    }

    @Override
    public synchronized void deleteVolume(VolumeId volume) throws StoreException {
        Vol vol = vol(volume);
        boolean clones = vol.snapshots.values().stream().anyMatch(s -> s.clones > 0);
        if (vol.handles > 0 || clones) {
            throw new StoreException(Kind.BUSY, "volume has " + vol.handles + " handles");
        }
        volumes.remove(volume);
    }

    @Override
    public void snapshot(Map<VolumeId, SnapshotId> set) throws StoreException {
        beforeSnapshot.run();
        cut(set);
    }

    private synchronized void cut(Map<VolumeId, SnapshotId> set) throws StoreException {
        for (Map.Entry<VolumeId, SnapshotId> one : set.entrySet()) {
            if (find(one.getValue()) != null) {
                throw new StoreException(Kind.EXISTS, "snapshot " + one.getValue());
            }
            vol(one.getKey());
        }
        for (Map.Entry<VolumeId, SnapshotId> one : set.entrySet()) {
            Vol vol = vol(one.getKey());
            vol.snapshots.put(
                    one.getValue(), new Snap(one.getKey(), vol.shape, new TreeMap<>(vol.grains)));
        }
    }

    @Override
    public synchronized SnapshotDevice openSnapshot(SnapshotId snapshot) throws StoreException {
        Snap snap = snap(snapshot);
        snap.handles++;
        return new FakeSnapshotDevice(this, snapshot, snap);
    }

    @Override
    public synchronized SnapshotUsage usage(SnapshotId snapshot) throws StoreException {
        return new SnapshotUsage((long) snap(snapshot).grains.size() * GRAIN, 0);
    }

    @Override
    public synchronized void cloneSnapshot(SnapshotId snapshot, VolumeId clone)
            throws StoreException {
        Snap snap = snap(snapshot);
        snap.clones++;
        volumes.put(clone, new Vol(snap.shape, new TreeMap<>(snap.grains)));
    }

    @Override
    public void promoteClone(VolumeId clone) {
        throw new UnsupportedOperationException();
    }

    @Override
    public synchronized void deleteSnapshot(SnapshotId snapshot) throws StoreException {
        Snap snap = snap(snapshot);
        if (snap.handles > 0 || !snap.holds.isEmpty()) {
            throw new StoreException(Kind.BUSY, "snapshot has " + snap.handles + " handles");
        }
        vol(snap.volume).snapshots.remove(snapshot);
    }

    @Override
    public void bookmark(SnapshotId snapshot, BookmarkId bookmark) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void deleteBookmark(BookmarkId bookmark) {
        throw new UnsupportedOperationException();
    }

    @Override
    public synchronized void hold(SnapshotId snapshot, String tag) throws StoreException {
        snap(snapshot).holds.add(tag);
    }

    @Override
    public synchronized void release(SnapshotId snapshot, String tag) throws StoreException {
        snap(snapshot).holds.remove(tag);
    }

    @Override
    public synchronized ChangeStream diff(SnapshotId from, SnapshotId to, long resumeOffset)
            throws StoreException {
        Snap a = snap(from);
        Snap b = snap(to);
        if (!a.volume.equals(b.volume)) {
            throw new StoreException(Kind.NOT_FOUND, "snapshots of two volumes");
        }
        TreeSet<Long> all = new TreeSet<>(a.grains.keySet());
        all.addAll(b.grains.keySet());
        List<ChangeStream.Change> changes = new ArrayList<>();
        for (long grain : all) {
            byte[] then = a.grains.get(grain);
            byte[] now = b.grains.get(grain);
            if (then != now && grain * GRAIN >= resumeOffset) {
                changes.add(
                        new ChangeStream.Change(
                                grain * GRAIN,
                                GRAIN,
                                now == null
                                        ? ChangeStream.Kind.DISCARDED
                                        : ChangeStream.Kind.WRITTEN));
            }
        }
        return stream(changes);
    }

    private static ChangeStream stream(List<ChangeStream.Change> changes) {
        Iterator<ChangeStream.Change> it = changes.iterator();
        return new ChangeStream() {
            @Override
            public Optional<Change> next() {
                return it.hasNext() ? Optional.of(it.next()) : Optional.empty();
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public ChangeStream diff(BookmarkId from, SnapshotId to, long resumeOffset) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}

    /** As if the process had ended: nobody has anything open any more. */
    synchronized void dropHandles() {
        for (Vol vol : volumes.values()) {
            vol.handles = 0;
            vol.snapshots.values().forEach(snap -> snap.handles = 0);
        }
    }

    private Vol vol(VolumeId volume) throws StoreException {
        Vol vol = volumes.get(volume);
        if (vol == null) {
            throw new StoreException(Kind.NOT_FOUND, "volume " + volume);
        }
        return vol;
    }

    private @Nullable Snap find(SnapshotId snapshot) {
        return volumes.values().stream()
                .map(vol -> vol.snapshots.get(snapshot))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    private Snap snap(SnapshotId snapshot) throws StoreException {
        Snap snap = find(snapshot);
        if (snap == null) {
            throw new StoreException(Kind.NOT_FOUND, "snapshot " + snapshot);
        }
        return snap;
    }
}
