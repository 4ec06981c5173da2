package io.tidegate.bench.pool;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.FileDevice;
import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOptions;
import io.tidegate.volume.VolumeDevice;
import java.nio.ByteBuffer;
import java.util.List;

/** Grain sizes: the map they need, sequential and random rates beside a plain file. */
final class GrainCell implements Cell {

    private static final long VOLUME_BYTES = Scene.GIB / 2;
    private static final int SLICES = 20;
    private static final long SLICE_NANOS = 20_000_000;
    private static final int SLOTS = 512;

    private final ByteBuffer block = ByteBuffer.allocateDirect(Scene.BLOCK);
    private final ByteBuffer piece = ByteBuffer.allocateDirect(Scene.MIB);

    @Override
    public String name() {
        return "grains";
    }

    @Override
    public String about() {
        return "grains of 4 to 64 KiB: map, sequential and random rates beside a plain file";
    }

    @Override
    public void run(Scene scene, Table table) throws Exception {
        for (int grain = 4096; grain <= 65536; grain *= 2) {
            try {
                grain(scene, table, grain);
            } finally {
                Scene.remove(scene.path("plain"));
                Scene.remove(scene.path("pool"));
            }
        }
    }

    private void grain(Scene scene, Table table, int grain) throws Exception {
        String what = (grain >> 10) + " KiB grains: ";
        table.value(what + "map of a TiB", mapBytes(grain) / 1048576.0, "MiB");
        PoolOptions options = PoolOptions.fast(4 * Scene.GIB).withGrainBytes(grain);
        try (FileDevice file =
                        FileDevice.create(scene.path("plain"), Scene.geometry(VOLUME_BYTES));
                Pool pool = Pool.create(scene.path("pool"), options);
                VolumeDevice volume = pool.openVolume(Scene.volume(pool, VOLUME_BYTES))) {
            scene.fill(file, Scene.MIB);
            scene.fill(volume, Scene.MIB);
            List<BlockDevice> both = List.of(file, volume);
            long[] at = new long[2];
            sequential(table, what + "sequential 1 MiB read", both, at, false);
            sequential(table, what + "sequential 1 MiB write", both, at, true);
            random(scene, table, what + "random 4 KiB read", both, false);
            random(scene, table, what + "random 4 KiB write", both, true);
        }
    }

    private void sequential(
            Table table, String what, List<BlockDevice> both, long[] at, boolean write)
            throws Exception {
        Rounds.Cost[] costs =
                Rounds.byTurns(
                        SLICES,
                        SLICE_NANOS,
                        List.of(
                                () -> next(both.get(0), at, 0, write),
                                () -> next(both.get(1), at, 1, write)));
        table.row(what, costs[0].perCpuSecond(), costs[1].perCpuSecond(), "MiB/s", Table.NONE);
    }

    private void next(BlockDevice device, long[] at, int i, boolean write) throws DeviceException {
        access(device, at[i]++ * Scene.MIB % VOLUME_BYTES, piece, write);
    }

    private void random(
            Scene scene, Table table, String what, List<BlockDevice> both, boolean write)
            throws Exception {
        long blocks = VOLUME_BYTES / Scene.BLOCK;
        Rounds.Cost[] costs =
                Rounds.byTurns(
                        SLICES,
                        SLICE_NANOS,
                        List.of(
                                () -> random(scene, both.get(0), blocks, write),
                                () -> random(scene, both.get(1), blocks, write)));
        table.row(what, costs[0].perCpuSecond(), costs[1].perCpuSecond(), "/s", Table.NONE);
    }

    private void random(Scene scene, BlockDevice device, long blocks, boolean write)
            throws DeviceException {
        access(device, scene.random.nextLong(blocks) * Scene.BLOCK, block, write);
    }

    private static void access(BlockDevice device, long offset, ByteBuffer buffer, boolean write)
            throws DeviceException {
        if (write) {
            device.write(offset, buffer.clear());
        } else if (!device.tryRead(offset, buffer.clear())) {
            device.read(offset, buffer.clear());
        }
    }

    /** Nodes on all levels of a map of 1 TiB, full. */
    private static long mapBytes(int grain) {
        long nodes = 0;
        for (long n = 1024 * Scene.GIB / grain; n > 1; ) {
            n = (n + SLOTS - 1) / SLOTS;
            nodes += n;
        }
        return nodes * Scene.BLOCK;
    }
}
