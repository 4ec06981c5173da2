package io.tidegate.presentation;

import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import java.util.Optional;

/**
 * A logical unit's row.
 *
 * @param name of its volume; a mount has one of its own, such as {@code db01@hourly-0200}
 * @param volume where the pointer points, or whose snapshot is shown
 * @param snapshot what a mount shows
 * @param generation counts the changes of the pointer
 * @param held whether medium commands are refused until an operator confirms
 */
public record UnitRecord(
        LogicalUnitId id,
        UnitKind kind,
        String name,
        UnitIdentity identity,
        UnitShape shape,
        VolumeId volume,
        Optional<SnapshotId> snapshot,
        long generation,
        boolean held) {}
