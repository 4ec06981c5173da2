package io.tidegate.audit;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.result.ResultIterator;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * The chain in its table. The head (last sequence and hash) also stands in a row of its own, so
 * that records cut off at the end are missed.
 *
 * <p>Appending belongs inside the transaction of the act; the caller sees to one writer at a time.
 */
public final class AuditChain {

    private static final String COLUMNS =
            "seq, at, user_name, origin, credential, command, reason, request_id, object, result,"
                    + " detail, prev_hash, hash";

    private record Head(long sequence, String hash) {}

    private AuditChain() {}

    /** Adds a record behind the last one. */
    public static AuditRecord append(
            Handle handle,
            Instant at,
            Request request,
            String object,
            AuditResult result,
            String detail) {
        Head head = head(handle);
        AuditRecord record =
                AuditRecord.chain(
                        head.sequence() + 1, at, request, object, result, detail, head.hash());
        insert(handle, record);
        handle.createUpdate("update audit_head set seq = :seq, hash = :hash where id = 1")
                .bind("seq", record.sequence())
                .bind("hash", record.hash())
                .execute();
        return record;
    }

    /** Whether the record is in the chain as it was made. */
    public static boolean contains(Handle handle, AuditRecord record) {
        return handle.createQuery("select count(*) from audit_record where seq = ? and hash = ?")
                        .bind(0, record.sequence())
                        .bind(1, record.hash())
                        .mapTo(Long.class)
                        .one()
                == 1;
    }

    /** The records that the filter lets through, newest first. */
    public static List<AuditRecord> list(Handle handle, AuditFilter filter) {
        List<String> conditions = new ArrayList<>();
        Map<String, Object> values = new HashMap<>();
        filter.user().ifPresent(u -> add(conditions, values, "user_name = :u", "u", u));
        filter.object().ifPresent(o -> object(conditions, values, o));
        filter.result().ifPresent(r -> add(conditions, values, "result = :r", "r", r.text()));
        filter.from()
                .ifPresent(t -> add(conditions, values, "at >= :from", "from", t.toEpochMilli()));
        filter.to().ifPresent(t -> add(conditions, values, "at < :to", "to", t.toEpochMilli()));
        String where = conditions.isEmpty() ? "" : " where " + String.join(" and ", conditions);
        return handle.createQuery(
                        "select "
                                + COLUMNS
                                + " from audit_record"
                                + where
                                + " order by seq desc limit :limit")
                .bindMap(values)
                .bind("limit", filter.limit())
                .map(AuditChain::row)
                .list();
    }

    /** Walks the whole chain. */
    public static AuditVerdict verify(Handle handle) {
        Head head = head(handle);
        long records = 0;
        String hash = AuditRecord.ROOT;
        try (ResultIterator<AuditRecord> rows =
                handle.createQuery("select " + COLUMNS + " from audit_record order by seq")
                        .map(AuditChain::row)
                        .iterator()) {
            for (Iterator<AuditRecord> it = rows; it.hasNext(); ) {
                AuditRecord record = it.next();
                Optional<String> problem = problem(record, records + 1, hash);
                if (problem.isPresent()) {
                    return new AuditVerdict(records, hash, Optional.of(records + 1), problem);
                }
                records++;
                hash = record.hash();
            }
        }
        if (head.sequence() != records || !head.hash().equals(hash)) {
            return new AuditVerdict(
                    records,
                    hash,
                    Optional.of(records + 1),
                    Optional.of("records after " + records + " are missing"));
        }
        return new AuditVerdict(records, hash, Optional.empty(), Optional.empty());
    }

    private static Optional<String> problem(AuditRecord record, long expected, String previous) {
        if (record.sequence() != expected) {
            return Optional.of("record " + expected + " is missing");
        }
        if (!record.previousHash().equals(previous)) {
            return Optional.of("record " + expected + " does not follow the one before it");
        }
        if (!record.hash().equals(record.expectedHash())) {
            return Optional.of("record " + expected + " was changed");
        }
        return Optional.empty();
    }

    private static void object(List<String> conditions, Map<String, Object> values, String o) {
        if (o.endsWith(":")) {
            add(conditions, values, "substr(object, 1, length(:o)) = :o", "o", o);
        } else {
            add(conditions, values, "object = :o", "o", o);
        }
    }

    private static void add(
            List<String> conditions,
            Map<String, Object> values,
            String condition,
            String name,
            Object value) {
        conditions.add(condition);
        values.put(name, value);
    }

    private static Head head(Handle handle) {
        return handle.createQuery("select seq, hash from audit_head where id = 1")
                .map((rs, ctx) -> new Head(rs.getLong(1), rs.getString(2)))
                .one();
    }

    private static void insert(Handle handle, AuditRecord record) {
        Request request = record.request();
        handle.createUpdate(
                        "insert into audit_record ("
                                + COLUMNS
                                + ") values (:seq, :at, :user, :origin, :credential, :command,"
                                + " :reason, :requestId, :object, :result, :detail, :prev, :hash)")
                .bind("seq", record.sequence())
                .bind("at", record.at().toEpochMilli())
                .bind("user", request.user())
                .bind("origin", request.origin())
                .bind("credential", request.credential())
                .bind("command", request.command())
                .bind("reason", request.reason().orElse(null))
                .bind("requestId", request.requestId().orElse(null))
                .bind("object", record.object())
                .bind("result", record.result().text())
                .bind("detail", record.detail())
                .bind("prev", record.previousHash())
                .bind("hash", record.hash())
                .execute();
    }

    private static AuditRecord row(ResultSet rs, StatementContext context) throws SQLException {
        Request request =
                new Request(
                        rs.getString("user_name"),
                        rs.getString("origin"),
                        rs.getString("credential"),
                        rs.getString("command"),
                        Optional.ofNullable(rs.getString("reason")),
                        Optional.ofNullable(rs.getString("request_id")));
        return new AuditRecord(
                rs.getLong("seq"),
                Instant.ofEpochMilli(rs.getLong("at")),
                request,
                rs.getString("object"),
                AuditResult.of(rs.getString("result")),
                rs.getString("detail"),
                rs.getString("prev_hash"),
                rs.getString("hash"));
    }
}
