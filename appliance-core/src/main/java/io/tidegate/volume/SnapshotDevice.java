package io.tidegate.volume;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.ExtentMapped;

/** A snapshot as a read-only device; the open handle holds the snapshot against deletion. */
public interface SnapshotDevice extends BlockDevice, ExtentMapped {

    SnapshotId snapshot();

    VolumeShape shape();
}
