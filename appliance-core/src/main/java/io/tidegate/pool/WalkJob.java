package io.tidegate.pool;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Background work that a deletion leaves: entries born after a threshold are freed, the others move
 * to the list of the older interval. Its progress stands in every checkpoint, and what it frees is
 * handed out again only after the checkpoint that knows of it; so it needs no records of its own.
 */
final class WalkJob {

    /** Cut off from any volume: nobody adds to them. */
    final List<DeadList> sources;

    /** What was born at or before it belongs to older snapshots. */
    final int threshold;

    /** Takes what stays; null when a whole volume goes and what stays is its origin's. */
    final @Nullable DeadList target;

    /** Position in the first source. */
    long cursor;

    WalkJob(List<DeadList> sources, int threshold, @Nullable DeadList target) {
        this.sources = sources;
        this.threshold = threshold;
        this.target = target;
    }
}
