package io.tidegate.pool;

import java.util.ArrayList;
import java.util.List;

/**
 * A clone takes over its origin's snapshots up to its origin.
 *
 * <pre>
 *  before   V:  s1 s2 S | s4 head         C (clone of S):  c1 head
 *  after    C:  s1 s2 S | c1 head         V (clone of S):  s4 head
 * </pre>
 *
 * The lists go with the intervals: what C had since its origin becomes the list after S, and what V
 * had after S becomes the list that V never frees from.
 */
final class Promotion {

    private Promotion() {}

    static void apply(PoolState state, Volume clone) {
        Snapshot origin = clone.origin;
        if (origin == null) {
            throw new IllegalStateException("volume " + clone.id + " is no clone");
        }
        Volume old = origin.volume;
        int n = old.snapshots.indexOf(origin) + 1;
        List<Snapshot> moved = new ArrayList<>(old.snapshots.subList(0, n));
        old.snapshots.subList(0, n).clear();
        moved.forEach(s -> s.volume = clone);
        old.live.gave(moved);
        clone.snapshots.addAll(0, moved);

        List<Bookmark> marks = new ArrayList<>();
        for (Bookmark b : old.bookmarks) {
            if (b.epoch <= origin.epoch) {
                marks.add(b);
            }
        }
        old.bookmarks.removeAll(marks);
        marks.forEach(b -> b.volume = clone);
        clone.bookmarks.addAll(0, marks);

        // The origin of the old volume, if any, is now that of the clone; its count stays.
        clone.origin = old.origin;
        old.origin = origin;
        old.raiseHorizon();
        clone.raiseHorizon();
        old.settleAccounts();
        clone.settleAccounts();
    }
}
