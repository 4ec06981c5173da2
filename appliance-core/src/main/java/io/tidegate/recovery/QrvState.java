package io.tidegate.recovery;

/**
 * Where a QRV stands.
 *
 * <pre>
 *   CREATING --> READY <--> REFRESHING
 *                READY --> PROMOTING --> PROMOTED
 *                READY <--> DELETED --> DESTROYED
 * </pre>
 */
public enum QrvState {
    /** The first full copy runs, or was cut off; there is no point yet. */
    CREATING,
    /** The volume is at its point. */
    READY,
    /** A refresh runs, or was cut off; the point is the old one and whole. */
    REFRESHING,
    /** A promotion has begun: no refresh, no delete. */
    PROMOTING,
    /** Its volume is the primary now. */
    PROMOTED,
    /** In the bin. */
    DELETED,
    /** Gone; the row stays as history. */
    DESTROYED
}
