package io.tidegate.target.device;

import io.tidegate.block.AtomicUpdatable;
import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Discardable;
import java.nio.ByteBuffer;

/** What commands do to devices, with the fallbacks for devices that lack an ability. All block. */
final class Media {

    /** The largest piece that is read or written at once. */
    static final int PIECE_BYTES = 1 << 20;

    private Media() {}

    /** Reads a range and forgets it: into the cache, or to see that it can be read. */
    static void readThrough(BlockDevice device, long offset, long length) throws DeviceException {
        ByteBuffer piece = ByteBuffer.allocateDirect((int) Math.min(length, PIECE_BYTES));
        for (long done = 0; done < length; done += piece.limit()) {
            piece.clear().limit((int) Math.min(length - done, piece.capacity()));
            device.read(offset + done, piece);
        }
    }

    /**
     * Compares the medium with bytes.
     *
     * @param expected position to limit, whole blocks; its position moves
     * @return the first byte that differs, counted from {@code offset}, or -1
     */
    static long firstDifference(BlockDevice device, long offset, ByteBuffer expected)
            throws DeviceException {
        int length = expected.remaining();
        ByteBuffer piece = ByteBuffer.allocateDirect(Math.min(Math.max(1, length), PIECE_BYTES));
        for (int done = 0; done < length; done += piece.limit()) {
            int now = Math.min(length - done, piece.capacity());
            piece.clear().limit(now);
            device.read(offset + done, piece);
            int wrong = piece.flip().mismatch(expected.slice(expected.position() + done, now));
            if (wrong >= 0) {
                return (long) done + wrong;
            }
        }
        return -1;
    }

    /**
     * Reads, changes and writes a range in one step. On a device that cannot do so itself, the step
     * is one only against other such steps on the unit.
     */
    static void update(
            UnitState state,
            BlockDevice device,
            long offset,
            int length,
            AtomicUpdatable.Change change)
            throws DeviceException {
        if (length == 0) {
            return;
        }
        if (device instanceof AtomicUpdatable atomic) {
            atomic.update(offset, length, change);
            return;
        }
        ByteBuffer current = ByteBuffer.allocateDirect(length);
        state.updates().lock();
        try {
            device.read(offset, current);
            current.clear();
            if (change.apply(current)) {
                device.write(offset, current.clear());
            }
        } finally {
            state.updates().unlock();
        }
    }

    /** Writes a range as a whole, also over a loss of power where the device can do that. */
    static void writeWhole(UnitState state, BlockDevice device, long offset, ByteBuffer data)
            throws DeviceException {
        if (device instanceof AtomicUpdatable atomic) {
            atomic.writeWhole(offset, data);
            return;
        }
        update(
                state,
                device,
                offset,
                data.remaining(),
                current -> {
                    current.put(data.duplicate());
                    return true;
                });
    }

    /** Makes a range read as zeroes and gives back its space where the device can. */
    static void discard(BlockDevice device, long offset, long length) throws DeviceException {
        if (length == 0) {
            return;
        }
        if (device instanceof Discardable discardable) {
            discardable.discard(offset, length);
        } else {
            fill(device, offset, length, ByteBuffer.allocate(512));
        }
    }

    /**
     * Writes a pattern over and over.
     *
     * @param pattern position to limit, divides the length
     */
    static void fill(BlockDevice device, long offset, long length, ByteBuffer pattern)
            throws DeviceException {
        int unit = pattern.remaining();
        int size = (int) Math.min(length, Math.max(unit, PIECE_BYTES / unit * unit));
        ByteBuffer piece = ByteBuffer.allocateDirect(size);
        while (piece.hasRemaining()) {
            piece.put(pattern.duplicate());
        }
        for (long done = 0; done < length; done += piece.limit()) {
            piece.clear().limit((int) Math.min(length - done, size));
            device.write(offset + done, piece);
        }
    }

    static boolean isZero(ByteBuffer data) {
        for (int i = data.position(); i < data.limit(); i++) {
            if (data.get(i) != 0) {
                return false;
            }
        }
        return true;
    }
}
