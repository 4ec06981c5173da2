package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreException.Kind;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pool becomes larger in use, and is at its old or its new size wherever that is cut off. */
@NullUnmarked
class PoolGrowTest {

    private static final long OLD = PoolHarness.OPTIONS.sizeBytes();
    private static final long NEW = 40 << 20;
    private static final int PIECE = 64 << 10;

    @TempDir Path dir;

    private PoolHarness harness(long seed, int acts) throws Exception {
        PoolHarness h = new PoolHarness(seed, dir);
        for (int i = 0; i < acts; i++) {
            h.act();
        }
        return h;
    }

    private static long size(PoolHarness h) {
        return h.pool.status().totalBytes();
    }

    private static Kind refused(Pool pool, long sizeBytes) {
        return catchThrowableOfType(StoreException.class, () -> pool.grow(sizeBytes)).kind();
    }

    // Crashes -----------------------------------------------------------------------------------

    @Test
    void aLossOfPowerLeavesTheOldSizeOrTheNewOne() throws Exception {
        int[] found = new int[2];
        long stops = 1;
        for (long stop = 0; stop < stops; stop++) {
            PoolHarness h = harness(3, 15);
            boolean grown = false;
            h.files.stopAfter(stop);
            try {
                h.pool.grow(NEW);
                grown = true;
                // What is written now lies in new segments too.
                for (int i = 0; i < 6; i++) {
                    h.act();
                }
                stops = h.files.operations();
            } catch (Exception e) {
                assertThat(h.files.stopped()).as("only the stop fails: %s", e).isTrue();
                stops = Math.max(stops, stop + 2);
            }
            h.abandon();
            h.files = h.files.afterPowerLoss(new Random(stop));
            h.open(UUID.randomUUID());
            h.settle();
            assertThat(size(h)).isIn(grown ? List.of(NEW) : List.of(OLD, NEW));
            found[size(h) == NEW ? 1 : 0]++;
            h.pool.grow(NEW);
            assertThat(size(h)).isEqualTo(NEW);
            goOn(h);
        }
        assertThat(found[0]).as("cut off before it took effect").isGreaterThan(5);
        assertThat(found[1]).as("cut off afterwards").isGreaterThan(5);
    }

    private static void goOn(PoolHarness h) throws Exception {
        for (int i = 0; i < 5; i++) {
            h.act();
        }
        h.background();
        h.verify();
        h.pool.close();
        h.open(h.boot);
        assertThat(size(h)).isEqualTo(NEW);
        h.verify();
        h.pool.close();
    }

    @Test
    void aKillLosesNothingThatWasAnswered() throws Exception {
        long stops = 1;
        for (long stop = 0; stop < stops; stop++) {
            PoolHarness h = harness(4, 10);
            h.files.stopAfter(stop);
            try {
                h.pool.grow(NEW);
                stops = h.files.operations();
            } catch (StoreException e) {
                assertThat(h.files.stopped()).as("only the stop fails: %s", e).isTrue();
                stops = Math.max(stops, stop + 2);
            }
            h.files = h.files.afterKill();
            BootToken token =
                    BootToken.of(
                            Optional.of(h.tokens),
                            h.pool.core().checkpointer.current().pool(),
                            h.boot,
                            h.files.identity());
            h.abandon();
            token.make();
            h.open(h.boot);
            assertThat(size(h)).isIn(OLD, NEW);
            h.verify();
            h.pool.grow(NEW);
            assertThat(size(h)).isEqualTo(NEW);
            h.pool.close();
        }
        assertThat(stops).isGreaterThan(10);
    }

    @Test
    void noNewSegmentIsForUseBeforeThePoolIsSurelyLarger() throws Exception {
        PoolHarness h = harness(8, 25);
        SpaceMap space = h.pool.core().space;
        long before = space.claims.thinGrains();
        List<String> seen = new ArrayList<>();
        h.files.before =
                op -> {
                    assertThat(space.claims.thinGrains()).as(op).isLessThanOrEqualTo(before);
                    seen.add(op);
                };
        h.pool.grow(NEW);
        h.files.before = op -> {};
        assertThat(seen).containsSubsequence("sync pool.super", "write pool.wal", "sync pool.wal");
        assertThat(space.claims.thinGrains()).isGreaterThan(before + 3000);
    }

    // Failures ----------------------------------------------------------------------------------

    @Test
    void whatCannotBeIsRefused() throws Exception {
        PoolHarness h = harness(5, 10);
        assertThat(refused(h.pool, OLD - PIECE)).isEqualTo(Kind.LIMIT);
        assertThat(refused(h.pool, (1L << 50) + PIECE)).isEqualTo(Kind.LIMIT);
        assertThat(
                        catchThrowableOfType(
                                        StoreException.class,
                                        () -> h.pool.grow(List.of(Path.of("/dev/none"))))
                                .kind())
                .isEqualTo(Kind.LIMIT);
        long generation = h.pool.core().checkpointer.current().generation();
        h.pool.grow(OLD);
        h.pool.grow(OLD + 100);
        assertThat(h.pool.core().checkpointer.current().generation()).isEqualTo(generation);
        assertThat(size(h)).isEqualTo(OLD);
    }

    @Test
    void withoutRoomForTheLargerReserveThePoolKeepsItsSize() throws Exception {
        PoolHarness h = harness(6, 10);
        int reserve = h.pool.core().space.reserve();
        h.files.capacity = 0;
        assertThat(refused(h.pool, 200 << 20)).isEqualTo(Kind.NO_SPACE);
        assertThat(size(h)).isEqualTo(OLD);
        assertThat(h.pool.core().space.reserve()).isEqualTo(reserve);
        h.files.capacity = Long.MAX_VALUE;
        h.pool.grow(200 << 20);
        assertThat(size(h)).isEqualTo(200 << 20);
        assertThat(h.pool.core().space.reserve()).isGreaterThan(reserve);
        h.verify();
    }

    @Test
    void aCheckpointThatFailsLeavesTheNewSizeToTheNextOne() throws Exception {
        PoolHarness h = harness(7, 25);
        SimFiles files = h.files;
        AtomicBoolean failed = new AtomicBoolean();
        files.before =
                op -> {
                    if (op.startsWith("write data") && failed.compareAndSet(false, true)) {
                        files.stopAfter(0);
                    }
                };
        assertThat(refused(h.pool, NEW)).isEqualTo(Kind.IO);
        files.stopAfter(Long.MAX_VALUE);
        assertThat(size(h)).isEqualTo(OLD);
        h.verify();
        h.background();
        assertThat(size(h)).isEqualTo(NEW);
        goOn(h);
    }

    @Test
    void aWriteThatDoesNotEndPutsItOff() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        AtomicBoolean hold = new AtomicBoolean();
        Rules rules =
                new Rules() {
                    @Override
                    boolean background() {
                        return false;
                    }

                    @Override
                    void published() {
                        if (hold.compareAndSet(true, false)) {
                            inside.countDown();
                            await(release);
                        }
                    }
                };
        SimFiles files = new SimFiles();
        new PoolFactory(files, rules, UUID.randomUUID()).create(PoolHarness.OPTIONS);
        PoolOpenOptions open =
                PoolOpenOptions.standard()
                        .withTokenDirectory(dir)
                        .withDrainLimit(Duration.ofMillis(20));
        try (Pool pool = new Pool(new PoolFactory(files, rules, UUID.randomUUID()), open);
                VolumeDevice d = volume(pool)) {
            hold.set(true);
            Thread writer = new Thread(() -> quietly(() -> d.write(0, piece(1))));
            writer.start();
            await(inside);
            assertThat(refused(pool, NEW)).isEqualTo(Kind.NOT_DRAINED);
            assertThat(pool.status().totalBytes()).isEqualTo(OLD);
            release.countDown();
            writer.join();
            pool.grow(NEW);
            assertThat(pool.status().totalBytes()).isEqualTo(NEW);
            assertThat(pool.check().problems()).isEmpty();
        }
    }

    private static void await(CountDownLatch latch) {
        quietly(latch::await);
    }

    private interface Body {
        void run() throws Exception;
    }

    private static void quietly(Body body) {
        try {
            body.run();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    // In use ------------------------------------------------------------------------------------

    private static VolumeDevice volume(Pool pool) throws StoreException {
        VolumeId id = VolumeId.random();
        pool.createVolume(id, new VolumeShape(Geometry.ofBytes(256 << 20, 512, 4096), 4096));
        return pool.openVolume(id);
    }

    private static ByteBuffer piece(int value) {
        ByteBuffer b = ByteBuffer.allocateDirect(PIECE);
        while (b.hasRemaining()) {
            b.putInt(value);
        }
        return b.flip();
    }

    /** Writes pieces in a row, each with its number, until there is no space; how many. */
    private static int fill(VolumeDevice d, int from) throws DeviceException {
        for (int i = from; ; i++) {
            try {
                d.write((long) i * PIECE, piece(i + 1));
            } catch (DeviceException e) {
                assertThat(e.kind()).isEqualTo(DeviceException.Kind.NO_SPACE);
                return i;
            }
        }
    }

    private static void verify(VolumeDevice d, int pieces) throws DeviceException {
        for (int i = 0; i < pieces; i++) {
            ByteBuffer b = ByteBuffer.allocateDirect(PIECE);
            d.read((long) i * PIECE, b);
            assertThat(b.flip()).as("piece %d", i).isEqualTo(piece(i + 1));
        }
    }

    @Test
    void aFullPoolGoesOn() throws Exception {
        Path path = dir.resolve("pool");
        VolumeId id;
        int pieces;
        PoolOpenOptions open = PoolOpenOptions.standard().withTokenDirectory(dir);
        try (Pool pool = Pool.create(path, PoolHarness.OPTIONS, open);
                VolumeDevice d = volume(pool)) {
            id = pool.volumes().iterator().next();
            int first = fill(d, 0);
            assertThat(pool.status().freeBytes()).isLessThan(PIECE);
            pool.grow(NEW);
            assertThat(pool.status().freeBytes()).isGreaterThan(10 << 20);
            assertThat(pool.status().totalBytes()).isEqualTo(NEW);
            pieces = fill(d, first);
            assertThat((long) pieces * PIECE).isBetween(NEW * 3 / 4, NEW);
            // Over the end of the data files that there were: 8 MiB each.
            assertThat(path.resolve("data-0004")).exists();
            verify(d, pieces);
            assertThat(pool.check().problems()).isEmpty();
        }
        try (Pool pool = Pool.open(path, open);
                VolumeDevice d = pool.openVolume(id)) {
            assertThat(pool.status().totalBytes()).isEqualTo(NEW);
            verify(d, pieces);
            assertThat(pool.check().problems()).isEmpty();
            // The reserve of the new size has real space.
            long reserve = pool.status().reserveBytes();
            assertThat(Reserve.segments(pool.core().space.usable()) * (long) PIECE)
                    .isEqualTo(reserve);
        }
    }

    @Test
    void writesGoOnMeanwhile() throws Exception {
        Path path = dir.resolve("pool");
        PoolOpenOptions open =
                PoolOpenOptions.standard()
                        .withTokenDirectory(dir)
                        .withDrainLimit(Duration.ofSeconds(10));
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        try (Pool pool = Pool.create(path, PoolHarness.OPTIONS, open)) {
            AtomicBoolean stop = new AtomicBoolean();
            List<Thread> writers = new ArrayList<>();
            List<VolumeDevice> devices = new ArrayList<>();
            int[] rounds = new int[2];
            for (int w = 0; w < 2; w++) {
                int writer = w;
                VolumeDevice d = volume(pool);
                devices.add(d);
                Thread t =
                        new Thread(
                                () -> {
                                    try {
                                        while (!stop.get() || rounds[writer] == 0) {
                                            int round = ++rounds[writer];
                                            for (int i = 0; i < 40; i++) {
                                                d.write((long) i * PIECE, piece(round));
                                            }
                                            d.flush();
                                            d.discard(0, 20 * PIECE);
                                        }
                                    } catch (Throwable e) {
                                        failure.compareAndSet(null, e);
                                    }
                                });
                writers.add(t);
                t.start();
            }
            long size = OLD;
            for (int i = 0; i < 12; i++) {
                size += 3 << 20;
                pool.grow(size);
                assertThat(pool.status().totalBytes()).isEqualTo(size);
            }
            stop.set(true);
            for (Thread t : writers) {
                t.join();
            }
            assertThat(failure.get()).isNull();
            for (int w = 0; w < 2; w++) {
                for (int i = 0; i < 40; i++) {
                    ByteBuffer b = ByteBuffer.allocateDirect(PIECE);
                    devices.get(w).read((long) i * PIECE, b);
                    assertThat(b.flip()).isEqualTo(piece(i < 20 ? 0 : rounds[w]));
                }
            }
            assertThat(pool.check().problems()).isEmpty();
        }
        assertThat(Files.size(path.resolve("pool.super"))).isPositive();
    }

    // Room below --------------------------------------------------------------------------------

    /** Files over a file system that tells how much it has left. */
    private static final class Telling extends Forwarding {
        long free;

        Telling(PoolFiles files) {
            super(files);
        }

        @Override
        public long freeBytes() {
            return free;
        }
    }

    @Test
    void freeSpaceIsNoMoreThanTheFileSystemHas() throws Exception {
        Telling files = new Telling(new SimFiles());
        Rules rules = new PoolHarness(1, dir).rules;
        new PoolFactory(files, rules, UUID.randomUUID()).create(PoolHarness.OPTIONS);
        PoolOpenOptions open = PoolOpenOptions.standard().withTokenDirectory(dir);
        try (Pool pool = new Pool(new PoolFactory(files, rules, UUID.randomUUID()), open)) {
            files.free = Long.MAX_VALUE;
            long all = pool.status().freeBytes();
            assertThat(all).isGreaterThan(20 << 20);
            files.free = 5 << 20;
            long less = pool.status().freeBytes();
            assertThat(less).isBetween(files.free, files.free + (1 << 20));
            files.free = 0;
            assertThat(pool.status().freeBytes()).isEqualTo(less - (5 << 20));
            // Space that was real once and is free again needs nothing of the file system.
            files.free = Long.MAX_VALUE;
            try (VolumeDevice d = volume(pool)) {
                for (int i = 0; i < 100; i++) {
                    d.write((long) i * PIECE, piece(1));
                }
                d.discard(0, 100 * PIECE);
                d.flush();
                files.free = 0;
                assertThat(pool.status().freeBytes()).isGreaterThan(90L * PIECE);
            }
        }
    }
}
