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

    /** Grains born at or before it are never overwritten in place. */
    private volatile int horizon;

    /** The last record of this volume that was queued. */
    private volatile long lastLsn;

    volatile boolean deleted;

    Volume(int serial, VolumeId id, VolumeShape shape, VolumeMap map, DeadList headList) {
        this.serial = serial;
        this.id = id;
        this.shape = shape;
        this.map = map;
        this.headList = headList;
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

    /**
     * Grains that left the live map and are kept; for a clone with snapshots this counts what its
     * origin keeps as well.
     */
    long keptGrains() {
        long n = 0;
        for (int i = 0; i < snapshots.size(); i++) {
            n += listAfter(i).grains();
        }
        return n;
    }

    /** The list that holds what died between a snapshot and the next, or the head. */
    DeadList listAfter(int snapshotIndex) {
        return snapshotIndex + 1 < snapshots.size()
                ? snapshots.get(snapshotIndex + 1).list
                : headList;
    }
}
