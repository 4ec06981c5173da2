package io.tidegate.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Reads bytes through a map; neighbours in the map that are neighbours on disk are one read. */
final class GrainReader {

    private final Layout layout;
    private final NodeStore store;
    private final DataFiles files;
    private final Seals seals;
    private final CheckedReads checked;

    GrainReader(Layout layout, NodeStore store, DataFiles files, Seals seals) {
        this.layout = layout;
        this.store = store;
        this.files = files;
        this.seals = seals;
        this.checked = new CheckedReads(layout, files, store, seals);
    }

    /**
     * Fills a buffer. The caller has a guard open since before it took the root.
     *
     * @param nowait only what is in memory
     * @return false when it would have to wait; the buffer's position is then anywhere
     * @throws DamagedGrainException when a grain does not match its checksum
     */
    boolean read(MapNode root, long offset, ByteBuffer into, boolean nowait) throws IOException {
        return each(root, offset, into, nowait ? Mode.TRY_READ : Mode.READ, null);
    }

    /**
     * Writes where every grain of the range stands; the caller has its range locked.
     *
     * @param owed notes the files instead of the marks that every barrier takes, or null
     */
    void overwrite(MapNode root, long offset, ByteBuffer from, @Nullable OwedFiles owed)
            throws IOException {
        each(root, offset, from, Mode.OVERWRITE, owed);
    }

    private enum Mode {
        READ,
        TRY_READ,
        OVERWRITE
    }

    private boolean each(
            MapNode root, long offset, ByteBuffer into, Mode mode, @Nullable OwedFiles owed)
            throws IOException {
        long pos = offset;
        long end = offset + into.remaining();
        int limit = into.limit();
        long leafNumber = -1;
        MapNode leaf = VolumeMap.HOLE;
        while (pos < end) {
            long grain = pos >>> layout.grainShift();
            if (grain >>> MapNode.SLOT_SHIFT != leafNumber) {
                MapNode found = VolumeMap.leaf(store, root, grain, mode == Mode.TRY_READ);
                if (found == null) {
                    return false;
                }
                leaf = found;
                leafNumber = grain >>> MapNode.SLOT_SHIFT;
            }
            int index = (int) grain & MapNode.SLOT_MASK;
            long address = leaf.address(index, layout.grainPages());
            int skip = (int) pos & layout.grainBytes() - 1;
            long bytes = (long) run(leaf, index, address, end, grain) << layout.grainShift();
            int n = (int) Math.min(bytes - skip, end - pos);
            if (!transfer(address, skip, into.limit(into.position() + n), pos, mode, owed)) {
                into.limit(limit);
                return false;
            }
            into.limit(limit);
            pos += n;
        }
        return true;
    }

    private boolean transfer(
            long address,
            int skip,
            ByteBuffer buffer,
            long pos,
            Mode mode,
            @Nullable OwedFiles owed)
            throws IOException {
        switch (mode) {
            case TRY_READ, READ -> {
                if (address != 0) {
                    return fetch(address, skip, buffer, pos, mode == Mode.TRY_READ);
                }
                zero(buffer);
            }
            case OVERWRITE -> {
                if (address == 0) {
                    throw new IllegalStateException("a grain that is not mapped is overwritten");
                }
                forgetWritten(address, skip + buffer.remaining());
                if (owed == null) {
                    files.write(address, skip, buffer);
                } else {
                    owe(address, skip, buffer, owed);
                }
            }
        }
        return true;
    }

    private void owe(long address, int skip, ByteBuffer from, OwedFiles owed) throws IOException {
        try {
            files.writeUnmarked(address, skip, from);
        } finally {
            // A write that failed may have changed some of the bytes, and readers see those.
            owed.add(layout.fileOf(address));
        }
    }

    private boolean fetch(long address, int skip, ByteBuffer buffer, long pos, boolean nowait)
            throws IOException {
        if (!seals.noneIn(address, skip + buffer.remaining())) {
            return checked.read(address, skip, buffer, pos, nowait);
        }
        if (nowait) {
            return files.tryRead(address, skip, buffer);
        }
        files.read(address, skip, buffer);
        return true;
    }

    /** Whether a checked grain matches its checksum; for a scrub, inside its guard. */
    boolean intact(long address) throws IOException {
        return checked.intact(address);
    }

    /** What is known of grains since they were written ends before they change. */
    private void forgetWritten(long address, int bytes) {
        int grains = bytes + layout.grainBytes() - 1 >>> layout.grainShift();
        for (int i = 0; i < grains; i++) {
            seals.written.drop(address + ((long) i << layout.grainPageShift()));
        }
    }

    /** Grains from here on in this leaf that can be read in one go. */
    private int run(MapNode leaf, int index, long address, long end, long grain) {
        int most =
                (int)
                        Math.min(
                                MapNode.SLOTS - index,
                                (end - 1 >>> layout.grainShift()) - grain + 1);
        int n = 1;
        long expected = address;
        while (n < most) {
            if (address != 0) {
                expected += layout.grainPages();
                if (layout.fileOf(expected) != layout.fileOf(address)) {
                    break;
                }
            }
            if (leaf.address(index + n, layout.grainPages()) != expected) {
                break;
            }
            n++;
        }
        return n;
    }

    static void zero(ByteBuffer into) {
        while (into.remaining() >= Long.BYTES) {
            into.putLong(0);
        }
        while (into.hasRemaining()) {
            into.put((byte) 0);
        }
    }
}
