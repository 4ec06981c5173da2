package io.tidegate.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;
import org.jspecify.annotations.Nullable;

/**
 * What left the live map in one interval between two snapshots (or since the last) and is kept by
 * older snapshots: full chunks on disk, the rest, the tail, in memory too while it grows. The order
 * of entries has no meaning.
 */
final class DeadList {

    private static final long[] NOTHING = new long[0];
    static final int CHUNK = Layout.PAGE_BYTES / Long.BYTES;

    /** An account that has to be counted first. */
    static final long UNKNOWN = -1;

    final long id;

    /** Pages of full chunks. */
    private final LongArrayList chunks = new LongArrayList();

    private final NodeStore store;

    /** Entries that stand in no full chunk; null while they stand on disk only. */
    private @Nullable LongArrayList tail = new LongArrayList();

    private int tailSize;

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
    private final Map<Long, long[]> unwritten = new HashMap<>(0);

    DeadList(long id, NodeStore store) {
        this.id = id;
        this.store = store;
    }

    /** Grains of the list that were born after an epoch. */
    private static final class Account {
        int after;

        /** {@link #UNKNOWN} after the epoch was set anew, until somebody counts. */
        long grains;
    }

    /**
     * Adds an entry; what lies under a subtree is added by {@link #addBelow}.
     *
     * @throws IOException only when the list rested and its tail cannot be read
     */
    synchronized void add(long entry) throws IOException {
        tail().add(entry);
        tailSize++;
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
        if (entries < (long) chunks.size() * CHUNK + tailSize) {
            return false;
        }
        unique.grains = births.after(unique.after);
        kept.grains = births.after(kept.after);
        return true;
    }

    /** The accounts as of now, to be compared with what a check counts later. */
    private Predicate<Births> accounts() {
        int uniqueAfter = unique.after;
        long uniqueGrains = unique.grains;
        int keptAfter = kept.after;
        long keptGrains = kept.grains;
        return births ->
                (uniqueGrains == UNKNOWN || uniqueGrains == births.after(uniqueAfter))
                        && (keptGrains == UNKNOWN || keptGrains == births.after(keptAfter));
    }

    synchronized boolean isEmpty() {
        return chunks.isEmpty() && tailSize == 0;
    }

    /** Brings the tail into memory. */
    synchronized LongArrayList tail() throws IOException {
        LongArrayList present = tail;
        if (present == null) {
            ByteBuffer page = store.read(tailPage, NodeImage.Kind.DEAD_LIST, id);
            present = new LongArrayList(tailSize);
            for (int i = 0; i < tailSize; i++) {
                present.add(page.getLong());
            }
            tail = present;
        }
        return present;
    }

    /** Nobody adds to it for now: what stands on disk as well is not kept in memory. */
    synchronized void rest() {
        if (!tailChanged && tailPage != 0 && unwritten.isEmpty()) {
            tail = null;
            cachedPage = -1;
            cachedChunk = NOTHING;
        }
    }

    /** Reads an entry for a walk; -1 behind the end. */
    long entry(long index) throws IOException {
        long page;
        synchronized (this) {
            int chunk = (int) (index / CHUNK);
            if (chunk >= chunks.size()) {
                long i = index - (long) chunks.size() * CHUNK;
                return i < tailSize ? tail().get((int) i) : -1;
            }
            page = chunks.get(chunk);
        }
        long[] content = chunk(page);
        return content[(int) (index % CHUNK)];
    }

    private long cachedPage = -1;
    private long[] cachedChunk = NOTHING;

    private long[] chunk(long page) throws IOException {
        long[] content;
        synchronized (this) {
            if (cachedPage == page) {
                return cachedChunk;
            }
            content = unwritten.get(page);
        }
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
    synchronized void place(List<NodeImage> out, LongArrayList freed) throws IOException {
        if (!tailChanged) {
            return;
        }
        LongArrayList entries = tail();
        int done = 0;
        while (entries.size() - done >= CHUNK) {
            long[] content = copy(entries, done, CHUNK);
            long page = store.take();
            unwritten.put(page, content);
            chunks.add(page);
            out.add(image(page, content));
            done += CHUNK;
        }
        if (done > 0) {
            entries = LongArrayList.newListWith(copy(entries, done, entries.size() - done));
            tail = entries;
            tailSize = entries.size();
        }
        if (tailPage != 0) {
            freed.add(tailPage);
            tailPage = 0;
        }
        if (!entries.isEmpty()) {
            long page = store.take();
            tailPage = page;
            out.add(image(page, copy(entries, 0, entries.size())));
        }
        tailChanged = false;
    }

    /** How many pages {@link #place} would take. */
    synchronized int pagesToPlace() {
        return tailChanged ? (tailSize + CHUNK - 1) / CHUNK : 0;
    }

    private static long[] copy(LongArrayList entries, int from, int n) {
        long[] content = new long[n];
        for (int i = 0; i < n; i++) {
            content[i] = entries.get(from + i);
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
        return (long) chunks.size() * CHUNK + tailSize;
    }

    synchronized void written() {
        unwritten.clear();
    }

    /** What it holds now, for a check; later additions are not seen. */
    synchronized DeadListView view() {
        LongArrayList present = tail;
        return new DeadListView(
                id,
                grains,
                accounts(),
                LongArrayList.newList(chunks),
                unwritten.isEmpty() ? Map.of() : Map.copyOf(unwritten),
                present == null ? NOTHING : present.toArray(),
                present == null ? tailPage : 0,
                tailSize);
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
        out.i64(tailPage).i32(tailSize);
    }

    static DeadList decode(ByteBuffer in, NodeStore store) throws IOException {
        DeadList list = new DeadList(in.getLong(), store);
        list.grains = in.getLong();
        for (Account account : List.of(list.unique, list.kept)) {
            account.after = in.getInt();
            account.grains = in.getLong();
        }
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
        list.tailSize = tailSize;
        if (tailSize > 0) {
            list.tail = null;
        }
        return list;
    }
}
