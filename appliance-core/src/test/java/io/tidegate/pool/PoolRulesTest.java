package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Interleavings that a rule forbids, each played twice: with the rule in force nothing is lost, and
 * with the rule broken by a switch the harm is seen. So each of these tests can fail.
 */
@NullUnmarked
class PoolRulesTest {

    private static final int GRAIN = 4096;
    private static final int STRANGER = 0x5A5A5A5A;
    private static final VolumeShape SHAPE =
            new VolumeShape(Geometry.ofBytes(4 << 20, 512, 4096), 4096);

    @TempDir Path tokens;

    private final UUID boot = UUID.randomUUID();
    private SimFiles files = new SimFiles();
    private Pool pool;

    /** Rules without a background thread; one of them may be broken. */
    private static class Quiet extends Rules {
        volatile @Nullable Thread heldThread;
        final CountDownLatch reached = new CountDownLatch(1);
        final CountDownLatch release = new CountDownLatch(1);

        @Override
        boolean background() {
            return false;
        }

        @Override
        void published() {
            if (Thread.currentThread() == heldThread) {
                hold();
            }
        }

        void hold() {
            heldThread = null;
            reached.countDown();
            await(release);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void start(Rules rules) throws Exception {
        files = new SimFiles();
        PoolFactory factory = new PoolFactory(files, rules, boot);
        factory.create(new PoolOptions(4 << 20, GRAIN, 64 << 10, 1 << 20, 256 << 10, true));
        pool = new Pool(factory, options());
    }

    private PoolOpenOptions options() {
        return PoolOpenOptions.standard()
                .withTokenDirectory(tokens)
                .withDrainLimit(Duration.ofMillis(50))
                .withCheckpointEvery(Duration.ZERO);
    }

    private VolumeDevice volume() throws StoreException {
        VolumeId id = VolumeId.random();
        pool.createVolume(id, SHAPE);
        return pool.openVolume(id);
    }

    private static void write(BlockDevice d, long offset, int length, int value)
            throws DeviceException {
        ByteBuffer b = ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
        while (b.hasRemaining()) {
            b.putInt(value);
        }
        d.write(offset, b.flip());
    }

    private static int read(BlockDevice d, long offset) throws DeviceException {
        ByteBuffer b = ByteBuffer.allocateDirect(GRAIN).order(ByteOrder.LITTLE_ENDIAN);
        d.read(offset & -GRAIN, b);
        return b.getInt((int) offset & GRAIN - 1);
    }

    /** Writes until nothing is left: every grain that may be taken now holds the pattern. */
    private static long fill(BlockDevice d) throws DeviceException {
        for (long at = 0; at < 4 << 20; at += GRAIN) {
            try {
                write(d, at, GRAIN, STRANGER);
            } catch (DeviceException e) {
                assertThat(e.kind()).isEqualTo(DeviceException.Kind.NO_SPACE);
                return at;
            }
        }
        throw new AssertionError("the pool is larger than the volume");
    }

    private interface Body {
        void run() throws Exception;
    }

    private static final class Side {
        final Thread thread;
        final AtomicReference<Throwable> failure = new AtomicReference<>();

        Side(Body body) {
            thread =
                    new Thread(
                            () -> {
                                try {
                                    body.run();
                                } catch (Throwable e) {
                                    failure.set(e);
                                }
                            });
        }

        void join() throws Exception {
            thread.join();
            assertThat(failure.get()).isNull();
        }

        /** Returns when it has ended or waits for a lock. */
        void settled() {
            while (thread.isAlive() && thread.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
        }
    }

    /** Runs a body beside this thread and stops it before its first operation of a kind. */
    private Side heldAt(Quiet rules, String operation, Body body) {
        Side side = new Side(body);
        rules.heldThread = side.thread;
        files.before =
                op -> {
                    if (Thread.currentThread() == rules.heldThread && op.startsWith(operation)) {
                        rules.hold();
                    }
                };
        side.thread.start();
        await(rules.reached);
        return side;
    }

    // Barrier rule 1 ----------------------------------------------------------------------------

    private int afterABarrierThatRanBesideAWrite(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice stranger = volume();
        long end = fill(stranger);
        // Every other grain, so that no segment becomes free as a whole and is set aside.
        for (long at = 0; at < end; at += 2 * GRAIN) {
            stranger.discard(at, GRAIN);
        }
        stranger.flush();
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        write(a, 0, GRAIN, 1);
        Side flush = heldAt(rules, "sync data", a::flush);
        write(b, 0, GRAIN, 2);
        rules.release.countDown();
        flush.join();
        files = files.afterPowerLoss(SimFiles.LOSE_ALL);
        pool = new Pool(new PoolFactory(files, new Quiet(), UUID.randomUUID()), options());
        assertThat(read(pool.openVolume(a.volume()), 0)).isEqualTo(1);
        return read(pool.openVolume(b.volume()), 0);
    }

    @Test
    void aBarrierCoversOnlyWhatWasQueuedBeforeItsSync() throws Exception {
        assertThat(afterABarrierThatRanBesideAWrite(new Quiet())).isIn(0, 2);
        assertThat(
                        afterABarrierThatRanBesideAWrite(
                                new Quiet() {
                                    @Override
                                    boolean barrierCoversItself() {
                                        return true;
                                    }
                                }))
                .isEqualTo(STRANGER);
    }

    // W6 ----------------------------------------------------------------------------------------

    private int readerBesideReuse(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        VolumeDevice stranger = volume();
        write(v, 0, GRAIN, 7);
        write(v, GRAIN, GRAIN, 8);
        v.flush();
        int[] seen = new int[1];
        Side reader = heldAt(rules, "read data", () -> seen[0] = read(v, 0));
        v.discard(0, GRAIN);
        v.flush();
        fill(stranger);
        rules.release.countDown();
        reader.join();
        return seen[0];
    }

    @Test
    void aGrainIsNotReusedWhileAReaderMayStillReadIt() throws Exception {
        assertThat(readerBesideReuse(new Quiet())).isEqualTo(7);
        assertThat(
                        readerBesideReuse(
                                new Quiet() {
                                    @Override
                                    boolean guardsCountAsGone() {
                                        return true;
                                    }
                                }))
                .isEqualTo(STRANGER);
    }

    // W2 ----------------------------------------------------------------------------------------

    private boolean twoWritersOfOneFrozenGrain(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        pool.snapshot(Map.of(v.volume(), SnapshotId.random()));
        Side first = heldAt(rules, "write data", () -> write(v, 0, 512, 2));
        Side second = new Side(() -> write(v, 512, 512, 3));
        second.thread.start();
        second.settled();
        rules.release.countDown();
        first.join();
        second.join();
        return read(v, 0) == 2 && read(v, 512) == 3 && pool.check().clean();
    }

    @Test
    void writersOfAGrainExcludeEachOther() throws Exception {
        assertThat(twoWritersOfOneFrozenGrain(new Quiet())).isTrue();
        assertThat(
                        twoWritersOfOneFrozenGrain(
                                new Quiet() {
                                    @Override
                                    boolean rangeLocks() {
                                        return false;
                                    }
                                }))
                .isFalse();
    }

    // Exact cut ---------------------------------------------------------------------------------

    private String checkpointBesideAWrite(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        Side writer = new Side(() -> write(v, GRAIN, GRAIN, 2));
        rules.heldThread = writer.thread;
        writer.thread.start();
        await(rules.reached);
        boolean made = pool.core().checkpointer.run(false);
        rules.release.countDown();
        writer.join();
        write(v, GRAIN, GRAIN, 3);
        assertThat(made).isEqualTo(!rules.drainForCheckpoint());
        files = files.afterKill();
        try {
            pool = new Pool(new PoolFactory(files, new Quiet(), boot), options());
        } catch (IllegalStateException e) {
            return String.valueOf(e.getMessage());
        }
        return String.join("; ", pool.check().problems());
    }

    @Test
    void aCheckpointIsCutWhereNoWriteIsHalfDone() throws Exception {
        assertThat(checkpointBesideAWrite(new Quiet())).isEmpty();
        assertThat(
                        checkpointBesideAWrite(
                                new Quiet() {
                                    @Override
                                    boolean drainForCheckpoint() {
                                        return false;
                                    }
                                }))
                .isNotEmpty();
    }

    // Drain -------------------------------------------------------------------------------------

    private boolean snapshotBesideAWriteInPlace(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        SnapshotId id = SnapshotId.random();
        Side writer = heldAt(rules, "write data", () -> write(v, 0, GRAIN, 2));
        boolean taken = true;
        try {
            pool.snapshot(Map.of(v.volume(), id));
        } catch (StoreException e) {
            assertThat(e.kind()).isEqualTo(StoreException.Kind.NOT_DRAINED);
            taken = false;
        }
        int before = 0;
        if (taken) {
            try (SnapshotDevice s = pool.openSnapshot(id)) {
                before = read(s, 0);
            }
        }
        rules.release.countDown();
        writer.join();
        if (!taken) {
            assertThat(pool.snapshots(v.volume())).isEmpty();
            pool.snapshot(Map.of(v.volume(), id));
            before = 2;
        }
        try (SnapshotDevice s = pool.openSnapshot(id)) {
            return read(s, 0) == before;
        }
    }

    @Test
    void aSnapshotWaitsForWritesThatWereIssued() throws Exception {
        assertThat(snapshotBesideAWriteInPlace(new Quiet())).isTrue();
        assertThat(
                        snapshotBesideAWriteInPlace(
                                new Quiet() {
                                    @Override
                                    boolean drainForSnapshot() {
                                        return false;
                                    }
                                }))
                .isFalse();
    }
}
