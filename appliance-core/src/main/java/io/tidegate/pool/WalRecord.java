package io.tidegate.pool;

import io.tidegate.block.Geometry;
import io.tidegate.volume.BookmarkId;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * A change of the pool's state, as the log has it: one or more units of 32 bytes, little-endian.
 * Byte 0 is the type, byte 1 the number of units, bytes 4 to 7 a volume's serial where one is
 * named.
 */
sealed interface WalRecord {

    int UNIT_BYTES = 32;

    /** The longest tag of a hold in bytes of UTF-8. */
    int MAX_TAG_BYTES = 200;

    /** Flag of a volume: space is set aside for all of it. */
    int RESERVED = 1;

    /** The most grains of one MAP or SHARE. */
    int MAX_RUN = 0xFFFF;

    /** Grains in a row, now at units in a row. */
    record MapRun(int volume, long grain, int count, long address, int epoch)
            implements WalRecord {}

    record Discard(int volume, long grain, long count, int epoch) implements WalRecord {}

    record Snap(int volume, SnapshotId id, int epoch, UUID group, long timeMillis)
            implements WalRecord {}

    record SnapDelete(SnapshotId id) implements WalRecord {}

    /** Stands before the deletion of the same snapshot in one unit. */
    record MakeBookmark(SnapshotId snapshot, BookmarkId id) implements WalRecord {}

    record BookmarkDelete(BookmarkId id) implements WalRecord {}

    record Clone(int volume, VolumeId id, SnapshotId snapshot) implements WalRecord {}

    record Promote(int volume) implements WalRecord {}

    record Resize(int volume, long sizeBytes) implements WalRecord {}

    record VolumeNew(int volume, VolumeId id, VolumeShape shape, boolean reserved)
            implements WalRecord {}

    record VolumeDelete(int volume) implements WalRecord {}

    record Hold(SnapshotId id, String tag) implements WalRecord {}

    record Release(SnapshotId id, String tag) implements WalRecord {}

    /** Grains in a row, now at units in a row that have another owner already. */
    record Share(int volume, long grain, int count, long address, int epoch) implements WalRecord {}

    /** Holds the LSN of a record that was queued and refused before it was written. */
    record Nothing() implements WalRecord {}

    /** Type of {@link Nothing}. */
    int NOTHING = 32;

    /** Units that it takes. */
    default int units() {
        return switch (this) {
            case MapRun r -> 1;
            case Discard r -> 1;
            case Snap r -> 2;
            case SnapDelete r -> 1;
            case MakeBookmark r -> 2;
            case BookmarkDelete r -> 1;
            case Clone r -> 2;
            case Promote r -> 1;
            case Resize r -> 1;
            case VolumeNew r -> 2;
            case VolumeDelete r -> 1;
            case Hold r -> tagUnits(r.tag());
            case Release r -> tagUnits(r.tag());
            case Share r -> 1;
            case Nothing r -> 1;
        };
    }

    private static int tagUnits(String tag) {
        int bytes = tag.getBytes(StandardCharsets.UTF_8).length;
        return (24 + bytes + UNIT_BYTES - 1) / UNIT_BYTES;
    }

    /** Puts the record into a zeroed, little-endian buffer at its position and moves that on. */
    default void encode(ByteBuffer out) {
        int at = out.position();
        int units = units();
        out.put(at + 1, (byte) units);
        switch (this) {
            case MapRun r -> {
                head(out, at, 1, r.volume());
                out.putShort(at + 2, (short) r.count());
                out.putLong(at + 8, r.grain());
                out.putLong(at + 16, r.address());
                out.putInt(at + 24, r.epoch());
            }
            case Discard r -> {
                head(out, at, 2, r.volume());
                out.putLong(at + 8, r.grain());
                out.putLong(at + 16, r.count());
                out.putInt(at + 24, r.epoch());
            }
            case Snap r -> {
                head(out, at, 3, r.volume());
                uuid(out, at + 8, r.id().value());
                out.putInt(at + 24, r.epoch());
                uuid(out, at + 32, r.group());
                out.putLong(at + 48, r.timeMillis());
            }
            case SnapDelete r -> {
                head(out, at, 4, 0);
                uuid(out, at + 8, r.id().value());
            }
            case MakeBookmark r -> {
                head(out, at, 5, 0);
                uuid(out, at + 8, r.snapshot().value());
                uuid(out, at + 32, r.id().value());
            }
            case BookmarkDelete r -> {
                head(out, at, 6, 0);
                uuid(out, at + 8, r.id().value());
            }
            case Clone r -> {
                head(out, at, 7, r.volume());
                uuid(out, at + 8, r.snapshot().value());
                uuid(out, at + 32, r.id().value());
            }
            case Promote r -> head(out, at, 8, r.volume());
            case Resize r -> {
                head(out, at, 9, r.volume());
                out.putLong(at + 8, r.sizeBytes());
            }
            case VolumeNew r -> {
                head(out, at, 10, r.volume());
                uuid(out, at + 8, r.id().value());
                out.putInt(at + 24, r.shape().geometry().logicalBlockBytes());
                out.putInt(at + 28, r.shape().geometry().physicalBlockBytes());
                out.putLong(at + 32, r.shape().geometry().blocks());
                out.putInt(at + 40, r.shape().granularityBytes());
                out.putInt(at + 44, r.reserved() ? RESERVED : 0);
            }
            case VolumeDelete r -> head(out, at, 11, r.volume());
            case Hold r -> tag(out, at, 12, r.id(), r.tag());
            case Release r -> tag(out, at, 13, r.id(), r.tag());
            case Share r -> {
                head(out, at, 14, r.volume());
                out.putShort(at + 2, (short) r.count());
                out.putLong(at + 8, r.grain());
                out.putLong(at + 16, r.address());
                out.putInt(at + 24, r.epoch());
            }
            case Nothing r -> head(out, at, NOTHING, 0);
        }
        out.position(at + units * UNIT_BYTES);
    }

    private static void head(ByteBuffer out, int at, int type, int volume) {
        out.put(at, (byte) type);
        out.putInt(at + 4, volume);
    }

    private static void tag(ByteBuffer out, int at, int type, SnapshotId id, String tag) {
        byte[] bytes = tag.getBytes(StandardCharsets.UTF_8);
        head(out, at, type, 0);
        out.putShort(at + 2, (short) bytes.length);
        uuid(out, at + 8, id.value());
        out.put(at + 24, bytes);
    }

    private static void uuid(ByteBuffer out, int at, UUID value) {
        out.putLong(at, value.getMostSignificantBits());
        out.putLong(at + 8, value.getLeastSignificantBits());
    }

    private static UUID uuid(ByteBuffer in, int at) {
        return new UUID(in.getLong(at), in.getLong(at + 8));
    }

    /** Reads the record at the position of a little-endian buffer and moves that on. */
    static WalRecord decode(ByteBuffer in) throws DamageException {
        int at = in.position();
        int units = in.remaining() < UNIT_BYTES ? 0 : in.get(at + 1) & 0xFF;
        if (units == 0 || units * UNIT_BYTES > in.remaining()) {
            throw new DamageException("pool.wal: a record of " + units + " units");
        }
        ByteBuffer r = in.slice(at, units * UNIT_BYTES).order(in.order());
        in.position(at + units * UNIT_BYTES);
        try {
            return decodeOne(r);
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new DamageException(
                    "pool.wal: a record of type " + r.get(0) + ": " + e.getMessage());
        }
    }

    private static WalRecord decodeOne(ByteBuffer r) throws DamageException {
        int volume = r.getInt(4);
        return switch (r.get(0)) {
            case 1 ->
                    new MapRun(
                            volume,
                            r.getLong(8),
                            Short.toUnsignedInt(r.getShort(2)),
                            r.getLong(16),
                            r.getInt(24));
            case 2 -> new Discard(volume, r.getLong(8), r.getLong(16), r.getInt(24));
            case 3 ->
                    new Snap(
                            volume,
                            new SnapshotId(uuid(r, 8)),
                            r.getInt(24),
                            uuid(r, 32),
                            r.getLong(48));
            case 4 -> new SnapDelete(new SnapshotId(uuid(r, 8)));
            case 5 -> new MakeBookmark(new SnapshotId(uuid(r, 8)), new BookmarkId(uuid(r, 32)));
            case 6 -> new BookmarkDelete(new BookmarkId(uuid(r, 8)));
            case 7 -> new Clone(volume, new VolumeId(uuid(r, 32)), new SnapshotId(uuid(r, 8)));
            case 8 -> new Promote(volume);
            case 9 -> new Resize(volume, r.getLong(8));
            case 10 ->
                    new VolumeNew(
                            volume,
                            new VolumeId(uuid(r, 8)),
                            new VolumeShape(
                                    new Geometry(r.getInt(24), r.getInt(28), r.getLong(32)),
                                    r.getInt(40)),
                            (r.getInt(44) & RESERVED) != 0);
            case 11 -> new VolumeDelete(volume);
            case 12 -> new Hold(new SnapshotId(uuid(r, 8)), tag(r));
            case 13 -> new Release(new SnapshotId(uuid(r, 8)), tag(r));
            case 14 ->
                    new Share(
                            volume,
                            r.getLong(8),
                            Short.toUnsignedInt(r.getShort(2)),
                            r.getLong(16),
                            r.getInt(24));
            case NOTHING -> new Nothing();
            default -> throw new DamageException("pool.wal: a record of unknown type " + r.get(0));
        };
    }

    private static String tag(ByteBuffer r) {
        byte[] bytes = new byte[Short.toUnsignedInt(r.getShort(2))];
        r.get(24, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
