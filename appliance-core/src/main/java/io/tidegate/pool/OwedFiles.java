package io.tidegate.pool;

import java.io.IOException;
import java.util.BitSet;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Data files in which copies into one volume have overwritten grains in place since the last sync.
 * No record tells of such a write, so no barrier has to wait for its bytes: only the volume's own
 * flush owes them, and a checkpoint, which syncs every file. Before a record lets something else
 * see the bytes (a snapshot, a share), the files are marked for all ({@link #mark}).
 *
 * <p>Safe for concurrent calls. Who comes while a sync runs waits for it: the files are no longer
 * noted then, and not yet durable.
 */
final class OwedFiles {

    private final ReentrantLock sync = new ReentrantLock();
    private BitSet noted = new BitSet();

    /** Taken by the sync that runs. */
    private BitSet taken = new BitSet();

    /** After a write to a file, and before its answer. */
    synchronized void add(int file) {
        noted.set(file);
    }

    /** Returns when all writes that were noted before the call are durable. */
    void sync(DataFiles files, Health health) throws IOException {
        sync.lock();
        try {
            files.sync(take());
            done();
        } catch (IOException e) {
            // No sync is believed after this one, so the files stay taken.
            health.noticed(e);
            throw e;
        } finally {
            sync.unlock();
        }
    }

    private synchronized BitSet take() {
        taken.or(noted);
        noted = new BitSet();
        return (BitSet) taken.clone();
    }

    private synchronized void done() {
        taken = new BitSet();
    }

    /**
     * The next barrier syncs them, whosever it is; before a record is queued that shows the bytes.
     */
    synchronized void mark(DataFiles files) {
        files.mark(noted);
        files.mark(taken);
    }
}
