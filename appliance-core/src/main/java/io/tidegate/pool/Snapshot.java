package io.tidegate.pool;

import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeShape;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A snapshot in memory. What it shows never changes; its place among others does. */
final class Snapshot {

    final SnapshotId id;
    final int epoch;
    final NodeRef root;
    final VolumeShape shape;
    final long timeMillis;
    final UUID group;

    /** What died between the snapshot before and this one. */
    DeadList list;

    volatile Volume volume;

    /** Tags that keep it, over restarts. */
    final Set<String> holds = ConcurrentHashMap.newKeySet();

    /** Open devices and walks, in this process. */
    final AtomicInteger opens = new AtomicInteger();

    /** Whether all that was born since the snapshot before it was sealed, if it could be read. */
    volatile boolean sealed;

    /** Volumes that began as this snapshot. */
    int clones;

    /** Mapped grains at its instant. */
    final long mappedGrains;

    /** Of the live map, what was born between the snapshot before and this one. */
    long live;

    Snapshot(
            SnapshotId id,
            Volume volume,
            int epoch,
            NodeRef root,
            VolumeShape shape,
            long timeMillis,
            UUID group,
            DeadList list,
            long mappedGrains) {
        this.id = id;
        this.volume = volume;
        this.epoch = epoch;
        this.root = root;
        this.shape = shape;
        this.timeMillis = timeMillis;
        this.group = group;
        this.list = list;
        this.mappedGrains = mappedGrains;
    }
}
