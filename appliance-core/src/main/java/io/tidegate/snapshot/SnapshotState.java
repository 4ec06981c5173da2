package io.tidegate.snapshot;

/**
 * Where a snapshot stands in the table.
 *
 * <pre>
 *   PREPARING --> READY <--> DELETED --> DESTROYED
 * </pre>
 */
public enum SnapshotState {
    /** The row is there, the snapshot perhaps; a restart removes both. */
    PREPARING,
    READY,
    /** In the bin: still whole, until its grace ends. */
    DELETED,
    /** Gone; the row stays as history. */
    DESTROYED
}
