package io.tidegate.snapshot;

import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A row of the snapshot table.
 *
 * @param name {@code volume@name}, with the volume's present name
 * @param shortName the part after the @
 * @param set members of one set were taken at one instant
 * @param keepUntil when retention ends; empty = until deleted by hand
 * @param kind {@code software} or {@code hardware}
 * @param heldBy reasons why it cannot be deleted, such as {@code qrv:db01-q1}, {@code mount:esx7}
 * @param deletedAt when it was put into the bin or destroyed
 */
public record SnapshotInfo(
        SnapshotId id,
        VolumeId volume,
        String volumeName,
        String name,
        String shortName,
        UUID set,
        Instant taken,
        Optional<Instant> keepUntil,
        String kind,
        SnapshotState state,
        long sizeBytes,
        String label,
        List<String> heldBy,
        Optional<Instant> deletedAt) {

    SnapshotInfo withHolds(List<String> reasons) {
        return new SnapshotInfo(
                id,
                volume,
                volumeName,
                name,
                shortName,
                set,
                taken,
                keepUntil,
                kind,
                state,
                sizeBytes,
                label,
                List.copyOf(reasons),
                deletedAt);
    }
}
