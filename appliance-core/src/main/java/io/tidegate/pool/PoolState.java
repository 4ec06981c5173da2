package io.tidegate.pool;

import io.tidegate.volume.BookmarkId;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Volumes, snapshots, bookmarks and lists, and what each record does to them. A record takes effect
 * here in the order of the log, whether it comes from a command or from a replay.
 */
final class PoolState implements Wal.Effect {

    final Map<VolumeId, Volume> volumes = new ConcurrentHashMap<>();
    final Map<Integer, Volume> bySerial = new ConcurrentHashMap<>();
    final Map<SnapshotId, Snapshot> snapshots = new ConcurrentHashMap<>();
    final Map<BookmarkId, Bookmark> bookmarks = new ConcurrentHashMap<>();

    /** Oldest first; the walker works on the first. */
    final ConcurrentLinkedDeque<WalkJob> jobs = new ConcurrentLinkedDeque<>();

    final AtomicLong stamps = new AtomicLong(1);
    int nextSerial = 1;
    long nextListId = 1;

    private final Layout layout;
    private final NodeStore store;
    private final SpaceMap space;
    private final ShareTable shares;
    private final Disposal disposal;

    PoolState(
            Layout layout, NodeStore store, SpaceMap space, ShareTable shares, Disposal disposal) {
        this.layout = layout;
        this.store = store;
        this.space = space;
        this.shares = shares;
        this.disposal = disposal;
    }

    DeadList newList() {
        return new DeadList(nextListId++, store);
    }

    /** Lists that nobody adds to leave their tails to the disk. */
    void restLists(List<DeadList> lists) {
        Set<DeadList> growing = new HashSet<>();
        bySerial.values().forEach(v -> growing.add(v.headList));
        for (WalkJob job : jobs) {
            growing.addAll(job.sources);
            if (job.target != null) {
                growing.add(job.target);
            }
        }
        lists.stream().filter(l -> !growing.contains(l)).forEach(DeadList::rest);
    }

    Volume volume(int serial) {
        Volume v = bySerial.get(serial);
        if (v == null) {
            throw new IllegalStateException("no volume has the serial " + serial);
        }
        return v;
    }

    Snapshot snapshot(SnapshotId id) {
        Snapshot s = snapshots.get(id);
        if (s == null) {
            throw new IllegalStateException("no snapshot " + id);
        }
        return s;
    }

    /** A new epoch for every map: nodes that exist now are not changed any more. */
    void freezeAll() {
        long stamp = stamps.incrementAndGet();
        bySerial.values().forEach(v -> v.map.freeze(stamp, v.map.epoch()));
    }

    @Override
    public void apply(long lsn, WalRecord record, @Nullable Replaced replaced) {
        try {
            switch (record) {
                case WalRecord.MapRun r -> mapped(lsn, r, replaced);
                case WalRecord.Discard r -> discarded(lsn, r, replaced);
                case WalRecord.Share r -> shared(lsn, r, replaced);
                case WalRecord.Snap r -> snap(r);
                case WalRecord.SnapDelete r -> deleteSnapshot(snapshot(r.id()));
                case WalRecord.MakeBookmark r -> bookmark(r);
                case WalRecord.BookmarkDelete r -> deleteBookmark(r.id());
                case WalRecord.Clone r -> makeClone(r);
                case WalRecord.Promote r -> Promotion.apply(this, volume(r.volume()));
                case WalRecord.Resize r -> resize(r);
                case WalRecord.VolumeNew r -> create(r);
                case WalRecord.VolumeDelete r -> delete(volume(r.volume()));
                case WalRecord.Hold r -> snapshot(r.id()).holds.add(r.tag());
                case WalRecord.Release r -> snapshot(r.id()).holds.remove(r.tag());
                case WalRecord.Nothing r -> {}
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // Data --------------------------------------------------------------------------------------

    private void mapped(long lsn, WalRecord.MapRun r, @Nullable Replaced live) throws IOException {
        Volume v = volume(r.volume());
        Replaced replaced = live;
        if (replaced == null) {
            replaced = new Replaced();
            v.map.publish(r.grain(), r.count(), r.address(), layout.grainPages(), replaced);
        }
        if (r.count() > 0) {
            space.publish(r.address(), r.count());
        }
        v.mappedGrains += r.count() - replaced.grains;
        v.live.mapped(r.count());
        v.live.dropped(replaced);
        // A replay repeats what was claimed in another life.
        owned(v, live == null ? 0 : r.count());
        bury(lsn, v, replaced);
    }

    private void discarded(long lsn, WalRecord.Discard r, @Nullable Replaced live)
            throws IOException {
        Volume v = volume(r.volume());
        Replaced replaced = live;
        if (replaced == null) {
            replaced = new Replaced();
            v.map.discard(r.grain(), r.grain() + r.count(), v.frozenEpoch(), replaced);
        }
        v.mappedGrains -= replaced.grains;
        v.live.dropped(replaced);
        owned(v, 0);
        bury(lsn, v, replaced);
    }

    /** The grains are in use already; they have one owner more. */
    private void shared(long lsn, WalRecord.Share r, @Nullable Replaced live) throws IOException {
        Volume v = volume(r.volume());
        Replaced replaced = live;
        if (replaced == null) {
            // A live command has counted them before it copied the slots (rule W7).
            shares.replayShare(r.address(), r.count());
            replaced = new Replaced();
            v.map.publish(r.grain(), r.count(), r.address(), layout.grainPages(), replaced);
        }
        v.mappedGrains += r.count() - replaced.grains;
        v.live.mapped(r.count());
        v.live.dropped(replaced);
        bury(lsn, v, replaced);
    }

    /** What a reserved volume owns has changed, and so has what it may still need. */
    private void owned(Volume v, long landed) {
        if (v.reserved()) {
            space.promises.changed(v.budget, v.live.own(), landed);
        }
    }

    /** Rule W5: what a snapshot still has goes to the dead-list, the rest becomes free. */
    private void bury(long lsn, Volume v, Replaced replaced) throws IOException {
        int frozen = v.frozenEpoch();
        for (int i = 0; i < replaced.entries.size(); i++) {
            long entry = replaced.entries.get(i);
            int kind = Slot.kind(entry);
            if (Slot.birth(entry) <= frozen) {
                v.headList.add(entry);
            } else if (kind == Slot.GRAIN) {
                disposal.grainByRecord(lsn, Slot.address(entry));
            } else {
                disposal.node(Slot.address(entry));
            }
        }
        v.headList.addBelow(replaced.below);
    }

    // Volumes -----------------------------------------------------------------------------------

    private void create(WalRecord.VolumeNew r) throws IOException {
        long stamp = stamps.get();
        int level = Layout.levelFor(layout.grainsOf(r.shape().geometry().sizeBytes()));
        MapNode root = MapNode.empty(store.takePrepaid(), level, 1, stamp, r.volume(), 0);
        store.made(root);
        VolumeMap map = new VolumeMap(store, r.volume(), root, stamp, 1);
        add(new Volume(r.volume(), r.id(), r.shape(), map, newList(), r.reserved()));
    }

    void add(Volume v) {
        volumes.put(v.id, v);
        bySerial.put(v.serial, v);
        nextSerial = Math.max(nextSerial, v.serial + 1);
        space.promises.enter(v.budget, grainsOf(v.shape), v.live.own());
    }

    private long grainsOf(VolumeShape shape) {
        return layout.grainsOf(shape.geometry().sizeBytes());
    }

    private void resize(WalRecord.Resize r) throws IOException {
        Volume v = volume(r.volume());
        v.map.growTo(layout.grainsOf(r.sizeBytes()));
        v.shape = Shapes.resized(v.shape, r.sizeBytes());
        space.promises.resize(v.budget, grainsOf(v.shape));
    }

    private void delete(Volume v) throws IOException {
        Set<DeadList> lists = new LinkedHashSet<>();
        for (Snapshot s : v.snapshots) {
            lists.add(s.list);
            snapshots.remove(s.id);
        }
        lists.add(v.headList);
        MapNode root = v.map.root();
        DeadList head = newList();
        head.add(Slot.entry(root.address, Slot.SUBTREE, root.birth));
        lists.add(head);
        v.bookmarks.forEach(b -> bookmarks.remove(b.id));
        int threshold = v.originEpoch();
        if (v.origin != null) {
            v.origin.clones--;
        }
        jobs.add(new WalkJob(new ArrayList<>(lists), threshold, null));
        volumes.remove(v.id);
        bySerial.remove(v.serial);
        v.deleted = true;
        space.promises.leave(v.budget);
    }

    // Snapshots ---------------------------------------------------------------------------------

    private void snap(WalRecord.Snap r) {
        Volume v = volume(r.volume());
        Snapshot s =
                new Snapshot(
                        r.id(),
                        v,
                        r.epoch(),
                        NodeRef.of(v.map.root()),
                        v.shape,
                        r.timeMillis(),
                        r.group(),
                        v.headList,
                        v.mappedGrains);
        v.live.frozen(s);
        v.snapshots.add(s);
        snapshots.put(s.id, s);
        v.headList = newList();
        v.settleAccounts();
        owned(v, 0);
        v.map.freeze(stamps.incrementAndGet(), r.epoch() + 1);
        v.raiseHorizon();
    }

    private void deleteSnapshot(Snapshot s) throws IOException {
        Volume v = s.volume;
        // It grows from now on, by a walk or as the head's.
        s.list.tail();
        int i = v.snapshots.indexOf(s);
        DeadList after = v.listAfter(i);
        jobs.add(new WalkJob(new ArrayList<>(List.of(after)), v.epochBefore(i), s.list));
        v.live.thawed(i);
        if (i + 1 < v.snapshots.size()) {
            v.snapshots.get(i + 1).list = s.list;
            // What was not sealed for this one is the next one's from now on.
            v.snapshots.get(i + 1).sealed &= s.sealed;
        } else {
            v.headList = s.list;
        }
        v.snapshots.remove(i);
        snapshots.remove(s.id);
        v.settleAccounts();
        owned(v, 0);
    }

    private void bookmark(WalRecord.MakeBookmark r) {
        Snapshot s = snapshot(r.snapshot());
        Volume v = s.volume;
        Bookmark b = new Bookmark(r.id(), v, s.epoch);
        int i = 0;
        while (i < v.bookmarks.size() && v.bookmarks.get(i).epoch <= s.epoch) {
            i++;
        }
        v.bookmarks.add(i, b);
        bookmarks.put(b.id, b);
    }

    private void deleteBookmark(BookmarkId id) {
        Bookmark b = bookmarks.remove(id);
        if (b == null) {
            throw new IllegalStateException("no bookmark " + id);
        }
        b.volume.bookmarks.remove(b);
    }

    private void makeClone(WalRecord.Clone r) throws IOException {
        Snapshot s = snapshot(r.snapshot());
        MapNode root = store.node(s.root);
        VolumeMap map =
                new VolumeMap(store, r.volume(), root, stamps.incrementAndGet(), s.epoch + 1);
        Volume v = new Volume(r.volume(), r.id(), s.shape, map, newList(), false);
        v.origin = s;
        s.clones++;
        v.mappedGrains = s.mappedGrains;
        v.live.began(s);
        v.raiseHorizon();
        add(v);
    }
}
