package io.tidegate.job;

import io.tidegate.audit.Request;
import io.tidegate.catalog.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The tables {@code job} and {@code job_line}. */
final class JobRows {

    /** Lines of one job that are kept; later ones are dropped. */
    static final int MAX_LINES = 1000;

    private static final String COLUMNS =
            "id, type, object, user_name, origin, credential, command, reason, request_id,"
                    + " parameters, state, phase, bytes_done, bytes_total, started_at, ended_at,"
                    + " cancel_requested, checkpoint, result, failure, exit_code, runs";

    /** A row with what {@link JobInfo} does not show. */
    record Row(JobInfo info, Request request, String parameters) {}

    private JobRows() {}

    static JobId insert(
            Handle handle, Request who, String type, String object, String parameters, long now) {
        long id =
                handle.createQuery("select coalesce(max(id), 0) + 1 from job")
                        .mapTo(Long.class)
                        .one();
        handle.createUpdate(
                        "insert into job (id, type, object, user_name, origin, credential,"
                                + " command, reason, request_id, parameters, state, phase,"
                                + " bytes_done, bytes_total, started_at, cancel_requested,"
                                + " exit_code, runs)"
                                + " values (:id, :type, :object, :user, :origin, :credential,"
                                + " :command, :reason, :request, :parameters, 'running', '', 0,"
                                + " 0, :now, 0, 0, 1)")
                .bind("id", id)
                .bind("type", type)
                .bind("object", object)
                .bind("user", who.user())
                .bind("origin", who.origin())
                .bind("credential", who.credential())
                .bind("command", who.command())
                .bind("reason", who.reason().orElse(null))
                .bind("request", who.requestId().orElse(null))
                .bind("parameters", parameters)
                .bind("now", now)
                .execute();
        return new JobId(id);
    }

    static Optional<Row> find(Handle handle, JobId id) {
        return handle.createQuery("select " + COLUMNS + " from job where id = :id")
                .bind("id", id.value())
                .map((rs, ctx) -> row(rs))
                .findOne();
    }

    static List<JobInfo> list(Handle handle, boolean activeOnly, int limit) {
        return handle
                .createQuery(
                        "select "
                                + COLUMNS
                                + " from job"
                                + (activeOnly ? " where state = 'running'" : "")
                                + " order by id desc limit :limit")
                .bind("limit", limit)
                .map((rs, ctx) -> row(rs))
                .list()
                .stream()
                .map(Row::info)
                .toList();
    }

    static List<Row> running(Handle handle) {
        return handle.createQuery(
                        "select " + COLUMNS + " from job where state = 'running' order by id")
                .map((rs, ctx) -> row(rs))
                .list();
    }

    static void phase(Handle handle, JobId id, String phase) {
        handle.createUpdate(
                        "update job set phase = :phase, bytes_done = 0, bytes_total = 0"
                                + " where id = :id")
                .bind("phase", phase)
                .bind("id", id.value())
                .execute();
    }

    static void checkpoint(Handle handle, JobId id, String checkpoint, long done, long total) {
        handle.createUpdate(
                        "update job set checkpoint = :checkpoint, bytes_done = :done,"
                                + " bytes_total = :total where id = :id")
                .bind("checkpoint", checkpoint)
                .bind("done", done)
                .bind("total", total)
                .bind("id", id.value())
                .execute();
    }

    static void nextRun(Handle handle, JobId id) {
        handle.createUpdate("update job set runs = runs + 1 where id = :id")
                .bind("id", id.value())
                .execute();
    }

    /** Has a job that ended without being done run again; false when it is in no such state. */
    static boolean reopen(Handle handle, JobId id) {
        return handle.createUpdate(
                                "update job set state = 'running', ended_at = null,"
                                        + " failure = null, cancel_requested = 0, phase = '',"
                                        + " runs = runs + 1 where id = :id"
                                        + " and state in ('failed', 'cancelled', 'interrupted')")
                        .bind("id", id.value())
                        .execute()
                == 1;
    }

    static void requestCancel(Handle handle, JobId id) {
        handle.createUpdate("update job set cancel_requested = 1 where id = :id")
                .bind("id", id.value())
                .execute();
    }

    /** Ends a running job; one that has ended already stays as it is. */
    static void end(
            Handle handle,
            JobId id,
            JobState state,
            @Nullable String result,
            JobInfo.@Nullable Failure failure,
            int exit,
            long done,
            long total,
            long now) {
        handle.createUpdate(
                        "update job set state = :state, result = :result, failure = :failure,"
                                + " exit_code = :exit, bytes_done = :done, bytes_total = :total,"
                                + " ended_at = :now where id = :id and state = 'running'")
                .bind("state", text(state))
                .bind("result", result)
                .bind("failure", failure == null ? null : Json.text(failure))
                .bind("exit", exit)
                .bind("done", done)
                .bind("total", total)
                .bind("now", now)
                .bind("id", id.value())
                .execute();
    }

    static void line(Handle handle, JobId id, String text, long now) {
        handle.createUpdate(
                        "insert into job_line (job_id, seq, at, text)"
                                + " select :id, count(*) + 1, :now, :text from job_line"
                                + " where job_id = :id having count(*) < :max")
                .bind("id", id.value())
                .bind("now", now)
                .bind("text", text)
                .bind("max", MAX_LINES)
                .execute();
    }

    static List<JobLine> lines(Handle handle, JobId id) {
        return handle.createQuery("select at, text from job_line where job_id = :id order by seq")
                .bind("id", id.value())
                .map((rs, ctx) -> new JobLine(Instant.ofEpochMilli(rs.getLong(1)), rs.getString(2)))
                .list();
    }

    /** Forgets ended jobs of before a time, never the newest, so that numbers do not come back. */
    static int prune(Handle handle, long endedBefore) {
        handle.createUpdate(
                        "delete from job_line where job_id in (select id from job"
                                + " where ended_at < :before and id < (select max(id) from job))")
                .bind("before", endedBefore)
                .execute();
        return handle.createUpdate(
                        "delete from job where ended_at < :before"
                                + " and id < (select max(id) from job)")
                .bind("before", endedBefore)
                .execute();
    }

    private static Row row(ResultSet rs) throws SQLException {
        String failure = rs.getString("failure");
        long ended = rs.getLong("ended_at");
        boolean hasEnded = !rs.wasNull();
        JobInfo info =
                new JobInfo(
                        new JobId(rs.getLong("id")),
                        rs.getString("type"),
                        rs.getString("object"),
                        rs.getString("user_name"),
                        JobState.valueOf(rs.getString("state").toUpperCase(Locale.ROOT)),
                        rs.getString("phase"),
                        rs.getLong("bytes_done"),
                        rs.getLong("bytes_total"),
                        0,
                        Optional.<Duration>empty(),
                        Instant.ofEpochMilli(rs.getLong("started_at")),
                        hasEnded ? Optional.of(Instant.ofEpochMilli(ended)) : Optional.empty(),
                        rs.getInt("cancel_requested") != 0,
                        Optional.ofNullable(rs.getString("checkpoint")),
                        Optional.ofNullable(rs.getString("result")),
                        failure == null
                                ? Optional.empty()
                                : Optional.of(Json.value(failure, JobInfo.Failure.class)),
                        rs.getInt("exit_code"),
                        rs.getInt("runs"));
        Request request =
                new Request(
                        rs.getString("user_name"),
                        rs.getString("origin"),
                        rs.getString("credential"),
                        rs.getString("command"),
                        Optional.ofNullable(rs.getString("reason")),
                        Optional.ofNullable(rs.getString("request_id")));
        return new Row(info, request, rs.getString("parameters"));
    }

    private static String text(JobState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
