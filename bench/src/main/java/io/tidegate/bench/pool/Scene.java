package io.tidegate.bench.pool;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.pool.Pool;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** A directory for one cell, and the acts that all cells need. */
final class Scene implements AutoCloseable {

    static final int BLOCK = 4096;
    static final int MIB = 1 << 20;
    static final long GIB = 1L << 30;

    private final Path directory;

    /** Seeded: two runs do the same. */
    final SplittableRandom random = new SplittableRandom(42);

    Scene(Path parent, String name) throws IOException {
        directory = Files.createTempDirectory(parent, "bench-" + name + "-");
    }

    Path path(String name) {
        return directory.resolve(name);
    }

    static Geometry geometry(long bytes) {
        return Geometry.ofBytes(bytes, 512, BLOCK);
    }

    /** A new volume, 512-byte sectors. */
    static VolumeId volume(Pool pool, long bytes) throws StoreException {
        VolumeId id = VolumeId.random();
        pool.createVolume(id, new VolumeShape(geometry(bytes), BLOCK));
        return id;
    }

    static SnapshotId snapshot(Pool pool, VolumeId volume) throws StoreException {
        SnapshotId id = SnapshotId.random();
        pool.snapshot(Map.of(volume, id));
        return id;
    }

    ByteBuffer noise(int bytes) {
        ByteBuffer b = ByteBuffer.allocateDirect(bytes);
        while (b.hasRemaining()) {
            b.putLong(random.nextLong());
        }
        return b.clear();
    }

    /**
     * Writes all of a device in order.
     *
     * @param pieceBytes of one write; the kernel keeps a file's cache in units of what was written
     *     at once, and a small write into a large unit costs ten times more than into a small one
     */
    void fill(BlockDevice device, int pieceBytes) throws DeviceException {
        ByteBuffer piece = noise(pieceBytes);
        long bytes = device.geometry().sizeBytes();
        for (long at = 0; at < bytes; at += pieceBytes) {
            device.write(at, piece.clear());
        }
        device.flush();
    }

    /** The numbers below n in random order. */
    int[] shuffled(int n) {
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    /** Removes a directory with all that is in it. */
    static void remove(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> all = Files.walk(tree)) {
            all.sorted(Comparator.reverseOrder())
                    .forEach(
                            path -> {
                                try {
                                    Files.delete(path);
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            });
        }
    }

    @Override
    public void close() throws IOException {
        remove(directory);
    }
}
