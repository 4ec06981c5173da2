package io.tidegate.recovery;

import io.tidegate.job.JobId;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * An in-place recovery's row, and the table {@code recovery}.
 *
 * <pre>
 *   PREPARING --held, one transaction--> COPYING --> OPEN
 *                                            \--> HELD --confirm--> OPEN
 *   any --> GIVEN_UP    before the hold: nothing changed; later: another recovery took over
 * </pre>
 *
 * @param source name of what it recovers from, for people
 * @param sourceSnapshot the snapshot that the volume is to look like; of it or of a QRV's volume
 * @param safety the volume as it was before
 */
record RecoveryRow(
        UUID id,
        JobId job,
        LogicalUnitId unit,
        VolumeId volume,
        String source,
        SnapshotId sourceSnapshot,
        State state,
        SnapshotId safety,
        boolean hostsStopped) {

    enum State {
        PREPARING,
        COPYING,
        HELD,
        OPEN,
        GIVEN_UP;

        /** Whether the volume's content has been touched, or is about to be. */
        boolean begun() {
            return this != PREPARING && this != GIVEN_UP;
        }
    }

    static void insert(Handle handle, RecoveryRow row, long now) {
        handle.createUpdate(
                        "insert into recovery (id, job_id, unit_id, volume_id, source,"
                                + " source_snapshot_id, state, safety_snapshot_id, hosts_stopped,"
                                + " generation, created_at) values (:id, :job, :unit, :volume,"
                                + " :source, :sourceSnapshot, :state, :safety, :stopped, 0, :now)")
                .bind("id", row.id().toString())
                .bind("job", row.job().value())
                .bind("unit", row.unit().toString())
                .bind("volume", row.volume().toString())
                .bind("source", row.source())
                .bind("sourceSnapshot", row.sourceSnapshot().toString())
                .bind("state", text(row.state()))
                .bind("safety", row.safety().toString())
                .bind("stopped", row.hostsStopped() ? 1 : 0)
                .bind("now", now)
                .execute();
    }

    static void setState(Handle handle, UUID id, State state, long now) {
        handle.createUpdate(
                        "update recovery set state = :state, ended_at = case when :state in"
                                + " ('open', 'given_up') then :now end where id = :id")
                .bind("state", text(state))
                .bind("now", now)
                .bind("id", id.toString())
                .execute();
    }

    static Optional<RecoveryRow> find(Handle handle, UUID id) {
        return handle.createQuery("select * from recovery where id = :id")
                .bind("id", id.toString())
                .map((rs, ctx) -> row(rs))
                .findOne();
    }

    /** The newest of a job, unless it was given up. */
    static Optional<RecoveryRow> byJob(Handle handle, JobId job) {
        return handle.createQuery(
                        "select * from recovery where job_id = :job and state <> 'given_up'"
                                + " order by created_at desc limit 1")
                .bind("job", job.value())
                .map((rs, ctx) -> row(rs))
                .findOne();
    }

    /** The one that a volume is in the middle of, or held by. */
    static Optional<RecoveryRow> live(Handle handle, VolumeId volume) {
        return handle.createQuery(
                        "select * from recovery where volume_id = :volume"
                                + " and state in ('preparing', 'copying', 'held')")
                .bind("volume", volume.toString())
                .map((rs, ctx) -> row(rs))
                .findOne();
    }

    static List<RecoveryRow> preparing(Handle handle) {
        return handle.createQuery("select * from recovery where state = 'preparing'")
                .map((rs, ctx) -> row(rs))
                .list();
    }

    private static RecoveryRow row(ResultSet rs) throws SQLException {
        return new RecoveryRow(
                UUID.fromString(rs.getString("id")),
                new JobId(rs.getLong("job_id")),
                LogicalUnitId.of(rs.getString("unit_id")),
                VolumeId.of(rs.getString("volume_id")),
                rs.getString("source"),
                SnapshotId.of(rs.getString("source_snapshot_id")),
                State.valueOf(rs.getString("state").toUpperCase(Locale.ROOT)),
                SnapshotId.of(rs.getString("safety_snapshot_id")),
                rs.getInt("hosts_stopped") == 1);
    }

    private static String text(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
