package io.tidegate.copy.manager;

import io.tidegate.copy.mover.RangeOrder;
import io.tidegate.presentation.LogicalUnit;

/**
 * A segment that may be moved: found, allowed and inside both units when it was planned.
 *
 * @param index in the parameter list
 * @param sourceGeneration of the unit when it was planned: the copy ends when it has changed
 * @param lengthBytes may be 0
 * @param unitBytes the larger logical block
 */
record PlannedSegment(
        int index,
        CopyLun source,
        CopyLun destination,
        long sourceGeneration,
        long destinationGeneration,
        long sourceOffset,
        long destinationOffset,
        long lengthBytes,
        int unitBytes) {

    LogicalUnit sourceUnit() {
        return source.unit();
    }

    LogicalUnit destinationUnit() {
        return destination.unit();
    }

    RangeOrder order(boolean oneDevice) {
        return new RangeOrder(sourceOffset, destinationOffset, lengthBytes, unitBytes, oneDevice);
    }

    CopyAudit.Range audit(long movedBytes) {
        return new CopyAudit.Range(
                source.number(),
                sourceUnit().name(),
                sourceOffset,
                destination.number(),
                destinationUnit().name(),
                destinationOffset,
                lengthBytes,
                movedBytes);
    }
}
