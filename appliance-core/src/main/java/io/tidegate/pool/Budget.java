package io.tidegate.pool;

/**
 * What one volume is promised, in grains. A reserved volume may need a new grain for each grain
 * that it does not own alone; what its commands have claimed already is no longer set aside but
 * theirs.
 *
 * <pre>
 *   set aside = size - own - in flight
 * </pre>
 *
 * Guarded by the space map. A thin volume has one too, in which nothing is ever set aside.
 */
final class Budget {

    /** Whether the volume is reserved; it never changes. */
    final boolean promised;

    /** Whether the volume exists: promises of a deleted one are void. */
    boolean entered;

    long size;

    /** Grains of the live map that no snapshot shows, as the records say. */
    long own;

    /** Claimed by commands whose records have not taken effect yet. */
    long inFlight;

    Budget(boolean promised) {
        this.promised = promised;
    }

    long setAside() {
        return promised && entered ? Math.max(0, size - own - inFlight) : 0;
    }
}
