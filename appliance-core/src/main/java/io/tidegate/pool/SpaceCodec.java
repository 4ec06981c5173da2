package io.tidegate.pool;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;

/**
 * The free map's pages: one record for each segment, as many to a page as fit. A page whose
 * segments are all free and without real space is zeroes and need not exist. Used under the space
 * map's lock.
 */
final class SpaceCodec {

    private static final int ON_HOST = 1;
    private static final int DESCRIPTOR_BYTES = 16;

    private final SegmentTable table;
    private final Seals seals;
    private final int bitmapBytes;
    private final int segmentsPerPage;
    private BitSet dirty = new BitSet();

    SpaceCodec(SegmentTable table, Seals seals, Layout layout) {
        this.table = table;
        this.seals = seals;
        this.bitmapBytes = bitmapBytes(layout);
        this.segmentsPerPage = segmentsPerPage(layout);
    }

    private static int bitmapBytes(Layout layout) {
        return Math.max(8, layout.segmentPages() / 8);
    }

    private static int segmentsPerPage(Layout layout) {
        return Layout.PAGE_BYTES / (DESCRIPTOR_BYTES + 2 * bitmapBytes(layout));
    }

    /** Pages of the free map of a pool of that shape. */
    static int pages(Layout layout) {
        return pages(layout.segments(), segmentsPerPage(layout));
    }

    private static int pages(int segments, int each) {
        return (int) (((long) segments + each - 1) / each);
    }

    /** The segment's record has changed. */
    void dirty(int segment) {
        dirty.set(segment / segmentsPerPage);
    }

    /** Pages that changed since the last call. */
    BitSet takeDirty() {
        BitSet taken = dirty;
        dirty = new BitSet();
        return taken;
    }

    void dirtyAgain(BitSet pages) {
        dirty.or(pages);
    }

    int pages(int segments) {
        return pages(segments, segmentsPerPage);
    }

    private int end(int page) {
        return (int) Math.min(table.segments(), (page + 1L) * segmentsPerPage);
    }

    void encode(int page, ByteBuffer into) {
        into.order(ByteOrder.LITTLE_ENDIAN);
        for (int s = page * segmentsPerPage; s < end(page); s++) {
            byte state = table.state(s);
            boolean live = state != SpaceMap.RESERVED && table.used(s) > 0;
            into.put(state == SpaceMap.RESERVED || live ? state : SpaceMap.FREE);
            into.put((byte) (table.onHost(s) ? ON_HOST : 0));
            into.putShort((short) 0);
            into.putInt(table.used(s));
            into.putLong(seals.page(s));
            for (int w = 0; w < bitmapBytes / 8; w++) {
                into.putLong(live ? table.usedWord(s, w) : 0);
            }
            for (int w = 0; w < bitmapBytes / 8; w++) {
                into.putLong(seals.word(s, w));
            }
        }
    }

    void decode(int page, ByteBuffer from) throws DamageException {
        from.order(ByteOrder.LITTLE_ENDIAN);
        for (int s = page * segmentsPerPage; s < end(page); s++) {
            byte kind = from.get();
            table.setOnHost(s, (from.get() & ON_HOST) != 0);
            from.getShort();
            int count = from.getInt();
            long sealPage = from.getLong();
            long[] bits = words(from);
            if (!known(s, kind) || !inside(kind, bits)) {
                throw wrong(s);
            }
            seals.load(s, sealPage, words(from), kind == SpaceMap.DATA ? bits : null);
            int found = 0;
            if (kind == SpaceMap.DATA || kind == SpaceMap.NODE) {
                found = table.load(s, kind, bits);
            } else if (kind == SpaceMap.RESERVED) {
                table.become(s, kind);
            }
            if (count != found) {
                throw wrong(s);
            }
        }
    }

    /** The first segment is reserved, always. */
    private static boolean known(int segment, byte kind) {
        return kind == SpaceMap.RESERVED
                || segment > 0 && kind >= SpaceMap.FREE && kind <= SpaceMap.NODE;
    }

    private boolean inside(byte kind, long[] bits) {
        return switch (kind) {
            case SpaceMap.DATA -> BitSet.valueOf(bits).length() <= table.grainsPerSegment();
            case SpaceMap.NODE -> BitSet.valueOf(bits).length() <= table.nodesPerSegment();
            default -> true;
        };
    }

    private static DamageException wrong(int segment) {
        return new DamageException("free map, segment " + segment + ": kind or count is wrong");
    }

    private long[] words(ByteBuffer from) {
        long[] bits = new long[bitmapBytes / 8];
        for (int w = 0; w < bits.length; w++) {
            bits[w] = from.getLong();
        }
        return bits;
    }
}
