package io.tidegate.recovery;

import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A QRV as it stands.
 *
 * @param source present name of the volume that it replicates
 * @param volume the volume that holds the replica
 * @param pool name of the pool of that volume
 * @param point instant of its point: when the source looked so
 * @param base snapshot of the source that the point equals
 * @param pointSnapshot snapshot of the QRV's volume that is the point
 * @param lag how far the point is behind the source; zero when nothing was written since
 * @param age how long ago the point was taken
 * @param bytesChanged how many bytes the last refresh (or the creation) found changed
 * @param bytesMoved how many of them it wrote; less when zeroes were only discarded
 * @param verifiedAt when the point was last found equal to its snapshot
 * @param detail what the state alone does not say, such as the job that works on it
 */
public record QrvInfo(
        QrvId id,
        String name,
        String source,
        VolumeId sourceVolume,
        VolumeId volume,
        String pool,
        long sizeBytes,
        QrvState state,
        Optional<Instant> point,
        Optional<SnapshotId> base,
        Optional<SnapshotId> pointSnapshot,
        Optional<Duration> lag,
        Optional<Duration> age,
        Instant created,
        Optional<Instant> refreshed,
        long bytesChanged,
        long bytesMoved,
        Optional<Instant> verifiedAt,
        String detail) {}
