package io.tidegate.audit;

import java.time.Instant;
import java.util.Optional;

/**
 * Which records are wanted; empty fields do not narrow.
 *
 * @param user exact name
 * @param object exact object, or all of a noun when it ends with a colon, as {@code volume:}
 * @param result how the act ended
 * @param from the earliest time, inclusive
 * @param to the latest time, exclusive
 * @param limit the newest so many, at least 1
 */
public record AuditFilter(
        Optional<String> user,
        Optional<String> object,
        Optional<AuditResult> result,
        Optional<Instant> from,
        Optional<Instant> to,
        int limit) {

    public AuditFilter {
        if (limit < 1) {
            throw new IllegalArgumentException("limit " + limit);
        }
    }

    /** The newest records. */
    public static AuditFilter newest(int limit) {
        return new AuditFilter(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                limit);
    }
}
