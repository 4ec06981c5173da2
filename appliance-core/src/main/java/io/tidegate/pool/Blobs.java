package io.tidegate.pool;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;
import org.eclipse.collections.impl.set.mutable.primitive.LongHashSet;

/**
 * Bytes in a chain of metadata pages: 8 bytes page of the next (0 ends), 4 bytes length here, 4
 * bytes zero, then content.
 */
final class Blobs {

    static final int HEADER_BYTES = 16;
    static final int PAGE_CONTENT = Layout.PAGE_BYTES - HEADER_BYTES;

    private Blobs() {}

    static int pagesFor(long bytes) {
        return (int) ((bytes + PAGE_CONTENT - 1) / PAGE_CONTENT);
    }

    static List<NodeImage> images(byte[] bytes, LongArrayList pages, NodeImage.Kind kind) {
        List<NodeImage> images = new ArrayList<>();
        for (int i = 0; i < pages.size(); i++) {
            int from = i * PAGE_CONTENT;
            int n = Math.min(PAGE_CONTENT, bytes.length - from);
            long next = i + 1 < pages.size() ? pages.get(i + 1) : 0;
            images.add(
                    NodeImage.page(
                            pages.get(i),
                            kind,
                            0,
                            b -> {
                                b.order(ByteOrder.LITTLE_ENDIAN).putLong(next).putInt(n).putInt(0);
                                b.put(bytes, from, n);
                            }));
        }
        return images;
    }

    /** Reads a blob and notes its pages. */
    static byte[] read(
            Superblock.Blob blob, NodeImage.Kind kind, NodeStore store, LongArrayList pages)
            throws IOException {
        if (blob.lengthBytes() < 0 || blob.lengthBytes() > Integer.MAX_VALUE - 8) {
            throw new DamageException(kind + " of " + blob.lengthBytes() + " bytes");
        }
        // Grows with what is really there: the length may be wrong.
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        LongHashSet seen = new LongHashSet();
        long page = blob.firstPage();
        long left = blob.lengthBytes();
        while (left > 0) {
            if (page == 0 || !seen.add(page)) {
                throw new DamageException(
                        kind + ": its chain ends early, or in a loop, at " + page);
            }
            ByteBuffer b = store.read(page, kind);
            pages.add(page);
            long next = b.getLong();
            int n = b.getInt();
            b.getInt();
            if (n != Math.min(left, PAGE_CONTENT)) {
                throw new DamageException(kind + ": " + n + " bytes in page " + page);
            }
            byte[] content = new byte[n];
            b.get(content);
            all.writeBytes(content);
            left -= n;
            page = next;
        }
        return all.toByteArray();
    }
}
