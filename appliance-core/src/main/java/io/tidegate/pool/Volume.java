package io.tidegate.pool;

import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A volume in memory. The lists change only while the gate is closed and drained and the log is
 * quiet; the counts of grains change as records take effect.
 */
final class Volume {

    final int serial;
    final VolumeId id;
    final VolumeMap map;
    final Gate gate = new Gate();
    final RangeLocks ranges = new RangeLocks();
    final OpenSegment open = new OpenSegment();
    final AtomicInteger handles = new AtomicInteger();
    final LongAdder changes = new LongAdder();

    /** What copies changed in place. */
    final OwedFiles copied = new OwedFiles();

    /** Oldest first. */
    final List<Snapshot> snapshots = new ArrayList<>();

    /** Oldest first. */
    final List<Bookmark> bookmarks = new ArrayList<>();

    volatile VolumeShape shape;

    /** The snapshot that it began as, while it is a clone. */
    @Nullable Snapshot origin;

    /** What died since the newest snapshot. */
    DeadList headList;

    long mappedGrains;

    /** By birth, what the live map holds. */
    final LiveGrains live = new LiveGrains(this);

    /** What is promised to it. */
    final Budget budget;

    /** Grains born at or before it are never overwritten in place. */
    private volatile int horizon;

    /** The last record of this volume that was queued. */
    private volatile long lastLsn;

    volatile boolean deleted;

    Volume(
            int serial,
            VolumeId id,
            VolumeShape shape,
            VolumeMap map,
            DeadList headList,
            boolean reserved) {
        this.serial = serial;
        this.id = id;
        this.shape = shape;
        this.map = map;
        this.headList = headList;
        this.budget = new Budget(reserved);
    }

    /** Whether no write of it may fail for want of space. */
    boolean reserved() {
        return budget.promised;
    }

    int originEpoch() {
        Snapshot o = origin;
        return o == null ? 0 : o.epoch;
    }

    /** What was born at or before it is kept by a snapshot or belongs to the origin. */
    int frozenEpoch() {
        return snapshots.isEmpty()
                ? originEpoch()
                : Math.max(originEpoch(), snapshots.get(snapshots.size() - 1).epoch);
    }

    int horizon() {
        return horizon;
    }

    /** Takes deletions into account; only when their records are covered. */
    void lowerHorizon() {
        horizon = computedHorizon();
    }

    /** A new snapshot or bookmark counts at once. */
    void raiseHorizon() {
        horizon = Math.max(horizon, computedHorizon());
    }

    private int computedHorizon() {
        int newest = bookmarks.isEmpty() ? 0 : bookmarks.get(bookmarks.size() - 1).epoch;
        return Math.max(newest, frozenEpoch());
    }

    long lastLsn() {
        return lastLsn;
    }

    synchronized void queued(long lsn) {
        lastLsn = Math.max(lastLsn, lsn);
    }

    /** The epoch before a snapshot's interval: of the snapshot before it, or of the origin. */
    int epochBefore(int snapshotIndex) {
        return snapshotIndex == 0 ? originEpoch() : snapshots.get(snapshotIndex - 1).epoch;
    }

    /** After each change of snapshots or origin: tells the lists and counts where they stand. */
    void settleAccounts() {
        for (int i = 0; i < snapshots.size(); i++) {
            listAfter(i).follow(epochBefore(i), originEpoch());
        }
        live.settleBase();
    }

    /** The list that holds what died between a snapshot and the next, or the head. */
    DeadList listAfter(int snapshotIndex) {
        return snapshotIndex + 1 < snapshots.size()
                ? snapshots.get(snapshotIndex + 1).list
                : headList;
    }
}
