package io.tidegate.copy.manager;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.presentation.LogicalUnit;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes that copies wrote to each unit and nobody synced yet, over all commands: hosts send many
 * small copies, and together they must not leave gigabytes for the next flush of a neighbour.
 */
final class DirtyUnits {

    private final long limit;
    private final Map<LogicalUnit, AtomicLong> dirty =
            Collections.synchronizedMap(new WeakHashMap<>());

    DirtyUnits(long limit) {
        this.limit = limit;
    }

    /** Counts what was written, and syncs the device when it is time. Blocks then. */
    void wrote(LogicalUnit unit, BlockDevice device, long bytes) throws DeviceException {
        AtomicLong count = dirty.computeIfAbsent(unit, u -> new AtomicLong());
        // One of the writers takes the count and syncs; the others count from there.
        if (count.addAndGet(bytes) >= limit && count.getAndSet(0) >= limit) {
            device.flush();
        }
    }
}
