package io.tidegate.volume;

import java.util.List;
import java.util.Optional;

/**
 * A volume as administrators see it.
 *
 * @param poolName where it lives
 * @param usage space that it takes; empty when the store cannot tell
 * @param heldBy what keeps it from being deleted: LUNs, snapshots' users, QRVs; empty for nothing
 */
public record VolumeInfo(
        VolumeRecord volume, String poolName, Optional<VolumeUsage> usage, List<String> heldBy) {}
