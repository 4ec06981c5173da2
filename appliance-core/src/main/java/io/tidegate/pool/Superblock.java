package io.tidegate.pool;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** The root of a pool, as of one checkpoint. docs/pool-format.md has its bytes. */
record Superblock(
        UUID pool,
        UUID catalog,
        long catalogGeneration,
        long generation,
        long features,
        Layout layout,
        long walBytes,
        long checkpointLsn,
        long walId,
        long walTail,
        int walCrc,
        Blob directory,
        Blob space,
        Blob shares,
        boolean clean) {

    static final int BYTES = 4096;
    static final int VERSION = 0;

    /** Stands for the catalog of a pool that none has claimed. */
    static final UUID NOBODY = new UUID(0, 0);

    /** Data grains are sealed with checksums, which whoever frees a grain has to clear. */
    static final long INCOMPATIBLE_CHECKSUMS = 1;

    static final long INCOMPATIBLE_SHARING = 2;
    static final long INCOMPATIBLE_BOOKMARKS = 4;

    /** Each data file is a raw device with a label. */
    static final long INCOMPATIBLE_DEVICES = 8;

    private static final long UNDERSTOOD =
            INCOMPATIBLE_CHECKSUMS
                    | INCOMPATIBLE_SHARING
                    | INCOMPATIBLE_BOOKMARKS
                    | INCOMPATIBLE_DEVICES;

    private static final long MAGIC = 0x4C4F4F5045444954L;
    private static final int CRC_AT = BYTES - 4;
    private static final long MIN_WAL_BYTES = 64 << 10;
    private static final long MAX_WAL_BYTES = 256 << 20;
    private static final long MAX_COUNT = 1L << 62;
    private static final long MAX_BLOB_BYTES = 1L << 30;

    /** Bytes in a chain of metadata pages. */
    record Blob(long firstPage, long lengthBytes) {}

    boolean onDevices() {
        return (features & INCOMPATIBLE_DEVICES) != 0;
    }

    ByteBuffer encode() {
        ByteBuffer b = ByteBuffer.allocateDirect(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        b.putLong(MAGIC).putInt(VERSION).putInt(0);
        b.putLong(features).putLong(0);
        uuid(b, pool);
        uuid(b, catalog);
        b.putLong(catalogGeneration).putLong(generation);
        b.putInt(layout.grainShift()).putInt(Layout.PAGE_BYTES).putInt(Layout.PAGE_BYTES);
        b.putInt(layout.segmentShift()).putInt(layout.fileShift()).putInt(layout.segments());
        b.putLong(walBytes).putLong(checkpointLsn).putLong(walId).putLong(walTail);
        b.putInt(walCrc).putInt(clean ? 1 : 0);
        b.putLong(directory.firstPage()).putLong(directory.lengthBytes());
        b.putLong(space.firstPage()).putLong(space.lengthBytes());
        b.putLong(shares.firstPage()).putLong(shares.lengthBytes());
        b.position(0);
        b.putInt(CRC_AT, crc(b));
        return b;
    }

    private static int crc(ByteBuffer b) {
        CRC32C crc = new CRC32C();
        crc.update(b.duplicate().position(0).limit(CRC_AT));
        return (int) crc.getValue();
    }

    private static void uuid(ByteBuffer b, UUID value) {
        b.putLong(value.getMostSignificantBits()).putLong(value.getLeastSignificantBits());
    }

    /**
     * @return null when the bytes are no whole superblock
     * @throws DamageException when they are one that this version does not understand
     */
    static @Nullable Superblock decode(ByteBuffer b) throws DamageException {
        b.order(ByteOrder.LITTLE_ENDIAN);
        if (b.remaining() < BYTES || b.getLong(0) != MAGIC || b.getInt(CRC_AT) != crc(b)) {
            return null;
        }
        b.position(8);
        int version = b.getInt();
        b.getInt();
        long incompatible = b.getLong();
        b.getLong();
        if (version != VERSION || (incompatible & ~UNDERSTOOD) != 0) {
            throw new DamageException(
                    "the pool has format version "
                            + version
                            + " and features "
                            + Long.toHexString(incompatible)
                            + "; this program reads version "
                            + VERSION
                            + " and features "
                            + Long.toHexString(UNDERSTOOD),
                    "Open it with the program that made it, or a newer one.");
        }
        UUID pool = new UUID(b.getLong(), b.getLong());
        UUID catalog = new UUID(b.getLong(), b.getLong());
        long catalogGeneration = b.getLong();
        long generation = b.getLong();
        int grainShift = b.getInt();
        int leafBytes = b.getInt();
        int innerBytes = b.getInt();
        if (leafBytes != Layout.PAGE_BYTES || innerBytes != Layout.PAGE_BYTES) {
            throw new DamageException(
                    "it cannot be: nodes of other sizes than " + Layout.PAGE_BYTES + " bytes");
        }
        Layout layout = new Layout(grainShift, b.getInt(), b.getInt(), b.getInt());
        long walBytes = b.getLong();
        long lsn = b.getLong();
        long walId = b.getLong();
        long tail = b.getLong();
        int walCrc = b.getInt();
        boolean clean = b.getInt() != 0;
        Blob directory = new Blob(b.getLong(), b.getLong());
        Blob space = new Blob(b.getLong(), b.getLong());
        Blob shares = new Blob(b.getLong(), b.getLong());
        Superblock s =
                new Superblock(
                        pool,
                        catalog,
                        catalogGeneration,
                        generation,
                        incompatible,
                        layout,
                        walBytes,
                        lsn,
                        walId,
                        tail,
                        walCrc,
                        directory,
                        space,
                        shares,
                        clean);
        String problem = s.problem();
        if (problem != null) {
            throw new DamageException("it cannot be: " + problem);
        }
        return s;
    }

    /** What is impossible in it, although its CRC is right; null when it may be used. */
    private @Nullable String problem() {
        String problem = layout.problem();
        if (problem != null) {
            return problem;
        }
        if (Long.bitCount(walBytes) != 1 || walBytes < MIN_WAL_BYTES || walBytes > MAX_WAL_BYTES) {
            return "a log of " + walBytes + " bytes";
        }
        for (long n : new long[] {generation, checkpointLsn, walId, walTail}) {
            if (n < 0 || n > MAX_COUNT) {
                return "a count of " + n;
            }
        }
        if (walTail % WalBatch.ALIGN != 0) {
            return "replay from " + walTail;
        }
        for (Blob blob : List.of(directory, space, shares)) {
            boolean empty = blob.lengthBytes() == 0;
            if (blob.lengthBytes() < 0
                    || blob.lengthBytes() > MAX_BLOB_BYTES
                    || (empty ? blob.firstPage() != 0 : !layout.contains(blob.firstPage()))) {
                return blob.lengthBytes() + " bytes at page " + blob.firstPage();
            }
        }
        long index = (long) SpaceCodec.pages(layout) * Long.BYTES;
        return space.lengthBytes() == index
                ? null
                : layout.segments() + " segments with " + space.lengthBytes() + " bytes of index";
    }
}
