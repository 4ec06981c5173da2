package io.tidegate.bench.pool;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.CopyTarget;
import io.tidegate.block.Discardable;
import io.tidegate.block.FileDevice;
import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOptions;
import io.tidegate.volume.VolumeDevice;
import java.nio.ByteBuffer;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A database's flushes on one volume while a copy runs into another, through the stream that the
 * mover takes and with a flush for each of its pieces. The bar is for a copy to new grains: what a
 * quick recovery volume takes in after its snapshot. A copy over grains that the volume owns alone
 * is stated beside it, since its pages are synced with everybody's flush. The same with two plain
 * files shows what the disk below makes of it.
 */
final class CopyCell implements Cell {

    private static final long SMALL_BYTES = Scene.GIB / 4;
    private static final long LARGE_BYTES = Scene.GIB;
    private static final int PIECES_A_FLUSH = 64;
    private static final int PHASES = 4;
    private static final long PHASE_NANOS = 3_000_000_000L;

    @Override
    public String name() {
        return "copy";
    }

    @Override
    public String about() {
        return "flush after a 4 KiB write: alone, beside a large sequential copy";
    }

    @Override
    public void run(Scene scene, Table table) throws Exception {
        try (FileDevice small = FileDevice.create(scene.path("s"), Scene.geometry(SMALL_BYTES));
                FileDevice large =
                        FileDevice.create(scene.path("l"), Scene.geometry(LARGE_BYTES))) {
            measure(scene, table, "plain files", small, large, false, Table.NONE);
        } finally {
            Scene.remove(scene.path("s"));
            Scene.remove(scene.path("l"));
        }
        try (Pool pool = Pool.create(scene.path("pool"), PoolOptions.fast(5 * Scene.GIB));
                VolumeDevice small = pool.openVolume(Scene.volume(pool, SMALL_BYTES));
                VolumeDevice large = pool.openVolume(Scene.volume(pool, LARGE_BYTES))) {
            measure(scene, table, "pool, new grains", small, large, true, Table.atMost(3));
            scene.fill(large, Scene.MIB);
            measure(scene, table, "pool, in place", small, large, false, Table.NONE);
        }
    }

    private static void measure(
            Scene scene,
            Table table,
            String what,
            BlockDevice small,
            BlockDevice large,
            boolean fresh,
            Table.Bar bar)
            throws Exception {
        scene.fill(small, Scene.MIB);
        Latencies alone = new Latencies();
        Latencies beside = new Latencies();
        long[] copied = new long[1];
        try (ExecutorService copier = Executors.newSingleThreadExecutor()) {
            for (int i = 0; i < PHASES; i++) {
                AtomicBoolean stop = new AtomicBoolean(i % 2 == 0);
                Future<?> copy = copier.submit(() -> copy(large, fresh, stop, copied));
                try {
                    flushes(scene, small, i % 2 == 0 ? alone : beside);
                } finally {
                    stop.set(true);
                }
                copy.get();
                large.flush();
            }
        }
        table.row(
                what + ": flush alone, beside a copy: median",
                alone.at(50) / 1e3,
                beside.at(50) / 1e3,
                "ms",
                Table.NONE);
        table.row(
                what + ": flush alone, beside a copy: p99",
                alone.at(99) / 1e3,
                beside.at(99) / 1e3,
                "ms",
                bar);
        table.note(
                what
                        + ": "
                        + alone.count()
                        + " flushes alone, "
                        + beside.count()
                        + " beside a copy of "
                        + Table.figure(copied[0])
                        + " MiB");
    }

    /** The copy's next round finds no grain of the round before, as after a snapshot. */
    private static void emptied(BlockDevice large) throws Exception {
        ((Discardable) large).discard(0, LARGE_BYTES);
        large.flush();
    }

    private static Void copy(BlockDevice large, boolean fresh, AtomicBoolean stop, long[] copied)
            throws Exception {
        try (BlockDevice stream =
                large instanceof CopyTarget target ? target.openCopyStream() : null) {
            BlockDevice to = stream == null ? large : stream;
            ByteBuffer piece = ByteBuffer.allocateDirect(Scene.MIB);
            while (!stop.get()) {
                if (fresh && copied[0] * Scene.MIB % LARGE_BYTES == 0) {
                    emptied(large);
                }
                to.write(copied[0] * Scene.MIB % LARGE_BYTES, piece.clear());
                if (++copied[0] % PIECES_A_FLUSH == 0) {
                    to.flush();
                }
            }
            to.flush();
        }
        return null;
    }

    private static void flushes(Scene scene, BlockDevice small, Latencies into) throws Exception {
        ByteBuffer block = ByteBuffer.allocateDirect(Scene.BLOCK);
        long end = System.nanoTime() + PHASE_NANOS;
        while (end - System.nanoTime() > 0) {
            long at = scene.random.nextLong(SMALL_BYTES / Scene.BLOCK) * Scene.BLOCK;
            small.write(at, block.clear());
            long start = System.nanoTime();
            small.flush();
            into.add(System.nanoTime() - start);
        }
    }
}
