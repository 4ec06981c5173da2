package io.tidegate.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The write-ahead log: a ring. Records are queued in the order in which they take effect; whoever
 * holds the writer's lock writes all that is queued as one batch and applies it, so there is one
 * writer at a time and those who wait share its write.
 *
 * <p>A batch that could not be written goes back to the queue whole: its records are still first in
 * line, and the next writer, whoever that is, tries again at the same place of the ring.
 */
final class Wal {

    /** What a record does to the state, once it is written. Called in LSN order by the writer. */
    interface Effect {
        void apply(long lsn, WalRecord record, @Nullable Replaced replaced);
    }

    private record Unit(long firstLsn, List<WalRecord> records, List<Replaced> replaced) {
        int bytes() {
            int n = 0;
            for (WalRecord r : records) {
                n += r.units() * WalRecord.UNIT_BYTES;
            }
            return n;
        }

        /** As many records, at the same LSNs, that change nothing. */
        Unit nothing() {
            return new Unit(
                    firstLsn,
                    Collections.nCopies(records.size(), new WalRecord.Nothing()),
                    List.of());
        }
    }

    private static final int MAX_BATCH_BYTES = 64 << 10;

    private final PoolFile file;
    private final long ringBytes;
    private final WalBatch.Context context;
    private final Effect effect;
    private final Health health;
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
    private long queuedBytes;
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
            Health health,
            long position,
            long lastLsn,
            long generation) {
        this.file = file;
        this.ringBytes = ringBytes;
        this.context = context;
        this.effect = effect;
        this.health = health;
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
            if (position - tail + queuedBytes + claimedBytes + bytes > ringBytes / 10 * 9) {
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

    /** Whether an act may be refused for want of room: of the last tenth it may take half. */
    boolean shortForActs() {
        return !fits(ringBytes / 10 * 9, 0);
    }

    private boolean fits(long limit, int bytes) {
        synchronized (queueLock) {
            return position - tail + queuedBytes + bytes <= limit;
        }
    }

    private static void require(boolean fits) throws IOException {
        if (!fits) {
            throw new IOException(
                    "the log is full until a checkpoint is made; see why none can be made");
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

    /**
     * Queues records that take effect together. Does not wait.
     *
     * @param replaced by each of the records, none where these are yet to be done to the maps
     * @return the LSN of the last
     */
    long append(List<WalRecord> records, List<Replaced> replaced) {
        synchronized (queueLock) {
            Unit unit = new Unit(nextLsn, records, replaced);
            queue.add(unit);
            queuedBytes += unit.bytes();
            nextLsn += records.size();
            queuedLsn = nextLsn - 1;
            return queuedLsn;
        }
    }

    /**
     * Writes records that take effect together, behind all that is queued: they are in the log and
     * took effect when this returns, and if it fails they never will.
     *
     * @return the LSN of the last
     */
    long write(List<WalRecord> records) throws IOException {
        writer.lock();
        try {
            drain();
            int bytes = new Unit(0, records, List.of()).bytes() + WalBatch.HEADER_BYTES;
            require(fits(ringBytes / 20 * 19, WalBatch.padded(bytes) + WalBatch.ALIGN));
            long lsn = append(records, List.of());
            try {
                awaitWritten(lsn);
            } catch (IOException e) {
                withdraw(lsn, records.size());
                throw e;
            }
            return lsn;
        } finally {
            writer.unlock();
        }
    }

    /** The place of a unit in the queue stays, so that LSNs have no gap; what it does goes. */
    private void withdraw(long lastLsn, int records) {
        synchronized (queueLock) {
            List<Unit> all = new ArrayList<>(queue);
            queue.clear();
            for (Unit unit : all) {
                boolean it = unit.firstLsn() + records - 1 == lastLsn;
                Unit left = it ? unit.nothing() : unit;
                queuedBytes += left.bytes() - unit.bytes();
                queue.add(left);
            }
        }
        spoil();
    }

    /**
     * A write that failed may have left a whole batch behind the last good one all the same. It
     * must not be believed after a crash, so its header goes.
     */
    private void spoil() {
        try {
            long wrapped = (position + ringBytes - 1) / ringBytes * ringBytes;
            for (long at : new long[] {position, wrapped}) {
                if (at + WalBatch.ALIGN - tail <= ringBytes) {
                    file.write(at % ringBytes, ByteBuffer.allocateDirect(WalBatch.ALIGN));
                }
            }
        } catch (IOException e) {
            // The next batch takes the place; until then the failed one may be there or not.
            health.trouble(Health.Part.LOG, e);
        }
    }

    /** Before anything new is done while the last write failed: tries what is queued first. */
    void tryAgain() throws IOException {
        if (health.inTrouble(Health.Part.LOG)) {
            drain();
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
        List<Unit> units = new ArrayList<>();
        int bytes = WalBatch.HEADER_BYTES;
        synchronized (queueLock) {
            for (Unit unit = queue.peek(); unit != null; unit = queue.peek()) {
                int n = unit.bytes();
                if (!units.isEmpty() && bytes + n > MAX_BATCH_BYTES) {
                    break;
                }
                bytes += n;
                units.add(queue.remove());
                queuedBytes -= n;
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
                        queuedBytes += units.get(i).bytes();
                    }
                }
            }
        }
        for (Unit unit : units) {
            long lsn = unit.firstLsn();
            for (WalRecord r : unit.records()) {
                int at = (int) (lsn - unit.firstLsn());
                effect.apply(lsn, r, unit.replaced().isEmpty() ? null : unit.replaced().get(at));
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
        try {
            file.write(at % ringBytes, b);
        } catch (IOException e) {
            health.trouble(Health.Part.LOG, e);
            throw e;
        }
        health.well(Health.Part.LOG);
        lastCrc = crc;
        position = at + length;
    }

    /** A batch never crosses the ring's end, and never reaches the tail. */
    private long place(int length) throws IOException {
        long at = position;
        if (at % ringBytes + length > ringBytes) {
            at = (at / ringBytes + 1) * ringBytes;
        }
        require(at + length - tail <= ringBytes);
        return at;
    }

    // Barriers ----------------------------------------------------------------------------------

    /** Writes all that is queued, then a BARRIER; the caller syncs. */
    void barrier(long coveredLsn) throws IOException {
        writer.lock();
        try {
            drain();
            require(fits(ringBytes / 40 * 39, WalBatch.ALIGN));
            emit(List.of(), WalBatch.HEADER_BYTES, coveredLsn);
        } finally {
            writer.unlock();
        }
    }

    /**
     * Names a superblock that is durable; the caller syncs. If it fails, later batches name it all
     * the same.
     */
    void name(long durableGeneration, long coveredLsn) throws IOException {
        writer.lock();
        try {
            generation = durableGeneration;
            drain();
            emit(List.of(), WalBatch.HEADER_BYTES, coveredLsn);
        } finally {
            writer.unlock();
        }
    }

    void sync() throws SyncFailure {
        SyncFailure.sync(file, Recovery.WAL);
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
