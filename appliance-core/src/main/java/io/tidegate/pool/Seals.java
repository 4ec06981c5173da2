package io.tidegate.pool;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Checksums (CRC-32C) of data grains that cannot change any more.
 *
 * <pre>
 *   in use --seal, while a snapshot has it--> checked --free--> not checked --retire--> free
 * </pre>
 *
 * A checked grain is never overwritten in place ({@link #pins}), not even when no snapshot has it
 * any more. So its checksum holds until the grain is freed, the record that frees it clears the bit
 * in a replay as well, and nothing else needs a record. Each data segment has a bit for each grain,
 * kept beside the free map's, and one page of checksums, which checkpoints write to a new place
 * when it changed. Bits are read without locks; pages are cached.
 */
final class Seals {

    /** Pages that may be in memory although they could be read again: 16 MiB with 4 KiB grains. */
    static final int CACHED_PAGES = 4096;

    /** Answer of {@link #sum} and {@link #sumAtHand}: nothing vouches for the grain. */
    static final long UNCHECKED = -1;

    /** Answer of {@link #sumAtHand}: it would have to be read. */
    static final long NOT_AT_HAND = -2;

    /** Stands for the bits of a segment whose grains are all checked. */
    private static final long[] ALL = new long[0];

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    /** What is known of one segment; changed under the lock of the seals only. */
    private static final class Segment {
        private volatile long @Nullable [] bits;

        /** By grain; null when it would have to be read from its page. */
        private volatile int @Nullable [] sums;

        /** Where the checksums stand, or will stand after the checkpoint under way; 0: nowhere. */
        private volatile long page;

        private boolean dirty;
        private boolean writing;
        private boolean inRing;

        /** Looked at since the cache's hand passed; racy on purpose. */
        private boolean recent;
    }

    /** Sums of grains that were written since and are not sealed yet. */
    final WrittenSums written;

    private final Layout layout;
    private final Rules rules;
    private final int cachedPages;
    private volatile AtomicReferenceArray<@Nullable Segment> segments;
    private final BitSet dirty = new BitSet();
    private final BitSet emptied = new BitSet();
    private final Deque<Segment> ring = new ArrayDeque<>();
    private int claimedNodes;

    Seals(Layout layout, Rules rules) {
        this(layout, rules, CACHED_PAGES);
    }

    Seals(Layout layout, Rules rules, int cachedPages) {
        this.layout = layout;
        this.rules = rules;
        this.cachedPages = cachedPages;
        this.written = new WrittenSums(layout);
        this.segments = new AtomicReferenceArray<>(layout.segments());
    }

    // Asking ------------------------------------------------------------------------------------

    private @Nullable Segment segment(int s) {
        AtomicReferenceArray<@Nullable Segment> all = segments;
        return s < all.length() ? all.get(s) : null;
    }

    private int index(long address) {
        return layout.pageInSegment(address) >>> layout.grainPageShift();
    }

    /** Whether a checksum vouches for a grain. Lock-free. */
    boolean checked(long address) {
        Segment segment = segment(layout.segmentOf(address));
        return segment != null && bit(segment.bits, index(address));
    }

    private static boolean bit(long @Nullable [] bits, int i) {
        if (bits == null) {
            return false;
        }
        return bits == ALL || ((long) WORD.getAcquire(bits, i >>> 6) & 1L << i) != 0;
    }

    /** Whether a grain must not be overwritten in place: rule W3c. */
    boolean pins(long address) {
        return checked(address) && rules.checkedGrainsStay();
    }

    /** The quick answer for hot paths: no grain in this range of bytes is checked. Lock-free. */
    boolean noneIn(long address, long bytes) {
        int last = layout.segmentOf(address + (bytes - 1 >>> Layout.PAGE_SHIFT));
        for (int s = layout.segmentOf(address); s <= last; s++) {
            Segment segment = segment(s);
            if (segment != null && segment.bits != null) {
                return false;
            }
        }
        return true;
    }

    /**
     * The checksum of a grain that was seen as checked; the caller's guard was open then. May read
     * a page.
     *
     * @return 0 to 2^32 - 1, or {@link #UNCHECKED} when the grain was freed meanwhile
     */
    long sum(long address, NodeStore store) throws IOException {
        int s = layout.segmentOf(address);
        Segment segment = segment(s);
        int[] sums = segment == null ? null : sums(s, segment, store);
        return sums == null ? UNCHECKED : Integer.toUnsignedLong(sums[index(address)]);
    }

    /** As {@link #sum}, and {@link #NOT_AT_HAND} where that would read. */
    long sumAtHand(long address) {
        Segment segment = segment(layout.segmentOf(address));
        if (segment == null) {
            return UNCHECKED;
        }
        // The sums first: they are there before a page is, and go only when one is.
        int[] sums = segment.sums;
        if (sums == null) {
            return segment.page == 0 ? UNCHECKED : NOT_AT_HAND;
        }
        seen(segment);
        return Integer.toUnsignedLong(sums[index(address)]);
    }

    private static void seen(Segment segment) {
        if (!segment.recent) {
            segment.recent = true;
        }
    }

    // Pages -------------------------------------------------------------------------------------

    private int @Nullable [] sums(int s, Segment segment, NodeStore store) throws IOException {
        while (true) {
            int[] sums = segment.sums;
            if (sums != null) {
                seen(segment);
                return sums;
            }
            long page = segment.page;
            if (page == 0) {
                return segment.sums;
            }
            int[] read = decode(store.read(page, NodeImage.Kind.SEALS, s));
            synchronized (this) {
                // A checkpoint may have moved the page and let go of newer sums meanwhile.
                if (segment.sums == null && segment.page == page) {
                    segment.sums = read;
                    keep(segment);
                }
            }
        }
    }

    private int[] decode(ByteBuffer page) {
        int[] sums = new int[layout.grainsPerSegment()];
        page.order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(sums);
        return sums;
    }

    /** Into the cache; what has not been looked at for long leaves it. */
    private void keep(Segment segment) {
        if (!segment.inRing) {
            segment.inRing = true;
            ring.add(segment);
        }
        while (ring.size() > cachedPages) {
            Segment oldest = ring.remove();
            oldest.inRing = false;
            if (oldest.dirty || oldest.writing) {
                continue;
            }
            if (oldest.recent && oldest != segment) {
                oldest.recent = false;
                oldest.inRing = true;
                ring.add(oldest);
            } else {
                oldest.sums = null;
            }
        }
    }

    // Sealing -----------------------------------------------------------------------------------

    /** The sums of a segment, to be handed to {@link #seal}; reads them if need be. */
    int[] open(int s, NodeStore store) throws IOException {
        Segment segment = segment(s);
        int[] sums = segment == null ? null : sums(s, segment, store);
        return sums == null ? new int[layout.grainsPerSegment()] : sums;
    }

    /**
     * A sum vouches for a grain from now on. The caller is the only sealer, holds the lock of the
     * slices, and has seen to it that the grain can neither change nor be freed meanwhile.
     *
     * @param opened of {@link #open}, in the same slice
     */
    synchronized void seal(long address, int[] opened, int sum) {
        int s = layout.segmentOf(address);
        Segment segment = own(s);
        int[] sums = segment.sums;
        if (sums == null) {
            sums = opened;
            segment.sums = sums;
        }
        int i = index(address);
        sums[i] = sum;
        long[] bits = segment.bits;
        if (bits == null) {
            bits = new long[words()];
            segment.bits = bits;
        }
        if (bits != ALL) {
            WORD.setRelease(bits, i >>> 6, bits[i >>> 6] | 1L << i);
            if (Bits.count(bits) == layout.grainsPerSegment()) {
                segment.bits = ALL;
            }
        }
        segment.dirty = true;
        dirty.set(s);
        written.drop(address);
    }

    private int words() {
        return (layout.grainsPerSegment() + 63) / 64;
    }

    private Segment own(int s) {
        AtomicReferenceArray<@Nullable Segment> all = segments;
        if (s >= all.length()) {
            all = new AtomicReferenceArray<>(Math.max(s + 1, all.length() * 2));
            for (int i = 0; i < segments.length(); i++) {
                all.set(i, segments.get(i));
            }
            segments = all;
        }
        Segment segment = all.get(s);
        if (segment == null) {
            segment = new Segment();
            all.set(s, segment);
        }
        return segment;
    }

    synchronized boolean dirty(int s) {
        return dirty.get(s);
    }

    synchronized int dirtyPages() {
        return dirty.cardinality();
    }

    /** Nodes that were claimed in the free map for pages that the next cut places. */
    synchronized void claimed(int nodes) {
        claimedNodes += nodes;
    }

    synchronized int takeClaim() {
        int claim = claimedNodes;
        claimedNodes = 0;
        return claim;
    }

    /** A grain is free: its checksum vouches for nothing. Called in the order of the log. */
    void freed(long address) {
        written.drop(address);
        int s = layout.segmentOf(address);
        Segment segment = segment(s);
        if (segment != null && segment.bits != null && rules.freeClearsChecked()) {
            clear(s, segment, index(address));
        }
    }

    private synchronized void clear(int s, Segment segment, int i) {
        long[] bits = segment.bits;
        if (bits == null) {
            return;
        }
        if (bits == ALL) {
            bits = new long[words()];
            for (int g = 0; g < layout.grainsPerSegment(); g++) {
                Bits.set(bits, g);
            }
            segment.bits = bits;
        }
        WORD.setRelease(bits, i >>> 6, bits[i >>> 6] & ~(1L << i));
        for (long word : bits) {
            if (word != 0) {
                return;
            }
        }
        segment.bits = null;
        emptied.set(s);
    }

    // Checkpoint --------------------------------------------------------------------------------

    /** What a cut has placed. */
    record Placed(BitSet pages, BitSet changed) {}

    /**
     * At a cut: gives every changed page a new place, and gives up those without a checked grain.
     *
     * @param freed takes pages that are no longer needed
     * @return segments whose page is written, and all whose record in the free map changed
     */
    Placed place(NodeStore store, List<NodeImage> out, LongArrayList freed) throws IOException {
        BitSet changed = dropEmptied(freed);
        BitSet pages;
        synchronized (this) {
            pages = (BitSet) dirty.clone();
        }
        for (int s = pages.nextSetBit(0); s >= 0; s = pages.nextSetBit(s + 1)) {
            long page = store.take();
            synchronized (this) {
                Segment segment = own(s);
                if (segment.page != 0) {
                    freed.add(segment.page);
                }
                segment.page = page;
                segment.dirty = false;
                segment.writing = true;
                dirty.clear(s);
                out.add(image(s, page, segment.sums));
            }
        }
        changed.or(pages);
        return new Placed(pages, changed);
    }

    private synchronized BitSet dropEmptied(LongArrayList freed) {
        BitSet dropped = new BitSet();
        for (int s = emptied.nextSetBit(0); s >= 0; s = emptied.nextSetBit(s + 1)) {
            Segment segment = own(s);
            if (segment.bits == null) {
                if (segment.page != 0) {
                    freed.add(segment.page);
                    dropped.set(s);
                }
                segment.page = 0;
                segment.sums = null;
                segment.dirty = false;
                dirty.clear(s);
                segments.set(s, null);
            }
        }
        emptied.clear();
        return dropped;
    }

    private static NodeImage image(int s, long page, int @Nullable [] sums) {
        if (sums == null) {
            throw new IllegalStateException("checksums of segment " + s + " were let go unwritten");
        }
        int[] copy = sums.clone();
        return NodeImage.page(
                page,
                NodeImage.Kind.SEALS,
                s,
                b -> {
                    b.order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().put(copy);
                    b.position(copy.length * Integer.BYTES);
                });
    }

    /** The pages of a cut are on disk. */
    synchronized void written(BitSet pages) {
        for (int s = pages.nextSetBit(0); s >= 0; s = pages.nextSetBit(s + 1)) {
            Segment segment = segment(s);
            if (segment != null) {
                segment.writing = false;
                keep(segment);
            }
        }
    }

    /** The pages of a cut could not be written: they belong to the next. */
    synchronized void dirtyAgain(BitSet pages) {
        for (int s = pages.nextSetBit(0); s >= 0; s = pages.nextSetBit(s + 1)) {
            Segment segment = segment(s);
            if (segment != null) {
                segment.writing = false;
                segment.dirty = true;
                dirty.set(s);
            }
        }
    }

    /** Where each page of checksums stands; for checks. */
    synchronized LongArrayList pages() {
        LongArrayList pages = new LongArrayList();
        for (int s = 0; s < segments.length(); s++) {
            Segment segment = segments.get(s);
            if (segment != null && segment.page != 0) {
                pages.add(segment.page);
            }
        }
        return pages;
    }

    /**
     * A checked grain that is not in use; for checks.
     *
     * @param used a bit for each grain in use; null where there is none
     * @return its index in the segment, -1 if there is none
     */
    int checkedOutside(int s, long @Nullable [] used) {
        for (int w = 0; w < words(); w++) {
            long wrong = word(s, w) & ~(used == null ? 0 : used[w]);
            if (wrong != 0) {
                return w * 64 + Long.numberOfTrailingZeros(wrong);
            }
        }
        return -1;
    }

    // Records of the free map -------------------------------------------------------------------

    /** The part of a segment's record that is ours: page of checksums. */
    long page(int s) {
        Segment segment = segment(s);
        return segment == null || segment.bits == null ? 0 : segment.page;
    }

    /** The part of a segment's record that is ours: a word of its bits. */
    long word(int s, int w) {
        Segment segment = segment(s);
        long[] bits = segment == null ? null : segment.bits;
        if (bits == null || w >= words()) {
            return 0;
        }
        if (bits != ALL) {
            return bits[w];
        }
        int rest = layout.grainsPerSegment() - w * 64;
        return rest >= 64 ? -1 : (1L << rest) - 1;
    }

    /**
     * Takes over what the record of a segment says.
     *
     * @param used which grains are in use; null when it is no data segment
     */
    synchronized void load(int s, long page, long[] bits, long @Nullable [] used)
            throws DamageException {
        boolean any = false;
        for (int w = 0; w < bits.length; w++) {
            any |= bits[w] != 0;
            if ((bits[w] & ~(used == null ? 0 : used[w])) != 0) {
                throw new DamageException("segment " + s + ": a grain is checked and not in use");
            }
        }
        if (any != (page != 0)
                || page < 0
                || layout.segmentOf(page) >= Math.max(layout.segments(), segments.length())) {
            throw new DamageException("segment " + s + ": page of checksums at " + page);
        }
        if (any) {
            Segment segment = own(s);
            segment.page = page;
            boolean all = Bits.count(bits) == layout.grainsPerSegment();
            segment.bits = all ? ALL : java.util.Arrays.copyOf(bits, words());
        }
    }
}
