package io.tidegate.pool;

import io.tidegate.block.Geometry;
import io.tidegate.volume.BookmarkId;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The volume directory: volumes, snapshots, bookmarks, lists and unfinished walks as bytes. */
final class DirectoryCodec {

    /**
     * No list, bookmark or walk takes more beside its parts, and no volume or snapshot twice that.
     */
    private static final int PART_BYTES = 96;

    private DirectoryCodec() {}

    /** Every list, each once. */
    static List<DeadList> lists(PoolState state) {
        Map<Long, DeadList> lists = new LinkedHashMap<>();
        for (Volume v : state.bySerial.values()) {
            lists.put(v.headList.id, v.headList);
            v.snapshots.forEach(s -> lists.put(s.list.id, s.list));
        }
        for (WalkJob job : state.jobs) {
            job.sources.forEach(l -> lists.put(l.id, l));
            DeadList target = job.target;
            if (target != null) {
                lists.put(target.id, target);
            }
        }
        return new ArrayList<>(lists.values());
    }

    /** As long as {@link #encode} gets at most; a count, without the work. */
    static long bytesAtMost(PoolState state) {
        long bytes = PART_BYTES;
        for (DeadList list : lists(state)) {
            bytes += PART_BYTES + list.pages().size() * (long) Long.BYTES;
        }
        for (Volume v : state.bySerial.values()) {
            bytes += 2 * PART_BYTES + v.bookmarks.size() * (long) PART_BYTES;
            for (Snapshot s : v.snapshots) {
                bytes += 2 * PART_BYTES + s.holds.size() * (WalRecord.MAX_TAG_BYTES + 4L);
            }
        }
        for (WalkJob job : state.jobs) {
            bytes += PART_BYTES + job.sources.size() * (long) Long.BYTES;
        }
        return bytes;
    }

    static byte[] encode(PoolState state) {
        BytesOut out = new BytesOut();
        out.i32(state.nextSerial).i64(state.nextListId);
        List<DeadList> lists = lists(state);
        out.i32(lists.size());
        lists.forEach(l -> l.encode(out));
        out.i32(state.bySerial.size());
        for (Volume v : state.bySerial.values()) {
            encode(v, out);
        }
        out.i32(state.jobs.size());
        for (WalkJob job : state.jobs) {
            DeadList target = job.target;
            out.i32(job.threshold).i64(target == null ? 0 : target.id).i64(job.cursor);
            out.i32(job.sources.size());
            job.sources.forEach(l -> out.i64(l.id));
        }
        return out.bytes();
    }

    private static void encode(Volume v, BytesOut out) {
        Snapshot origin = v.origin;
        out.i32(v.serial).uuid(v.id.value());
        shape(v.shape, out);
        node(NodeRef.of(v.map.root()), out);
        out.i32(v.map.epoch()).i64(v.mappedGrains).i64(v.headList.id);
        out.i32(v.reserved() ? WalRecord.RESERVED : 0);
        out.i64(v.live.own()).i64(v.live.base()).i32(v.live.baseEpoch());
        out.uuid(origin == null ? new UUID(0, 0) : origin.id.value());
        out.i32(v.snapshots.size());
        for (Snapshot s : v.snapshots) {
            out.uuid(s.id.value()).i32(s.epoch);
            node(s.root, out);
            shape(s.shape, out);
            out.i64(s.timeMillis).uuid(s.group).i64(s.list.id);
            out.i64(s.mappedGrains).i64(s.live).i32(s.sealed ? 1 : 0);
            List<String> holds = new ArrayList<>(s.holds);
            out.i32(holds.size());
            holds.forEach(out::text);
        }
        out.i32(v.bookmarks.size());
        for (Bookmark b : v.bookmarks) {
            out.uuid(b.id.value()).i32(b.epoch);
        }
    }

    private static void node(NodeRef n, BytesOut out) {
        out.i64(n.address()).i32(n.level()).i32(n.birth());
    }

    private static void shape(VolumeShape s, BytesOut out) {
        Geometry g = s.geometry();
        out.i32(g.logicalBlockBytes()).i32(g.physicalBlockBytes());
        out.i64(g.blocks()).i32(s.granularityBytes());
    }

    /** Fills a state that holds nothing yet. */
    static void decode(byte[] bytes, PoolState state, NodeStore store) throws IOException {
        try {
            new Reader(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), state, store).read();
        } catch (BufferUnderflowException
                | IndexOutOfBoundsException
                | IllegalArgumentException e) {
            throw new DamageException("volume directory: " + e);
        }
    }

    private static final class Reader {
        private final ByteBuffer in;
        private final PoolState state;
        private final NodeStore store;
        private final Map<Long, DeadList> lists = new LinkedHashMap<>();
        private final Map<Volume, SnapshotId> origins = new LinkedHashMap<>();

        Reader(ByteBuffer in, PoolState state, NodeStore store) {
            this.in = in;
            this.state = state;
            this.store = store;
        }

        void read() throws IOException {
            state.nextSerial = in.getInt();
            state.nextListId = in.getLong();
            int n = count();
            for (int i = 0; i < n; i++) {
                DeadList list = DeadList.decode(in, store);
                require(
                        lists.put(list.id, list) == null && list.id < state.nextListId,
                        "dead-list " + list.id + " stands in it twice, or is still to come");
            }
            int serials = state.nextSerial;
            n = count();
            for (int i = 0; i < n; i++) {
                volume();
            }
            require(
                    state.nextSerial == serials && state.bySerial.size() == n,
                    "a serial stands in it twice, or is still to come");
            for (Map.Entry<Volume, SnapshotId> e : origins.entrySet()) {
                Snapshot origin = state.snapshots.get(e.getValue());
                if (origin == null) {
                    throw new DamageException("volume directory: origin " + e.getValue());
                }
                e.getKey().origin = origin;
                origin.clones++;
            }
            n = count();
            for (int i = 0; i < n; i++) {
                job();
            }
            requireEnds();
            require(!in.hasRemaining(), in.remaining() + " bytes are left over");
            state.bySerial.values().forEach(Volume::lowerHorizon);
            state.bySerial.values().forEach(Volume::settleAccounts);
        }

        private int count() throws DamageException {
            int n = in.getInt();
            // Whatever is counted takes four bytes at least.
            require(n >= 0 && n <= in.remaining() / 4, n + " of something");
            return n;
        }

        private static void require(boolean holds, String what) throws DamageException {
            if (!holds) {
                throw new DamageException("volume directory: " + what);
            }
        }

        private int epoch() throws DamageException {
            int epoch = in.getInt();
            require(epoch >= 0 && epoch <= Slot.MAX_EPOCH, "epoch " + epoch);
            return epoch;
        }

        private long grains() throws DamageException {
            long grains = in.getLong();
            require(grains >= 0, grains + " mapped grains");
            return grains;
        }

        /** A walk hands its list on to a later one or to a snapshot: never in a circle. */
        private void requireEnds() throws DamageException {
            Map<DeadList, WalkJob> following = new IdentityHashMap<>();
            for (WalkJob job : state.jobs) {
                job.sources.forEach(source -> following.put(source, job));
            }
            for (WalkJob job : state.jobs) {
                WalkJob at = job;
                for (int steps = 0; at != null; steps++) {
                    require(steps <= following.size(), "unfinished walks go round in a circle");
                    at = at.target == null ? null : following.get(at.target);
                }
            }
        }

        private void job() throws DamageException {
            int threshold = epoch();
            long targetId = in.getLong();
            long cursor = in.getLong();
            List<DeadList> sources = new ArrayList<>();
            int n = count();
            for (int i = 0; i < n; i++) {
                sources.add(list(in.getLong()));
            }
            require(
                    cursor >= 0 && cursor <= (sources.isEmpty() ? 0 : sources.get(0).size()),
                    "a walk stands at " + cursor);
            @Nullable DeadList target = targetId == 0 ? null : list(targetId);
            WalkJob job = new WalkJob(sources, threshold, target);
            job.cursor = cursor;
            state.jobs.add(job);
        }

        private DeadList list(long id) throws DamageException {
            DeadList list = lists.get(id);
            if (list == null) {
                throw new DamageException("volume directory: no dead-list " + id);
            }
            return list;
        }

        private void volume() throws IOException {
            int serial = in.getInt();
            VolumeId id = new VolumeId(uuid());
            VolumeShape shape = shape();
            MapNode root = root(shape);
            int epoch = epoch();
            long mapped = grains();
            DeadList head = list(in.getLong());
            boolean reserved = (in.getInt() & WalRecord.RESERVED) != 0;
            long own = in.getLong();
            long base = in.getLong();
            int baseEpoch = in.getInt();
            UUID origin = uuid();
            VolumeMap map = new VolumeMap(store, serial, root, state.stamps.get(), epoch);
            Volume v = new Volume(serial, id, shape, map, head, reserved);
            v.live.restore(own, base, baseEpoch);
            v.mappedGrains = mapped;
            if (!origin.equals(new UUID(0, 0))) {
                origins.put(v, new SnapshotId(origin));
            }
            int n = count();
            int last = 0;
            for (int i = 0; i < n; i++) {
                Snapshot s = snapshot(v);
                require(s.epoch >= last && s.epoch < epoch, "snapshot " + s.id + " out of order");
                last = s.epoch;
                v.snapshots.add(s);
                require(state.snapshots.put(s.id, s) == null, "snapshot " + s.id + " twice");
            }
            n = count();
            for (int i = 0; i < n; i++) {
                Bookmark b = new Bookmark(new BookmarkId(uuid()), v, epoch());
                v.bookmarks.add(b);
                require(state.bookmarks.put(b.id, b) == null, "bookmark " + b.id + " twice");
            }
            require(!state.volumes.containsKey(id), "volume " + id + " twice");
            state.add(v);
        }

        private Snapshot snapshot(Volume v) throws IOException {
            SnapshotId id = new SnapshotId(uuid());
            int epoch = epoch();
            long rootAt = in.getLong();
            int level = in.getInt();
            int birth = in.getInt();
            VolumeShape shape = shape();
            requireLevel(shape, level);
            NodeRef root = new NodeRef(rootAt, level, birth);
            long time = in.getLong();
            UUID group = uuid();
            DeadList list = list(in.getLong());
            long mapped = grains();
            Snapshot s = new Snapshot(id, v, epoch, root, shape, time, group, list, mapped);
            s.live = in.getLong();
            s.sealed = in.getInt() != 0;
            int n = count();
            for (int i = 0; i < n; i++) {
                int length = in.getInt();
                require(
                        length >= 0 && length <= WalRecord.MAX_TAG_BYTES,
                        "a tag of " + length + " bytes");
                byte[] tag = new byte[length];
                in.get(tag);
                s.holds.add(new String(tag, StandardCharsets.UTF_8));
            }
            return s;
        }

        private MapNode root(VolumeShape shape) throws IOException {
            long address = in.getLong();
            int level = in.getInt();
            requireLevel(shape, level);
            return store.load(address, level, in.getInt());
        }

        private void requireLevel(VolumeShape shape, int level) throws DamageException {
            int needed = store.levelFor(shape);
            require(level == needed, "a root of level " + level + " where " + needed + " is right");
        }

        private VolumeShape shape() {
            return new VolumeShape(
                    new Geometry(in.getInt(), in.getInt(), in.getLong()), in.getInt());
        }

        private UUID uuid() {
            return new UUID(in.getLong(), in.getLong());
        }
    }
}
