package io.tidegate.presentation;

/**
 * Hears what the target has to tell hosts. Calls come on administrative threads, after the
 * directory shows the new state and before a closed gate opens; they must not block.
 */
public interface LunListener {

    /** What changed about a unit. */
    enum UnitChange {
        /** Grown by order: 2A/09. */
        CAPACITY,
        /** Other content under the same identity: 28/00. */
        MEDIUM,
        /** INQUIRY or VPD data differ: 3F/03. */
        INQUIRY,
        /** The soft threshold of the pool was crossed: 38/07. */
        THIN_THRESHOLD,
        /** RESERVE(6) is to be dropped. */
        RESERVATION_CLEARED
    }

    /** The LUN list of a host on a target changed: views are stale, 3F/0E is owed on every LUN. */
    void lunsChanged(String targetName, String host);

    void unitChanged(LogicalUnit unit, UnitChange change);

    /** The unit is no longer offered to anyone: its nexus state can be dropped. */
    void unitRemoved(LogicalUnit unit);
}
