package io.tidegate.pool;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One write to the log: a header, then records. Little-endian; a batch begins at a multiple of 512
 * bytes, so that a torn write never touches the batch before it.
 *
 * <pre>
 *   0 magic   4 length   8 first LSN   16 records   20 flags   24 covered LSN
 *  32 newest durable superblock generation   40 boot id   56 WAL id   64 pool UUID, low half
 *  72 CRC32C of the batch before   76 CRC32C of this batch, with this field 0   80 records
 * </pre>
 */
record WalBatch(
        long firstLsn,
        List<WalRecord> records,
        boolean barrier,
        long coveredLsn,
        long generation,
        UUID bootId,
        long walId,
        int crc,
        int lengthBytes) {

    static final int MAGIC = 0x42574754;
    static final int HEADER_BYTES = 80;
    static final int ALIGN = 512;
    private static final int BARRIER = 1;
    private static final int CRC_AT = 76;

    /** What all batches of one opening share. */
    record Context(UUID bootId, long walId, UUID pool) {}

    long lastLsn() {
        return firstLsn + records.size() - 1;
    }

    static int padded(int length) {
        return (length + ALIGN - 1) & -ALIGN;
    }

    /**
     * Completes a batch whose records stand in the buffer from {@link #HEADER_BYTES} to its
     * position; afterwards position 0, limit at the padded length.
     *
     * @return its CRC
     */
    static int seal(
            ByteBuffer b,
            Context context,
            long firstLsn,
            int records,
            long coveredLsn,
            long generation,
            int previousCrc) {
        int length = b.position();
        while (b.position() < padded(length)) {
            b.put((byte) 0);
        }
        b.putInt(0, MAGIC);
        b.putInt(4, length);
        b.putLong(8, firstLsn);
        b.putInt(16, records);
        b.putInt(20, coveredLsn >= 0 ? BARRIER : 0);
        b.putLong(24, Math.max(0, coveredLsn));
        b.putLong(32, generation);
        b.putLong(40, context.bootId().getMostSignificantBits());
        b.putLong(48, context.bootId().getLeastSignificantBits());
        b.putLong(56, context.walId());
        b.putLong(64, context.pool().getLeastSignificantBits());
        b.putInt(72, previousCrc);
        b.putInt(CRC_AT, 0);
        b.flip();
        int crc = crc(b, length);
        b.putInt(CRC_AT, crc);
        return crc;
    }

    private static int crc(ByteBuffer b, int length) {
        CRC32C crc = new CRC32C();
        crc.update(b.duplicate().position(0).limit(length));
        return (int) crc.getValue();
    }

    /**
     * Reads a batch of a log, whatever stands before it.
     *
     * @param b from the batch's first byte on
     * @return null when there is none, or it is damaged, or it belongs to another log
     */
    static @Nullable WalBatch parse(ByteBuffer b, long walId, UUID pool) throws DamageException {
        b.order(ByteOrder.LITTLE_ENDIAN);
        int length = lengthOf(b);
        if (length == 0
                || b.getLong(56) != walId
                || b.getLong(64) != pool.getLeastSignificantBits()) {
            return null;
        }
        int crc = b.getInt(CRC_AT);
        ByteBuffer copy = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        copy.put(b.slice(0, length)).putInt(CRC_AT, 0).flip();
        if (crc(copy, length) != crc) {
            return null;
        }
        int count = copy.getInt(16);
        copy.position(HEADER_BYTES);
        List<WalRecord> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            records.add(WalRecord.decode(copy));
        }
        if (count < 0 || copy.hasRemaining() || copy.getLong(8) < 0 || copy.getLong(24) < 0) {
            throw new DamageException(
                    "pool.wal: a batch of "
                            + length
                            + " bytes says that it has "
                            + count
                            + " records from "
                            + copy.getLong(8));
        }
        boolean barrier = (copy.getInt(20) & BARRIER) != 0;
        UUID boot = new UUID(copy.getLong(40), copy.getLong(48));
        return new WalBatch(
                copy.getLong(8),
                records,
                barrier,
                copy.getLong(24),
                copy.getLong(32),
                boot,
                walId,
                crc,
                length);
    }

    /** Length if there may be a whole batch, else 0. */
    static int lengthOf(ByteBuffer b) {
        if (b.remaining() < HEADER_BYTES || b.getInt(0) != MAGIC) {
            return 0;
        }
        int length = b.getInt(4);
        return length < HEADER_BYTES || length > b.remaining() ? 0 : length;
    }

    static int previousCrc(ByteBuffer b) {
        return b.getInt(72);
    }
}
