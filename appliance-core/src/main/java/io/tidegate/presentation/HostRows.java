package io.tidegate.presentation;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/** Rows of hosts. */
final class HostRows {

    /** A sealed secret and the name that goes with it. */
    record SealedSecret(String user, String sealed) {}

    /** A host's row with its initiators. */
    record HostRow(
            String id,
            String name,
            boolean anyInitiator,
            HostOs os,
            Optional<SealedSecret> chap,
            Optional<SealedSecret> mutual,
            Instant createdAt,
            List<String> initiators) {

        String chapPlace() {
            return "host:" + id + ":chap";
        }

        String mutualPlace() {
            return "host:" + id + ":mutual";
        }
    }

    private HostRows() {}

    static List<HostRow> all(Handle handle) {
        Map<String, List<String>> initiators = new LinkedHashMap<>();
        handle.createQuery("select host_id, iqn from host_initiator order by iqn")
                .map((rs, ctx) -> Map.entry(rs.getString(1), rs.getString(2)))
                .forEach(
                        e ->
                                initiators
                                        .computeIfAbsent(e.getKey(), id -> new ArrayList<>())
                                        .add(e.getValue()));
        return handle.createQuery(
                        "select id, name, any_initiator, os, chap_user, chap_secret, mutual_user,"
                                + " mutual_secret, created_at from host order by name")
                .map((rs, ctx) -> row(rs, ctx, initiators))
                .list();
    }

    static Optional<HostRow> byName(Handle handle, String name) {
        return all(handle).stream().filter(h -> h.name().equals(name)).findFirst();
    }

    static int luns(Handle handle, String hostId) {
        return handle.createQuery("select count(*) from lun_map where host_id = ?")
                .bind(0, hostId)
                .mapTo(Integer.class)
                .one();
    }

    private static HostRow row(
            ResultSet rs, StatementContext context, Map<String, List<String>> initiators)
            throws SQLException {
        String id = rs.getString("id");
        return new HostRow(
                id,
                rs.getString("name"),
                rs.getInt("any_initiator") == 1,
                HostOs.of(rs.getString("os")),
                secret(rs.getString("chap_user"), rs.getString("chap_secret")),
                secret(rs.getString("mutual_user"), rs.getString("mutual_secret")),
                Instant.ofEpochMilli(rs.getLong("created_at")),
                List.copyOf(initiators.getOrDefault(id, List.of())));
    }

    private static Optional<SealedSecret> secret(
            @org.jspecify.annotations.Nullable String user,
            @org.jspecify.annotations.Nullable String sealed) {
        return user == null || sealed == null
                ? Optional.empty()
                : Optional.of(new SealedSecret(user, sealed));
    }
}
