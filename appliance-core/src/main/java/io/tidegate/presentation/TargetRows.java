package io.tidegate.presentation;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Rows of targets and portals. */
final class TargetRows {

    /**
     * A target's row with its portals.
     *
     * @param first whether its default portal is the one of the settings
     */
    record TargetRow(
            String id,
            String name,
            String alias,
            boolean first,
            List<TargetInfo.Portal> portals,
            List<TargetInfo.Redirect> redirects) {}

    private TargetRows() {}

    /** The first target first, then by age. */
    static List<TargetRow> all(Handle handle) {
        Map<String, List<TargetInfo.Portal>> portals = new LinkedHashMap<>();
        handle.createQuery(
                        "select target_id, listen_host, listen_port, advertised_host,"
                                + " advertised_port, group_tag from portal"
                                + " order by created_at, listen_host, listen_port")
                .map(
                        (rs, ctx) -> {
                            String advertised = rs.getString(4);
                            TargetInfo.Portal portal =
                                    new TargetInfo.Portal(
                                            new InetSocketAddress(rs.getString(2), rs.getInt(3)),
                                            advertised == null
                                                    ? Optional.empty()
                                                    : Optional.of(
                                                            InetSocketAddress.createUnresolved(
                                                                    advertised, rs.getInt(5))),
                                            rs.getInt(6));
                            return Map.entry(rs.getString(1), portal);
                        })
                .forEach(
                        e ->
                                portals.computeIfAbsent(e.getKey(), id -> new ArrayList<>())
                                        .add(e.getValue()));
        Map<String, List<TargetInfo.Redirect>> redirects = redirects(handle);
        return handle.createQuery(
                        "select id, name, alias, is_first from target"
                                + " order by is_first desc, created_at, name")
                .map(
                        (rs, ctx) ->
                                new TargetRow(
                                        rs.getString(1),
                                        rs.getString(2),
                                        rs.getString(3),
                                        rs.getInt(4) == 1,
                                        List.copyOf(
                                                portals.getOrDefault(rs.getString(1), List.of())),
                                        List.copyOf(
                                                redirects.getOrDefault(
                                                        rs.getString(1), List.of()))))
                .list();
    }

    /** By target; the one for all hosts before those of one host each. */
    private static Map<String, List<TargetInfo.Redirect>> redirects(Handle handle) {
        Map<String, List<TargetInfo.Redirect>> redirects = new LinkedHashMap<>();
        handle.createQuery(
                        "select r.target_id, h.name, r.portal_host, r.portal_port from redirect r"
                                + " left join host h on h.id = r.host_id"
                                + " order by case when h.name is null then 0 else 1 end, h.name")
                .map(
                        (rs, ctx) ->
                                Map.entry(
                                        rs.getString(1),
                                        new TargetInfo.Redirect(
                                                Optional.ofNullable(rs.getString(2)),
                                                new InetSocketAddress(
                                                        rs.getString(3), rs.getInt(4)))))
                .forEach(
                        e ->
                                redirects
                                        .computeIfAbsent(e.getKey(), id -> new ArrayList<>())
                                        .add(e.getValue()));
        return redirects;
    }

    static Optional<TargetRow> byName(Handle handle, String name) {
        return all(handle).stream().filter(t -> t.name().equals(name)).findFirst();
    }
}
