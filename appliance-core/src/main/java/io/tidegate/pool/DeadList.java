package io.tidegate.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;

/**
 * What left the live map in one interval between two snapshots (or since the last) and is kept by
 * older snapshots: full chunks on disk, the newest entries in memory. The order of entries has no
 * meaning.
 */
final class DeadList {

    static final int CHUNK = Layout.PAGE_BYTES / Long.BYTES;

    final long id;

    /** Pages of full chunks. */
    private final LongArrayList chunks = new LongArrayList();

    /** Entries that stand in no full chunk. */
    private LongArrayList tail = new LongArrayList();

    /** Where the tail stood at the last checkpoint, 0 for nowhere. */
    private long tailPage;

    private boolean tailChanged;

    /** Grains that the entries stand for, subtrees counted out. */
    private long grains;

    /** Full chunks that a checkpoint has not written yet. */
    private final ConcurrentHashMap<Long, long[]> unwritten = new ConcurrentHashMap<>();

    DeadList(long id) {
        this.id = id;
    }

    synchronized void add(long entry, long grainsOfEntry) {
        tail.add(entry);
        grains += grainsOfEntry;
        tailChanged = true;
    }

    synchronized long grains() {
        return grains;
    }

    synchronized boolean isEmpty() {
        return chunks.isEmpty() && tail.isEmpty();
    }

    /** Reads an entry for a walk; -1 behind the end. */
    long entry(long index, NodeStore store) throws IOException {
        long page;
        synchronized (this) {
            int chunk = (int) (index / CHUNK);
            if (chunk >= chunks.size()) {
                long i = index - (long) chunks.size() * CHUNK;
                return i < tail.size() ? tail.get((int) i) : -1;
            }
            page = chunks.get(chunk);
        }
        long[] content = chunk(page, store);
        return content[(int) (index % CHUNK)];
    }

    private long cachedPage = -1;
    private long[] cachedChunk = new long[0];

    private long[] chunk(long page, NodeStore store) throws IOException {
        synchronized (this) {
            if (cachedPage == page) {
                return cachedChunk;
            }
        }
        long[] content = unwritten.get(page);
        if (content == null) {
            ByteBuffer b = store.read(page, NodeImage.Kind.DEAD_LIST, id);
            content = new long[CHUNK];
            b.asLongBuffer().get(content);
        }
        synchronized (this) {
            cachedPage = page;
            cachedChunk = content;
        }
        return content;
    }

    // Checkpoint --------------------------------------------------------------------------------

    /**
     * At a cut: gives every entry a place on disk.
     *
     * @param freed takes pages that are no longer needed
     */
    synchronized void place(NodeStore store, List<NodeImage> out, LongArrayList freed)
            throws IOException {
        if (!tailChanged) {
            return;
        }
        int done = 0;
        while (tail.size() - done >= CHUNK) {
            long[] content = copy(done, CHUNK);
            long page = store.take();
            unwritten.put(page, content);
            chunks.add(page);
            out.add(image(page, content));
            done += CHUNK;
        }
        if (done > 0) {
            LongArrayList rest = new LongArrayList();
            for (int i = done; i < tail.size(); i++) {
                rest.add(tail.get(i));
            }
            tail = rest;
        }
        if (tailPage != 0) {
            freed.add(tailPage);
            tailPage = 0;
        }
        if (!tail.isEmpty()) {
            long page = store.take();
            tailPage = page;
            out.add(image(page, copy(0, tail.size())));
        }
        tailChanged = false;
    }

    /** How many pages {@link #place} would take. */
    synchronized int pagesToPlace() {
        return tailChanged ? (tail.size() + CHUNK - 1) / CHUNK : 0;
    }

    private long[] copy(int from, int n) {
        long[] content = new long[n];
        for (int i = 0; i < n; i++) {
            content[i] = tail.get(from + i);
        }
        return content;
    }

    private NodeImage image(long page, long[] content) {
        return NodeImage.page(
                page,
                NodeImage.Kind.DEAD_LIST,
                id,
                b -> {
                    b.order(ByteOrder.LITTLE_ENDIAN);
                    for (long entry : content) {
                        b.putLong(entry);
                    }
                });
    }

    /** Entries, as many as there are for a walk. */
    synchronized long size() {
        return (long) chunks.size() * CHUNK + tail.size();
    }

    void written() {
        unwritten.clear();
    }

    /** Pages that hold the list, for freeing it as a whole and for checks. */
    synchronized LongArrayList pages() {
        LongArrayList all = new LongArrayList(chunks.size() + 1);
        all.addAll(chunks);
        if (tailPage != 0) {
            all.add(tailPage);
        }
        return all;
    }

    synchronized void encode(BytesOut out) {
        out.i64(id).i64(grains).i32(chunks.size());
        for (int i = 0; i < chunks.size(); i++) {
            out.i64(chunks.get(i));
        }
        out.i64(tailPage).i32(tail.size());
    }

    static DeadList decode(ByteBuffer in, NodeStore store) throws IOException {
        DeadList list = new DeadList(in.getLong());
        list.grains = in.getLong();
        int n = in.getInt();
        if (list.id <= 0 || list.grains < 0 || n < 0) {
            throw new DamageException(
                    "dead-list " + list.id + " of " + list.grains + " grains in " + n + " chunks");
        }
        for (int i = 0; i < n; i++) {
            long page = in.getLong();
            if (!store.mayHold(page)) {
                throw new DamageException("dead-list " + list.id + " has a chunk at page " + page);
            }
            list.chunks.add(page);
        }
        list.tailPage = in.getLong();
        int tailSize = in.getInt();
        if (tailSize < 0 || tailSize >= CHUNK || (tailSize > 0) != (list.tailPage != 0)) {
            throw new DamageException("dead-list " + list.id + " has a tail of " + tailSize);
        }
        if (tailSize > 0) {
            ByteBuffer page = store.read(list.tailPage, NodeImage.Kind.DEAD_LIST, list.id);
            for (int i = 0; i < tailSize; i++) {
                list.tail.add(page.getLong());
            }
        }
        return list;
    }
}
