package io.tidegate.volume;

import java.util.Locale;

/** What a pool is meant for. */
public enum PoolTier {
    /** Primary volumes: small random I/O. */
    FAST,
    /** Quick recovery volumes: large pieces. */
    CAPACITY;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static PoolTier of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
