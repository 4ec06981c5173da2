package io.tidegate.audit;

import java.util.Locale;

/** How an act ended. */
public enum AuditResult {
    OK,
    /** Nothing changed: not allowed, not confirmed, or not possible as things are. */
    REFUSED,
    /** Something broke on the way. */
    FAILED;

    /** As it stands in the record. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    static AuditResult of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
