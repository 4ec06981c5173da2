package io.tidegate.event;

import java.time.Instant;
import java.util.Locale;

/**
 * Something that happened.
 *
 * @param sequence counts up; gaps are possible
 * @param source part of the house, such as {@code pool}
 * @param object what it is about, such as {@code volume:db01}; may be empty
 * @param message one sentence, without secrets
 */
public record Event(
        long sequence,
        Instant at,
        Severity severity,
        String source,
        String object,
        String message) {

    /** How much it matters. */
    public enum Severity {
        INFO,
        WARNING,
        ERROR;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Severity of(String text) {
            return valueOf(text.toUpperCase(Locale.ROOT));
        }
    }
}
