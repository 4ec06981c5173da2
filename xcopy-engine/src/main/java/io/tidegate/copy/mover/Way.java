package io.tidegate.copy.mover;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.CopyTarget;
import io.tidegate.block.DeviceException;

/**
 * What a job's copy writes to: the destination's stream for copies where it has one, so that
 * others' flushes owe nothing for the copy; else the destination itself, which stays open.
 */
record Way(BlockDevice device, boolean own) implements AutoCloseable {

    static Way to(BlockDevice destination) throws DeviceException {
        return destination instanceof CopyTarget target
                ? new Way(target.openCopyStream(), true)
                : new Way(destination, false);
    }

    @Override
    public void close() throws DeviceException {
        if (own) {
            device.close();
        }
    }
}
