package io.tidegate.recovery;

import io.tidegate.volume.PoolId;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import java.time.Instant;
import java.util.Optional;

/**
 * A QRV's row.
 *
 * @param base snapshot of the source that the point equals
 * @param point snapshot of the QRV's volume
 * @param pointAt when the source looked like the point
 * @param pendingBase where a refresh is going; while it is there the volume's live content is
 *     between two points, and only the point is whole
 * @param pendingPoint the point that this refresh will end with
 * @param sequence counts the refreshes, for names of snapshots
 */
record QrvRow(
        QrvId id,
        String name,
        VolumeId source,
        VolumeId volume,
        PoolId pool,
        QrvState state,
        Optional<SnapshotId> base,
        Optional<SnapshotId> point,
        Optional<Instant> pointAt,
        Optional<SnapshotId> pendingBase,
        Optional<SnapshotId> pendingPoint,
        long sequence,
        Instant created,
        Optional<Instant> refreshed,
        Optional<Instant> verified,
        long bytesChanged,
        long bytesMoved) {

    /** The reason under which its base and point are held. */
    String holdReason() {
        return "qrv:" + name;
    }
}
