package io.tidegate.target.device;

/** Ranges of logical blocks as hosts name them: 64 bits unsigned, nothing overflows. */
final class Range {

    private Range() {}

    /**
     * Whether a range of a medium command is inside. A start at the capacity is outside, also for 0
     * blocks.
     *
     * @param blocks not negative, at most 32 bits
     */
    static boolean fits(long lba, long blocks, long capacity) {
        return lba >= 0 && lba < capacity && blocks <= capacity - lba;
    }

    /** As {@link #fits}, but 0 blocks at the capacity are inside (UNMAP). */
    static boolean fitsOrEnds(long lba, long blocks, long capacity) {
        return lba >= 0 && lba <= capacity && blocks <= capacity - lba;
    }
}
