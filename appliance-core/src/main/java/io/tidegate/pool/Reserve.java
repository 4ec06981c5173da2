package io.tidegate.pool;

/** How much of a pool hosts may not take: it pays for maps, lists and deletions. */
final class Reserve {

    private static final long GIB = 1L << 30;
    private static final long MAX_DIRTY = 256 << 20;
    private static final long MIN_DIRTY = 256 << 10;
    private static final int MIN_SEGMENTS = 3;
    private static final int MOST_SHARE_RUNS = 1 << 20;
    private static final int SHARE_TABLE_PART = 16;

    private Reserve() {}

    /** Map nodes that may be in memory only. */
    static long dirtyNodeBytes(Layout layout, PoolOpenOptions options) {
        // Changed nodes live on the heap, beside the cache's.
        long most =
                Math.min(
                        standardDirtyBytes(layout),
                        Math.max(MIN_DIRTY, Runtime.getRuntime().maxMemory() / 8));
        return options.dirtyNodeBytes() == 0 ? most : Math.min(most, options.dirtyNodeBytes());
    }

    private static long standardDirtyBytes(Layout layout) {
        return Math.max(MIN_DIRTY, Math.min(MAX_DIRTY, layout.bytes() / 32));
    }

    /**
     * Runs of shared grains beyond which nothing new is shared: each checkpoint writes the whole
     * table, in memory at the cut, so it stays below 16 MiB and a small part of the reserve.
     */
    static int shareRuns(Layout layout) {
        long bytes = segments(layout) * layout.segmentBytes() / SHARE_TABLE_PART;
        return (int) Math.min(MOST_SHARE_RUNS, bytes / ShareTable.RUN_BYTES);
    }

    /**
     * 1 % and at least 1 GiB, of small pools 5 %; and room for two generations of the map nodes
     * that may be waiting: a checkpoint writes one while the one before still counts.
     */
    static int segments(Layout layout) {
        long share =
                layout.bytes() < 20 * GIB
                        ? layout.bytes() / 20
                        : Math.max(GIB, layout.bytes() / 100);
        long bytes = Math.max(share, 2 * standardDirtyBytes(layout));
        long segments = (bytes + layout.segmentBytes() - 1) / layout.segmentBytes();
        return (int) Math.max(MIN_SEGMENTS, Math.min(segments, layout.segments() / 4));
    }
}
