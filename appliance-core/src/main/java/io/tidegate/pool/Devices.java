package io.tidegate.pool;

import io.tidegate.volume.StoreException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Raw devices that a pool is about to take. They are looked at first, all of them, and nothing is
 * written before all were found fit. Each has one data file's place in the addresses; its first
 * segment holds the label, and what lies behind its end is never used.
 */
final class Devices implements AutoCloseable {

    private static final int LOOKED_AT_BYTES = 1 << 20;

    private record Device(Path path, PoolFile file, int segments) {}

    private final PoolFiles directory;
    private final int segmentBytes;
    private final int firstIndex;
    private final List<Device> devices = new ArrayList<>();
    private boolean kept;

    private Devices(PoolFiles directory, int segmentBytes, int firstIndex) {
        this.directory = directory;
        this.segmentBytes = segmentBytes;
        this.firstIndex = firstIndex;
    }

    /**
     * Opens and examines devices.
     *
     * @param firstIndex the number of the first one in the pool
     * @param pool the pool that is growing; a device that it labelled before, in a growth that was
     *     cut off, may be taken again. Null for a new pool
     * @throws RefusedException when one cannot be taken
     */
    static Devices examine(
            PoolFiles directory,
            List<Path> paths,
            int segmentBytes,
            int firstIndex,
            @Nullable UUID pool)
            throws IOException {
        if (paths.isEmpty()) {
            throw new IllegalArgumentException("no devices are named");
        }
        Devices all = new Devices(directory, segmentBytes, firstIndex);
        boolean good = false;
        try {
            for (Path path : paths) {
                all.examine(path, pool);
            }
            good = true;
        } finally {
            if (!good) {
                all.close();
            }
        }
        return all;
    }

    private void examine(Path path, @Nullable UUID pool) throws IOException {
        PoolFile file = directory.openDevice(path);
        long segments = file.size() / segmentBytes;
        devices.add(new Device(path, file, (int) Math.min(segments, Integer.MAX_VALUE)));
        if (segments < 2 || segments > Integer.MAX_VALUE) {
            throw new RefusedException(
                    Kind.LIMIT,
                    path
                            + " has "
                            + file.size()
                            + " bytes; a device needs two segments of "
                            + segmentBytes
                            + " bytes at least, and takes part with 2^31 of them at most");
        }
        ByteBuffer head = ByteBuffer.allocateDirect((int) Math.min(LOOKED_AT_BYTES, file.size()));
        file.read(0, head);
        head.flip();
        DeviceLabel label = DeviceLabel.decode(head);
        int from = 0;
        if (label != null && label.pool().equals(pool) && label.index() >= firstIndex) {
            from = DeviceLabel.BYTES;
        } else if (label != null) {
            throw new RefusedException(
                    Kind.EXISTS,
                    path + " is device " + label.index() + " of pool " + label.pool() + wipe(path));
        }
        for (int i = from; i < head.limit(); i++) {
            if (head.get(i) != 0) {
                throw new RefusedException(
                        Kind.EXISTS,
                        path + " is not empty, byte " + i + " is not zero" + wipe(path));
            }
        }
    }

    private static String wipe(Path path) {
        return ". If nothing on it is needed, wipe it: dd if=/dev/zero of="
                + path
                + " bs=1M count=1 conv=fsync";
    }

    /** Segments of the largest device. */
    private int largest() {
        return devices.stream().mapToInt(Device::segments).max().orElse(0);
    }

    /**
     * The layout of a new pool on these devices: each has a place as large as the largest needs.
     *
     * @throws RefusedException when that is more than addresses reach, or too little
     */
    Layout layout(PoolOptions options) throws RefusedException {
        Layout shape = Layout.of(options);
        int perFile = 32 - Integer.numberOfLeadingZeros(largest() - 1);
        Layout first =
                new Layout(
                        shape.grainShift(),
                        shape.segmentShift(),
                        shape.segmentShift() + perFile,
                        0);
        Layout all = extended(first);
        int usable = all.segments() - reserved(first, all).cardinality();
        if (usable < PoolOptions.MIN_SEGMENTS) {
            throw new RefusedException(
                    Kind.LIMIT,
                    "the devices have room for "
                            + usable
                            + " segments; a pool needs "
                            + PoolOptions.MIN_SEGMENTS);
        }
        return all;
    }

    /**
     * The layout of a pool with these devices behind those that it has.
     *
     * @throws RefusedException when they do not fit
     */
    Layout extended(Layout now) throws RefusedException {
        long perFile = 1L << (now.fileShift() - now.segmentShift());
        if (largest() > perFile) {
            throw new RefusedException(
                    Kind.LIMIT,
                    "a device of this pool can have "
                            + perFile * segmentBytes
                            + " bytes at most, and one has "
                            + (long) largest() * segmentBytes
                            + ". Make partitions of it, or a new pool on it");
        }
        int last = devices.size() - 1;
        long segments = (firstIndex + last) * perFile + devices.get(last).segments();
        if (segments > Integer.MAX_VALUE - 8
                || segments * segmentBytes > PoolOptions.MAX_SIZE_BYTES) {
            throw new RefusedException(
                    Kind.LIMIT,
                    "with a place of "
                            + perFile * segmentBytes
                            + " bytes for each of "
                            + (firstIndex + devices.size())
                            + " devices the pool would be larger than 1 PiB or 2^31 segments");
        }
        return now.withSegments((int) segments);
    }

    /** Segments that the devices add and that are never used. */
    BitSet reserved(Layout now, Layout extended) {
        BitSet none = new BitSet();
        none.set(now.segments(), extended.segments());
        for (int i = 0; i < devices.size(); i++) {
            int first = (firstIndex + i) * extended.segmentsPerFile();
            none.clear(first + 1, first + devices.get(i).segments());
        }
        return none;
    }

    /**
     * Labels the devices and gives them their names in the directory; they belong to the pool when
     * a superblock says so.
     */
    void label(UUID pool) throws IOException {
        for (int i = 0; i < devices.size(); i++) {
            Device d = devices.get(i);
            int index = firstIndex + i;
            new DeviceLabel(pool, index, (long) d.segments() * segmentBytes).write(d.file());
            directory.link(DataFiles.name(index), d.path());
        }
        SyncFailure.syncNames(directory);
    }

    /** Hands the open devices over. */
    void give(DataFiles files) throws IOException {
        kept = true;
        for (int i = 0; i < devices.size(); i++) {
            files.add(firstIndex + i, devices.get(i).file());
        }
    }

    /** Closes the devices unless they were given away. */
    @Override
    public void close() throws IOException {
        if (!kept) {
            for (Device d : devices) {
                d.file().close();
            }
        }
    }
}
