package io.tidegate.pool;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.NullUnmarked;

/** Changes structures of a pool on disk and makes their checksums right again. */
@NullUnmarked
final class Resealed {

    static final int SUPER = 4096;

    private Resealed() {}

    static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    static int crc(ByteBuffer... parts) {
        CRC32C crc = new CRC32C();
        for (ByteBuffer part : parts) {
            crc.update(part);
        }
        return (int) crc.getValue();
    }

    /** Changes a superblock, 0 or 1, in the bytes of {@code pool.super}. */
    static void superblock(byte[] file, int slot, Consumer<ByteBuffer> change) {
        ByteBuffer s = little(file).slice(slot << 20, SUPER).order(ByteOrder.LITTLE_ENDIAN);
        change.accept(s);
        s.putInt(SUPER - 4, crc(s.slice(0, SUPER - 4)));
    }

    /** The slot with the higher generation. */
    static int newest(byte[] file) {
        return little(file).getLong(72) > little(file).getLong((1 << 20) + 72) ? 0 : 1;
    }

    /** Offsets of the batches from where replay begins, in order. */
    static List<Integer> batches(byte[] wal, byte[] superFile) {
        ByteBuffer s = little(superFile);
        int at = newest(superFile) << 20;
        long walId = s.getLong(at + 120);
        int offset = (int) (s.getLong(at + 128) % wal.length);
        int previous = s.getInt(at + 136);
        List<Integer> found = new ArrayList<>();
        ByteBuffer w = little(wal);
        for (int tries = 0; tries < 2 && found.size() < wal.length / 512; ) {
            boolean is =
                    offset < wal.length
                            && w.getInt(offset) == WalBatch.MAGIC
                            && w.getLong(offset + 56) == walId
                            && w.getInt(offset + 72) == previous;
            if (is) {
                found.add(offset);
                previous = w.getInt(offset + 76);
                offset += WalBatch.padded(w.getInt(offset + 4));
                tries = 0;
            } else {
                offset = 0;
                tries++;
            }
        }
        return found;
    }

    /** Makes CRCs and chain right from a batch on. */
    static void log(byte[] wal, List<Integer> batches, int from) {
        ByteBuffer w = little(wal);
        for (int i = from; i < batches.size(); i++) {
            int at = batches.get(i);
            if (i > from) {
                w.putInt(at + 72, w.getInt(batches.get(i - 1) + 76));
            }
            int length = w.getInt(at + 4);
            if (length < WalBatch.HEADER_BYTES || length > wal.length - at) {
                return;
            }
            w.putInt(at + 76, 0);
            w.putInt(at + 76, crc(w.slice(at, length)));
        }
    }

    /** A metadata page: where it and its table entry stand in {@code data-0000}. */
    record Page(int at, int entryAt, int kind) {}

    /** Pages whose checksum is right, of any age. */
    static List<Page> pages(byte[] data, Layout layout) {
        List<Page> pages = new ArrayList<>();
        int segment = (int) layout.segmentBytes();
        for (int s = segment; s + segment <= data.length; s += segment) {
            for (int i = 0; i < layout.nodesPerSegment(); i++) {
                int entryAt = s + i * Layout.TABLE_ENTRY_BYTES;
                int at = s + (layout.tablePages() + i) * Layout.PAGE_BYTES;
                int kind = data[entryAt + 4];
                if (kind > 0
                        && kind < NodeImage.Kind.values().length
                        && little(data).getInt(entryAt) == pageCrc(data, at, entryAt)) {
                    pages.add(new Page(at, entryAt, kind));
                }
            }
        }
        return pages;
    }

    private static int pageCrc(byte[] data, int at, int entryAt) {
        return crc(
                ByteBuffer.wrap(data, at, Layout.PAGE_BYTES).slice(),
                ByteBuffer.wrap(data, entryAt + 4, Layout.TABLE_ENTRY_BYTES - 4).slice());
    }

    /** Changes a page, or its entry, somewhere. */
    static void page(byte[] data, Page page, Random random) {
        if (random.nextInt(5) == 0) {
            flip(data, page.entryAt + 4, Layout.TABLE_ENTRY_BYTES - 4, random);
        } else {
            int span = random.nextBoolean() ? 64 : Layout.PAGE_BYTES;
            flip(data, page.at, span, random);
        }
        little(data).putInt(page.entryAt, pageCrc(data, page.at, page.entryAt));
    }

    /** Flips a bit, or puts an extreme value. */
    static void flip(byte[] bytes, int at, int span, Random random) {
        int i = at + random.nextInt(span);
        switch (random.nextInt(4)) {
            case 0 -> bytes[i] = (byte) 0xFF;
            case 1 -> bytes[i] = 0;
            default -> bytes[i] ^= (byte) (1 << random.nextInt(8));
        }
    }
}
