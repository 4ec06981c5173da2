package io.tidegate.bench.pool;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.ChangeStream;
import io.tidegate.block.DeviceException;
import io.tidegate.block.FileDevice;
import io.tidegate.block.NativeFile;
import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolCheckReport;
import io.tidegate.pool.PoolOpenOptions;
import io.tidegate.pool.PoolOptions;
import io.tidegate.pool.SparseFill;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreStatus;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A volume of 64 GiB with 1000 snapshots, 200 scattered changes between each: reads, differences,
 * opening after a stop and after a crash, and deletion of all in random order.
 */
final class ManySnapshotsCell implements Cell {

    private static final long VOLUME_BYTES = 64 * Scene.GIB;
    private static final int SNAPSHOTS = 1000;
    private static final int CHANGES = 200;
    private static final int READ_BLOCKS = 1 << 15;
    private static final int SLICES = 40;
    private static final long SLICE_NANOS = 20_000_000;
    private static final int DIFFS = 20;
    private static final long FREE_LIMIT_NANOS = 120_000_000_000L;
    private static final long POLL_NANOS = 5_000_000;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(Scene.BLOCK);
    private final PoolOptions options = PoolOptions.fast(96 * Scene.GIB).withChecksums(false);
    private final PoolOpenOptions open =
            PoolOpenOptions.standard().withDrainLimit(Duration.ofSeconds(10));

    @Override
    public String name() {
        return "many-snapshots";
    }

    @Override
    public String about() {
        return "64 GiB mapped over sparse data, 1000 snapshots, 200 scattered writes between";
    }

    @Override
    public void run(Scene scene, Table table) throws Exception {
        Path directory = scene.path("pool");
        Pool pool = SparseFill.create(directory, options, open);
        try {
            VolumeId id = Scene.volume(pool, VOLUME_BYTES);
            SparseFill.map(pool, id, 0, VOLUME_BYTES);
            new SparseFill.Probe(pool).checkpoint();
            long before = grains(pool.status());
            List<SnapshotId> snapshots = new ArrayList<>();
            reads(scene, table, pool, id, snapshots);
            diffs(table, pool, snapshots, "cached");
            pool.close();
            dropCaches(directory);
            pool = reopened(table, directory);
            diffs(table, pool, snapshots, "cold");
            crash(scene, table, pool, id);
            delete(scene, table, pool, id, snapshots, before);
        } finally {
            pool.close();
        }
    }

    // Reads -------------------------------------------------------------------------------------

    private void reads(Scene scene, Table table, Pool pool, VolumeId id, List<SnapshotId> snapshots)
            throws Exception {
        long[] blocks = scene.random.longs(READ_BLOCKS, 0, VOLUME_BYTES / Scene.BLOCK).toArray();
        try (FileDevice file =
                        FileDevice.create(scene.path("plain"), Scene.geometry(VOLUME_BYTES));
                VolumeDevice volume = pool.openVolume(id)) {
            double before = readRatio(file, volume, blocks);
            changes(scene, table, pool, id, volume, snapshots);
            double after = readRatio(file, volume, blocks);
            table.row(
                    "cached random read, before and after, of a plain file's",
                    before,
                    after,
                    "",
                    Table.atLeast(0.95));
        }
    }

    /** The pool's rate beside that of a plain file in the same seconds. */
    private double readRatio(BlockDevice file, BlockDevice volume, long[] blocks) throws Exception {
        for (long b : blocks) {
            file.read(b * Scene.BLOCK, buffer.clear());
            volume.read(b * Scene.BLOCK, buffer.clear());
        }
        int[] at = new int[2];
        Rounds.Cost[] costs =
                Rounds.byTurns(
                        SLICES,
                        SLICE_NANOS,
                        List.of(
                                () -> read(file, blocks[at[0]++ & READ_BLOCKS - 1]),
                                () -> read(volume, blocks[at[1]++ & READ_BLOCKS - 1])));
        return costs[0].cpuNanos() / costs[1].cpuNanos();
    }

    private void read(BlockDevice device, long block) throws DeviceException {
        if (!device.tryRead(block * Scene.BLOCK, buffer.clear())) {
            device.read(block * Scene.BLOCK, buffer.clear());
        }
    }

    // Changes -----------------------------------------------------------------------------------

    private void changes(
            Scene scene,
            Table table,
            Pool pool,
            VolumeId id,
            BlockDevice volume,
            List<SnapshotId> snapshots)
            throws Exception {
        double[] made = new double[SNAPSHOTS];
        double[] first = new double[SNAPSHOTS];
        double[] again = new double[SNAPSHOTS];
        long mapBefore = pool.status().mapBytes();
        for (int s = 0; s < SNAPSHOTS; s++) {
            made[s] = Rounds.millis(() -> snapshots.add(Scene.snapshot(pool, id)));
            long[] blocks = scene.random.longs(CHANGES, 0, VOLUME_BYTES / Scene.BLOCK).toArray();
            first[s] = writes(volume, blocks).wallNanos() / 1e3;
            again[s] = writes(volume, blocks).wallNanos() / 1e3;
        }
        table.row(
                "snapshot, median of the first and of the last hundred",
                Rounds.median(java.util.Arrays.copyOf(made, 100)),
                Rounds.median(java.util.Arrays.copyOfRange(made, SNAPSHOTS - 100, SNAPSHOTS)),
                "ms",
                Table.NONE);
        table.row(
                "scattered first write (copies its leaf), beside in place",
                Rounds.median(again),
                Rounds.median(first),
                "us",
                Table.NONE);
        new SparseFill.Probe(pool).checkpoint();
        table.value(
                "map kept for each changed grain",
                (pool.status().mapBytes() - mapBefore) / (double) (SNAPSHOTS * CHANGES),
                "bytes");
    }

    private Rounds.Cost writes(BlockDevice volume, long[] blocks) throws Exception {
        int[] at = new int[1];
        return Rounds.once(
                blocks.length, () -> volume.write(blocks[at[0]++] * Scene.BLOCK, buffer.clear()));
    }

    // Differences -------------------------------------------------------------------------------

    private static void diffs(Table table, Pool pool, List<SnapshotId> snapshots, String how)
            throws Exception {
        double[] millis = new double[DIFFS];
        long found = 0;
        for (int i = 0; i < DIFFS; i++) {
            int at = SNAPSHOTS / DIFFS * i;
            if (how.equals("cached")) {
                diff(pool, snapshots.get(at), snapshots.get(at + 1));
            }
            long start = System.nanoTime();
            found += diff(pool, snapshots.get(at), snapshots.get(at + 1));
            millis[i] = (System.nanoTime() - start) / 1e6;
        }
        String what = "difference over one interval, nodes " + how;
        if (how.equals("cached")) {
            table.limit(what, Rounds.median(millis), 10, "ms");
        } else {
            table.value(what, Rounds.median(millis), "ms");
        }
        table.value("changes found in it", found / (double) DIFFS, "");
    }

    private static long diff(Pool pool, SnapshotId from, SnapshotId to) throws Exception {
        long n = 0;
        try (ChangeStream changes = pool.diff(from, to, 0)) {
            while (changes.next().isPresent()) {
                n++;
            }
        }
        return n;
    }

    // Opening -----------------------------------------------------------------------------------

    /** Lets the kernel forget what it has cached of the pool, so that cold means cold. */
    private static void dropCaches(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "data-*")) {
            for (Path file : files) {
                try (NativeFile f = NativeFile.open(file)) {
                    f.sync();
                    f.dropCache(0, 0);
                }
            }
        }
    }

    private Pool reopened(Table table, Path directory) throws Exception {
        long start = System.nanoTime();
        Pool pool = SparseFill.open(directory, open);
        table.limit("open after a clean stop", (System.nanoTime() - start) / 1e9, 2, "s");
        return pool;
    }

    /** The worst moment: half the budget of changed nodes, just before a checkpoint is due. */
    private void crash(Scene scene, Table table, Pool pool, VolumeId id) throws Exception {
        SparseFill.Probe probe = new SparseFill.Probe(pool);
        Scene.snapshot(pool, id);
        probe.checkpoint();
        long budget = SparseFill.Probe.dirtyNodeBytes(options, open);
        try (VolumeDevice volume = pool.openVolume(id)) {
            long written = probe.checkpointLsn();
            while (probe.unwrittenBytes() < budget * 0.49 && probe.checkpointLsn() == written) {
                long block = scene.random.nextLong(VOLUME_BYTES / Scene.BLOCK);
                volume.write(block * Scene.BLOCK, buffer.clear());
            }
            long records = probe.lastLsn() - probe.checkpointLsn();
            long bytes = probe.unwrittenBytes();
            // Lets go without a checkpoint and recovers from the log, as after kill -9.
            double seconds = Rounds.millis(() -> pool.reopen(true)) / 1e3;
            table.limit("open after a crash at half the node budget", seconds, 2, "s");
            table.value("records that it replayed", records, "");
            table.value("map nodes that were in memory only", bytes / 1e6, "MB");
        }
    }

    // Deletion ----------------------------------------------------------------------------------

    private static long grains(StoreStatus s) {
        return s.allocatedBytes() - s.mapBytes();
    }

    private static void delete(
            Scene scene,
            Table table,
            Pool pool,
            VolumeId id,
            List<SnapshotId> snapshots,
            long before)
            throws Exception {
        long start = System.nanoTime();
        for (int i : scene.shuffled(SNAPSHOTS)) {
            pool.deleteSnapshot(snapshots.get(i));
        }
        double calls = (System.nanoTime() - start) / 1e9;
        for (SnapshotId left : pool.snapshots(id)) {
            pool.deleteSnapshot(left);
        }
        SparseFill.Probe probe = new SparseFill.Probe(pool);
        long deadline = System.nanoTime() + FREE_LIMIT_NANOS;
        while (probe.freeing() && deadline - System.nanoTime() > 0) {
            probe.wantCheckpoint();
            LockSupport.parkNanos(POLL_NANOS);
        }
        table.value("delete 1000 in random order: calls", calls, "s");
        table.value("until all space is back", (System.nanoTime() - start) / 1e9, "s");
        long kept = grains(pool.status()) - before;
        table.holds("every block came back", kept == 0, kept + " bytes kept");
        PoolCheckReport report = pool.check();
        table.holds("check of the pool", report.clean(), report.problems().size() + " problems");
    }
}
