package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.ExtentSharing;
import io.tidegate.block.Geometry;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the rules about shared grains forbid, each played twice: with the rule in force nothing is
 * lost, and with the rule broken by a switch the harm is seen. So each of these tests can fail.
 */
@NullUnmarked
class PoolShareRulesTest {

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

    private static void share(BlockDevice from, BlockDevice to) throws DeviceException {
        assertThat(((ExtentSharing) to).share(from, 0, 0, GRAIN)).isEqualTo(GRAIN);
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

    /**
     * Of each sector the last version is left, synced or not; only the log's end is not believed.
     */
    private static final Random KEEP_ALL =
            new Random() {
                private static final long serialVersionUID = 1L;

                @Override
                public int nextInt(int bound) {
                    return bound - 1;
                }
            };

    private void losePower() throws Exception {
        files = files.afterPowerLoss(KEEP_ALL);
        pool = new Pool(new PoolFactory(files, new Quiet(), UUID.randomUUID()), options());
    }

    // W3b ---------------------------------------------------------------------------------------

    private int copyAfterItsSourceWasOverwritten(Quiet rules, boolean powerLoss) throws Exception {
        start(rules);
        VolumeDevice source = volume();
        VolumeDevice copy = volume();
        write(source, 0, GRAIN, 7);
        share(source, copy);
        copy.flush();
        write(source, 0, GRAIN, 9);
        if (!powerLoss) {
            assertThat(read(source, 0)).isEqualTo(9);
            return read(copy, 0);
        }
        losePower();
        assertThat(read(pool.openVolume(source.volume()), 0)).isIn(7, 9);
        return read(pool.openVolume(copy.volume()), 0);
    }

    private static Quiet overwritingSharedGrains() {
        return new Quiet() {
            @Override
            boolean sharedGrainsAreKept() {
                return false;
            }
        };
    }

    @Test
    void aSharedGrainIsNotOverwrittenInPlace() throws Exception {
        assertThat(copyAfterItsSourceWasOverwritten(new Quiet(), false)).isEqualTo(7);
        assertThat(copyAfterItsSourceWasOverwritten(overwritingSharedGrains(), false)).isEqualTo(9);
        assertThat(copyAfterItsSourceWasOverwritten(new Quiet(), true)).isEqualTo(7);
        assertThat(copyAfterItsSourceWasOverwritten(overwritingSharedGrains(), true)).isEqualTo(9);
    }

    // W7 ----------------------------------------------------------------------------------------

    private static Quiet decrementingAtOnce() {
        return new Quiet() {
            @Override
            boolean decrementAtOnce() {
                return true;
            }
        };
    }

    private int readerOfTheSideThatWasDropped(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice source = volume();
        VolumeDevice copy = volume();
        write(source, 0, GRAIN, 7);
        share(source, copy);
        source.flush();
        int[] seen = new int[1];
        Side reader = heldAt(rules, "read data", () -> seen[0] = read(source, 0));
        source.discard(0, GRAIN);
        source.flush();
        write(copy, 0, GRAIN, STRANGER);
        rules.release.countDown();
        reader.join();
        assertThat(read(copy, 0)).isEqualTo(STRANGER);
        return seen[0];
    }

    private int sideThatWasDroppedAndCameBack(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice source = volume();
        VolumeDevice copy = volume();
        write(source, 0, GRAIN, 7);
        share(source, copy);
        source.flush();
        source.discard(0, GRAIN);
        write(copy, 0, GRAIN, STRANGER);
        losePower();
        return read(pool.openVolume(source.volume()), 0);
    }

    @Test
    void theLossOfAnOwnerCountsWhenItIsRetired() throws Exception {
        assertThat(readerOfTheSideThatWasDropped(new Quiet())).isEqualTo(7);
        assertThat(readerOfTheSideThatWasDropped(decrementingAtOnce())).isEqualTo(STRANGER);
        assertThat(sideThatWasDroppedAndCameBack(new Quiet())).isEqualTo(7);
        assertThat(sideThatWasDroppedAndCameBack(decrementingAtOnce())).isEqualTo(STRANGER);
    }

    /** Whether the copy is overwritten in place again once its source's loss is covered. */
    @Test
    void theLastOwnerWritesInPlaceAgain() throws Exception {
        start(new Quiet());
        VolumeDevice source = volume();
        VolumeDevice copy = volume();
        write(source, 0, GRAIN, 7);
        share(source, copy);
        source.discard(0, GRAIN);
        source.flush();
        long before = pool.core().wal.queuedLsn();
        write(copy, 0, GRAIN, 8);
        assertThat(pool.core().wal.queuedLsn()).isEqualTo(before);
        assertThat(read(copy, 0)).isEqualTo(8);
    }

    // W2, the source's side ---------------------------------------------------------------------

    private boolean shareBesideAWriterInPlace(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice source = volume();
        VolumeDevice copy = volume();
        write(source, 0, GRAIN, 1);
        Side writer = heldAt(rules, "write data", () -> write(source, 0, GRAIN, 2));
        Side sharer = new Side(() -> share(source, copy));
        sharer.thread.start();
        sharer.settled();
        boolean answered = !sharer.thread.isAlive();
        int before = answered ? read(copy, 0) : 2;
        rules.release.countDown();
        writer.join();
        sharer.join();
        assertThat(answered).isEqualTo(!rules.sourceRangeLock());
        return read(copy, 0) == before;
    }

    @Test
    void aShareWaitsForWritersOfItsSource() throws Exception {
        assertThat(shareBesideAWriterInPlace(new Quiet())).isTrue();
        assertThat(
                        shareBesideAWriterInPlace(
                                new Quiet() {
                                    @Override
                                    boolean sourceRangeLock() {
                                        return false;
                                    }
                                }))
                .isFalse();
    }

    // The last owner ----------------------------------------------------------------------------

    /** What the recovery says when the last owner of a grain went after a walk took the other. */
    private String replayAfterAWalkAndTheLastOwner(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice source = volume();
        VolumeDevice copy = volume();
        VolumeDevice stranger = volume();
        write(source, 0, GRAIN, 7);
        share(source, copy);
        long end = fill(stranger);
        source.close();
        assertThat(pool.core().checkpointer.run(false)).isTrue();
        pool.deleteVolume(source.volume());
        Walker walker = new Walker(pool.core());
        while (walker.slice()) {
            // Each slice takes a step.
        }
        copy.discard(0, GRAIN);
        copy.flush();
        write(stranger, end, GRAIN, 1);
        stranger.flush();
        files = files.afterPowerLoss(KEEP_ALL);
        try {
            pool = new Pool(new PoolFactory(files, new Quiet(), UUID.randomUUID()), options());
        } catch (StoreException e) {
            assertThat(e.kind()).isEqualTo(StoreException.Kind.DAMAGED);
            return String.valueOf(e.getMessage());
        }
        assertThat(read(pool.openVolume(stranger.volume()), end)).isEqualTo(1);
        return String.join("; ", pool.check().problems());
    }

    /** Writes until nothing is left; where it ended. */
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

    @Test
    void theLastOwnerOfWhatWasSharedGivesItBackAtACheckpoint() throws Exception {
        assertThat(replayAfterAWalkAndTheLastOwner(new Quiet())).isEmpty();
        assertThat(
                        replayAfterAWalkAndTheLastOwner(
                                new Quiet() {
                                    @Override
                                    boolean lastOwnerFreesAtBarrier() {
                                        return true;
                                    }
                                }))
                .contains("in use already");
    }
}
