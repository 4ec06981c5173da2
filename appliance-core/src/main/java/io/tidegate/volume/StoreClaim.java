package io.tidegate.volume;

import java.util.UUID;

/**
 * Whose a store is: the catalog that used it last, and at which of its openings. A catalog that was
 * restored from an older state finds a higher generation than its own.
 */
public record StoreClaim(UUID catalog, long generation) {

    /** Whether a catalog may go on where this one left off: the same, and not an older state. */
    public boolean precedes(StoreClaim next) {
        return catalog.equals(next.catalog()) && generation < next.generation();
    }
}
