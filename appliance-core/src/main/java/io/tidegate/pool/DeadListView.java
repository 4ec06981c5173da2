package io.tidegate.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.function.Predicate;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;

/** The entries of a dead-list as of one instant; pages are read as they are needed. */
final class DeadListView {

    /** Takes entries in the form of {@link Slot#entry}. */
    interface Sink {
        void entry(long entry) throws IOException;
    }

    final long id;
    final long grains;

    /** What the accounts of the list say; compared when all entries were read. */
    private final Predicate<Births> accounts;

    private final LongArrayList chunks;
    private final Map<Long, long[]> unwritten;
    private final long[] tail;
    private final long tailPage;
    private final int tailSize;

    /**
     * @param accounts whether the list's accounts, as of now, agree with what was counted
     * @param unwritten content of chunks that no checkpoint has written
     * @param tail entries behind the chunks that are in memory
     * @param tailPage where those stand of which none is in memory, else 0
     */
    DeadListView(
            long id,
            long grains,
            Predicate<Births> accounts,
            LongArrayList chunks,
            Map<Long, long[]> unwritten,
            long[] tail,
            long tailPage,
            int tailSize) {
        this.id = id;
        this.grains = grains;
        this.accounts = accounts;
        this.chunks = chunks;
        this.unwritten = unwritten;
        this.tail = tail;
        this.tailPage = tailPage;
        this.tailSize = tailSize;
    }

    boolean accountsAre(Births births) {
        return accounts.test(births);
    }

    /** Hands over every entry from a position on. */
    void each(long from, NodeStore store, Sink sink) throws IOException {
        for (long index = from; index < (long) chunks.size() * DeadList.CHUNK; ) {
            long page = chunks.get((int) (index / DeadList.CHUNK));
            long[] content = unwritten.get(page);
            if (content == null) {
                content = read(store, page, DeadList.CHUNK);
            }
            for (int i = (int) (index % DeadList.CHUNK); i < DeadList.CHUNK; i++) {
                sink.entry(content[i]);
                index++;
            }
        }
        long[] rest = tailPage == 0 ? tail : read(store, tailPage, tailSize);
        long done = Math.max(0, from - (long) chunks.size() * DeadList.CHUNK);
        for (int i = (int) Math.min(done, rest.length); i < rest.length; i++) {
            sink.entry(rest[i]);
        }
    }

    private static long[] read(NodeStore store, long page, int entries) throws IOException {
        ByteBuffer b = store.read(page, NodeImage.Kind.DEAD_LIST);
        long[] content = new long[entries];
        b.asLongBuffer().get(content);
        return content;
    }
}
