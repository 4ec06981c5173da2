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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The volume directory: volumes, snapshots, bookmarks, lists and unfinished walks as bytes. */
final class DirectoryCodec {

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
        } catch (BufferUnderflowException | IllegalArgumentException e) {
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
            int n = in.getInt();
            for (int i = 0; i < n; i++) {
                DeadList list = DeadList.decode(in, store);
                lists.put(list.id, list);
            }
            n = in.getInt();
            for (int i = 0; i < n; i++) {
                volume();
            }
            for (Map.Entry<Volume, SnapshotId> e : origins.entrySet()) {
                Snapshot origin = state.snapshots.get(e.getValue());
                if (origin == null) {
                    throw new DamageException("volume directory: origin " + e.getValue());
                }
                e.getKey().origin = origin;
                origin.clones++;
            }
            n = in.getInt();
            for (int i = 0; i < n; i++) {
                job();
            }
            state.bySerial.values().forEach(Volume::lowerHorizon);
            state.bySerial.values().forEach(Volume::settleAccounts);
        }

        private void job() throws DamageException {
            int threshold = in.getInt();
            long targetId = in.getLong();
            long cursor = in.getLong();
            List<DeadList> sources = new ArrayList<>();
            int n = in.getInt();
            for (int i = 0; i < n; i++) {
                sources.add(list(in.getLong()));
            }
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
            MapNode root = store.node(node());
            int epoch = in.getInt();
            long mapped = in.getLong();
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
            int n = in.getInt();
            for (int i = 0; i < n; i++) {
                Snapshot s = snapshot(v);
                v.snapshots.add(s);
                state.snapshots.put(s.id, s);
            }
            n = in.getInt();
            for (int i = 0; i < n; i++) {
                Bookmark b = new Bookmark(new BookmarkId(uuid()), v, in.getInt());
                v.bookmarks.add(b);
                state.bookmarks.put(b.id, b);
            }
            state.add(v);
        }

        private Snapshot snapshot(Volume v) throws IOException {
            SnapshotId id = new SnapshotId(uuid());
            int epoch = in.getInt();
            NodeRef root = node();
            VolumeShape shape = shape();
            long time = in.getLong();
            UUID group = uuid();
            DeadList list = list(in.getLong());
            long mapped = in.getLong();
            Snapshot s = new Snapshot(id, v, epoch, root, shape, time, group, list, mapped);
            s.live = in.getLong();
            s.sealed = in.getInt() != 0;
            int n = in.getInt();
            for (int i = 0; i < n; i++) {
                byte[] tag = new byte[in.getInt()];
                in.get(tag);
                s.holds.add(new String(tag, StandardCharsets.UTF_8));
            }
            return s;
        }

        private NodeRef node() {
            return new NodeRef(in.getLong(), in.getInt(), in.getInt());
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
