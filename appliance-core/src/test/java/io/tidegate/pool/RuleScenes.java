package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the tests of the rules share. Each plays a scene twice: with the rule in force nothing is
 * lost, and with the rule broken by a switch the harm is seen. So each of these tests can fail.
 */
@NullUnmarked
abstract class RuleScenes {

    static final int GRAIN = 4096;
    static final int STRANGER = 0x5A5A5A5A;
    private static final int MOST_CHECKPOINTS = 60;
    static final VolumeShape SHAPE = new VolumeShape(Geometry.ofBytes(4 << 20, 512, 4096), 4096);

    /** Four data files, and so small that a test can fill it. */
    static final PoolOptions SMALL =
            new PoolOptions(4 << 20, GRAIN, 64 << 10, 1 << 20, 1 << 20, true);

    @TempDir Path tokens;

    final UUID boot = UUID.randomUUID();
    SimFiles files = new SimFiles();
    Pool pool;

    /** Rules without a background thread; one of them may be broken. */
    static class Quiet extends Rules {
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

    /** A thread is held at an operation only, not between its slot and its record. */
    static class HeldAtItsBytes extends Quiet {
        @Override
        void published() {}
    }

    static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    void start(Rules rules) throws Exception {
        start(rules, SMALL, options());
    }

    void start(Rules rules, PoolOptions options, PoolOpenOptions open) throws Exception {
        files = new SimFiles();
        PoolFactory factory = new PoolFactory(files, rules, boot);
        factory.create(options);
        pool = new Pool(factory, open);
    }

    PoolOpenOptions options() {
        return PoolOpenOptions.standard()
                .withTokenDirectory(tokens)
                .withDrainLimit(Duration.ofMillis(50))
                .withCheckpointEvery(Duration.ZERO);
    }

    VolumeDevice volume() throws StoreException {
        return volume(SHAPE.geometry().sizeBytes());
    }

    VolumeDevice volume(long sizeBytes) throws StoreException {
        VolumeId id = VolumeId.random();
        pool.createVolume(id, new VolumeShape(Geometry.ofBytes(sizeBytes, 512, 4096), 4096));
        return pool.openVolume(id);
    }

    static void write(BlockDevice d, long offset, int length, int value) throws DeviceException {
        ByteBuffer b = ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
        while (b.hasRemaining()) {
            b.putInt(value);
        }
        d.write(offset, b.flip());
    }

    static int read(BlockDevice d, long offset) throws DeviceException {
        ByteBuffer b = ByteBuffer.allocateDirect(GRAIN).order(ByteOrder.LITTLE_ENDIAN);
        d.read(offset & -GRAIN, b);
        return b.getInt((int) offset & GRAIN - 1);
    }

    /** Writes until nothing is left: every grain that may be taken now holds the pattern. */
    static long fill(BlockDevice d) throws DeviceException {
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

    interface Body {
        void run() throws Exception;
    }

    static final class Side {
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
    Side heldAt(Quiet rules, String operation, Body body) {
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

    /** A pool whose every second grain is free and holds the bytes of another volume. */
    void startAmongStrangers(Rules rules) throws Exception {
        start(rules);
        VolumeDevice stranger = volume();
        long end = fill(stranger);
        // Every other grain, so that no segment becomes free as a whole and is set aside.
        for (long at = 0; at < end; at += 2 * GRAIN) {
            stranger.discard(at, GRAIN);
        }
        stranger.flush();
    }

    /** A volume as the pool holds it. */
    Volume inside(VolumeDevice v) {
        return pool.core().state.volumes.get(v.volume());
    }

    /** Where a volume's grain stands. */
    long address(VolumeDevice v, long offset) throws IOException {
        return Slot.address(inside(v).map.slot(offset / GRAIN));
    }

    /** The token that a process that dies now leaves in its boot. */
    BootToken token(UUID bootId) {
        return BootToken.of(Optional.of(tokens), pool.id(), bootId, files.identity());
    }

    /** Makes checkpoints until the page has been written anew, or will not be. */
    void useUntilTaken(long page, VolumeDevice other) throws Exception {
        SpaceMap space = pool.core().space;
        boolean freed = false;
        for (int i = 0; i < MOST_CHECKPOINTS; i++) {
            // A new leaf and root each time.
            write(other, 0, GRAIN, i);
            other.discard(0, GRAIN);
            assertThat(pool.core().checkpointer.run(false)).isTrue();
            boolean used = space.isUsed(page, SpaceMap.NODE);
            if (freed && used) {
                return;
            }
            freed |= !used;
        }
    }

    /** Works off all that deletions left. */
    void walk() throws IOException {
        Walker walker = new Walker(pool.core());
        boolean more = true;
        while (more) {
            more = walker.slice();
        }
    }

    /** Opens what was left, with all rules in force. */
    void reopen(SimFiles left, UUID bootId) throws StoreException {
        reopen(left, bootId, new Quiet());
    }

    void reopen(SimFiles left, UUID bootId, Rules rules) throws StoreException {
        files = left;
        pool = new Pool(new PoolFactory(files, rules, bootId), options());
    }

    void losePower(Random random) throws StoreException {
        reopen(files.afterPowerLoss(random), UUID.randomUUID());
    }
}
