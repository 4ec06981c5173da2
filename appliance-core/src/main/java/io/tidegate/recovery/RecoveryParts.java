package io.tidegate.recovery;

import io.tidegate.catalog.Catalog;
import io.tidegate.job.JobService;
import io.tidegate.presentation.Presentation;
import io.tidegate.presentation.ReservationStore;
import io.tidegate.snapshot.Gates;
import io.tidegate.snapshot.SnapshotMounts;
import io.tidegate.snapshot.SnapshotService;
import io.tidegate.snapshot.Snapshots;
import io.tidegate.volume.ActLocks;
import io.tidegate.volume.PoolService;
import io.tidegate.volume.VolumeService;
import java.time.Duration;

/**
 * What the services of this package are made of; the wiring fills it once and hands it to each.
 *
 * @param locks shared with the volume service
 * @param gates shared with the snapshots
 * @param binGrace how long deleted QRVs can be had back
 * @param steps {@link Steps#NONE} in the product
 */
public record RecoveryParts(
        Catalog catalog,
        PoolService pools,
        VolumeService volumes,
        Presentation presentation,
        ReservationStore reservations,
        Snapshots snapshots,
        SnapshotService snapshotService,
        SnapshotMounts mounts,
        Gates gates,
        JobService jobs,
        ActLocks locks,
        Mover mover,
        Duration binGrace,
        Steps steps) {}
