package io.tidegate.copy.manager;

import io.tidegate.copy.mover.RangeOrder;
import io.tidegate.presentation.LogicalUnit;

/**
 * A segment that moves bytes: found, allowed and inside both units when it was planned.
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
        int unitBytes)
        implements PlannedStep {

    LogicalUnit sourceUnit() {
        return source.unit();
    }

    @Override
    public LogicalUnit destinationUnit() {
        return destination.unit();
    }

    /** Whether all of it is whole blocks at both ends. */
    boolean wholeBlocks() {
        return lengthBytes % unitBytes == 0
                && sourceOffset % blockBytes(sourceUnit()) == 0
                && destinationOffset % blockBytes(destinationUnit()) == 0;
    }

    int sourceBlockBytes() {
        return blockBytes(sourceUnit());
    }

    int destinationBlockBytes() {
        return blockBytes(destinationUnit());
    }

    private static int blockBytes(LogicalUnit unit) {
        return unit.shape().geometry().logicalBlockBytes();
    }

    /**
     * Whether the last piece has to go first, since it is overwritten by the others.
     *
     * @param oneDevice whether source and destination are the same bytes
     */
    boolean backwards(boolean oneDevice) {
        return oneDevice
                && destinationOffset > sourceOffset
                && destinationOffset - sourceOffset < lengthBytes;
    }

    /** What the mover is told; only for whole blocks. */
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
