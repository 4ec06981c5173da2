package io.tidegate.presentation;

import java.util.Locale;

/** What a logical unit shows. */
public enum UnitKind {
    /** The live content of its volume; at most one for a volume. */
    VOLUME,
    /** A snapshot, read-only. */
    MOUNT;

    String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    static UnitKind of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
