package io.tidegate.pool;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What stands at the head of each raw device of a pool, so that one that changed its name, or is
 * another pool's, is not taken for the right one. docs/pool-format.md has its bytes.
 *
 * @param pool whose device it is
 * @param index which of the pool's data files it stands for
 * @param usedBytes how much of the device the pool uses, from its beginning
 */
record DeviceLabel(UUID pool, int index, long usedBytes) {

    static final int BYTES = 4096;

    private static final long MAGIC = 0x4B53494445444954L;
    private static final int VERSION = 0;
    private static final int CRC_AT = BYTES - 4;

    ByteBuffer encode() {
        ByteBuffer b = ByteBuffer.allocateDirect(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        b.putLong(MAGIC).putInt(VERSION).putInt(index);
        b.putLong(pool.getMostSignificantBits()).putLong(pool.getLeastSignificantBits());
        b.putLong(usedBytes);
        b.position(0);
        b.putInt(CRC_AT, crc(b));
        return b;
    }

    /**
     * The label at the beginning of these bytes; null when there is none, or none that is whole.
     */
    static @Nullable DeviceLabel decode(ByteBuffer b) {
        b.order(ByteOrder.LITTLE_ENDIAN);
        if (b.remaining() < BYTES
                || b.getLong(0) != MAGIC
                || b.getInt(8) != VERSION
                || b.getInt(CRC_AT) != crc(b)) {
            return null;
        }
        UUID pool = new UUID(b.getLong(16), b.getLong(24));
        return new DeviceLabel(pool, b.getInt(12), b.getLong(32));
    }

    private static int crc(ByteBuffer b) {
        CRC32C crc = new CRC32C();
        crc.update(b.duplicate().position(0).limit(CRC_AT));
        return (int) crc.getValue();
    }

    static @Nullable DeviceLabel read(PoolFile device) throws IOException {
        ByteBuffer b = ByteBuffer.allocateDirect(BYTES);
        try {
            device.read(0, b);
        } catch (EOFException e) {
            return null;
        }
        return decode(b.flip());
    }

    void write(PoolFile device) throws IOException {
        device.write(0, encode());
        SyncFailure.sync(device, "the label of device " + index);
    }

    /**
     * Looks whether the device that a name stands for is the one that belongs there.
     *
     * @throws DamageException with what it is instead
     */
    static void check(PoolFile device, String place, UUID pool, int index) throws IOException {
        DeviceLabel found = read(device);
        if (found == null) {
            throw new DamageException(
                    place
                            + " has no label of a pool: the link points to another device, or the"
                            + " device was wiped. Point the link to device "
                            + index
                            + " of pool "
                            + pool);
        }
        if (!found.pool().equals(pool)) {
            throw new DamageException(
                    place
                            + " is a device of pool "
                            + found.pool()
                            + ", not of "
                            + pool
                            + ". Point the link to the right device");
        }
        if (found.index() != index) {
            throw new DamageException(
                    place
                            + " is device "
                            + found.index()
                            + " of the pool, not "
                            + index
                            + ": devices are swapped. Point the link "
                            + DataFiles.name(found.index())
                            + " to it");
        }
        if (device.size() < found.usedBytes()) {
            throw new DamageException(
                    place
                            + " has "
                            + device.size()
                            + " bytes, the pool uses "
                            + found.usedBytes()
                            + " of it: it was made smaller. Give it its size back");
        }
    }
}
