package io.tidegate.volume;

import io.tidegate.block.AtomicUpdatable;
import io.tidegate.block.BlockDevice;
import io.tidegate.block.Discardable;
import io.tidegate.block.ExtentMapped;

/** The live content of a volume. All handles of one volume see the same bytes. */
public interface VolumeDevice extends BlockDevice, Discardable, AtomicUpdatable, ExtentMapped {

    VolumeId volume();

    VolumeShape shape();

    /**
     * Counts up with every write, discard or update of the volume's content, in this run of the
     * process. Equal values at two times mean that nothing was changed between them.
     */
    long changeCount();
}
