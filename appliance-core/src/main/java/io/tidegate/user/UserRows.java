package io.tidegate.user;

import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Rows of users and their keys. */
final class UserRows {

    /** A user with what lets them in. */
    record Row(String id, User user, Optional<String> hash, boolean oneTime) {

        /** Never shows the hash. */
        @Override
        public String toString() {
            return user.toString();
        }
    }

    private static final String SELECT =
            "select id, name, roles, password_hash, must_change, one_time, locked, created_at,"
                    + " last_login_at from admin_user";

    private UserRows() {}

    static List<Row> all(Handle handle) {
        return handle.createQuery(SELECT + " order by name").map((rs, ctx) -> row(rs)).list();
    }

    static Optional<Row> byName(Handle handle, String name) {
        return handle.createQuery(SELECT + " where name = ?")
                .bind(0, name)
                .map((rs, ctx) -> row(rs))
                .findOne();
    }

    static Row require(Handle handle, String name) throws ServiceException {
        return byName(handle, name).orElseThrow(() -> ServiceException.notFound("user", name));
    }

    static void insert(Tx tx, String id, String name, String roles) {
        tx.handle()
                .execute(
                        "insert into admin_user (id, name, roles, created_at) values (?, ?, ?, ?)",
                        id,
                        name,
                        roles,
                        tx.nowMillis());
    }

    static void setPassword(
            Tx tx, String id, @Nullable String hash, boolean mustChange, boolean oneTime) {
        tx.handle()
                .createUpdate(
                        "update admin_user set password_hash = :hash, must_change = :must,"
                                + " one_time = :once where id = :id")
                .bind("hash", hash)
                .bind("must", mustChange ? 1 : 0)
                .bind("once", oneTime ? 1 : 0)
                .bind("id", id)
                .execute();
    }

    static void setLocked(Tx tx, String id, boolean locked) {
        tx.handle().execute("update admin_user set locked = ? where id = ?", locked ? 1 : 0, id);
    }

    static void setRoles(Tx tx, String id, String roles) {
        tx.handle().execute("update admin_user set roles = ? where id = ?", roles, id);
    }

    static void setLastLogin(Tx tx, String id) {
        tx.handle()
                .execute(
                        "update admin_user set last_login_at = ? where id = ?", tx.nowMillis(), id);
    }

    static void delete(Tx tx, String id) {
        tx.handle().execute("delete from admin_key where user_id = ?", id);
        tx.handle().execute("delete from admin_user where id = ?", id);
    }

    static void insertKey(Tx tx, String userId, PublicKeyLine key) {
        tx.handle()
                .execute(
                        "insert into admin_key (user_id, fingerprint, key_type, key_blob, comment,"
                                + " created_at) values (?, ?, ?, ?, ?, ?)",
                        userId,
                        key.fingerprint(),
                        key.type(),
                        key.blob(),
                        key.comment(),
                        tx.nowMillis());
    }

    static int deleteKey(Tx tx, String userId, String fingerprint) {
        return tx.handle()
                .execute(
                        "delete from admin_key where user_id = ? and fingerprint = ?",
                        userId,
                        fingerprint);
    }

    static boolean hasKey(Handle handle, String userId, String blob) {
        return handle.createQuery(
                                "select count(*) from admin_key where user_id = ? and key_blob = ?")
                        .bind(0, userId)
                        .bind(1, blob)
                        .mapTo(Long.class)
                        .one()
                > 0;
    }

    static List<UserKey> keys(Handle handle, Row user) {
        return handle.createQuery(
                        "select fingerprint, key_type, comment, created_at from admin_key"
                                + " where user_id = ? order by created_at, fingerprint")
                .bind(0, user.id())
                .map(
                        (rs, ctx) ->
                                new UserKey(
                                        user.user().name(),
                                        rs.getString(1),
                                        rs.getString(2),
                                        rs.getString(3),
                                        Instant.ofEpochMilli(rs.getLong(4))))
                .list();
    }

    private static Row row(ResultSet rs) throws SQLException {
        Optional<String> hash = Optional.ofNullable(rs.getString("password_hash"));
        long login = rs.getLong("last_login_at");
        Optional<Instant> lastLogin =
                rs.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(login));
        User user =
                new User(
                        rs.getString("name"),
                        Role.split(rs.getString("roles")),
                        rs.getInt("locked") == 1,
                        rs.getInt("must_change") == 1,
                        hash.isPresent(),
                        Instant.ofEpochMilli(rs.getLong("created_at")),
                        lastLogin);
        return new Row(rs.getString("id"), user, hash, rs.getInt("one_time") == 1);
    }
}
