package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.ChangeStream;
import io.tidegate.block.CopyTarget;
import io.tidegate.block.DeviceException;
import io.tidegate.block.ExtentSharing;
import io.tidegate.volume.BookmarkId;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeId;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.NullUnmarked;

/** Drives a pool with seeded random acts, each done to the model too. */
@NullUnmarked
final class PoolHarness extends ModelledPool {

    int maxPoints = 12;

    /** Whether copies through a stream are among the acts. */
    boolean copies;

    PoolHarness(long seed, Path tokens) throws Exception {
        super(seed, tokens, OPTIONS, SECTORS, new Quiet());
    }

    /** As {@link ModelledPool}. */
    PoolHarness(long seed, Path tokens, PoolOptions options, int size, Rules rules)
            throws Exception {
        super(seed, tokens, options, size, rules);
    }

    // Acts --------------------------------------------------------------------------------------

    /** One random act; a full pool may refuse it. */
    void act() throws Exception {
        volumes.values().forEach(ModelVolume::beginAct);
        try {
            if (volumes.size() < 2) {
                createVolume();
            } else {
                anyAct();
            }
        } catch (StoreException e) {
            if (e.kind() != StoreException.Kind.NO_SPACE
                    || files.stopped()
                    || files.faults != null) {
                throw e;
            }
            acts.add("refused, the pool is full");
            undecided(() -> {}, () -> false);
        }
    }

    private void anyAct() throws Exception {
        ModelVolume v = pick(new ArrayList<>(volumes.values()));
        if (random.nextInt(9) == 0) {
            share(v);
            return;
        }
        if (copies && random.nextInt(12) == 0) {
            copy(v);
            return;
        }
        int dice = random.nextInt(100);
        if (dice < 55) {
            write(v);
        } else if (dice < 63) {
            discard(v);
        } else if (dice < 69) {
            acts.add("flush");
            device(v).flush();
            // A flush makes every volume's writes durable: it syncs the files, not a volume.
            v.flushed();
        } else if (dice < 78) {
            snapshot(v);
        } else if (dice < 83) {
            deletePoint(v, false);
        } else if (dice < 86) {
            deletePoint(v, true);
        } else if (dice < 87) {
            deleteMark(v);
        } else if (dice < 90) {
            cloneOf(v);
        } else if (dice < 92) {
            promote(v);
        } else if (dice < 93) {
            deleteVolume(v);
        } else if (dice < 96) {
            background();
        } else {
            diff(v);
        }
    }

    <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    void write(ModelVolume v) throws Exception {
        int first = random.nextInt(v.now.length);
        int n = Math.min(v.now.length - first, 1 + random.nextInt(random.nextBoolean() ? 16 : 200));
        if (random.nextInt(3) > 0) {
            first &= ~7;
        }
        write(v, first, n);
    }

    void write(ModelVolume v, int first, int n) throws Exception {
        acts.add("write " + name(v) + " " + first + "+" + n);
        for (int i = 0; i < n; i++) {
            v.put(first + i, sectors.fill(i, first + i));
        }
        try {
            device(v).write((long) first * SECTOR, sectors.bytes(n));
        } catch (DeviceException e) {
            refused(v, e);
        }
    }

    /** A full pool may have taken a part of a write. */
    private void refused(ModelVolume v, DeviceException e) throws DeviceException {
        if (e.kind() != DeviceException.Kind.NO_SPACE || files.stopped() || files.faults != null) {
            throw e;
        }
        acts.add("refused, the pool is full");
        assertThat(v.reserved).as("reserved").isFalse();
        int[] found = sectors.content(v.device);
        Sectors.requireAllowed(v, found);
        v.now = found;
    }

    private String name(ModelVolume v) {
        return "v" + v.id.value().toString().substring(0, 4);
    }

    private void discard(ModelVolume v) throws Exception {
        int first = random.nextInt(v.now.length);
        int n = Math.min(v.now.length - first, 1 + random.nextInt(1500));
        acts.add("discard " + name(v) + " " + first + "+" + n);
        for (int i = 0; i < n; i++) {
            v.put(first + i, 0);
        }
        device(v);
        try {
            v.device.discard((long) first * SECTOR, (long) n * SECTOR);
        } catch (DeviceException e) {
            refused(v, e);
        }
    }

    /** From a live volume, its own other half or a snapshot; whole grains. */
    private void share(ModelVolume v) throws Exception {
        int perGrain = OPTIONS.grainBytes() / SECTOR;
        int grains = size / perGrain;
        int n = 1 + random.nextInt(random.nextBoolean() ? 8 : grains / 2);
        int to = random.nextInt(grains - n + 1);
        int from = random.nextInt(grains - n + 1);
        ModelVolume w = pick(new ArrayList<>(volumes.values()));
        ModelVolume.Point p = w.points.isEmpty() || random.nextBoolean() ? null : pick(w.points);
        if (p == null && w == v && Math.abs(from - to) < n) {
            return;
        }
        int[] source = (p == null ? w.now : p.content).clone();
        for (int s = 0; s < n * perGrain; s++) {
            v.put(to * perGrain + s, source[from * perGrain + s]);
            sectors.share(source[from * perGrain + s], to * perGrain + s);
        }
        acts.add("share to " + name(v) + " " + to + "+" + n + " from " + name(w) + " " + from);
        long grain = OPTIONS.grainBytes();
        BlockDevice device = p == null ? device(w) : pool.openSnapshot(p.id);
        try {
            ExtentSharing target = (ExtentSharing) device(v);
            if (target.share(device, from * grain, to * grain, n * grain) < n * grain) {
                // The table is full: the rest is as it was.
                int[] found = sectors.content(v.device);
                Sectors.requireAllowed(v, found);
                v.now = found;
            }
        } catch (DeviceException e) {
            refused(v, e);
        } finally {
            if (p != null) {
                device.close();
            }
        }
    }

    /** Pieces in a row, some over grains of their own, some to new ones; a flush at the end. */
    private void copy(ModelVolume v) throws Exception {
        int at = random.nextInt(v.now.length);
        int left = Math.min(v.now.length - at, 1 + random.nextInt(700));
        acts.add("copy to " + name(v) + " " + at + "+" + left);
        device(v);
        try (CopyTarget.CopyStream stream = ((CopyTarget) v.device).openCopyStream()) {
            while (left > 0) {
                int n = Math.min(left, 1 + random.nextInt(256));
                for (int i = 0; i < n; i++) {
                    v.put(at + i, sectors.fill(i, at + i));
                }
                stream.write((long) at * SECTOR, sectors.bytes(n));
                at += n;
                left -= n;
            }
            stream.flush();
            v.flushed();
        } catch (DeviceException e) {
            refused(v, e);
        }
    }

    private void snapshot(ModelVolume v) throws Exception {
        if (v.points.size() >= maxPoints) {
            deletePoint(v, random.nextBoolean());
            return;
        }
        acts.add("snapshot " + name(v));
        Map<VolumeId, SnapshotId> set = new LinkedHashMap<>();
        List<ModelVolume.Point> points = new ArrayList<>();
        for (ModelVolume w : volumes.values()) {
            if (w == v || random.nextInt(4) == 0) {
                SnapshotId id = new SnapshotId(uuid());
                set.put(w.id, id);
                points.add(new ModelVolume.Point(id, w.now.clone(), w));
            }
        }
        SnapshotId first = points.get(0).id;
        undecided(
                () -> points.forEach(p -> p.volume.points.add(p)),
                () -> pool.core().state.snapshots.containsKey(first));
        try {
            pool.snapshot(set);
        } catch (StoreException e) {
            // Reserved volumes' snapshots take as much again, which the pool may not have.
            if (e.kind() == StoreException.Kind.NO_SPACE
                    && files.faults == null
                    && points.stream().anyMatch(p -> p.volume.reserved)) {
                undecided(() -> {}, () -> false);
                return;
            }
            throw e;
        }
        decided();
    }

    private void deletePoint(ModelVolume v, boolean keepMark) throws Exception {
        List<ModelVolume.Point> free = v.points.stream().filter(p -> p.clones == 0).toList();
        if (free.isEmpty()) {
            return;
        }
        ModelVolume.Point p = pick(free);
        acts.add((keepMark ? "bookmark of " : "delete of ") + name(v));
        BookmarkId mark = new BookmarkId(uuid());
        undecided(
                () -> {
                    int order = v.points.indexOf(p);
                    v.points.remove(p);
                    if (keepMark) {
                        v.marks.put(mark, new ModelVolume.Mark(mark, p.content, order));
                    }
                },
                () -> !pool.core().state.snapshots.containsKey(p.id));
        if (keepMark) {
            pool.bookmark(p.id, mark);
        } else {
            pool.deleteSnapshot(p.id);
        }
        decided();
    }

    private void deleteMark(ModelVolume v) throws Exception {
        if (v.marks.isEmpty()) {
            return;
        }
        acts.add("delete a bookmark of " + name(v));
        BookmarkId id = pick(new ArrayList<>(v.marks.keySet()));
        undecided(() -> v.marks.remove(id), () -> !pool.core().state.bookmarks.containsKey(id));
        pool.deleteBookmark(id);
        decided();
    }

    private void cloneOf(ModelVolume v) throws Exception {
        if (v.points.isEmpty() || volumes.size() >= 5) {
            return;
        }
        acts.add("clone of " + name(v));
        ModelVolume.Point p = pick(v.points);
        ModelVolume c = new ModelVolume(new VolumeId(uuid()), p.content.clone());
        undecided(
                () -> {
                    c.origin = p;
                    p.clones++;
                    volumes.put(c.id, c);
                },
                () -> pool.volumes().contains(c.id));
        pool.cloneSnapshot(p.id, c.id);
        decided();
    }

    private void promote(ModelVolume c) throws Exception {
        ModelVolume.Point origin = c.origin;
        if (origin == null) {
            return;
        }
        acts.add("promote " + name(c));
        ModelVolume old = origin.volume;
        undecided(
                () -> {
                    int n = old.points.indexOf(origin) + 1;
                    List<ModelVolume.Point> moved = new ArrayList<>(old.points.subList(0, n));
                    old.points.subList(0, n).clear();
                    moved.forEach(p -> p.volume = c);
                    c.points.addAll(0, moved);
                    // Which bookmarks go with them the pool knows; those that moved are looked up.
                    old.marks
                            .values()
                            .removeIf(
                                    m -> {
                                        Bookmark b = pool.core().state.bookmarks.get(m.id());
                                        if (b == null || !b.volume.id.equals(c.id)) {
                                            return false;
                                        }
                                        c.marks.put(m.id(), m);
                                        return true;
                                    });
                    c.origin = old.origin;
                    old.origin = origin;
                },
                () -> pool.core().state.snapshots.get(origin.id).volume.id.equals(c.id));
        pool.promoteClone(c.id);
        decided();
    }

    private void deleteVolume(ModelVolume v) throws Exception {
        if (volumes.size() < 2 || v.points.stream().anyMatch(p -> p.clones > 0)) {
            return;
        }
        if (v.device != null) {
            v.device.close();
            v.device = null;
        }
        acts.add("delete " + name(v));
        undecided(
                () -> {
                    volumes.remove(v.id);
                    if (v.origin != null) {
                        v.origin.clones--;
                    }
                },
                () -> !pool.volumes().contains(v.id));
        pool.deleteVolume(v.id);
        decided();
    }

    private void diff(ModelVolume v) throws Exception {
        if (v.points.isEmpty()) {
            return;
        }
        acts.add("diff of " + name(v));
        int j = random.nextInt(v.points.size());
        ModelVolume.Point to = v.points.get(j);
        ModelVolume.Point from = v.points.get(random.nextInt(j + 1));
        long resume = random.nextBoolean() ? 0 : (long) random.nextInt(v.now.length) * SECTOR;
        try (ChangeStream changes = pool.diff(from.id, to.id, resume)) {
            apply(changes, from.content, to.content, (int) (resume / SECTOR));
        }
        for (ModelVolume.Mark m : v.marks.values()) {
            Bookmark b = pool.core().state.bookmarks.get(m.id());
            if (b.epoch <= pool.core().state.snapshots.get(to.id).epoch) {
                try (ChangeStream changes = pool.diff(m.id(), to.id, 0)) {
                    apply(changes, m.content(), to.content, 0);
                }
            }
        }
    }

    /** What the stream names, taken from the later point, must turn the earlier into it. */
    private static void apply(ChangeStream changes, int[] from, int[] to, int resume)
            throws DeviceException {
        int[] result = from.clone();
        long end = -1;
        for (Optional<ChangeStream.Change> next = changes.next();
                next.isPresent();
                next = changes.next()) {
            ChangeStream.Change c = next.get();
            assertThat(c.offset()).isGreaterThanOrEqualTo(Math.max(end, (long) resume * SECTOR));
            end = c.end();
            for (int s = (int) (c.offset() / SECTOR); s < c.end() / SECTOR; s++) {
                result[s] = c.kind() == ChangeStream.Kind.WRITTEN ? to[s] : 0;
            }
        }
        System.arraycopy(to, 0, result, 0, Math.min(resume, to.length));
        assertThat(result).isEqualTo(to);
    }
}
