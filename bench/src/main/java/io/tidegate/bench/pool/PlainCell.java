package io.tidegate.bench.pool;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.FileDevice;
import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOpenOptions;
import io.tidegate.pool.PoolOptions;
import io.tidegate.pool.SparseFill;
import io.tidegate.volume.ScrubControl;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Cached reads and writes in place beside a plain file, through the same device contract. */
final class PlainCell implements Cell {

    private static final int SLICES = 60;
    private static final long SLICE_NANOS = 20_000_000;
    private static final long SEAL_LIMIT_NANOS = 120_000_000_000L;
    private static final long POLL_NANOS = 100_000_000;
    private static final int SPARSE_BLOCKS = 1 << 16;

    private static final ScrubControl UNLIMITED =
            new ScrubControl() {
                @Override
                public long bytesPerSecond() {
                    return 0;
                }

                @Override
                public boolean cancelled() {
                    return false;
                }

                @Override
                public void progress(long doneBytes, long totalBytes) {}
            };

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(Scene.BLOCK);

    @Override
    public String name() {
        return "plain";
    }

    @Override
    public String about() {
        return "random 4 KiB, one thread, cached: a plain file, the pool; operations per CPU second";
    }

    @Override
    public void run(Scene scene, Table table) throws Exception {
        filled(scene, table, Scene.BLOCK, "filled by 4 KiB", false);
        filled(scene, table, Scene.MIB, "filled by 1 MiB", false);
        filled(scene, table, Scene.BLOCK, "with checksums", true);
        sparse(scene, table);
    }

    private void filled(Scene scene, Table table, int piece, String how, boolean checksums)
            throws Exception {
        long bytes = Scene.GIB;
        double bar = checksums ? 0.75 : 0.9;
        PoolOptions options = PoolOptions.fast(2 * bytes).withChecksums(checksums);
        try (FileDevice file = FileDevice.create(scene.path("plain"), Scene.geometry(bytes));
                Pool pool = Pool.create(scene.path("pool"), options)) {
            VolumeId id = Scene.volume(pool, bytes);
            try (VolumeDevice volume = pool.openVolume(id)) {
                scene.fill(file, piece);
                scene.fill(volume, piece);
                long blocks = bytes / Scene.BLOCK;
                compare(
                        table,
                        "1 GiB " + how + ": cached read",
                        bar,
                        () -> read(file, scene.random.nextLong(blocks)),
                        () -> read(volume, scene.random.nextLong(blocks)));
                compare(
                        table,
                        "1 GiB " + how + ": write in place",
                        bar,
                        () -> write(file, scene.random.nextLong(blocks)),
                        () -> write(volume, scene.random.nextLong(blocks)));
                if (checksums && sealed(pool, id, table)) {
                    compare(
                            table,
                            "1 GiB sealed: cached read",
                            bar,
                            () -> read(file, scene.random.nextLong(blocks)),
                            () -> read(volume, scene.random.nextLong(blocks)));
                }
            }
        } finally {
            Scene.remove(scene.path("plain"));
            Scene.remove(scene.path("pool"));
        }
    }

    /** Makes a snapshot and waits until a checksum vouches for all of it. */
    private static boolean sealed(Pool pool, VolumeId id, Table table) throws Exception {
        Scene.snapshot(pool, id);
        long deadline = System.nanoTime() + SEAL_LIMIT_NANOS;
        try {
            while (pool.scrub(UNLIMITED).uncheckedBytes() > 0) {
                if (System.nanoTime() - deadline > 0) {
                    table.note("sealed reads: left out, 1 GiB was not sealed within 2 minutes");
                    return false;
                }
                LockSupport.parkNanos(POLL_NANOS);
            }
            return true;
        } catch (StoreException e) {
            table.note("sealed reads: left out: " + e.getMessage());
            return false;
        }
    }

    /** The map of a volume 64 times as large; few of its blocks, so that their data is cached. */
    private void sparse(Scene scene, Table table) throws Exception {
        long bytes = 64 * Scene.GIB;
        PoolOptions options = PoolOptions.fast(96 * Scene.GIB).withChecksums(false);
        try (FileDevice file = FileDevice.create(scene.path("plain"), Scene.geometry(bytes));
                Pool pool =
                        SparseFill.create(
                                scene.path("pool"), options, PoolOpenOptions.standard())) {
            VolumeId id = Scene.volume(pool, bytes);
            SparseFill.map(pool, id, 0, bytes);
            try (VolumeDevice volume = pool.openVolume(id)) {
                long[] blocks = scene.random.longs(SPARSE_BLOCKS, 0, bytes / Scene.BLOCK).toArray();
                for (long b : blocks) {
                    file.read(b * Scene.BLOCK, buffer.clear());
                    volume.read(b * Scene.BLOCK, buffer.clear());
                }
                int[] at = new int[2];
                compare(
                        table,
                        "64 GiB, sparse data: cached read",
                        0,
                        () -> read(file, blocks[at[0]++ & SPARSE_BLOCKS - 1]),
                        () -> read(volume, blocks[at[1]++ & SPARSE_BLOCKS - 1]));
            }
        }
    }

    private void compare(Table table, String what, double bar, Rounds.Op plain, Rounds.Op pool)
            throws Exception {
        Rounds.Cost[] costs = Rounds.byTurns(SLICES, SLICE_NANOS, List.of(plain, pool));
        table.row(
                what,
                costs[0].perCpuSecond(),
                costs[1].perCpuSecond(),
                "/s",
                bar == 0 ? Table.NONE : Table.atLeast(bar));
    }

    private void read(BlockDevice device, long block) throws DeviceException {
        if (!device.tryRead(block * Scene.BLOCK, buffer.clear())) {
            device.read(block * Scene.BLOCK, buffer.clear());
        }
    }

    private void write(BlockDevice device, long block) throws DeviceException {
        device.write(block * Scene.BLOCK, buffer.clear());
    }
}
