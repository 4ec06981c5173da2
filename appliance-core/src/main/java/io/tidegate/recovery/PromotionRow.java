package io.tidegate.recovery;

import io.tidegate.job.JobId;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * A promotion's row, and the table {@code promotion}.
 *
 * @param generation of the unit before
 * @param pointAt what the unit shows; present once it has switched
 */
record PromotionRow(
        UUID id,
        JobId job,
        QrvId qrv,
        LogicalUnitId unit,
        VolumeId oldVolume,
        VolumeId newVolume,
        PromotionService.Mode mode,
        State state,
        SnapshotId safety,
        boolean hostsStopped,
        long generation,
        Optional<Instant> pointAt,
        boolean abandoned,
        Optional<Instant> switchedAt) {

    /** Where it stands; see {@link PromotionService}. */
    enum State {
        PREPARING,
        HELD,
        OPEN,
        GIVEN_UP;

        boolean switched() {
            return this == HELD || this == OPEN;
        }
    }

    static void insert(Handle handle, PromotionRow row, long now) {
        handle.createUpdate(
                        "insert into promotion (id, job_id, qrv_id, unit_id, old_volume_id,"
                                + " new_volume_id, mode, state, safety_snapshot_id, hosts_stopped,"
                                + " generation, created_at) values (:id, :job, :qrv, :unit, :old,"
                                + " :new, :mode, :state, :safety, :stopped, :generation, :now)")
                .bind("id", row.id().toString())
                .bind("job", row.job().value())
                .bind("qrv", row.qrv().toString())
                .bind("unit", row.unit().toString())
                .bind("old", row.oldVolume().toString())
                .bind("new", row.newVolume().toString())
                .bind("mode", text(row.mode()))
                .bind("state", text(row.state()))
                .bind("safety", row.safety().toString())
                .bind("stopped", row.hostsStopped() ? 1 : 0)
                .bind("generation", row.generation())
                .bind("now", now)
                .execute();
    }

    static void switched(
            Handle handle, UUID id, State state, Instant pointAt, boolean abandoned, long now) {
        handle.createUpdate(
                        "update promotion set state = :state, point_at = :point,"
                                + " abandoned = :abandoned, switched_at = :now,"
                                + " ended_at = case when :state = 'open' then :now end"
                                + " where id = :id")
                .bind("state", text(state))
                .bind("point", pointAt.toEpochMilli())
                .bind("abandoned", abandoned ? 1 : 0)
                .bind("now", now)
                .bind("id", id.toString())
                .execute();
    }

    static void end(Handle handle, UUID id, State state, long now) {
        handle.createUpdate("update promotion set state = :state, ended_at = :now where id = :id")
                .bind("state", text(state))
                .bind("now", now)
                .bind("id", id.toString())
                .execute();
    }

    static Optional<PromotionRow> find(Handle handle, UUID id) {
        return handle.createQuery("select * from promotion where id = :id")
                .bind("id", id.toString())
                .map((rs, ctx) -> row(rs))
                .findOne();
    }

    /** The newest of a job that switched. */
    static Optional<PromotionRow> switchedByJob(Handle handle, JobId job) {
        return handle.createQuery(
                        "select * from promotion where job_id = :job"
                                + " and state in ('held', 'open')"
                                + " order by created_at desc limit 1")
                .bind("job", job.value())
                .map((rs, ctx) -> row(rs))
                .findOne();
    }

    /** The newest of a QRV that switched. */
    static Optional<PromotionRow> switchedOf(Handle handle, QrvId qrv) {
        return handle.createQuery(
                        "select * from promotion where qrv_id = :qrv"
                                + " and state in ('held', 'open')"
                                + " order by created_at desc limit 1")
                .bind("qrv", qrv.toString())
                .map((rs, ctx) -> row(rs))
                .findOne();
    }

    static List<PromotionRow> preparing(Handle handle) {
        return handle.createQuery("select * from promotion where state = 'preparing'")
                .map((rs, ctx) -> row(rs))
                .list();
    }

    private static PromotionRow row(ResultSet rs) throws SQLException {
        return new PromotionRow(
                UUID.fromString(rs.getString("id")),
                new JobId(rs.getLong("job_id")),
                QrvId.of(rs.getString("qrv_id")),
                LogicalUnitId.of(rs.getString("unit_id")),
                VolumeId.of(rs.getString("old_volume_id")),
                VolumeId.of(rs.getString("new_volume_id")),
                PromotionService.Mode.valueOf(rs.getString("mode").toUpperCase(Locale.ROOT)),
                State.valueOf(rs.getString("state").toUpperCase(Locale.ROOT)),
                SnapshotId.of(rs.getString("safety_snapshot_id")),
                rs.getInt("hosts_stopped") == 1,
                rs.getLong("generation"),
                time(rs, "point_at"),
                rs.getInt("abandoned") == 1,
                time(rs, "switched_at"));
    }

    private static Optional<Instant> time(ResultSet rs, String column) throws SQLException {
        long millis = rs.getLong(column);
        return rs.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }

    private static String text(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
