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
        this.bitmapBytes = Math.max(8, layout.segmentPages() / 8);
        this.segmentsPerPage = Layout.PAGE_BYTES / (DESCRIPTOR_BYTES + 2 * bitmapBytes);
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
        return (int) (((long) segments + segmentsPerPage - 1) / segmentsPerPage);
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
            seals.load(s, sealPage, words(from), kind == SpaceMap.DATA ? bits : null);
            int found = 0;
            if (kind == SpaceMap.DATA || kind == SpaceMap.NODE) {
                found = table.load(s, kind, bits);
            } else if (kind == SpaceMap.RESERVED) {
                table.become(s, kind);
            }
            if (kind < SpaceMap.FREE || kind > SpaceMap.RESERVED || count != found) {
                throw new DamageException("free map, segment " + s + ": kind or count is wrong");
            }
        }
    }

    private long[] words(ByteBuffer from) {
        long[] bits = new long[bitmapBytes / 8];
        for (int w = 0; w < bits.length; w++) {
            bits[w] = from.getLong();
        }
        return bits;
    }
}
