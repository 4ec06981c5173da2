package io.tidegate.volume;

import io.tidegate.catalog.Tx;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Rows of pools. */
final class PoolRows {

    private static final String SELECT =
            "select id, name, tier, path, grain_bytes, size_bytes, checksums, warn_percent,"
                    + " critical_percent, refuse_percent, store_uuid, state, created_at"
                    + " from pool";

    /** What was last told of a pool. */
    record Told(SpaceLevel level, boolean readOnly) {
        static final Told NOTHING = new Told(SpaceLevel.OK, false);
    }

    private PoolRows() {}

    static List<PoolRecord> all(Handle handle) {
        return handle.createQuery(SELECT + " order by name")
                .map((rs, context) -> row(handle, rs))
                .list();
    }

    static Optional<PoolRecord> byName(Handle handle, String name) {
        return handle.createQuery(SELECT + " where name = ?")
                .bind(0, name)
                .map((rs, context) -> row(handle, rs))
                .findOne();
    }

    private static List<Path> devices(Handle handle, String id) {
        return handle
                .createQuery("select path from pool_device where pool_id = ? order by position")
                .bind(0, id)
                .mapTo(String.class)
                .list()
                .stream()
                .map(Path::of)
                .toList();
    }

    static boolean deviceTaken(Handle handle, Path device) {
        return handle.createQuery("select count(*) from pool_device where path = ?")
                        .bind(0, device.toString())
                        .mapTo(Long.class)
                        .one()
                > 0;
    }

    static boolean pathTaken(Handle handle, Path path) {
        return handle.createQuery("select count(*) from pool where path = ?")
                        .bind(0, path.toString())
                        .mapTo(Long.class)
                        .one()
                > 0;
    }

    static int volumes(Handle handle, PoolId id) {
        return handle.createQuery("select count(*) from volume where pool_id = ?")
                .bind(0, id.toString())
                .mapTo(Integer.class)
                .one();
    }

    static void insert(Tx tx, PoolRecord pool) {
        tx.handle()
                .createUpdate(
                        "insert into pool (id, name, tier, path, grain_bytes, size_bytes,"
                                + " checksums, warn_percent, critical_percent, refuse_percent,"
                                + " state, created_at) values (:id, :name, :tier, :path, :grain,"
                                + " :size, :checksums, :warn, :critical, :refuse, 'creating',"
                                + " :at)")
                .bind("id", pool.id().toString())
                .bind("name", pool.name())
                .bind("tier", pool.tier().text())
                .bind("path", pool.path().toString())
                .bind("grain", pool.grainBytes())
                .bind("size", pool.sizeBytes())
                .bind("checksums", pool.checksums() ? 1 : 0)
                .bind("warn", pool.thresholds().warnPercent())
                .bind("critical", pool.thresholds().criticalPercent())
                .bind("refuse", pool.thresholds().refusePercent())
                .bind("at", tx.nowMillis())
                .execute();
        int position = 0;
        for (Path device : pool.devices()) {
            insertDevice(tx, pool.id(), position++, device);
        }
    }

    static void insertDevice(Tx tx, PoolId id, int position, Path device) {
        tx.handle()
                .execute(
                        "insert into pool_device (pool_id, position, path) values (?, ?, ?)",
                        id.toString(),
                        position,
                        device.toString());
    }

    static void deleteDevice(Tx tx, PoolId id, Path device) {
        tx.handle()
                .execute(
                        "delete from pool_device where pool_id = ? and path = ?",
                        id.toString(),
                        device.toString());
    }

    static void ready(Tx tx, PoolId id, UUID storeUuid) {
        tx.handle()
                .execute(
                        "update pool set state = 'ready', store_uuid = ? where id = ?",
                        storeUuid.toString(),
                        id.toString());
    }

    static void setSize(Tx tx, PoolId id, long sizeBytes) {
        tx.handle()
                .execute("update pool set size_bytes = ? where id = ?", sizeBytes, id.toString());
    }

    static void setThresholds(Tx tx, PoolId id, PoolThresholds to) {
        tx.handle()
                .execute(
                        "update pool set warn_percent = ?, critical_percent = ?,"
                                + " refuse_percent = ? where id = ?",
                        to.warnPercent(),
                        to.criticalPercent(),
                        to.refusePercent(),
                        id.toString());
    }

    static Told told(Handle handle, PoolId id) {
        return handle.createQuery("select level, read_only from pool_watch where pool_id = ?")
                .bind(0, id.toString())
                .map((rs, context) -> new Told(SpaceLevel.of(rs.getString(1)), rs.getInt(2) == 1))
                .findOne()
                .orElse(Told.NOTHING);
    }

    static void setTold(Tx tx, PoolId id, Told told) {
        tx.handle()
                .execute(
                        "insert into pool_watch (pool_id, level, read_only) values (?, ?, ?)"
                                + " on conflict (pool_id) do update set level = excluded.level,"
                                + " read_only = excluded.read_only",
                        id.toString(),
                        told.level().text(),
                        told.readOnly() ? 1 : 0);
    }

    static void delete(Tx tx, PoolId id) {
        tx.handle().execute("delete from pool_device where pool_id = ?", id.toString());
        tx.handle().execute("delete from pool_watch where pool_id = ?", id.toString());
        tx.handle().execute("delete from pool where id = ?", id.toString());
    }

    private static PoolRecord row(Handle handle, ResultSet rs) throws SQLException {
        String id = rs.getString("id");
        return new PoolRecord(
                PoolId.of(id),
                rs.getString("name"),
                PoolTier.of(rs.getString("tier")),
                Path.of(rs.getString("path")),
                devices(handle, id),
                rs.getInt("grain_bytes"),
                rs.getLong("size_bytes"),
                rs.getInt("checksums") == 1,
                new PoolThresholds(
                        rs.getInt("warn_percent"),
                        rs.getInt("critical_percent"),
                        rs.getInt("refuse_percent")),
                Optional.ofNullable(rs.getString("store_uuid")).map(UUID::fromString),
                rs.getString("state").equals("ready"),
                Instant.ofEpochMilli(rs.getLong("created_at")));
    }
}
