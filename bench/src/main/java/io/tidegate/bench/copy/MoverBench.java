package io.tidegate.bench.copy;

import io.tidegate.block.ChangeStreams;
import io.tidegate.block.DeviceException;
import io.tidegate.block.FileDevice;
import io.tidegate.block.Geometry;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.copy.mover.MoverSettings;
import io.tidegate.recovery.Mover;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The mover from file to file, against a loop that reads 1 MiB, writes it and syncs at the end, as
 * {@code dd bs=1M conv=fsync} does. Both take turns in one process, over the same page-cached
 * source, and what counts is the ratio of their medians.
 *
 * <p>Arguments: MiB to copy (512), rounds (5), directory (a temporary one).
 */
public final class MoverBench {

    private static final int MIB = 1 << 20;

    private MoverBench() {}

    public static void main(String[] args) throws Exception {
        int mib = args.length > 0 ? Integer.parseInt(args[0]) : 512;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
        Path folder = args.length > 2 ? Path.of(args[2]) : Files.createTempDirectory("mover-bench");
        Path source = folder.resolve("source");
        Path byMover = folder.resolve("mover");
        Path byLoop = folder.resolve("loop");
        try {
            fill(source, mib);
            List<Double> mover = new ArrayList<>();
            List<Double> loop = new ArrayList<>();
            for (int round = 0; round <= rounds; round++) {
                double a = rate(mib, () -> mover(source, byMover));
                double b = rate(mib, () -> loop(source, byLoop));
                if (round > 0) { // the first one warms up
                    mover.add(a);
                    loop.add(b);
                }
            }
            if (Files.mismatch(source, byMover) != -1 || Files.mismatch(source, byLoop) != -1) {
                throw new IllegalStateException("the copies differ from their source");
            }
            System.out.printf(
                    "copy of %d MiB, %d rounds: mover %.0f MiB/s, loop %.0f MiB/s, ratio %.2f%n",
                    mib, rounds, median(mover), median(loop), median(mover) / median(loop));
        } finally {
            Files.deleteIfExists(source);
            Files.deleteIfExists(byMover);
            Files.deleteIfExists(byLoop);
        }
    }

    private interface Copy {
        void run() throws IOException, DeviceException;
    }

    private static double rate(int mib, Copy copy) throws IOException, DeviceException {
        long start = System.nanoTime();
        copy.run();
        return mib * 1e9 / (System.nanoTime() - start);
    }

    private static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private static void fill(Path file, int mib) throws IOException {
        byte[] data = new byte[MIB];
        new Random(1).nextBytes(data);
        try (FileChannel out =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int i = 0; i < mib; i++) {
                Arrays.fill(data, 0, 8, (byte) (i + 1));
                out.write(ByteBuffer.wrap(data));
            }
            out.force(true);
        }
    }

    private static void mover(Path from, Path to) throws IOException, DeviceException {
        Files.deleteIfExists(to);
        Geometry geometry = Geometry.ofBytes(Files.size(from), 512, 4096);
        try (DataMover mover = new DataMover(MoverSettings.DEFAULT);
                FileDevice source = FileDevice.openReadOnly(from, 512, 4096);
                FileDevice destination = FileDevice.create(to, geometry)) {
            Mover.Order order =
                    Mover.Order.copy(
                            source,
                            destination,
                            ChangeStreams.wholeDevice(source, 0),
                            geometry.sizeBytes());
            Mover.Result result = mover.move(order, new Quiet());
            if (!result.complete()) {
                throw new IllegalStateException("the mover stopped: " + result);
            }
        }
    }

    private static void loop(Path from, Path to) throws IOException {
        Files.deleteIfExists(to);
        ByteBuffer buffer = ByteBuffer.allocateDirect(MIB);
        try (FileChannel in = FileChannel.open(from, StandardOpenOption.READ);
                FileChannel out =
                        FileChannel.open(
                                to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            while (in.read(buffer.clear()) > 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    out.write(buffer);
                }
            }
            out.force(false);
        }
    }

    private static final class Quiet implements Mover.Control {
        @Override
        public boolean cancelled() {
            return false;
        }

        @Override
        public void progress(long copiedBytes, long discardedBytes, long resumeOffset) {}

        @Override
        public void checkpoint(long resumeOffset) {}
    }
}
