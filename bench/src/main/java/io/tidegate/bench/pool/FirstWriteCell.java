package io.tidegate.bench.pool;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.FileDevice;
import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOptions;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import java.nio.ByteBuffer;

/**
 * The first write of 4 KiB to a grain after a snapshot, beside a write in place to another volume
 * of the same pool. The kernel's own price of a page that is written for the first time is stated
 * too, from a plain file.
 */
final class FirstWriteCell implements Cell {

    private static final long VOLUME_BYTES = Scene.GIB / 2;
    private static final int ROUNDS = 24;
    private static final int WARM_UP = 6;
    private static final int MOST_WRITES = 2048;
    private static final int MOST_NEW_BYTES = 32 * Scene.MIB;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(Scene.BLOCK);

    @Override
    public String name() {
        return "first-write";
    }

    @Override
    public String about() {
        return "4 KiB writes: in place, first after a snapshot; microseconds";
    }

    @Override
    public void run(Scene scene, Table table) throws Exception {
        freshPages(scene, table);
        for (int grain = 4096; grain <= 65536; grain *= 2) {
            try {
                grain(scene, table, grain);
            } finally {
                Scene.remove(scene.path("pool"));
            }
        }
    }

    private void grain(Scene scene, Table table, int grain) throws Exception {
        int grains = (int) (VOLUME_BYTES / grain);
        int count = Math.min(MOST_WRITES, MOST_NEW_BYTES / grain);
        double[][] wall = new double[2][ROUNDS];
        double[][] cpu = new double[2][ROUNDS];
        PoolOptions options = PoolOptions.fast(5 * Scene.GIB).withGrainBytes(grain);
        try (Pool pool = Pool.create(scene.path("pool"), options)) {
            VolumeId id = Scene.volume(pool, VOLUME_BYTES);
            try (VolumeDevice kept = pool.openVolume(id);
                    VolumeDevice plain = pool.openVolume(Scene.volume(pool, VOLUME_BYTES))) {
                scene.fill(kept, grain);
                scene.fill(plain, grain);
                for (int r = -WARM_UP; r < ROUNDS; r++) {
                    Rounds.Cost in = writes(plain, grain, scene.shuffled(grains), count);
                    Scene.snapshot(pool, id);
                    Rounds.Cost first = writes(kept, grain, scene.shuffled(grains), count);
                    if (r >= 0) {
                        wall[0][r] = in.wallNanos() / 1e3;
                        wall[1][r] = first.wallNanos() / 1e3;
                        cpu[0][r] = in.cpuNanos() / 1e3;
                        cpu[1][r] = first.cpuNanos() / 1e3;
                    }
                }
            }
        }
        String what = (grain >> 10) + " KiB grains: first write after a snapshot";
        row(table, what, wall, grain == 4096 ? Table.atMost(3) : Table.NONE);
        row(table, what + ", CPU", cpu, grain == 4096 ? Table.atMost(3) : Table.NONE);
    }

    private static void row(Table table, String what, double[][] micros, Table.Bar bar) {
        table.row(what, Rounds.median(micros[0]), Rounds.median(micros[1]), "us", bar);
    }

    /** Writes to the first block of so many different grains. */
    private Rounds.Cost writes(BlockDevice device, int grain, int[] order, int count)
            throws Exception {
        int[] next = new int[1];
        return Rounds.once(
                count, () -> device.write((long) order[next[0]++] * grain, buffer.clear()));
    }

    private void freshPages(Scene scene, Table table) throws Exception {
        int blocks = (int) (VOLUME_BYTES / Scene.BLOCK);
        try (FileDevice file = FileDevice.create(scene.path("plain"), Scene.geometry(Scene.GIB))) {
            Rounds.Cost fresh = sequential(file, blocks);
            int[] order = scene.shuffled(blocks);
            Rounds.Cost again = writes(file, Scene.BLOCK, order, blocks);
            table.row(
                    "plain file: new page, CPU (reference: in place)",
                    again.cpuNanos() / 1e3,
                    fresh.cpuNanos() / 1e3,
                    "us",
                    Table.NONE);
        } finally {
            Scene.remove(scene.path("plain"));
        }
    }

    private Rounds.Cost sequential(BlockDevice device, int blocks) throws Exception {
        long[] next = new long[1];
        return Rounds.once(blocks, () -> append(device, next[0]++));
    }

    private void append(BlockDevice device, long block) throws DeviceException {
        device.write(block * Scene.BLOCK, buffer.clear());
    }
}
