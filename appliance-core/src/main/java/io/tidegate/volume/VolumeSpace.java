package io.tidegate.volume;

/** What one volume takes of its pool. */
public record VolumeSpace(VolumeRecord volume, VolumeUsage usage) {

    /**
     * What it shows, what its snapshots keep and what is set aside for it. Data that several
     * volumes show counts for each of them.
     */
    public long heldBytes() {
        return usage.mappedBytes() + usage.keptBySnapshotsBytes() + usage.reservedBytes();
    }
}
