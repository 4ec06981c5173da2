package io.tidegate.pool;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads the log from where a superblock says that its replay begins. */
final class WalScan {

    /** Takes batches in their order. */
    interface Sink {
        void batch(WalBatch batch) throws IOException;
    }

    private static final int WINDOW_BYTES = 64 << 10;

    private final PoolFile file;
    private final Superblock from;
    private final Rules rules;

    WalScan(PoolFile file, Superblock from, Rules rules) {
        this.file = file;
        this.from = from;
        this.rules = rules;
    }

    /**
     * Hands over every batch up to the first that is torn, or does not follow the one before.
     *
     * @return the position behind the last
     */
    long each(Sink sink) throws IOException {
        long position = from.walTail();
        long nextLsn = from.checkpointLsn() + 1;
        int crc = from.walCrc();
        long end = position + from.walBytes();
        while (position < end) {
            long at = position;
            WalBatch batch = at(at, nextLsn, crc);
            if (batch == null && position % from.walBytes() != 0) {
                at = (position / from.walBytes() + 1) * from.walBytes();
                batch = at(at, nextLsn, crc);
            }
            if (batch == null) {
                return position;
            }
            sink.batch(batch);
            nextLsn = batch.firstLsn() + batch.records().size();
            crc = batch.crc();
            position = at + WalBatch.padded(batch.lengthBytes());
        }
        return position;
    }

    private @Nullable WalBatch at(long position, long lsn, int previousCrc) throws IOException {
        ByteBuffer b = read(position % from.walBytes());
        if (b == null) {
            return null;
        }
        if (!rules.chainChecked()) {
            return WalBatch.parse(b, b.getLong(56), from.pool());
        }
        WalBatch batch = WalBatch.parse(b, from.walId(), from.pool());
        return batch != null && batch.firstLsn() == lsn && WalBatch.previousCrc(b) == previousCrc
                ? batch
                : null;
    }

    private @Nullable ByteBuffer read(long offset) throws IOException {
        if (offset + WalBatch.HEADER_BYTES > from.walBytes()) {
            return null;
        }
        ByteBuffer head = ByteBuffer.allocateDirect(WalBatch.HEADER_BYTES);
        try {
            file.read(offset, head.order(ByteOrder.LITTLE_ENDIAN));
            head.flip();
            int length = head.getInt(4);
            if (head.getInt(0) != WalBatch.MAGIC
                    || length < WalBatch.HEADER_BYTES
                    || offset + length > from.walBytes()) {
                return null;
            }
            ByteBuffer b = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
            file.read(offset, b);
            return b.flip();
        } catch (EOFException e) {
            return null;
        }
    }

    /**
     * What stands in the ring, whatever log it belongs to.
     *
     * @param batches whole batches of this pool
     * @param highestGeneration of a superblock that one of them names
     * @param later batches of the superblock's log behind the last one that {@link #each} found
     * @param laterBarriers how many of those are BARRIERs
     */
    record Survey(int batches, long highestGeneration, int later, int laterBarriers) {}

    /**
     * Looks through the whole ring.
     *
     * @param lastLsn the last LSN, and {@code end} the position, that {@link #each} came to
     */
    Survey survey(long lastLsn, long end) throws IOException {
        int[] n = new int[3];
        long[] highest = new long[1];
        all(
                (offset, batch) -> {
                    n[0]++;
                    highest[0] = Math.max(highest[0], batch.generation());
                    // A BARRIER just before the tail names the next LSN too: no proof.
                    boolean behind =
                            batch.walId() == from.walId()
                                    && batch.firstLsn()
                                            > lastLsn + (batch.records().isEmpty() ? 1 : 0)
                                    && !replayed(offset, end);
                    n[1] += behind ? 1 : 0;
                    n[2] += behind && batch.barrier() ? 1 : 0;
                });
        return new Survey(n[0], highest[0], n[1], n[2]);
    }

    /** Whether a batch of this pool, of whatever opening, was written in a boot of the system. */
    boolean anyOf(UUID bootId) throws IOException {
        boolean[] found = new boolean[1];
        all((offset, batch) -> found[0] |= batch.bootId().equals(bootId));
        return found[0];
    }

    private interface Each {
        void batch(long offset, WalBatch batch);
    }

    private void all(Each each) throws IOException {
        ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long start = 0; start < from.walBytes(); start += WINDOW_BYTES) {
            window.clear().limit((int) Math.min(WINDOW_BYTES, from.walBytes() - start));
            file.read(start, window);
            for (int i = 0; i < window.limit(); i += WalBatch.ALIGN) {
                WalBatch batch = window.getInt(i) == WalBatch.MAGIC ? any(start + i) : null;
                if (batch != null) {
                    each.batch(start + i, batch);
                }
            }
        }
    }

    private @Nullable WalBatch any(long offset) throws IOException {
        ByteBuffer b = read(offset);
        return b == null ? null : WalBatch.parse(b, b.getLong(56), from.pool());
    }

    /** Whether a place in the ring lies in what was replayed, which ended at a position. */
    private boolean replayed(long offset, long end) {
        long lap = from.walTail() - from.walTail() % from.walBytes();
        long position = lap + offset;
        return (position < from.walTail() ? position + from.walBytes() : position) < end;
    }
}
