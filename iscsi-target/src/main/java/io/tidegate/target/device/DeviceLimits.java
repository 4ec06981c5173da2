package io.tidegate.target.device;

import io.tidegate.presentation.UnitShape;
import io.tidegate.scsi.BlockLimits;

/**
 * The limits of the block commands, in bytes where not said otherwise. The same record fills the
 * block limits page (SBC-4, 6.6.4) and is checked against each command, so that what is announced
 * and what is enforced cannot drift apart.
 *
 * @param maxTransferBytes longest READ, WRITE, VERIFY, ORWRITE, PRE-FETCH and the like
 * @param optimalTransferBytes best length of sequential transfers
 * @param maxUnmapBytes sum of all ranges of one UNMAP
 * @param maxUnmapDescriptors descriptors in one UNMAP, at least 256
 * @param maxCompareAndWriteBytes longest COMPARE AND WRITE; never more than 128 blocks
 * @param maxAtomicBytes longest WRITE ATOMIC
 * @param sanitizeBytesPerSecond what SANITIZE with overwrite may read and write, 0 for no limit
 */
public record DeviceLimits(
        int maxTransferBytes,
        int optimalTransferBytes,
        long maxUnmapBytes,
        int maxUnmapDescriptors,
        int maxCompareAndWriteBytes,
        int maxAtomicBytes,
        long sanitizeBytesPerSecond) {

    /**
     * Space is told in sets of so many bytes (threshold exponent), which 32 bits count to 4 PiB.
     */
    static final int THRESHOLD_SET_BYTES = 1 << 20;

    /** A power of two, so that the pieces hosts make of a long range stay aligned. */
    private static final int THIN_WRITE_SAME_BLOCKS = 1 << 15;

    public static final DeviceLimits DEFAULT =
            new DeviceLimits(8 << 20, 1 << 20, 512L << 20, 256, 64 << 10, 1 << 20, 80L << 20);

    public DeviceLimits {
        if (maxTransferBytes < 1 << 16
                || optimalTransferBytes > maxTransferBytes
                || maxUnmapDescriptors < 256
                || maxCompareAndWriteBytes < 4096
                || maxCompareAndWriteBytes > 1 << 20
                || maxAtomicBytes < 4096
                || maxAtomicBytes > 1 << 20
                || sanitizeBytesPerSecond < 0) {
            throw new IllegalArgumentException("limits that hosts cannot work with");
        }
    }

    /** The same limits with another rate for SANITIZE. */
    public DeviceLimits withSanitizeRate(long bytesPerSecond) {
        return new DeviceLimits(
                maxTransferBytes,
                optimalTransferBytes,
                maxUnmapBytes,
                maxUnmapDescriptors,
                maxCompareAndWriteBytes,
                maxAtomicBytes,
                bytesPerSecond);
    }

    int compareAndWriteBlocks(UnitShape shape) {
        return Math.min(128, maxCompareAndWriteBytes / shape.geometry().logicalBlockBytes());
    }

    /** Blocks that WRITE ATOMIC starts at multiples of, and is a multiple of. */
    int atomicAlignmentBlocks(UnitShape shape) {
        int blocks = shape.geometry().physicalBlockBytes() / shape.geometry().logicalBlockBytes();
        return Math.min(blocks, maxAtomicBytes / shape.geometry().logicalBlockBytes());
    }

    /**
     * Longest WRITE SAME in blocks, 0 for no limit. What a thin unit takes by one command is
     * bounded, since each block of it may have to be found in the pool; where space is set aside
     * for all blocks, the whole medium may be written by one.
     */
    long writeSameBlocks(UnitShape shape) {
        return shape.thin() ? THIN_WRITE_SAME_BLOCKS : 0;
    }

    /** Whether WRITE SAME of 0 blocks means all up to the end of the medium (WSNZ=0). */
    boolean writeSameToEnd(UnitShape shape) {
        return writeSameBlocks(shape) == 0;
    }

    /** The block limits page of a unit. */
    BlockLimits page(UnitShape shape) {
        int block = shape.geometry().logicalBlockBytes();
        int alignment = atomicAlignmentBlocks(shape);
        return new BlockLimits(
                !writeSameToEnd(shape),
                compareAndWriteBlocks(shape),
                Math.min(65535, shape.granularityBytes() / block),
                maxTransferBytes / block,
                optimalTransferBytes / block,
                maxTransferBytes / block,
                shape.thin() ? Math.min(maxUnmapBytes / block, 0xffffffffL) : 0,
                shape.thin() ? maxUnmapDescriptors : 0,
                shape.thin() ? shape.granularityBytes() / block : 0,
                0,
                writeSameBlocks(shape),
                new BlockLimits.Atomic(maxAtomicBytes / block, alignment, alignment, 0, 0));
    }
}
