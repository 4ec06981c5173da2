package io.tidegate.recovery;

import io.tidegate.volume.PoolId;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The table {@code qrv}. */
final class QrvRows {

    private QrvRows() {}

    static void insert(Handle handle, QrvRow row) {
        handle.createUpdate(
                        "insert into qrv (id, name, source_volume_id, volume_id, pool_id, state,"
                                + " sequence, created_at, bytes_changed, bytes_moved) values"
                                + " (:id, :name, :source, :volume, :pool, :state, :sequence,"
                                + " :created, 0, 0)")
                .bind("id", row.id().toString())
                .bind("name", row.name())
                .bind("source", row.source().toString())
                .bind("volume", row.volume().toString())
                .bind("pool", row.pool().toString())
                .bind("state", text(row.state()))
                .bind("sequence", row.sequence())
                .bind("created", row.created().toEpochMilli())
                .execute();
    }

    static Optional<QrvRow> find(Handle handle, QrvId id) {
        return handle.createQuery("select * from qrv where id = :id")
                .bind("id", id.toString())
                .map((rs, ctx) -> row(rs))
                .findOne();
    }

    /** By name; a live one before a destroyed one of the same name. */
    static Optional<QrvRow> byName(Handle handle, String name) {
        return handle.createQuery(
                        "select * from qrv where name = :name"
                                + " order by state = 'destroyed', created_at desc limit 1")
                .bind("name", name)
                .map((rs, ctx) -> row(rs))
                .findOne();
    }

    static List<QrvRow> all(Handle handle) {
        return handle.createQuery("select * from qrv order by name, created_at")
                .map((rs, ctx) -> row(rs))
                .list();
    }

    /** Those that are not destroyed, of this source. */
    static List<QrvRow> ofSource(Handle handle, VolumeId source) {
        return handle.createQuery(
                        "select * from qrv where source_volume_id = :source"
                                + " and state <> 'destroyed' order by name")
                .bind("source", source.toString())
                .map((rs, ctx) -> row(rs))
                .list();
    }

    static Optional<QrvRow> byVolume(Handle handle, VolumeId volume) {
        return handle.createQuery(
                        "select * from qrv where volume_id = :volume and state <> 'destroyed'")
                .bind("volume", volume.toString())
                .map((rs, ctx) -> row(rs))
                .findOne();
    }

    static void setState(Handle handle, QrvId id, QrvState state) {
        handle.createUpdate("update qrv set state = :state where id = :id")
                .bind("state", text(state))
                .bind("id", id.toString())
                .execute();
    }

    static void setPending(
            Handle handle,
            QrvId id,
            @Nullable SnapshotId base,
            @Nullable SnapshotId point,
            long sequence) {
        handle.createUpdate(
                        "update qrv set pending_base_id = :base, pending_point_id = :point,"
                                + " sequence = :sequence where id = :id")
                .bind("base", base == null ? null : base.toString())
                .bind("point", point == null ? null : point.toString())
                .bind("sequence", sequence)
                .bind("id", id.toString())
                .execute();
    }

    /** The pending base and point become the present ones. */
    static void commitPoint(
            Handle handle, QrvId id, Instant pointAt, long changed, long moved, long now) {
        handle.createUpdate(
                        "update qrv set base_snapshot_id = pending_base_id,"
                                + " point_snapshot_id = pending_point_id, point_at = :at,"
                                + " pending_base_id = null, pending_point_id = null,"
                                + " refreshed_at = :now, verified_at = null,"
                                + " bytes_changed = :changed, bytes_moved = :moved where id = :id")
                .bind("at", pointAt.toEpochMilli())
                .bind("now", now)
                .bind("changed", changed)
                .bind("moved", moved)
                .bind("id", id.toString())
                .execute();
    }

    static void setVerified(Handle handle, QrvId id, long now) {
        handle.createUpdate("update qrv set verified_at = :now where id = :id")
                .bind("now", now)
                .bind("id", id.toString())
                .execute();
    }

    /** Another volume is the source from now on; there is no common snapshot with it. */
    static void follow(Handle handle, QrvId id, VolumeId source) {
        handle.createUpdate(
                        "update qrv set source_volume_id = :source, base_snapshot_id = null"
                                + " where id = :id")
                .bind("source", source.toString())
                .bind("id", id.toString())
                .execute();
    }

    static void forgetBase(Handle handle, QrvId id) {
        handle.createUpdate("update qrv set base_snapshot_id = null where id = :id")
                .bind("id", id.toString())
                .execute();
    }

    static void setBin(
            Handle handle,
            QrvId id,
            QrvState state,
            @Nullable Long deletedAt,
            @Nullable Long purgeAfter) {
        handle.createUpdate(
                        "update qrv set state = :state, deleted_at = :deleted,"
                                + " purge_after = :purge where id = :id")
                .bind("state", text(state))
                .bind("deleted", deletedAt)
                .bind("purge", purgeAfter)
                .bind("id", id.toString())
                .execute();
    }

    static List<QrvRow> dueInBin(Handle handle, long now) {
        return handle.createQuery(
                        "select * from qrv where state = 'deleted' and purge_after <= :now")
                .bind("now", now)
                .map((rs, ctx) -> row(rs))
                .list();
    }

    private static QrvRow row(ResultSet rs) throws SQLException {
        return new QrvRow(
                QrvId.of(rs.getString("id")),
                rs.getString("name"),
                VolumeId.of(rs.getString("source_volume_id")),
                VolumeId.of(rs.getString("volume_id")),
                PoolId.of(rs.getString("pool_id")),
                QrvState.valueOf(rs.getString("state").toUpperCase(Locale.ROOT)),
                snapshot(rs, "base_snapshot_id"),
                snapshot(rs, "point_snapshot_id"),
                time(rs, "point_at"),
                snapshot(rs, "pending_base_id"),
                snapshot(rs, "pending_point_id"),
                rs.getLong("sequence"),
                Instant.ofEpochMilli(rs.getLong("created_at")),
                time(rs, "refreshed_at"),
                time(rs, "verified_at"),
                rs.getLong("bytes_changed"),
                rs.getLong("bytes_moved"));
    }

    private static Optional<SnapshotId> snapshot(ResultSet rs, String column) throws SQLException {
        return Optional.ofNullable(rs.getString(column)).map(SnapshotId::of);
    }

    private static Optional<Instant> time(ResultSet rs, String column) throws SQLException {
        long millis = rs.getLong(column);
        return rs.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }

    private static String text(QrvState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
