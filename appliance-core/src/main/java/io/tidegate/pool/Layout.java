package io.tidegate.pool;

import org.jspecify.annotations.Nullable;

/**
 * Sizes of a pool and where an address lies. Addresses count pages of 4 KiB over all data files.
 *
 * @param grainShift log2 of the grain in bytes, 12 to 16
 * @param segmentShift log2 of the segment in pages
 * @param fileShift log2 of the largest data file in pages
 * @param segments how many segments there are; a pool that is open may grow, so that only {@link
 *     SpaceMap#layout} knows the number
 */
record Layout(int grainShift, int segmentShift, int fileShift, int segments) {

    static final int PAGE_SHIFT = 12;
    static final int PAGE_BYTES = 1 << PAGE_SHIFT;
    static final int TABLE_ENTRY_BYTES = 32;

    static Layout of(PoolOptions o) {
        int segmentShift = Integer.numberOfTrailingZeros(o.segmentBytes()) - PAGE_SHIFT;
        return new Layout(
                Integer.numberOfTrailingZeros(o.grainBytes()),
                segmentShift,
                Long.numberOfTrailingZeros(o.fileBytes()) - PAGE_SHIFT,
                Math.toIntExact(o.sizeBytes() >>> PAGE_SHIFT >>> segmentShift));
    }

    private static final int MIN_SEGMENTS = 16;
    private static final int MIN_SEGMENT_SHIFT = 4;
    private static final int MAX_SEGMENT_SHIFT = 10;
    private static final int MAX_PAGES_SHIFT = 38;

    /** What is impossible about sizes that were read from disk; null when they may be. */
    @Nullable String problem() {
        if (grainShift < PAGE_SHIFT || grainShift > 16) {
            return "grains of 2^" + grainShift + " bytes";
        }
        if (segmentShift < MIN_SEGMENT_SHIFT
                || segmentShift > MAX_SEGMENT_SHIFT
                || segmentShift < grainPageShift() + 3) {
            return "segments of 2^" + segmentShift + " pages";
        }
        if (fileShift < segmentShift || fileShift > MAX_PAGES_SHIFT) {
            return "data files of 2^" + fileShift + " pages";
        }
        if (segments < MIN_SEGMENTS || segments > 1L << MAX_PAGES_SHIFT - segmentShift) {
            return segments + " segments";
        }
        return null;
    }

    int grainBytes() {
        return 1 << grainShift;
    }

    /** log2 of the pages of a grain. */
    int grainPageShift() {
        return grainShift - PAGE_SHIFT;
    }

    int grainPages() {
        return 1 << grainPageShift();
    }

    int segmentPages() {
        return 1 << segmentShift;
    }

    long segmentBytes() {
        return (long) PAGE_BYTES << segmentShift;
    }

    int grainsPerSegment() {
        return segmentPages() >>> grainPageShift();
    }

    /** Pages at the head of a node segment that hold the table of its nodes. */
    int tablePages() {
        return (segmentPages() * TABLE_ENTRY_BYTES + PAGE_BYTES - 1) / PAGE_BYTES;
    }

    int nodesPerSegment() {
        return segmentPages() - tablePages();
    }

    /** Whether a page lies in the pool at all. */
    boolean contains(long address) {
        return address > 0 && address < (long) segments << segmentShift;
    }

    int segmentOf(long address) {
        return (int) (address >>> segmentShift);
    }

    int pageInSegment(long address) {
        return (int) address & segmentPages() - 1;
    }

    long firstPage(int segment) {
        return (long) segment << segmentShift;
    }

    int fileOf(long address) {
        return (int) (address >>> fileShift);
    }

    long offsetInFile(long address) {
        return (address & (1L << fileShift) - 1) << PAGE_SHIFT;
    }

    int files() {
        return fileOf(firstPage(segments - 1)) + 1;
    }

    long bytes() {
        return segments * segmentBytes();
    }

    /** The same shape with another number of segments. */
    Layout withSegments(int number) {
        return new Layout(grainShift, segmentShift, fileShift, number);
    }

    int segmentsPerFile() {
        return 1 << (fileShift - segmentShift);
    }

    /** No volume needs a higher root: its size ends at 1 PiB. */
    static final int MAX_LEVEL = 4;

    /** The level of the root of a volume with so many grains; leaves are level 0. */
    static int levelFor(long grains) {
        int level = 0;
        for (long covered = MapNode.SLOTS; covered < grains; covered <<= MapNode.SLOT_SHIFT) {
            level++;
        }
        return level;
    }

    long grainsOf(long bytes) {
        return bytes + grainBytes() - 1 >>> grainShift;
    }
}
