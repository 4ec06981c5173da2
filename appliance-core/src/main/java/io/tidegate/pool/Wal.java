package io.tidegate.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The write-ahead log: a ring. Records are queued in the order in which they take effect; whoever
 * holds the writer's lock writes all that is queued as one batch and applies it, so there is one
 * writer at a time and those who wait share its write.
 */
final class Wal {

    /** What a record does to the state, once it is written. Called in LSN order by the writer. */
    interface Effect {
        void apply(long lsn, WalRecord record, @Nullable Replaced replaced);
    }

    private record Unit(long firstLsn, List<WalRecord> records, @Nullable Replaced replaced) {
        int bytes() {
            int n = 0;
            for (WalRecord r : records) {
                n += r.units() * WalRecord.UNIT_BYTES;
            }
            return n;
        }
    }

    private static final int MAX_BATCH_BYTES = 64 << 10;

    private final PoolFile file;
    private final long ringBytes;
    private final WalBatch.Context context;
    private final Effect effect;
    private final ReentrantLock writer = new ReentrantLock();
    private final Object queueLock = new Object();
    private final Deque<Unit> queue = new ArrayDeque<>();
    private final ByteBuffer buffer =
            ByteBuffer.allocateDirect(MAX_BATCH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private long nextLsn;
    private volatile long queuedLsn;
    private volatile long writtenLsn;
    private volatile long position;
    private volatile long tail;
    private long claimedBytes;
    private int lastCrc;
    private long generation;

    /**
     * @param position where the first batch goes, in bytes since the log's beginning, a multiple of
     *     the ring's size
     * @param lastLsn the highest LSN that was ever seen
     */
    Wal(
            PoolFile file,
            long ringBytes,
            WalBatch.Context context,
            Effect effect,
            long position,
            long lastLsn,
            long generation) {
        this.file = file;
        this.ringBytes = ringBytes;
        this.context = context;
        this.effect = effect;
        this.position = position;
        this.tail = position;
        this.nextLsn = lastLsn + 1;
        this.queuedLsn = lastLsn;
        this.writtenLsn = lastLsn;
        this.generation = generation;
    }

    /** Where a later replay begins. */
    record Mark(long position, long lsn, int crc) {}

    // Room --------------------------------------------------------------------------------------

    /** Sets room aside for a host's records; false when only the last tenth is left. */
    boolean claim(int bytes) {
        synchronized (queueLock) {
            if (position - tail + claimedBytes + bytes > ringBytes / 10 * 9) {
                return false;
            }
            claimedBytes += bytes;
            return true;
        }
    }

    void unclaim(int bytes) {
        synchronized (queueLock) {
            claimedBytes -= bytes;
        }
    }

    boolean halfFull() {
        return position - tail > ringBytes / 2;
    }

    static int claimFor(int records) {
        return WalBatch.padded(
                WalBatch.HEADER_BYTES + WalBatch.ALIGN + records * WalRecord.UNIT_BYTES);
    }

    // Queue -------------------------------------------------------------------------------------

    /** Queues records that take effect together; the LSN of the last. Does not wait. */
    long append(List<WalRecord> records, @Nullable Replaced replaced) {
        synchronized (queueLock) {
            queue.add(new Unit(nextLsn, records, replaced));
            nextLsn += records.size();
            queuedLsn = nextLsn - 1;
            return queuedLsn;
        }
    }

    long queuedLsn() {
        return queuedLsn;
    }

    long writtenLsn() {
        return writtenLsn;
    }

    /** Returns when all records up to an LSN lie in the log (not yet durable) and took effect. */
    void awaitWritten(long lsn) throws IOException {
        if (writtenLsn >= lsn) {
            return;
        }
        writer.lock();
        try {
            while (writtenLsn < lsn) {
                writeBatch();
            }
        } finally {
            writer.unlock();
        }
    }

    /** Writes all that is queued. */
    void drain() throws IOException {
        awaitWritten(queuedLsn);
    }

    private void writeBatch() throws IOException {
        java.util.ArrayList<Unit> units = new java.util.ArrayList<>();
        int bytes = WalBatch.HEADER_BYTES;
        synchronized (queueLock) {
            for (Unit unit = queue.peek(); unit != null; unit = queue.peek()) {
                int n = unit.bytes();
                if (!units.isEmpty() && bytes + n > MAX_BATCH_BYTES) {
                    break;
                }
                bytes += n;
                units.add(queue.remove());
            }
        }
        if (units.isEmpty()) {
            return;
        }
        boolean done = false;
        try {
            emit(units, bytes, -1);
            done = true;
        } finally {
            if (!done) {
                synchronized (queueLock) {
                    for (int i = units.size() - 1; i >= 0; i--) {
                        queue.addFirst(units.get(i));
                    }
                }
            }
        }
        for (Unit unit : units) {
            long lsn = unit.firstLsn();
            for (WalRecord r : unit.records()) {
                effect.apply(lsn, r, unit.replaced());
                lsn++;
            }
        }
        Unit last = units.get(units.size() - 1);
        writtenLsn = last.firstLsn() + last.records().size() - 1;
    }

    private void emit(List<Unit> units, int bytes, long covered) throws IOException {
        ByteBuffer b =
                WalBatch.padded(bytes) <= MAX_BATCH_BYTES
                        ? buffer
                        : ByteBuffer.allocateDirect(WalBatch.padded(bytes))
                                .order(ByteOrder.LITTLE_ENDIAN);
        b.clear();
        b.put(new byte[Math.min(b.capacity(), WalBatch.padded(bytes))]);
        b.position(WalBatch.HEADER_BYTES);
        int records = 0;
        for (Unit unit : units) {
            for (WalRecord r : unit.records()) {
                r.encode(b);
                records++;
            }
        }
        long first = units.isEmpty() ? writtenLsn + 1 : units.get(0).firstLsn();
        int crc = WalBatch.seal(b, context, first, records, covered, generation, lastCrc);
        long at = place(b.remaining());
        int length = b.remaining();
        file.write(at % ringBytes, b);
        lastCrc = crc;
        position = at + length;
    }

    /** A batch never crosses the ring's end, and never reaches the tail. */
    private long place(int length) throws IOException {
        long at = position;
        if (at % ringBytes + length > ringBytes) {
            at = (at / ringBytes + 1) * ringBytes;
        }
        if (at + length - tail > ringBytes) {
            throw new IOException("the log is full");
        }
        return at;
    }

    // Barriers ----------------------------------------------------------------------------------

    /** Writes all that is queued, then a BARRIER; the caller syncs. */
    void barrier(long coveredLsn) throws IOException {
        writer.lock();
        try {
            drain();
            emit(List.of(), WalBatch.HEADER_BYTES, coveredLsn);
        } finally {
            writer.unlock();
        }
    }

    /** Names a superblock that is durable; the caller syncs. */
    void name(long durableGeneration, long coveredLsn) throws IOException {
        writer.lock();
        try {
            generation = durableGeneration;
            barrier(coveredLsn);
        } finally {
            writer.unlock();
        }
    }

    void sync() throws IOException {
        file.sync();
    }

    /** The place behind everything that is written; only while nothing is queued. */
    Mark mark() {
        writer.lock();
        try {
            return new Mark(position, writtenLsn, lastCrc);
        } finally {
            writer.unlock();
        }
    }

    /** A durable checkpoint holds everything before the mark. */
    void release(Mark mark) {
        tail = mark.position();
    }

    /** Runs with no batch being written or applied. */
    void whileQuiet(Runnable action) {
        writer.lock();
        try {
            action.run();
        } finally {
            writer.unlock();
        }
    }
}
