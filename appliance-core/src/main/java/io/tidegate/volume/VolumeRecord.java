package io.tidegate.volume;

import java.time.Instant;
import java.util.Optional;

/**
 * A volume's row.
 *
 * @param thin whether hosts are told that unmapped blocks take no space; what is not thin was made
 *     with space set aside, or took the place of such a volume
 * @param removable whether hosts are told that the medium can be ejected
 * @param readOnly whether no host may write
 * @param writeCache whether writes may be answered before they are durable, when hosts have not set
 *     it otherwise
 * @param label free text
 * @param purgeAfter when the bin may let it go; present in the bin only
 */
public record VolumeRecord(
        VolumeId id,
        String name,
        PoolId pool,
        VolumeKind kind,
        VolumeShape shape,
        boolean thin,
        boolean removable,
        boolean readOnly,
        boolean writeCache,
        String label,
        VolumeState state,
        Instant createdAt,
        Optional<Instant> deletedAt,
        Optional<Instant> purgeAfter) {

    public long sizeBytes() {
        return shape.geometry().sizeBytes();
    }

    /** Whether hosts or jobs may use it. */
    public boolean usable() {
        return state == VolumeState.READY || state == VolumeState.OFFLINE;
    }
}
