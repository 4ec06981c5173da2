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
import org.jdbi.v3.core.statement.StatementContext;

/** Rows of pools. */
final class PoolRows {

    private static final String SELECT =
            "select id, name, tier, path, grain_bytes, size_bytes, store_uuid, state, created_at"
                    + " from pool";

    private PoolRows() {}

    static List<PoolRecord> all(Handle handle) {
        return handle.createQuery(SELECT + " order by name").map(PoolRows::row).list();
    }

    static Optional<PoolRecord> byName(Handle handle, String name) {
        return handle.createQuery(SELECT + " where name = ?")
                .bind(0, name)
                .map(PoolRows::row)
                .findOne();
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
                        "insert into pool (id, name, tier, path, grain_bytes, size_bytes, state,"
                                + " created_at) values (:id, :name, :tier, :path, :grain, :size,"
                                + " 'creating', :at)")
                .bind("id", pool.id().toString())
                .bind("name", pool.name())
                .bind("tier", pool.tier().text())
                .bind("path", pool.path().toString())
                .bind("grain", pool.grainBytes())
                .bind("size", pool.sizeBytes())
                .bind("at", tx.nowMillis())
                .execute();
    }

    static void ready(Tx tx, PoolId id, UUID storeUuid) {
        tx.handle()
                .execute(
                        "update pool set state = 'ready', store_uuid = ? where id = ?",
                        storeUuid.toString(),
                        id.toString());
    }

    static void delete(Tx tx, PoolId id) {
        tx.handle().execute("delete from pool where id = ?", id.toString());
    }

    private static PoolRecord row(ResultSet rs, StatementContext context) throws SQLException {
        return new PoolRecord(
                PoolId.of(rs.getString("id")),
                rs.getString("name"),
                PoolTier.of(rs.getString("tier")),
                Path.of(rs.getString("path")),
                rs.getInt("grain_bytes"),
                rs.getLong("size_bytes"),
                Optional.ofNullable(rs.getString("store_uuid")).map(UUID::fromString),
                rs.getString("state").equals("ready"),
                Instant.ofEpochMilli(rs.getLong("created_at")));
    }
}
