package io.tidegate.bench.copy;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Discardable;
import io.tidegate.block.Geometry;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.copy.mover.Ends;
import io.tidegate.copy.mover.Moved;
import io.tidegate.copy.mover.MoverSettings;
import io.tidegate.copy.mover.RangeOrder;
import io.tidegate.copy.mover.RangeResult;
import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOptions;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * A copy from volume to volume of one pool in segments of 256 MiB, as hosts send them: by reference
 * beside the same copy through memory, both to an empty destination and with a flush at the end.
 * Once with a source that was written in order, and once with one that was written block by block
 * in no order, so that each of its grains is a run of its own. They take turns in one process, and
 * what counts is the ratio of their medians.
 *
 * <p>Arguments: MiB to copy (1024), rounds (5), directory (a temporary one).
 */
public final class ShareBench {

    private static final int MIB = 1 << 20;
    private static final long SEGMENT_BYTES = 256L << 20;
    private static final int BLOCK = 4096;

    private ShareBench() {}

    public static void main(String[] args) throws Exception {
        int mib = args.length > 0 ? Integer.parseInt(args[0]) : 1024;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
        Path parent = args.length > 2 ? Path.of(args[2]) : Files.createTempDirectory("share");
        Path directory = Files.createTempDirectory(parent, "pool-");
        try (Pool pool =
                        Pool.create(
                                directory.resolve("pool"), PoolOptions.fast(4L * mib * MIB + MIB));
                DataMover mover = new DataMover(MoverSettings.DEFAULT)) {
            for (boolean ordered : new boolean[] {true, false}) {
                contest(pool, mover, mib, rounds, ordered);
            }
        } finally {
            remove(directory);
        }
    }

    private static void contest(Pool pool, DataMover mover, int mib, int rounds, boolean ordered)
            throws StoreException, DeviceException {
        VolumeId id = volume(pool, mib);
        try (VolumeDevice source = pool.openVolume(id);
                VolumeDevice destination = pool.openVolume(volume(pool, mib))) {
            fill(source, mib, ordered);
            List<Double> shared = new ArrayList<>();
            List<Double> piped = new ArrayList<>();
            for (int round = 0; round <= rounds; round++) {
                double a = seconds(mover, source, destination, destination);
                requireEqual(source, destination);
                double b = seconds(mover, source, new Unshared(destination), destination);
                requireEqual(source, destination);
                if (round > 0) { // the first one warms up
                    shared.add(a);
                    piped.add(b);
                }
            }
            System.out.printf(
                    "copy of %d MiB within a pool, source written %s, %d rounds:"
                            + " by reference %.1f ms, pipeline %.1f ms, ratio %.1f%n",
                    mib,
                    ordered ? "in order" : "block by block in no order",
                    rounds,
                    median(shared) * 1e3,
                    median(piped) * 1e3,
                    median(piped) / median(shared));
        }
        pool.deleteVolume(id);
    }

    private static VolumeId volume(Pool pool, int mib) throws StoreException {
        VolumeId id = VolumeId.random();
        Geometry geometry = Geometry.ofBytes((long) mib * MIB, 512, BLOCK);
        pool.createVolume(id, new VolumeShape(geometry, BLOCK));
        return id;
    }

    /** Noise, so that nothing is found to be zeroes. */
    private static void fill(BlockDevice device, int mib, boolean ordered) throws DeviceException {
        SplittableRandom random = new SplittableRandom(42);
        int piece = ordered ? MIB : BLOCK;
        int pieces = (int) ((long) mib * MIB / piece);
        int[] order = new int[pieces];
        for (int i = 0; i < pieces; i++) {
            int j = ordered ? i : random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        ByteBuffer noise = ByteBuffer.allocateDirect(piece);
        for (int number : order) {
            noise.clear();
            while (noise.hasRemaining()) {
                noise.putLong(random.nextLong());
            }
            device.write((long) number * piece, noise.flip());
        }
        device.flush();
    }

    private static double seconds(
            DataMover mover, BlockDevice source, BlockDevice to, VolumeDevice destination)
            throws DeviceException {
        long bytes = source.geometry().sizeBytes();
        ((Discardable) destination).discard(0, bytes);
        destination.flush();
        long start = System.nanoTime();
        for (long at = 0; at < bytes; at += SEGMENT_BYTES) {
            long length = Math.min(SEGMENT_BYTES, bytes - at);
            RangeResult result =
                    mover.copy(new RangeOrder(at, at, length, 512, false), new Open(source, to));
            boolean byReference = to == destination;
            if (!result.complete() || byReference != (result.moved().shared() == length)) {
                throw new IllegalStateException("not as it was meant: " + result);
            }
        }
        destination.flush();
        return (System.nanoTime() - start) / 1e9;
    }

    private static void requireEqual(BlockDevice a, BlockDevice b) throws DeviceException {
        ByteBuffer left = ByteBuffer.allocateDirect(MIB);
        ByteBuffer right = ByteBuffer.allocateDirect(MIB);
        for (long at = 0; at < a.geometry().sizeBytes(); at += MIB) {
            a.read(at, left.clear());
            b.read(at, right.clear());
            if (!left.flip().equals(right.flip())) {
                throw new IllegalStateException("the copy differs from its source at " + at);
            }
        }
    }

    private static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private static void remove(Path tree) throws IOException {
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

    /** Leave for every piece, and the sync that the copy manager makes at each 64 MiB. */
    private static final class Open implements Ends {
        private final BlockDevice source;
        private final BlockDevice destination;
        private long dirty;

        Open(BlockDevice source, BlockDevice destination) {
            this.source = source;
            this.destination = destination;
        }

        @Override
        public Pass enter() {
            return new Pass() {
                @Override
                public BlockDevice source() {
                    return source;
                }

                @Override
                public BlockDevice destination() {
                    return destination;
                }

                @Override
                public void changed(Moved moved) throws DeviceException {
                    if (full(moved.written())) {
                        destination.flush();
                    }
                }

                @Override
                public boolean exit() {
                    return true;
                }
            };
        }

        private synchronized boolean full(long bytes) {
            dirty += bytes;
            boolean full = dirty >= MoverSettings.DEFAULT.dirtyBytes();
            dirty = full ? 0 : dirty;
            return full;
        }
    }

    /** The destination without the ability to share. */
    private record Unshared(VolumeDevice lower) implements BlockDevice, Discardable {

        @Override
        public Geometry geometry() {
            return lower.geometry();
        }

        @Override
        public void read(long offset, ByteBuffer into) throws DeviceException {
            lower.read(offset, into);
        }

        @Override
        public boolean tryRead(long offset, ByteBuffer into) throws DeviceException {
            return lower.tryRead(offset, into);
        }

        @Override
        public void write(long offset, ByteBuffer from) throws DeviceException {
            lower.write(offset, from);
        }

        @Override
        public void discard(long offset, long length) throws DeviceException {
            ((Discardable) lower).discard(offset, length);
        }

        @Override
        public void flush() throws DeviceException {
            lower.flush();
        }

        @Override
        public void close() throws DeviceException {
            lower.close();
        }
    }
}
