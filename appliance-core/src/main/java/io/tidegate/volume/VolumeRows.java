package io.tidegate.volume;

import io.tidegate.block.Geometry;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** Rows of volumes, for use inside a caller's query or transaction. */
public final class VolumeRows {

    private static final String SELECT =
            "select id, name, pool_id, kind, size_bytes, logical_block, physical_block,"
                    + " granularity, thin, removable, read_only, write_cache, label, state,"
                    + " created_at, deleted_at, purge_after from volume";

    private VolumeRows() {}

    /** All of them, by name, whatever their state. */
    public static List<VolumeRecord> all(Handle handle) {
        return handle.createQuery(SELECT + " order by name").map(VolumeRows::row).list();
    }

    public static Optional<VolumeRecord> find(Handle handle, VolumeId id) {
        return handle.createQuery(SELECT + " where id = ?")
                .bind(0, id.toString())
                .map(VolumeRows::row)
                .findOne();
    }

    public static Optional<VolumeRecord> byName(Handle handle, String name) {
        return handle.createQuery(SELECT + " where name = ?")
                .bind(0, name)
                .map(VolumeRows::row)
                .findOne();
    }

    /** The volume, which has to be there and in use ({@code READY} or {@code OFFLINE}). */
    public static VolumeRecord usable(Handle handle, String name) throws ServiceException {
        VolumeRecord volume =
                byName(handle, name).orElseThrow(() -> ServiceException.notFound("volume", name));
        if (!volume.usable()) {
            throw ServiceException.conflict(
                    "volume " + name + " cannot be used",
                    "it is " + words(volume.state()),
                    volume.state() == VolumeState.DELETED
                            ? "volume undelete " + name
                            : "volume show " + name);
        }
        return volume;
    }

    static void insert(Tx tx, VolumeRecord volume) {
        Geometry geometry = volume.shape().geometry();
        tx.handle()
                .createUpdate(
                        "insert into volume (id, name, pool_id, kind, size_bytes, logical_block,"
                                + " physical_block, granularity, thin, removable, read_only,"
                                + " write_cache, label, state, created_at) values (:id, :name,"
                                + " :pool, :kind, :size, :logical, :physical, :granularity, :thin,"
                                + " :removable, :readOnly, :writeCache, :label, :state, :at)")
                .bind("id", volume.id().toString())
                .bind("name", volume.name())
                .bind("pool", volume.pool().toString())
                .bind("kind", volume.kind().text())
                .bind("size", geometry.sizeBytes())
                .bind("logical", geometry.logicalBlockBytes())
                .bind("physical", geometry.physicalBlockBytes())
                .bind("granularity", volume.shape().granularityBytes())
                .bind("thin", flag(volume.thin()))
                .bind("removable", flag(volume.removable()))
                .bind("readOnly", flag(volume.readOnly()))
                .bind("writeCache", flag(volume.writeCache()))
                .bind("label", volume.label())
                .bind("state", volume.state().text())
                .bind("at", volume.createdAt().toEpochMilli())
                .execute();
    }

    /** Gives another name; the caller sees to it that it is free. */
    public static void rename(Tx tx, VolumeId id, String name) {
        one(tx.handle().execute("update volume set name = ? where id = ?", name, id.toString()));
    }

    /**
     * Makes a volume one for hosts that looks as another did: its flags, its label, and the size
     * that hosts see.
     */
    public static void takeOver(Tx tx, VolumeId id, VolumeRecord model, long sizeBytes) {
        one(
                tx.handle()
                        .createUpdate(
                                "update volume set kind = 'volume', size_bytes = :size,"
                                        + " thin = :thin, removable = :removable,"
                                        + " read_only = :readOnly, write_cache = :cache,"
                                        + " label = :label, physical_block = :physical,"
                                        + " granularity = :granularity where id = :id")
                        .bind("size", sizeBytes)
                        .bind("thin", flag(model.thin()))
                        .bind("removable", flag(model.removable()))
                        .bind("readOnly", flag(model.readOnly()))
                        .bind("cache", flag(model.writeCache()))
                        .bind("label", model.label())
                        .bind("physical", model.shape().geometry().physicalBlockBytes())
                        .bind("granularity", model.shape().granularityBytes())
                        .bind("id", id.toString())
                        .execute());
    }

    /** Makes a volume one for hosts, or one that holds a QRV. */
    public static void setKind(Tx tx, VolumeId id, VolumeKind kind) {
        one(
                tx.handle()
                        .execute(
                                "update volume set kind = ? where id = ?",
                                kind.text(),
                                id.toString()));
    }

    /** Notes the size after the store has grown the volume. */
    public static void setSize(Tx tx, VolumeId id, long sizeBytes) {
        one(
                tx.handle()
                        .execute(
                                "update volume set size_bytes = ? where id = ?",
                                sizeBytes,
                                id.toString()));
    }

    /** Sets whether hosts may write at all. */
    public static void setReadOnly(Tx tx, VolumeId id, boolean readOnly) {
        one(
                tx.handle()
                        .execute(
                                "update volume set read_only = ? where id = ?",
                                flag(readOnly),
                                id.toString()));
    }

    static void setState(Tx tx, VolumeId id, VolumeState state) {
        one(
                tx.handle()
                        .execute(
                                "update volume set state = ? where id = ?",
                                state.text(),
                                id.toString()));
    }

    /** Into the bin with both times, out of it without. */
    static void setBin(
            Tx tx,
            VolumeId id,
            VolumeState state,
            @Nullable Instant deletedAt,
            @Nullable Instant purgeAfter) {
        one(
                tx.handle()
                        .createUpdate(
                                "update volume set state = :state, deleted_at = :deleted,"
                                        + " purge_after = :purge where id = :id")
                        .bind("state", state.text())
                        .bind("deleted", deletedAt == null ? null : deletedAt.toEpochMilli())
                        .bind("purge", purgeAfter == null ? null : purgeAfter.toEpochMilli())
                        .bind("id", id.toString())
                        .execute());
    }

    static void setFlags(Tx tx, VolumeId id, boolean writeCache, boolean readOnly, String label) {
        one(
                tx.handle()
                        .execute(
                                "update volume set write_cache = ?, read_only = ?, label = ?"
                                        + " where id = ?",
                                flag(writeCache),
                                flag(readOnly),
                                label,
                                id.toString()));
    }

    static void delete(Tx tx, VolumeId id) {
        one(tx.handle().execute("delete from volume where id = ?", id.toString()));
    }

    static String words(VolumeState state) {
        return switch (state) {
            case CREATING -> "being made";
            case READY -> "ready";
            case OFFLINE -> "offline";
            case DELETED -> "in the bin";
            case PURGING -> "being purged";
        };
    }

    private static void one(int rows) {
        if (rows != 1) {
            throw new IllegalStateException(rows + " rows of volume changed");
        }
    }

    private static int flag(boolean value) {
        return value ? 1 : 0;
    }

    private static VolumeRecord row(ResultSet rs, StatementContext context) throws SQLException {
        Geometry geometry =
                Geometry.ofBytes(
                        rs.getLong("size_bytes"),
                        rs.getInt("logical_block"),
                        rs.getInt("physical_block"));
        return new VolumeRecord(
                VolumeId.of(rs.getString("id")),
                rs.getString("name"),
                PoolId.of(rs.getString("pool_id")),
                VolumeKind.of(rs.getString("kind")),
                new VolumeShape(geometry, rs.getInt("granularity")),
                rs.getInt("thin") == 1,
                rs.getInt("removable") == 1,
                rs.getInt("read_only") == 1,
                rs.getInt("write_cache") == 1,
                rs.getString("label"),
                VolumeState.of(rs.getString("state")),
                Instant.ofEpochMilli(rs.getLong("created_at")),
                time(rs, "deleted_at"),
                time(rs, "purge_after"));
    }

    private static Optional<Instant> time(ResultSet rs, String column) throws SQLException {
        long millis = rs.getLong(column);
        return rs.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }
}
