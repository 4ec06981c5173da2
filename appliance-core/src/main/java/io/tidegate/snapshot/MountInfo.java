package io.tidegate.snapshot;

import io.tidegate.presentation.LogicalUnitId;

/**
 * A snapshot or point as a LUN of its own.
 *
 * @param what name of the snapshot or QRV
 * @param unitName name of the logical unit that was made for it
 * @param writable whether it is a writable clone
 */
public record MountInfo(
        String what,
        String unitName,
        LogicalUnitId unit,
        String host,
        String target,
        int lun,
        boolean writable) {}
