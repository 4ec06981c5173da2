package io.tidegate.pool;

import io.tidegate.volume.BookmarkId;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreException.Kind;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Administrative acts on one opening: checked under the admin lock, written to the log as one unit
 * of records, durable by a barrier before they are answered.
 *
 * <pre>
 *   log drained | unit written, in effect | barrier | answer
 *      fails: nothing has happened        | fails: has happened, and is not durable yet
 * </pre>
 */
final class Acts {

    private static final int NODES_FOR_AN_ACT = 16;

    private final PoolCore core;

    /** Grains that are held until what this act promises counts by itself. */
    private long pledged;

    Acts(PoolCore core) {
        this.core = core;
    }

    private interface Body {
        List<WalRecord> records() throws StoreException;
    }

    /**
     * Runs an act while the gates of the volumes that it concerns are closed and drained; its body
     * is asked when all their records are in effect.
     */
    private void act(Collection<Volume> touched, Body body) throws StoreException {
        act(touched, 0, body);
    }

    /**
     * @param pages places that the effect of its records takes
     */
    private void act(Collection<Volume> touched, int pages, Body body) throws StoreException {
        writable();
        if (!core.space.claims.claimNodes(NODES_FOR_AN_ACT)) {
            throw new StoreException(Kind.NO_SPACE, "the pool's reserve is used up");
        }
        try {
            durable(write(touched, pages, body));
        } finally {
            core.space.claims.unclaimNodes(NODES_FOR_AN_ACT);
            core.space.promises.pledge(-pledged);
            pledged = 0;
        }
    }

    private long write(Collection<Volume> touched, int pages, Body body) throws StoreException {
        try {
            core.store.prepay(pages);
            return write(touched, body);
        } catch (IOException e) {
            throw Failures.store(
                    e, core, "nothing of it has happened; try again when this is mended: ");
        } finally {
            core.store.refund();
        }
    }

    private void durable(long lsn) throws StoreException {
        try {
            core.barrier.flush(lsn);
        } catch (IOException e) {
            core.health.noticed(e);
            String what =
                    core.health.writable()
                            ? "it has happened, but a loss of power may undo it until a flush"
                                    + " succeeds; look before it is tried again: "
                            : "whether it has happened shows when the pool is reopened: ";
            throw Failures.store(e, core, what);
        }
    }

    private long write(Collection<Volume> touched, Body body) throws StoreException, IOException {
        List<Volume> volumes = new ArrayList<>(touched);
        volumes.sort(Comparator.comparing(v -> v.id.value()));
        volumes.forEach(v -> v.gate.close());
        try {
            if (core.rules.drainForSnapshot() && !core.drained(volumes)) {
                throw new StoreException(
                        Kind.NOT_DRAINED,
                        "writes under way did not end within "
                                + core.options.drainLimit().toMillis()
                                + " ms");
            }
            core.wal.drain();
            if (core.rules.copiesAreOwedToSnapshots()) {
                volumes.forEach(v -> v.copied.mark(core.files));
            }
            return core.wal.write(body.records());
        } finally {
            volumes.forEach(v -> v.gate.open());
        }
    }

    private void writable() throws StoreException {
        String reason = core.health.readOnlyReason();
        if (reason != null) {
            throw new StoreException(Kind.READ_ONLY, reason);
        }
    }

    private static StoreException refuse(Kind kind, String message) {
        return new StoreException(kind, message);
    }

    Volume volume(VolumeId id) throws StoreException {
        Volume v = core.state.volumes.get(id);
        if (v == null) {
            throw refuse(Kind.NOT_FOUND, "the pool has no volume " + id);
        }
        return v;
    }

    Snapshot snapshot(SnapshotId id) throws StoreException {
        Snapshot s = core.state.snapshots.get(id);
        if (s == null) {
            throw refuse(Kind.NOT_FOUND, "the pool has no snapshot " + id);
        }
        return s;
    }

    Bookmark bookmark(BookmarkId id) throws StoreException {
        Bookmark b = core.state.bookmarks.get(id);
        if (b == null) {
            throw refuse(Kind.NOT_FOUND, "the pool has no bookmark " + id);
        }
        return b;
    }

    private void absent(VolumeId id) throws StoreException {
        if (core.state.volumes.containsKey(id)) {
            throw refuse(Kind.EXISTS, "volume " + id + " exists already");
        }
    }

    /**
     * Holds room for what an act promises besides, until its records say so themselves.
     *
     * @throws StoreException {@code NO_SPACE} when what thin volumes have not taken is less
     */
    private void promise(String what, long grains) throws StoreException {
        long lacking = core.space.claims.pledge(grains);
        if (lacking == 0) {
            pledged = grains;
            return;
        }
        long unit = core.layout.grainBytes();
        SpaceMap.Figures f = core.space.figures();
        long pending = f.pendingPages() * Layout.PAGE_BYTES;
        throw refuse(
                Kind.NO_SPACE,
                what
                        + " must set "
                        + grains * unit
                        + " bytes aside, and "
                        + f.thinGrains() * unit
                        + " are free: "
                        + lacking * unit
                        + " are lacking. Delete snapshots or volumes that nobody needs, or grow the"
                        + " pool"
                        + (pending == 0 && core.state.jobs.isEmpty()
                                ? ""
                                : "; "
                                        + pending
                                        + " bytes are freed already and come back within moments"));
    }

    void createVolume(VolumeId id, VolumeShape shape, boolean reserved) throws StoreException {
        act(
                List.of(),
                1,
                () -> {
                    absent(id);
                    if (reserved) {
                        long grains = core.layout.grainsOf(shape.geometry().sizeBytes());
                        promise(
                                "reserved volume " + id,
                                grains + core.space.promises.marginFor(grains, 0));
                    }
                    return List.of(
                            new WalRecord.VolumeNew(core.state.nextSerial, id, shape, reserved));
                });
    }

    void growVolume(VolumeId id, long sizeBytes) throws StoreException {
        Volume v = volume(id);
        long now = v.shape.geometry().sizeBytes();
        if (sizeBytes < now) {
            throw refuse(Kind.LIMIT, "volume " + id + " has " + now + " bytes; it cannot shrink");
        }
        if (sizeBytes > now) {
            try {
                Shapes.resized(v.shape, sizeBytes);
            } catch (IllegalArgumentException e) {
                throw new StoreException(
                        Kind.LIMIT, "volume " + id + " cannot have " + sizeBytes + " bytes", e);
            }
            int levels = Layout.levelFor(core.layout.grainsOf(sizeBytes)) - v.map.root().level;
            act(
                    List.of(v),
                    Math.max(0, levels),
                    () -> {
                        if (v.reserved()) {
                            long then = core.layout.grainsOf(sizeBytes);
                            long before = core.layout.grainsOf(now);
                            long margin = core.space.promises.marginFor(then, before);
                            promise("reserved volume " + id, then - before + margin);
                        }
                        return List.of(new WalRecord.Resize(v.serial, sizeBytes));
                    });
        }
    }

    void deleteVolume(VolumeId id) throws StoreException {
        Volume v = volume(id);
        core.sealer.awaitPiece();
        act(
                List.of(v),
                () -> {
                    if (v.handles.get() > 0) {
                        throw refuse(Kind.BUSY, "volume " + id + " is open");
                    }
                    for (Snapshot s : v.snapshots) {
                        free(s);
                    }
                    return List.of(new WalRecord.VolumeDelete(v.serial));
                });
    }

    /** Reads what a record's effect will need, so that the effect cannot fail. */
    private void grows(DeadList list) throws StoreException {
        try {
            list.tail();
        } catch (IOException e) {
            throw Failures.store(e, core);
        }
    }

    private static void free(Snapshot s) throws StoreException {
        if (s.clones > 0) {
            throw refuse(Kind.BUSY, "snapshot " + s.id + " has clones");
        }
        if (!s.holds.isEmpty()) {
            throw refuse(Kind.BUSY, "snapshot " + s.id + " is held: " + s.holds);
        }
        if (s.opens.get() > 0) {
            throw refuse(Kind.BUSY, "snapshot " + s.id + " is open");
        }
    }

    void snapshot(Map<VolumeId, SnapshotId> set) throws StoreException {
        List<Volume> volumes = new ArrayList<>();
        for (VolumeId id : set.keySet()) {
            volumes.add(volume(id));
        }
        if (volumes.isEmpty()) {
            return;
        }
        UUID group = UUID.randomUUID();
        long now = System.currentTimeMillis();
        act(
                volumes,
                () -> {
                    List<WalRecord> records = new ArrayList<>();
                    long again = 0;
                    for (Volume v : volumes) {
                        again += v.reserved() ? v.live.own() : 0;
                        SnapshotId id = set.get(v.id);
                        if (id == null || core.state.snapshots.containsKey(id)) {
                            throw refuse(Kind.EXISTS, "snapshot " + id + " exists already");
                        }
                        int epoch = v.map.epoch();
                        if (epoch >= Slot.MAX_EPOCH - 1) {
                            throw refuse(Kind.LIMIT, "volume " + v.id + " has no epochs left");
                        }
                        records.add(new WalRecord.Snap(v.serial, id, epoch, group, now));
                    }
                    if (Set.copyOf(set.values()).size() < set.size()) {
                        throw refuse(Kind.EXISTS, "one snapshot id is given twice");
                    }
                    if (again > 0) {
                        promise("the snapshot of what reserved volumes hold", again);
                    }
                    return records;
                });
    }

    void cloneSnapshot(SnapshotId id, VolumeId clone) throws StoreException {
        Snapshot s = snapshot(id);
        act(
                List.of(),
                () -> {
                    absent(clone);
                    return List.of(new WalRecord.Clone(core.state.nextSerial, clone, s.id));
                });
    }

    void promoteClone(VolumeId id) throws StoreException {
        Volume v = volume(id);
        Snapshot origin = v.origin;
        if (origin == null) {
            throw refuse(Kind.NOT_FOUND, "volume " + id + " is no clone");
        }
        act(List.of(v, origin.volume), () -> List.of(new WalRecord.Promote(v.serial)));
    }

    void deleteSnapshot(SnapshotId id) throws StoreException {
        Snapshot s = snapshot(id);
        Volume v = s.volume;
        core.sealer.awaitPiece();
        act(
                List.of(v),
                () -> {
                    free(s);
                    grows(s.list);
                    return List.of(new WalRecord.SnapDelete(id));
                });
        v.lowerHorizon();
    }

    void bookmark(SnapshotId id, BookmarkId bookmark) throws StoreException {
        Snapshot s = snapshot(id);
        Volume v = s.volume;
        core.sealer.awaitPiece();
        act(
                List.of(v),
                () -> {
                    free(s);
                    grows(s.list);
                    if (core.state.bookmarks.containsKey(bookmark)) {
                        throw refuse(Kind.EXISTS, "bookmark " + bookmark + " exists already");
                    }
                    return List.of(
                            new WalRecord.MakeBookmark(id, bookmark), new WalRecord.SnapDelete(id));
                });
        v.lowerHorizon();
    }

    void deleteBookmark(BookmarkId id) throws StoreException {
        Volume v = bookmark(id).volume;
        act(List.of(v), () -> List.of(new WalRecord.BookmarkDelete(id)));
        v.lowerHorizon();
    }

    void hold(SnapshotId id, String tag) throws StoreException {
        Snapshot s = snapshot(id);
        int bytes = tag.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > WalRecord.MAX_TAG_BYTES) {
            throw refuse(Kind.LIMIT, "a tag has at most " + WalRecord.MAX_TAG_BYTES + " bytes");
        }
        if (s.holds.contains(tag)) {
            throw refuse(Kind.EXISTS, "snapshot " + id + " is held by " + tag + " already");
        }
        act(List.of(), () -> List.of(new WalRecord.Hold(id, tag)));
    }

    void release(SnapshotId id, String tag) throws StoreException {
        if (!snapshot(id).holds.contains(tag)) {
            throw refuse(Kind.NOT_FOUND, "snapshot " + id + " is not held by " + tag);
        }
        act(List.of(), () -> List.of(new WalRecord.Release(id, tag)));
    }
}
