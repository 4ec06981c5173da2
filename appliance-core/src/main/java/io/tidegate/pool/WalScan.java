package io.tidegate.pool;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Reads the log from where a superblock says that its replay begins. */
final class WalScan {

    /** Takes batches in their order. */
    interface Sink {
        void batch(WalBatch batch) throws IOException;
    }

    private static final int CHUNK = 64 << 10;

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
            ByteBuffer b = ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
            file.read(offset, b);
            return b.flip();
        } catch (EOFException e) {
            return null;
        }
    }

    /**
     * Whether a batch is missing that once was durable: behind the place where the log breaks off,
     * two barriers of the same log stand. The second was written when a sync had made the first
     * durable, and all before it; so it was no loss of power that took the batch. A barrier has the
     * LSN of the next record, so those before the break have the LSN that is missing at most.
     *
     * @param end what {@link #each} answered
     * @param nextLsn the LSN that the next batch would have had
     */
    boolean hasRotted(long end, long nextLsn) throws IOException {
        long ring = from.walBytes();
        long limit = from.walTail() + ring;
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        int barriers = 0;
        long at = end;
        while (at < limit) {
            long offset = at % ring;
            int n = (int) Math.min(CHUNK, Math.min(ring - offset, limit - at));
            file.read(offset, chunk.clear().limit(n));
            for (int i = 0; i < n; i += WalBatch.ALIGN) {
                if (chunk.getInt(i) == WalBatch.MAGIC
                        && chunk.getLong(i + 8) > nextLsn
                        && chunk.getLong(i + 56) == from.walId()
                        && isBarrier(offset + i)) {
                    barriers++;
                }
            }
            at += n;
        }
        return barriers >= 2;
    }

    private boolean isBarrier(long offset) throws IOException {
        ByteBuffer b = read(offset);
        WalBatch batch = b == null ? null : WalBatch.parse(b, from.walId(), from.pool());
        return batch != null && batch.barrier();
    }

    /**
     * Looks through the whole ring, whatever log its batches belong to.
     *
     * @return the highest superblock generation that a whole batch of this pool names
     */
    long highestGenerationNamed() throws IOException {
        long highest = 0;
        for (long offset = 0; offset < from.walBytes(); offset += WalBatch.ALIGN) {
            ByteBuffer b = read(offset);
            WalBatch batch = b == null ? null : WalBatch.parse(b, b.getLong(56), from.pool());
            if (batch != null) {
                highest = Math.max(highest, batch.generation());
            }
        }
        return highest;
    }
}
