package io.tidegate.copy.mover;

import io.tidegate.block.DeviceException;
import org.jspecify.annotations.Nullable;

/**
 * How a range copy ended.
 *
 * @param moved by all pieces that ended well
 * @param complete whether all of the range is at the destination
 * @param failure what a device threw; null when the copy is complete or was stopped
 */
public record RangeResult(Moved moved, boolean complete, @Nullable Failure failure) {

    /**
     * A device that failed.
     *
     * @param source whether it was the source, else the destination
     */
    public record Failure(boolean source, DeviceException cause) {}
}
