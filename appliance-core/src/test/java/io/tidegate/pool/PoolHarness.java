package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.ChangeStream;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.volume.BookmarkId;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;

/** Drives a pool over simulated files with seeded random acts, beside a plain model of it. */
@NullUnmarked
final class PoolHarness {

    static final int SECTOR = 512;
    static final int SECTORS = 4096;
    static final PoolOptions OPTIONS =
            new PoolOptions(24 << 20, 4096, 64 << 10, 8 << 20, 256 << 10, true);

    final Random random;
    final Path tokens;
    final Map<VolumeId, ModelVolume> volumes = new LinkedHashMap<>();
    final UUID boot = UUID.randomUUID();
    SimFiles files = new SimFiles();
    Pool pool;
    Rules rules =
            new Rules() {
                @Override
                boolean background() {
                    return false;
                }
            };

    /** Done to the model if the act that was cut off turns out to have happened. */
    private Runnable undecided = () -> {};

    private java.util.function.BooleanSupplier happened = () -> false;
    private int counter;
    int maxPoints = 12;

    PoolHarness(long seed, Path tokens) throws Exception {
        this.random = new Random(seed);
        this.tokens = tokens;
        new PoolFactory(files, rules, boot).create(OPTIONS);
        open(boot);
    }

    PoolOpenOptions openOptions() {
        return PoolOpenOptions.standard()
                .withTokenDirectory(tokens)
                .withDrainLimit(Duration.ofSeconds(10))
                .withCheckpointEvery(Duration.ZERO);
    }

    void open(UUID bootId) throws StoreException {
        pool = new Pool(new PoolFactory(files, rules, bootId), openOptions());
        volumes.values().forEach(v -> v.device = null);
    }

    BlockDevice device(ModelVolume v) throws StoreException {
        if (v.device == null) {
            v.device = pool.openVolume(v.id);
        }
        return v.device;
    }

    ModelVolume createVolume() throws Exception {
        VolumeId id = VolumeId.random();
        ModelVolume v = new ModelVolume(id, new int[SECTORS]);
        undecided(() -> volumes.put(id, v), () -> pool.volumes().contains(id));
        pool.createVolume(
                id, new VolumeShape(Geometry.ofBytes((long) SECTORS * SECTOR, SECTOR, 4096), 4096));
        decided();
        return v;
    }

    private void undecided(Runnable act, java.util.function.BooleanSupplier check) {
        undecided = act;
        happened = check;
    }

    /** An act has returned: it and all before it is durable. */
    private void decided() {
        undecided.run();
        undecided = () -> {};
        happened = () -> false;
        volumes.values().forEach(ModelVolume::flushed);
    }

    // Acts --------------------------------------------------------------------------------------

    /** One random act. */
    void act() throws Exception {
        if (volumes.isEmpty()) {
            createVolume();
            return;
        }
        ModelVolume v = pick(new ArrayList<>(volumes.values()));
        int dice = random.nextInt(100);
        if (dice < 55) {
            write(v);
        } else if (dice < 63) {
            discard(v);
        } else if (dice < 69) {
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
        ByteBuffer b = ByteBuffer.allocateDirect(n * SECTOR).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < n; i++) {
            int value = ++counter;
            v.put(first + i, value);
            fill(b, value);
        }
        device(v).write((long) first * SECTOR, b.flip());
    }

    static void fill(ByteBuffer b, int value) {
        for (int i = 0; i < SECTOR / 4; i++) {
            b.putInt(value);
        }
    }

    private void discard(ModelVolume v) throws Exception {
        int first = random.nextInt(v.now.length);
        int n = Math.min(v.now.length - first, 1 + random.nextInt(1500));
        for (int i = 0; i < n; i++) {
            v.put(first + i, 0);
        }
        device(v);
        v.device.discard((long) first * SECTOR, (long) n * SECTOR);
    }

    private void snapshot(ModelVolume v) throws Exception {
        if (v.points.size() >= maxPoints) {
            deletePoint(v, random.nextBoolean());
            return;
        }
        Map<VolumeId, SnapshotId> set = new LinkedHashMap<>();
        List<ModelVolume.Point> points = new ArrayList<>();
        for (ModelVolume w : volumes.values()) {
            if (w == v || random.nextInt(4) == 0) {
                SnapshotId id = SnapshotId.random();
                set.put(w.id, id);
                points.add(new ModelVolume.Point(id, w.now.clone(), w));
            }
        }
        SnapshotId first = points.get(0).id;
        undecided(
                () -> points.forEach(p -> p.volume.points.add(p)),
                () -> pool.core().state.snapshots.containsKey(first));
        pool.snapshot(set);
        decided();
    }

    private void deletePoint(ModelVolume v, boolean keepMark) throws Exception {
        List<ModelVolume.Point> free = v.points.stream().filter(p -> p.clones == 0).toList();
        if (free.isEmpty()) {
            return;
        }
        ModelVolume.Point p = pick(free);
        BookmarkId mark = BookmarkId.random();
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
        BookmarkId id = pick(new ArrayList<>(v.marks.keySet()));
        undecided(() -> v.marks.remove(id), () -> !pool.core().state.bookmarks.containsKey(id));
        pool.deleteBookmark(id);
        decided();
    }

    private void cloneOf(ModelVolume v) throws Exception {
        if (v.points.isEmpty() || volumes.size() >= 5) {
            return;
        }
        ModelVolume.Point p = pick(v.points);
        ModelVolume c = new ModelVolume(VolumeId.random(), p.content.clone());
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

    void background() throws IOException {
        pool.core().maintenance.wantCheckpoint();
        while (pool.core().maintenance.step()) {
            pool.core().maintenance.wantCheckpoint();
        }
    }

    private void diff(ModelVolume v) throws Exception {
        if (v.points.isEmpty()) {
            return;
        }
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

    // Checks ------------------------------------------------------------------------------------

    static int[] content(BlockDevice d) throws DeviceException {
        int sectors = (int) (d.geometry().sizeBytes() / SECTOR);
        ByteBuffer b = ByteBuffer.allocateDirect(sectors * SECTOR).order(ByteOrder.LITTLE_ENDIAN);
        d.read(0, b);
        b.flip();
        int[] content = new int[sectors];
        for (int s = 0; s < sectors; s++) {
            content[s] = b.getInt(s * SECTOR);
            for (int i = 4; i < SECTOR; i += 4) {
                if (b.getInt(s * SECTOR + i) != content[s]) {
                    throw new AssertionError("sector " + s + " of " + d + " is torn");
                }
            }
        }
        return content;
    }

    /** Everything must be as the model says, to the last sector. */
    void verify() throws Exception {
        assertThat(pool.volumes()).isEqualTo(volumes.keySet());
        for (ModelVolume v : volumes.values()) {
            assertThat(content(device(v))).as("volume %s", v.id).isEqualTo(v.now);
            verifyPoints(v);
        }
        assertThat(pool.check().problems()).isEmpty();
    }

    private void verifyPoints(ModelVolume v) throws Exception {
        assertThat(new ArrayList<>(pool.snapshots(v.id)))
                .isEqualTo(v.points.stream().map(p -> p.id).toList());
        for (ModelVolume.Point p : v.points) {
            try (SnapshotDevice d = pool.openSnapshot(p.id)) {
                assertThat(content(d)).as("snapshot %s", p.id).isEqualTo(p.content);
            }
        }
    }

    /** After a recovery: the act that was cut off is done or not; each sector is old or new. */
    void settle() throws Exception {
        if (happened.getAsBoolean()) {
            undecided.run();
        }
        undecided = () -> {};
        happened = () -> false;
        assertThat(pool.volumes()).isEqualTo(volumes.keySet());
        for (ModelVolume v : volumes.values()) {
            int[] found = content(device(v));
            for (int s = 0; s < found.length; s++) {
                if (!v.mayHold(s, found[s])) {
                    throw new AssertionError(
                            "volume "
                                    + v.id
                                    + ", sector "
                                    + s
                                    + ": "
                                    + found[s]
                                    + ", expected "
                                    + v.now[s]
                                    + " or "
                                    + v.unflushed.get(s));
                }
            }
            v.now = found;
            v.flushed();
            verifyPoints(v);
        }
        assertThat(pool.check().problems()).isEmpty();
    }

    /**
     * The pool refused an act, and takes more: it has happened or not, and the refusal says which.
     *
     * @return whether it has happened, and only its durability is open
     */
    boolean refused(StoreException e) {
        boolean did = happened.getAsBoolean();
        if (did) {
            assertThat(e).hasMessageContaining("it has happened");
            undecided.run();
        } else {
            assertThat(e).hasMessageContaining("nothing of it has happened");
        }
        undecided = () -> {};
        happened = () -> false;
        return did;
    }

    /** A write or discard failed, and the pool takes more: each of its sectors is old or new. */
    void reconcile() throws Exception {
        for (ModelVolume v : volumes.values()) {
            int[] found = content(device(v));
            for (int s = 0; s < found.length; s++) {
                boolean mayBe = v.lastAct.contains(s) && v.mayHold(s, found[s]);
                if (found[s] != v.now[s] && !mayBe) {
                    throw new AssertionError(
                            v.id + ", sector " + s + ": " + found[s] + ", not " + v.now[s]);
                }
                if (found[s] != v.now[s]) {
                    v.put(s, found[s]);
                }
            }
        }
    }

    /** Ends an opening whose files do not work any more. */
    void abandon() {
        try {
            pool.close();
        } catch (StoreException e) {
            assertThat(e.kind()).isIn(StoreException.Kind.IO, StoreException.Kind.READ_ONLY);
        }
    }
}
