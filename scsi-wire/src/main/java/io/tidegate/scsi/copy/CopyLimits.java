package io.tidegate.scsi.copy;

import java.time.Duration;

/**
 * The limits of third-party copy. One record says what the VPD page and the operating parameters
 * announce and what the copy manager enforces, so that the two cannot differ.
 *
 * @param maxTargets CSCD descriptors of one list, 1 to 255
 * @param maxSegments segment descriptors of one list, 1 to 255
 * @param maxListBytes CSCD and segment descriptors of one list together; holds one more of each
 *     kind than is allowed, so that too many of them is told apart from too long a list
 * @param maxSegmentBytes bytes that one segment may move
 * @param maxConcurrent copies under way at once, over all hosts, 1 to 255
 * @param granularityLog2 every segment's bytes are a multiple of this power of two, 0 to 30: hosts
 *     must obey it, so it is no more than is enforced
 * @param resultsKept how long the result of a copy can be asked for after it ended
 * @param maxResults results kept at once, the oldest go first
 */
public record CopyLimits(
        int maxTargets,
        int maxSegments,
        int maxListBytes,
        long maxSegmentBytes,
        int maxConcurrent,
        int granularityLog2,
        Duration resultsKept,
        int maxResults) {

    public static final CopyLimits DEFAULT =
            new CopyLimits(64, 64, 8192, 256L << 20, 64, 0, Duration.ofMinutes(5), 4096);

    private static final int TARGET_BYTES = 32;
    private static final int SEGMENT_BYTES = SegmentDescriptor.OffsetToOffset.LENGTH; // the longest

    public CopyLimits {
        if (maxTargets < 1 || maxTargets > 255 || maxSegments < 1 || maxSegments > 255) {
            throw new IllegalArgumentException(maxTargets + " CSCDs, " + maxSegments + " segments");
        }
        int full = (maxTargets + 1) * TARGET_BYTES + (maxSegments + 1) * SEGMENT_BYTES;
        if (maxListBytes < full || maxListBytes > 65535) {
            throw new IllegalArgumentException(
                    "a list of " + maxListBytes + " bytes does not hold " + full);
        }
        if (maxSegmentBytes < 1 || maxSegmentBytes > 0xFFFF_FFFFL) {
            throw new IllegalArgumentException("segments of " + maxSegmentBytes + " bytes");
        }
        if (maxConcurrent < 1 || maxConcurrent > 255 || maxResults < 1) {
            throw new IllegalArgumentException(maxConcurrent + " copies, " + maxResults);
        }
        if (granularityLog2 < 0 || granularityLog2 > 30) {
            throw new IllegalArgumentException("granularity of 2^" + granularityLog2);
        }
        if (resultsKept.isNegative() || resultsKept.isZero()) {
            throw new IllegalArgumentException("results kept for " + resultsKept);
        }
    }
}
