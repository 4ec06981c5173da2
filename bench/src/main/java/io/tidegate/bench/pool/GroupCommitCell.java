package io.tidegate.bench.pool;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.NativeFile;
import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOpenOptions;
import io.tidegate.pool.PoolOptions;
import io.tidegate.pool.SparseFill;
import io.tidegate.volume.VolumeDevice;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads that each write 4 KiB and flush, beside a plain file with a sync for each flush. */
final class GroupCommitCell implements Cell {

    private static final long VOLUME_BYTES = Scene.GIB / 4;
    private static final int ROUNDS = 3;
    private static final long ROUND_NANOS = 1_000_000_000L;
    private static final int[] THREADS = {1, 4, 16};

    /** Writes and flushes once. */
    private interface Commit {
        void at(long offset, ByteBuffer from) throws Exception;
    }

    @Override
    public String name() {
        return "group-commit";
    }

    @Override
    public String about() {
        return "write 4 KiB and flush: a plain file with a sync each, the pool; a second";
    }

    @Override
    public void run(Scene scene, Table table) throws Exception {
        PoolOptions options = PoolOptions.fast(4 * Scene.GIB);
        try (NativeFile file = NativeFile.open(scene.path("plain"), NativeFile.Flag.CREATE_NEW);
                Pool pool =
                        SparseFill.createCounted(
                                scene.path("pool"), options, PoolOpenOptions.standard());
                VolumeDevice old = pool.openVolume(Scene.volume(pool, VOLUME_BYTES));
                VolumeDevice fresh = pool.openVolume(Scene.volume(pool, 64 * VOLUME_BYTES))) {
            ByteBuffer piece = scene.noise(Scene.MIB);
            for (long at = 0; at < VOLUME_BYTES; at += Scene.MIB) {
                file.write(at, piece.clear());
            }
            file.dataSync();
            scene.fill(old, Scene.MIB);
            for (int threads : THREADS) {
                compare(table, threads, file, old, fresh);
            }
        }
    }

    private static void compare(
            Table table, int threads, NativeFile file, BlockDevice old, BlockDevice fresh)
            throws Exception {
        double[][] rates = new double[3][ROUNDS];
        double[] syncs = new double[3];
        double[] flushes = new double[3];
        for (int r = 0; r < ROUNDS; r++) {
            for (int i = 0; i < 3; i++) {
                long range = i == 2 ? 64 * VOLUME_BYTES : VOLUME_BYTES;
                Commit commit = i == 0 ? plain(file) : pool(i == 1 ? old : fresh);
                long before = SparseFill.syncs();
                long done = round(threads, range, r * 100L + i, commit);
                rates[i][r] = done * 1e9 / ROUND_NANOS;
                syncs[i] += SparseFill.syncs() - before;
                flushes[i] += done;
            }
        }
        double reference = Rounds.median(rates[0]);
        String what = "flushes, " + threads + " thread" + (threads == 1 ? "" : "s");
        Table.Bar bar = threads == 1 ? Table.NONE : Table.atLeast(1);
        table.row(what + ", in place", reference, Rounds.median(rates[1]), "/s", bar);
        table.row(what + ", new grains", reference, Rounds.median(rates[2]), "/s", Table.NONE);
        table.row("syncs for each flush, in place", 1, syncs[1] / flushes[1], "", Table.NONE);
        table.row("syncs for each flush, new grains", 1, syncs[2] / flushes[2], "", Table.NONE);
    }

    private static Commit plain(NativeFile file) {
        return (offset, from) -> {
            file.write(offset, from);
            file.dataSync();
        };
    }

    private static Commit pool(BlockDevice device) {
        return (offset, from) -> {
            device.write(offset, from);
            device.flush();
        };
    }

    private static long round(int threads, long range, long seed, Commit commit) throws Exception {
        long done = 0;
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            long end = System.nanoTime() + ROUND_NANOS;
            List<Future<Long>> all = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                SplittableRandom random = new SplittableRandom(seed * 1000 + t);
                all.add(pool.submit(() -> commits(random, range, end, commit)));
            }
            for (Future<Long> one : all) {
                done += one.get();
            }
        }
        return done;
    }

    private static long commits(SplittableRandom random, long range, long end, Commit commit)
            throws Exception {
        ByteBuffer buffer = ByteBuffer.allocateDirect(Scene.BLOCK);
        long n = 0;
        while (end - System.nanoTime() > 0) {
            commit.at(random.nextLong(range / Scene.BLOCK) * Scene.BLOCK, buffer.clear());
            n++;
        }
        return n;
    }
}
