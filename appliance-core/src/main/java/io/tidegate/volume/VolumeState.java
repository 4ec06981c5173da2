package io.tidegate.volume;

import java.util.Locale;

/**
 * Where a volume is in its life.
 *
 * <pre>
 *   CREATING --> READY <--> OFFLINE
 *                  |  ^        |
 *           delete v  | undelete
 *               DELETED --> PURGING --> (gone)
 * </pre>
 */
public enum VolumeState {
    /** The store is to make it; after a crash it is taken back. */
    CREATING,
    READY,
    /** Hosts are refused, by order. */
    OFFLINE,
    /** In the bin: kept, offered to nobody. */
    DELETED,
    /** The store is to delete it; after a crash that goes on. */
    PURGING;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    static VolumeState of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
