package io.tidegate.presentation;

import io.tidegate.block.Geometry;
import io.tidegate.catalog.Tx;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/** Rows of logical units, for use inside a caller's query or transaction. */
public final class UnitRows {

    private static final String SELECT =
            "select id, kind, name, naa, serial, size_bytes, logical_block, physical_block,"
                    + " granularity, thin, removable, rotational, write_protected, volume_id,"
                    + " snapshot_id, generation, state from logical_unit";

    private UnitRows() {}

    public static List<UnitRecord> all(Handle handle) {
        return handle.createQuery(SELECT + " order by name").map(UnitRows::row).list();
    }

    public static Optional<UnitRecord> find(Handle handle, LogicalUnitId id) {
        return handle.createQuery(SELECT + " where id = ?")
                .bind(0, id.toString())
                .map(UnitRows::row)
                .findOne();
    }

    /** The unit that hosts and administrators call so: a volume's own, or a mount. */
    public static Optional<UnitRecord> byName(Handle handle, String name) {
        return handle.createQuery(SELECT + " where name = ?")
                .bind(0, name)
                .map(UnitRows::row)
                .findOne();
    }

    /** The unit that shows the volume's live content. */
    public static Optional<UnitRecord> ofVolume(Handle handle, VolumeId volume) {
        return handle.createQuery(SELECT + " where volume_id = ? and kind = 'volume'")
                .bind(0, volume.toString())
                .map(UnitRows::row)
                .findOne();
    }

    /** The volume's own unit and the mounts of its snapshots. */
    public static List<UnitRecord> onVolume(Handle handle, VolumeId volume) {
        return handle.createQuery(SELECT + " where volume_id = ? order by kind desc, name")
                .bind(0, volume.toString())
                .map(UnitRows::row)
                .list();
    }

    /** Units that show the snapshot. */
    public static List<UnitRecord> mountsOf(Handle handle, SnapshotId snapshot) {
        return handle.createQuery(SELECT + " where snapshot_id = ? order by name")
                .bind(0, snapshot.toString())
                .map(UnitRows::row)
                .list();
    }

    /**
     * @param writeCache whether the caching page begins with WCE on
     */
    static void insert(Tx tx, UnitRecord unit, boolean writeCache) {
        Geometry geometry = unit.shape().geometry();
        tx.handle()
                .createUpdate(
                        "insert into logical_unit (id, kind, name, naa, serial, size_bytes,"
                                + " logical_block, physical_block, granularity, thin, removable,"
                                + " rotational, write_protected, volume_id, snapshot_id,"
                                + " generation, state, write_cache, created_at) values (:id, :kind,"
                                + " :name, :naa, :serial, :size, :logical, :physical,"
                                + " :granularity, :thin, :removable, :rotational, :protected,"
                                + " :volume, :snapshot, :generation, :state, :cache, :at)")
                .bind("id", unit.id().toString())
                .bind("kind", unit.kind().text())
                .bind("name", unit.name())
                .bind("naa", unit.identity().naa())
                .bind("serial", unit.identity().serial())
                .bind("size", geometry.sizeBytes())
                .bind("logical", geometry.logicalBlockBytes())
                .bind("physical", geometry.physicalBlockBytes())
                .bind("granularity", unit.shape().granularityBytes())
                .bind("thin", flag(unit.shape().thin()))
                .bind("removable", flag(unit.shape().removable()))
                .bind("rotational", flag(unit.shape().rotational()))
                .bind("protected", flag(unit.shape().writeProtected()))
                .bind("volume", unit.volume().toString())
                .bind("snapshot", unit.snapshot().map(SnapshotId::toString).orElse(null))
                .bind("generation", unit.generation())
                .bind("state", state(unit.held()))
                .bind("cache", flag(writeCache))
                .bind("at", tx.nowMillis())
                .execute();
    }

    static void update(
            Tx tx, LogicalUnitId id, String name, long sizeBytes, boolean writeProtected) {
        one(
                tx.handle()
                        .execute(
                                "update logical_unit set name = ?, size_bytes = ?,"
                                        + " write_protected = ? where id = ?",
                                name,
                                sizeBytes,
                                flag(writeProtected),
                                id.toString()));
    }

    static void setWriteCache(Tx tx, LogicalUnitId id, boolean on) {
        one(
                tx.handle()
                        .execute(
                                "update logical_unit set write_cache = ? where id = ?",
                                flag(on),
                                id.toString()));
    }

    /**
     * Moves the pointer, by one generation. Identity, size, reservations and modes stay.
     *
     * @return the new generation
     */
    public static long point(Tx tx, LogicalUnitId id, VolumeId volume, boolean held) {
        one(
                tx.handle()
                        .execute(
                                "update logical_unit set volume_id = ?, state = ?,"
                                        + " generation = generation + 1 where id = ?",
                                volume.toString(),
                                state(held),
                                id.toString()));
        return tx.handle()
                .createQuery("select generation from logical_unit where id = ?")
                .bind(0, id.toString())
                .mapTo(Long.class)
                .one();
    }

    /** Notes that the same pointer shows other content from now on. */
    public static long nextGeneration(Tx tx, LogicalUnitId id, boolean held) {
        UnitRecord unit =
                find(tx.handle(), id)
                        .orElseThrow(() -> new IllegalStateException("unit " + id + " is gone"));
        return point(tx, id, unit.volume(), held);
    }

    /** Holds the unit's medium commands, or lets them go. */
    public static void setHeld(Tx tx, LogicalUnitId id, boolean held) {
        one(
                tx.handle()
                        .execute(
                                "update logical_unit set state = ? where id = ?",
                                state(held),
                                id.toString()));
    }

    /** Forgets a unit that is mapped to nobody. */
    public static void delete(Tx tx, LogicalUnitId id) {
        one(tx.handle().execute("delete from logical_unit where id = ?", id.toString()));
    }

    private static void one(int rows) {
        if (rows != 1) {
            throw new IllegalStateException(rows + " rows of logical_unit changed");
        }
    }

    static int flag(boolean value) {
        return value ? 1 : 0;
    }

    private static String state(boolean held) {
        return held ? "held" : "open";
    }

    private static UnitRecord row(ResultSet rs, StatementContext context) throws SQLException {
        Geometry geometry =
                Geometry.ofBytes(
                        rs.getLong("size_bytes"),
                        rs.getInt("logical_block"),
                        rs.getInt("physical_block"));
        UnitShape shape =
                new UnitShape(
                        geometry,
                        rs.getInt("granularity"),
                        rs.getInt("thin") == 1,
                        rs.getInt("removable") == 1,
                        rs.getInt("write_protected") == 1,
                        rs.getInt("rotational") == 1);
        return new UnitRecord(
                LogicalUnitId.of(rs.getString("id")),
                UnitKind.of(rs.getString("kind")),
                rs.getString("name"),
                new UnitIdentity(rs.getString("naa"), rs.getString("serial")),
                shape,
                VolumeId.of(rs.getString("volume_id")),
                Optional.ofNullable(rs.getString("snapshot_id")).map(SnapshotId::of),
                rs.getLong("generation"),
                rs.getString("state").equals("held"));
    }
}
