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

    /** An account that has to be counted first. */
    static final long UNKNOWN = -1;

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

    /** What only the snapshot needs that the list follows: born after the snapshot before it. */
    private final Account unique = new Account();

    /** What is not the origin's, for a clone's list. */
    private final Account kept = new Account();

    /** Full chunks that a checkpoint has not written yet. */
    private final ConcurrentHashMap<Long, long[]> unwritten = new ConcurrentHashMap<>();

    DeadList(long id) {
        this.id = id;
    }

    /** Grains of the list that were born after an epoch. */
    private static final class Account {
        int after;

        /** {@link #UNKNOWN} after the epoch was set anew, until somebody counts. */
        long grains;
    }

    /** Adds an entry; what lies under a subtree is added by {@link #addBelow}. */
    synchronized void add(long entry) {
        tail.add(entry);
        tailChanged = true;
        if (Slot.kind(entry) == Slot.GRAIN) {
            grains++;
            count(unique, Slot.birth(entry));
            count(kept, Slot.birth(entry));
        }
    }

    private static void count(Account account, int birth) {
        if (account.grains != UNKNOWN && birth > account.after) {
            account.grains++;
        }
    }

    /** Counts the grains under subtrees that were added. */
    synchronized void addBelow(Births births) {
        grains += births.total();
        for (Account account : List.of(unique, kept)) {
            if (account.grains != UNKNOWN) {
                account.grains += births.after(account.after);
            }
        }
    }

    synchronized long grains() {
        return grains;
    }

    /**
     * Says where the list stands now. A count for another place is not carried over, unless it is
     * plain.
     *
     * @param before epoch of the snapshot before the one that the list follows, or of the origin
     * @param origin epoch of the volume's origin, 0 without
     */
    synchronized void follow(int before, int origin) {
        countAfter(unique, before);
        countAfter(kept, origin);
    }

    private void countAfter(Account account, int after) {
        if (account.after != after) {
            account.after = after;
            // No grain is older than epoch 1.
            account.grains = grains == 0 || after == 0 ? grains : UNKNOWN;
        }
    }

    /** Grains that only the snapshot before the list needs; {@link #UNKNOWN} if not counted. */
    synchronized long unique() {
        return unique.grains;
    }

    /** Grains that the volume's origin does not show; {@link #UNKNOWN} if not counted. */
    synchronized long kept() {
        return kept.grains;
    }

    /**
     * Somebody read the list up to an entry.
     *
     * @return false if there are more entries by now
     */
    synchronized boolean counted(long entries, Births births) {
        if (entries < (long) chunks.size() * CHUNK + tail.size()) {
            return false;
        }
        unique.grains = births.after(unique.after);
        kept.grains = births.after(kept.after);
        return true;
    }

    /** What the accounts would be by what somebody counted, for a check. */
    synchronized boolean accountsAre(Births births) {
        return grains == births.total()
                && (unique.grains == UNKNOWN || unique.grains == births.after(unique.after))
                && (kept.grains == UNKNOWN || kept.grains == births.after(kept.after));
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
            ByteBuffer b = store.read(page, NodeImage.Kind.DEAD_LIST);
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
        out.i64(id).i64(grains);
        for (Account account : List.of(unique, kept)) {
            out.i32(account.after).i64(account.grains);
        }
        out.i32(chunks.size());
        for (int i = 0; i < chunks.size(); i++) {
            out.i64(chunks.get(i));
        }
        out.i64(tailPage).i32(tail.size());
    }

    static DeadList decode(ByteBuffer in, NodeStore store) throws IOException {
        DeadList list = new DeadList(in.getLong());
        list.grains = in.getLong();
        for (Account account : List.of(list.unique, list.kept)) {
            account.after = in.getInt();
            account.grains = in.getLong();
        }
        int n = in.getInt();
        for (int i = 0; i < n; i++) {
            list.chunks.add(in.getLong());
        }
        list.tailPage = in.getLong();
        int tailSize = in.getInt();
        if (tailSize < 0 || tailSize >= CHUNK || (tailSize > 0) != (list.tailPage != 0)) {
            throw new DamageException("dead-list " + list.id + " has a tail of " + tailSize);
        }
        if (tailSize > 0) {
            ByteBuffer page = store.read(list.tailPage, NodeImage.Kind.DEAD_LIST);
            for (int i = 0; i < tailSize; i++) {
                list.tail.add(page.getLong());
            }
        }
        return list;
    }
}
