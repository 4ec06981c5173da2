package io.tidegate.bench.pool;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.ChangeStream;
import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOptions;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * The same history for every store: 1 GiB filled, scattered writes, then rounds of snapshot, first
 * writes, the same writes again, difference, deletion. Medians of the rounds.
 *
 * @param snapshotMillis durable
 * @param firstMicros a write of 4 KiB to a block that the snapshot has
 * @param againMicros the same write once more
 * @param diffMillis between two snapshots, or what comes nearest to it
 * @param deleteMillis of a snapshot
 */
record Contest(
        double snapshotMillis,
        double firstMicros,
        double againMicros,
        double diffMillis,
        double deleteMillis) {

    static final long BYTES = Scene.GIB;
    static final int SCATTERED = 20_000;
    static final int WRITES = 1000;
    static final int ROUNDS = 7;

    /** Figures of single rounds. */
    static final class Seen {
        final double[] snapshot = new double[ROUNDS];
        final double[] first = new double[ROUNDS];
        final double[] again = new double[ROUNDS];
        final double[] diff = new double[ROUNDS];
        final double[] delete = new double[ROUNDS];

        Contest medians() {
            return new Contest(
                    Rounds.median(snapshot),
                    Rounds.median(first),
                    Rounds.median(again),
                    Rounds.median(diff),
                    Rounds.median(delete));
        }
    }

    /** Offsets of the writes of a round, the same for all stores; round -1 is the preparation. */
    static long[] offsets(int round) {
        int count = round < 0 ? SCATTERED : WRITES;
        return new SplittableRandom(round)
                .ints(count, 0, (int) (BYTES / Scene.BLOCK))
                .mapToLong(b -> (long) b * Scene.BLOCK)
                .distinct()
                .toArray();
    }

    /** Microseconds of a write of 4 KiB. */
    static double writes(BlockDevice device, long[] offsets) throws Exception {
        ByteBuffer block = ByteBuffer.allocateDirect(Scene.BLOCK);
        int[] at = new int[1];
        return Rounds.once(offsets.length, () -> device.write(offsets[at[0]++], block.clear()))
                        .wallNanos()
                / 1e3;
    }

    /** The pool's figures. */
    static Contest pool(Scene scene) throws Exception {
        Seen seen = new Seen();
        try (Pool pool = Pool.create(scene.path("pool"), PoolOptions.fast(3 * Scene.GIB))) {
            VolumeId id = Scene.volume(pool, BYTES);
            try (VolumeDevice volume = pool.openVolume(id)) {
                scene.fill(volume, Scene.MIB);
                writes(volume, offsets(-1));
                volume.flush();
                SnapshotId before = Scene.snapshot(pool, id);
                for (int r = 0; r < ROUNDS; r++) {
                    long[] offsets = offsets(r);
                    seen.first[r] = writes(volume, offsets);
                    seen.again[r] = writes(volume, offsets);
                    volume.flush();
                    SnapshotId now = SnapshotId.random();
                    seen.snapshot[r] =
                            Rounds.millis(() -> pool.snapshot(java.util.Map.of(id, now)));
                    SnapshotId from = before;
                    seen.diff[r] = Rounds.millis(() -> drain(pool.diff(from, now, 0)));
                    seen.delete[r] = Rounds.millis(() -> pool.deleteSnapshot(from));
                    before = now;
                }
            }
        } finally {
            Scene.remove(scene.path("pool"));
        }
        return seen.medians();
    }

    private static void drain(ChangeStream changes) throws Exception {
        try (changes) {
            while (changes.next().isPresent()) {
                // Only the time counts.
            }
        }
    }

    /** Rows of another store as the reference and the pool beside it. */
    static void rows(Table table, String name, Contest other, Contest pool, String diff) {
        table.row(name + ": snapshot", other.snapshotMillis, pool.snapshotMillis, "ms", Table.NONE);
        table.row(
                name + ": first 4 KiB write after it",
                other.firstMicros,
                pool.firstMicros,
                "us",
                Table.NONE);
        table.row(
                name + ": the same write again",
                other.againMicros,
                pool.againMicros,
                "us",
                Table.NONE);
        table.row(
                name + ": difference (" + diff + ")",
                other.diffMillis,
                pool.diffMillis,
                "ms",
                Table.NONE);
        table.row(
                name + ": delete a snapshot",
                other.deleteMillis,
                pool.deleteMillis,
                "ms",
                Table.NONE);
    }
}
