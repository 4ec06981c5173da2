package io.tidegate.presentation;

import io.tidegate.catalog.Tx;
import io.tidegate.volume.VolumeId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Rows of LUN maps and of the quarantine of their numbers. */
final class LunRows {

    /** A mapping with the names of what it joins. */
    record LunRow(
            String hostId,
            String host,
            String targetId,
            String target,
            int number,
            LogicalUnitId unit,
            boolean readOnly) {}

    /** A number that is kept from other units until a time. */
    record Resting(int number, LogicalUnitId unit, Instant until) {}

    private static final String SELECT =
            "select m.host_id, h.name as host, m.target_id, t.name as target, m.number, m.unit_id,"
                    + " m.read_only from lun_map m join host h on h.id = m.host_id"
                    + " join target t on t.id = m.target_id";

    private static final String ORDER = " order by h.name, t.name, m.number";

    private LunRows() {}

    static List<LunRow> all(Handle handle) {
        return handle.createQuery(SELECT + ORDER).map((rs, ctx) -> row(rs)).list();
    }

    static List<LunRow> ofVolume(Handle handle, VolumeId volume) {
        return handle.createQuery(
                        SELECT
                                + " join logical_unit u on u.id = m.unit_id"
                                + " where u.volume_id = ?"
                                + ORDER)
                .bind(0, volume.toString())
                .map((rs, ctx) -> row(rs))
                .list();
    }

    static List<LunRow> ofUnit(Handle handle, LogicalUnitId unit) {
        return handle.createQuery(SELECT + " where m.unit_id = ?" + ORDER)
                .bind(0, unit.toString())
                .map((rs, ctx) -> row(rs))
                .list();
    }

    static List<LunRow> ofHost(Handle handle, String hostId) {
        return handle.createQuery(SELECT + " where m.host_id = ?" + ORDER)
                .bind(0, hostId)
                .map((rs, ctx) -> row(rs))
                .list();
    }

    static List<LunRow> ofTarget(Handle handle, String targetId) {
        return handle.createQuery(SELECT + " where m.target_id = ?" + ORDER)
                .bind(0, targetId)
                .map((rs, ctx) -> row(rs))
                .list();
    }

    static void insert(
            Tx tx,
            String hostId,
            String targetId,
            int number,
            LogicalUnitId unit,
            boolean readOnly) {
        tx.handle()
                .execute(
                        "insert into lun_map (host_id, target_id, number, unit_id, read_only,"
                                + " created_at) values (?, ?, ?, ?, ?, ?)",
                        hostId,
                        targetId,
                        number,
                        unit.toString(),
                        UnitRows.flag(readOnly),
                        tx.nowMillis());
    }

    static void setReadOnly(Tx tx, LunRow lun, boolean readOnly) {
        tx.handle()
                .execute(
                        "update lun_map set read_only = ? where host_id = ? and target_id = ?"
                                + " and number = ?",
                        UnitRows.flag(readOnly),
                        lun.hostId(),
                        lun.targetId(),
                        lun.number());
    }

    /** Takes a mapping away and puts its number to rest. */
    static void delete(Tx tx, LunRow lun, Instant until) {
        tx.handle()
                .execute(
                        "delete from lun_map where host_id = ? and target_id = ? and number = ?",
                        lun.hostId(),
                        lun.targetId(),
                        lun.number());
        tx.handle()
                .execute(
                        "insert into lun_quarantine (host_name, target_name, number, unit_id,"
                                + " until) values (?, ?, ?, ?, ?)"
                                + " on conflict (host_name, target_name, number)"
                                + " do update set unit_id = excluded.unit_id,"
                                + " until = excluded.until",
                        lun.host(),
                        lun.target(),
                        lun.number(),
                        lun.unit().toString(),
                        until.toEpochMilli());
    }

    /** Numbers that still rest; those whose time is over do not count. */
    static List<Resting> resting(Handle handle, String host, String target, Instant now) {
        return handle.createQuery(
                        "select number, unit_id, until from lun_quarantine where host_name = ?"
                                + " and target_name = ? and until > ? order by number")
                .bind(0, host)
                .bind(1, target)
                .bind(2, now.toEpochMilli())
                .map(
                        (rs, ctx) ->
                                new Resting(
                                        rs.getInt(1),
                                        LogicalUnitId.of(rs.getString(2)),
                                        Instant.ofEpochMilli(rs.getLong(3))))
                .list();
    }

    static void forgetRested(Tx tx) {
        tx.handle().execute("delete from lun_quarantine where until <= ?", tx.nowMillis());
    }

    static void wake(Tx tx, String host, String target, int number) {
        tx.handle()
                .execute(
                        "delete from lun_quarantine where host_name = ? and target_name = ?"
                                + " and number = ?",
                        host,
                        target,
                        number);
    }

    static Optional<LunRow> find(Handle handle, LogicalUnitId unit, String host, String target) {
        return ofUnit(handle, unit).stream()
                .filter(l -> l.host().equals(host) && l.target().equals(target))
                .findFirst();
    }

    private static LunRow row(java.sql.ResultSet rs) throws java.sql.SQLException {
        return new LunRow(
                rs.getString("host_id"),
                rs.getString("host"),
                rs.getString("target_id"),
                rs.getString("target"),
                rs.getInt("number"),
                LogicalUnitId.of(rs.getString("unit_id")),
                rs.getInt("read_only") == 1);
    }
}
