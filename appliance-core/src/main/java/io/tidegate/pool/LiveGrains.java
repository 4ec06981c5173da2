package io.tidegate.pool;

import java.util.List;

/**
 * How many grains of a volume's live map were born in each interval between its snapshots. Kept by
 * the records, so that a snapshot and its deletion cost a few additions.
 *
 * <pre>
 *   births   1 .. base | .. s1 | .. s2 | ... | .. sn | .. now
 *   count    base        s1.live s2.live       sn.live  own
 * </pre>
 *
 * <em>Base</em> is what a clone has from its origin. After a promotion it also holds what was born
 * in the intervals that the clone took over, which nobody counted apart: until the snapshots of
 * those intervals are gone, {@link #own} may then be too small, never too large.
 */
final class LiveGrains {

    private final Volume v;
    private long own;
    private long base;
    private int baseEpoch;

    LiveGrains(Volume v) {
        this.v = v;
    }

    /** Mapped grains that no snapshot and no origin shows. */
    long own() {
        return own;
    }

    long base() {
        return base;
    }

    int baseEpoch() {
        return baseEpoch;
    }

    /** As a checkpoint has it. */
    void restore(long ownGrains, long baseGrains, int epochOfBase) {
        own = ownGrains;
        base = baseGrains;
        baseEpoch = epochOfBase;
    }

    /** Grains born now are in the map. */
    void mapped(long grains) {
        own += grains;
    }

    /** Grains left the map. */
    void dropped(Replaced replaced) {
        for (int i = 0; i < replaced.entries.size(); i++) {
            long entry = replaced.entries.get(i);
            if (Slot.kind(entry) == Slot.GRAIN) {
                dropped(Slot.birth(entry), 1);
            }
        }
        replaced.below.forEach(this::dropped);
    }

    private void dropped(int birth, long grains) {
        if (birth <= baseEpoch) {
            base -= grains;
        } else if (birth > v.frozenEpoch()) {
            own -= grains;
        } else {
            interval(birth).live -= grains;
        }
    }

    /** The oldest snapshot that can show a grain of this birth. */
    private Snapshot interval(int birth) {
        int low = 0;
        int high = v.snapshots.size() - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (v.snapshots.get(middle).epoch < birth) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return v.snapshots.get(low);
    }

    /** A snapshot is made; before it is in the list. */
    void frozen(Snapshot s) {
        s.live = own;
        own = 0;
    }

    /** The snapshot at a place goes; before it is out of the list. */
    void thawed(int index) {
        Snapshot s = v.snapshots.get(index);
        if (index + 1 < v.snapshots.size()) {
            v.snapshots.get(index + 1).live += s.live;
        } else {
            own += s.live;
        }
    }

    /** The volume begins as a snapshot. */
    void began(Snapshot origin) {
        base = origin.mappedGrains;
        baseEpoch = origin.epoch;
    }

    /** Promotion: these snapshots leave for the clone, the last of them is the origin from now. */
    void gave(List<Snapshot> moved) {
        for (Snapshot s : moved) {
            base += s.live;
            baseEpoch = Math.max(baseEpoch, s.epoch);
            s.live = 0;
        }
    }

    /**
     * When nothing divides the births up to the base's epoch any more, the base is an interval as
     * the others are. To be called after each change of the list of snapshots.
     */
    void settleBase() {
        if (v.origin != null || baseEpoch == 0) {
            return;
        }
        if (v.snapshots.isEmpty()) {
            own += base;
        } else if (v.snapshots.get(0).epoch >= baseEpoch) {
            v.snapshots.get(0).live += base;
        } else {
            return;
        }
        base = 0;
        baseEpoch = 0;
    }
}
