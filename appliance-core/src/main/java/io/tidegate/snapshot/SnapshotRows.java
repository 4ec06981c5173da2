package io.tidegate.snapshot;

import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeRecord;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The tables {@code snapshot}, {@code snapshot_hold} and {@code snapshot_mount}. */
final class SnapshotRows {

    private static final String SELECT =
            "select s.*, coalesce(v.name, s.volume_name) as present_name from snapshot s"
                    + " left join volume v on v.id = s.volume_id ";

    /** Up to so many rows have their holds looked up one by one; more read all holds at once. */
    private static final int FEW = 16;

    /** A row of a mount. */
    record Mount(
            SnapshotId snapshot,
            String host,
            String what,
            LogicalUnitId unit,
            Optional<VolumeId> cloneVolume) {}

    private SnapshotRows() {}

    static void insert(
            Handle handle,
            SnapshotId id,
            VolumeRecord volume,
            String name,
            UUID set,
            @Nullable Long keepUntil,
            String label,
            long now) {
        handle.createUpdate(
                        "insert into snapshot (id, volume_id, volume_name, name, set_id, taken_at,"
                                + " keep_until, kind, state, size_bytes, label) values (:id,"
                                + " :volume, :volumeName, :name, :set, :now, :keep, 'software',"
                                + " 'preparing', :size, :label)")
                .bind("id", id.toString())
                .bind("volume", volume.id().toString())
                .bind("volumeName", volume.name())
                .bind("name", name)
                .bind("set", set.toString())
                .bind("now", now)
                .bind("keep", keepUntil)
                .bind("size", volume.sizeBytes())
                .bind("label", label)
                .execute();
    }

    /** Makes a prepared snapshot ready, with the instant it was taken at. */
    static void ready(Handle handle, SnapshotId id, long takenAt) {
        handle.createUpdate(
                        "update snapshot set state = 'ready', taken_at = :at"
                                + " where id = :id and state = 'preparing'")
                .bind("at", takenAt)
                .bind("id", id.toString())
                .execute();
    }

    static void setState(Handle handle, SnapshotId id, SnapshotState state, long now) {
        handle.createUpdate("update snapshot set state = :state, deleted_at = :now where id = :id")
                .bind("state", state.name().toLowerCase(Locale.ROOT))
                .bind("now", now)
                .bind("id", id.toString())
                .execute();
    }

    /** Puts a snapshot into the bin until a time. */
    static void bin(Handle handle, SnapshotId id, long now, long purgeAfter) {
        handle.createUpdate(
                        "update snapshot set state = 'deleted', deleted_at = :now,"
                                + " purge_after = :after where id = :id"
                                + " and state in ('ready', 'deleted')")
                .bind("now", now)
                .bind("after", purgeAfter)
                .bind("id", id.toString())
                .execute();
    }

    static void unbin(Handle handle, SnapshotId id) {
        handle.createUpdate(
                        "update snapshot set state = 'ready', deleted_at = null,"
                                + " purge_after = null where id = :id and state = 'deleted'")
                .bind("id", id.toString())
                .execute();
    }

    static void remove(Handle handle, SnapshotId id) {
        handle.createUpdate("delete from snapshot_hold where snapshot_id = :id")
                .bind("id", id.toString())
                .execute();
        handle.createUpdate("delete from snapshot where id = :id and state = 'preparing'")
                .bind("id", id.toString())
                .execute();
    }

    static void set(
            Handle handle, SnapshotId id, @Nullable Long keepUntil, @Nullable String label) {
        handle.createUpdate(
                        "update snapshot set keep_until = coalesce(:keep, keep_until),"
                                + " label = coalesce(:label, label) where id = :id")
                .bind("keep", keepUntil)
                .bind("label", label)
                .bind("id", id.toString())
                .execute();
    }

    static Optional<SnapshotInfo> byId(Handle handle, SnapshotId id) {
        return handle.createQuery(SELECT + "where s.id = :id")
                .bind("id", id.toString())
                .map((rs, ctx) -> row(rs))
                .findOne()
                .map(row -> withHolds(handle, row));
    }

    /** By the volume's present name; the newest when destroyed ones bear the same name. */
    static Optional<SnapshotInfo> byName(Handle handle, String volumeName, String name) {
        return handle.createQuery(
                        SELECT
                                + "where coalesce(v.name, s.volume_name) = :volume"
                                + " and s.name = :name order by s.state = 'destroyed',"
                                + " s.taken_at desc limit 1")
                .bind("volume", volumeName)
                .bind("name", name)
                .map((rs, ctx) -> row(rs))
                .findOne()
                .map(row -> withHolds(handle, row));
    }

    static boolean nameTaken(Handle handle, VolumeId volume, String name) {
        return handle.createQuery(
                                "select count(*) from snapshot where volume_id = :volume"
                                        + " and name = :name and state <> 'destroyed'")
                        .bind("volume", volume.toString())
                        .bind("name", name)
                        .mapTo(Integer.class)
                        .one()
                > 0;
    }

    static List<SnapshotInfo> all(Handle handle) {
        return withHolds(
                handle,
                handle.createQuery(SELECT + "order by present_name, s.taken_at, s.name")
                        .map((rs, ctx) -> row(rs))
                        .list());
    }

    static List<SnapshotInfo> ofVolume(Handle handle, VolumeId volume) {
        return withHolds(
                handle,
                handle.createQuery(SELECT + "where s.volume_id = :volume order by s.taken_at")
                        .bind("volume", volume.toString())
                        .map((rs, ctx) -> row(rs))
                        .list());
    }

    static List<SnapshotInfo> inState(Handle handle, SnapshotState state) {
        return withHolds(
                handle,
                handle.createQuery(SELECT + "where s.state = :state order by s.taken_at")
                        .bind("state", state.name().toLowerCase(Locale.ROOT))
                        .map((rs, ctx) -> row(rs))
                        .list());
    }

    /** Ids in the bin whose grace is over, and those that nobody holds and whose time is up. */
    static List<SnapshotId> due(Handle handle, long now) {
        return handle
                .createQuery(
                        "select s.id from snapshot s where ((s.state = 'deleted'"
                                + " and s.purge_after <= :now) or (s.state = 'ready'"
                                + " and s.keep_until <= :now)) and not exists (select 1 from"
                                + " snapshot_hold h where h.snapshot_id = s.id)"
                                + " order by s.taken_at")
                .bind("now", now)
                .mapTo(String.class)
                .list()
                .stream()
                .map(SnapshotId::of)
                .toList();
    }

    /** Marks what goes with its volume. */
    static void goneWithVolume(Handle handle, VolumeId volume, long now) {
        handle.createUpdate(
                        "delete from snapshot_hold where snapshot_id in (select id from snapshot"
                                + " where volume_id = :volume)")
                .bind("volume", volume.toString())
                .execute();
        handle.createUpdate(
                        "update snapshot set state = 'destroyed', deleted_at = :now"
                                + " where state <> 'destroyed' and volume_id = :volume")
                .bind("now", now)
                .bind("volume", volume.toString())
                .execute();
    }

    static void hold(Handle handle, SnapshotId id, String reason, long now) {
        handle.createUpdate(
                        "insert into snapshot_hold (snapshot_id, reason, at) values (:id, :reason,"
                                + " :now) on conflict (snapshot_id, reason) do nothing")
                .bind("id", id.toString())
                .bind("reason", reason)
                .bind("now", now)
                .execute();
    }

    static void release(Handle handle, SnapshotId id, String reason) {
        handle.createUpdate(
                        "delete from snapshot_hold where snapshot_id = :id and reason = :reason")
                .bind("id", id.toString())
                .bind("reason", reason)
                .execute();
    }

    static void releaseAll(Handle handle, SnapshotId id) {
        handle.createUpdate("delete from snapshot_hold where snapshot_id = :id")
                .bind("id", id.toString())
                .execute();
    }

    static void insertMount(Handle handle, Mount mount, long now) {
        handle.createUpdate(
                        "insert into snapshot_mount (snapshot_id, host, what, unit_id,"
                                + " clone_volume_id, at)"
                                + " values (:id, :host, :what, :unit, :clone, :now)")
                .bind("id", mount.snapshot().toString())
                .bind("host", mount.host())
                .bind("what", mount.what())
                .bind("unit", mount.unit().toString())
                .bind("clone", mount.cloneVolume().map(VolumeId::toString).orElse(null))
                .bind("now", now)
                .execute();
    }

    static void deleteMount(Handle handle, SnapshotId id, String host) {
        handle.createUpdate("delete from snapshot_mount where snapshot_id = :id and host = :host")
                .bind("id", id.toString())
                .bind("host", host)
                .execute();
    }

    static List<Mount> mounts(Handle handle) {
        return handle.createQuery(
                        "select snapshot_id, host, what, unit_id, clone_volume_id"
                                + " from snapshot_mount order by what, host")
                .map(
                        (rs, ctx) ->
                                new Mount(
                                        SnapshotId.of(rs.getString(1)),
                                        rs.getString(2),
                                        rs.getString(3),
                                        LogicalUnitId.of(rs.getString(4)),
                                        Optional.ofNullable(rs.getString(5)).map(VolumeId::of)))
                .list();
    }

    private static List<SnapshotInfo> withHolds(Handle handle, List<SnapshotInfo> rows) {
        if (rows.size() <= FEW) {
            return rows.stream().map(row -> withHolds(handle, row)).toList();
        }
        Map<SnapshotId, List<String>> reasons = new HashMap<>();
        handle.createQuery("select snapshot_id, reason from snapshot_hold order by at, reason")
                .map((rs, ctx) -> Map.entry(SnapshotId.of(rs.getString(1)), rs.getString(2)))
                .forEach(
                        held ->
                                reasons.computeIfAbsent(held.getKey(), id -> new ArrayList<>())
                                        .add(held.getValue()));
        return rows.stream()
                .map(row -> row.withHolds(reasons.getOrDefault(row.id(), List.of())))
                .toList();
    }

    private static SnapshotInfo withHolds(Handle handle, SnapshotInfo row) {
        List<String> reasons =
                handle.createQuery(
                                "select reason from snapshot_hold where snapshot_id = :id"
                                        + " order by at, reason")
                        .bind("id", row.id().toString())
                        .mapTo(String.class)
                        .list();
        return row.withHolds(reasons);
    }

    private static SnapshotInfo row(ResultSet rs) throws SQLException {
        String volumeName = rs.getString("present_name");
        return new SnapshotInfo(
                SnapshotId.of(rs.getString("id")),
                VolumeId.of(rs.getString("volume_id")),
                volumeName,
                volumeName + "@" + rs.getString("name"),
                rs.getString("name"),
                UUID.fromString(rs.getString("set_id")),
                Instant.ofEpochMilli(rs.getLong("taken_at")),
                time(rs, "keep_until"),
                rs.getString("kind"),
                SnapshotState.valueOf(rs.getString("state").toUpperCase(Locale.ROOT)),
                rs.getLong("size_bytes"),
                rs.getString("label"),
                List.of(),
                time(rs, "deleted_at"));
    }

    private static Optional<Instant> time(ResultSet rs, String column) throws SQLException {
        long millis = rs.getLong(column);
        return rs.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }
}
