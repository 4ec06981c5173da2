package io.tidegate.copy.mover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.ChangeStream;
import io.tidegate.block.ChangeStream.Change;
import io.tidegate.block.ChangeStream.Kind;
import io.tidegate.block.ChangeStreams;
import io.tidegate.block.DelayDevice;
import io.tidegate.block.DelayDevice.Point;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Extent;
import io.tidegate.block.FaultDevice;
import io.tidegate.block.FaultDevice.Fault;
import io.tidegate.block.FaultDevice.Operation;
import io.tidegate.block.MemoryDevice;
import io.tidegate.recovery.Mover;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DataMoverTest {

    private static final int SIZE = 3 << 20;
    private static final int PATTERN = 0xa5;
    private static final MoverSettings SETTINGS =
            new MoverSettings(64 << 10, 4, 4, 256 << 10, 4096);

    private final DataMover mover = new DataMover(SETTINGS);

    @AfterEach
    void close() {
        mover.close();
    }

    /** Records what it is told, and cancels after so many reports. */
    private static class Watch implements Mover.Control {
        private long cancelAfter = Long.MAX_VALUE;
        private long reports;
        private long copied;
        private long discarded;
        private long resume;
        private final List<Long> checkpoints = new ArrayList<>();

        @Override
        public boolean cancelled() {
            return reports >= cancelAfter;
        }

        @Override
        public void progress(long copiedBytes, long discardedBytes, long resumeOffset) {
            assertThat(copiedBytes).isGreaterThanOrEqualTo(copied);
            assertThat(resumeOffset).isGreaterThanOrEqualTo(resume);
            reports++;
            copied = copiedBytes;
            discarded = discardedBytes;
            resume = resumeOffset;
        }

        @Override
        public void checkpoint(long resumeOffset) {
            checkpoints.add(resumeOffset);
        }
    }

    private static Mover.Order order(BlockDevice from, BlockDevice to, ChangeStream extents) {
        return new Mover.Order(from, to, extents, 0, 0, false);
    }

    private static List<Change> changes(Random random) {
        List<Change> changes = new ArrayList<>();
        long at = 0;
        while (true) {
            at += 512L * random.nextInt(400);
            long length = 512L * (1 + random.nextInt(800));
            if (at + length > SIZE) {
                return changes;
            }
            Kind kind = random.nextInt(4) == 0 ? Kind.DISCARDED : Kind.WRITTEN;
            changes.add(new Change(at, length, kind));
            at += length;
        }
    }

    private static byte[] expected(byte[] source, List<Change> changes, long upTo) {
        byte[] expected = new byte[SIZE];
        Arrays.fill(expected, (byte) PATTERN);
        for (Change change : changes) {
            int end = (int) Math.min(change.end(), upTo);
            if (change.offset() >= end) {
                continue;
            }
            if (change.kind() == Kind.DISCARDED) {
                Arrays.fill(expected, (int) change.offset(), end, (byte) 0);
            } else {
                System.arraycopy(
                        source,
                        (int) change.offset(),
                        expected,
                        (int) change.offset(),
                        (int) (end - change.offset()));
            }
        }
        return expected;
    }

    @Test
    void copiesWhatTheListSaysAndNothingElse() throws DeviceException {
        long seed = System.nanoTime();
        System.out.println("DataMoverTest.copiesWhatTheListSays seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 60; i++) {
            MemoryDevice source = Bytes.patches(MemoryDevice.ofBytes(SIZE), random, 200 << 10);
            MemoryDevice memory = Bytes.fill(MemoryDevice.ofBytes(SIZE), PATTERN);
            BlockDevice destination = random.nextBoolean() ? memory : new WatchedDevice(memory);
            List<Change> changes = changes(random);
            Watch watch = new Watch();

            Mover.Result result =
                    mover.move(order(source, destination, ChangeStreams.of(changes)), watch);

            assertThat(Bytes.of(memory))
                    .as("seed %d, round %d", seed, i)
                    .isEqualTo(expected(Bytes.of(source), changes, SIZE));
            long written = sum(changes, Kind.WRITTEN);
            assertThat(result.complete()).isTrue();
            assertThat(result.copiedBytes() + result.zeroBytes()).isEqualTo(written);
            assertThat(result.discardedBytes()).isEqualTo(sum(changes, Kind.DISCARDED));
            assertThat(watch.copied).isEqualTo(written);
            assertThat(watch.discarded).isEqualTo(result.discardedBytes());
            if (!changes.isEmpty()) {
                assertThat(watch.checkpoints).last().isEqualTo(changes.getLast().end());
            }
        }
    }

    private static long sum(List<Change> changes, Kind kind) {
        return changes.stream().filter(c -> c.kind() == kind).mapToLong(Change::length).sum();
    }

    @Test
    void holesOfTheSourceBecomeHoles() throws DeviceException {
        MemoryDevice source = MemoryDevice.ofBytes(SIZE);
        byte[] data = new byte[128 << 10];
        Arrays.fill(data, 0, 1000, (byte) 7); // the second half is zeroes that were written
        source.write(1 << 20, ByteBuffer.wrap(data));
        MemoryDevice destination = Bytes.fill(MemoryDevice.ofBytes(SIZE), PATTERN);

        Mover.Result result =
                mover.move(
                        order(source, destination, ChangeStreams.wholeDevice(source, 0)),
                        new Watch());

        assertThat(Bytes.of(destination)).isEqualTo(Bytes.of(source));
        assertThat(destination.runs(0, SIZE, 100))
                .filteredOn(run -> run.mapped())
                .singleElement()
                .satisfies(run -> assertThat(run.length()).isEqualTo(64 << 10));
        assertThat(result.copiedBytes()).isEqualTo(4096);
        assertThat(result.zeroBytes()).isEqualTo((128 << 10) - 4096);
        assertThat(result.discardedBytes()).isEqualTo(SIZE - (128 << 10));
    }

    @Test
    void cancelledAnywhereItCanGoOn() throws DeviceException {
        long seed = System.nanoTime();
        System.out.println("DataMoverTest.cancelledAnywhere seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 40; i++) {
            MemoryDevice source = Bytes.patches(MemoryDevice.ofBytes(SIZE), random, 100 << 10);
            MemoryDevice memory = Bytes.fill(MemoryDevice.ofBytes(SIZE), PATTERN);
            WatchedDevice destination = new WatchedDevice(memory);
            List<Change> changes = changes(random);
            Watch watch = new Watch();
            watch.cancelAfter = random.nextInt(40);

            Mover.Result first =
                    mover.move(order(source, destination, ChangeStreams.of(changes)), watch);

            assertThat(destination.underWay()).isZero();
            byte[] stopped = Bytes.of(memory);
            long reached = watch.checkpoints.isEmpty() ? 0 : watch.checkpoints.getLast();
            assertThat(Arrays.copyOf(stopped, (int) reached))
                    .as("seed %d, round %d", seed, i)
                    .isEqualTo(
                            Arrays.copyOf(
                                    expected(Bytes.of(source), changes, SIZE), (int) reached));
            if (first.complete()) {
                assertThat(stopped).isEqualTo(expected(Bytes.of(source), changes, SIZE));
            } else {
                assertThat(watch.reports).isGreaterThanOrEqualTo(watch.cancelAfter);
            }
            ChangeStream rest = ChangeStreams.from(ChangeStreams.of(changes), reached);
            mover.move(order(source, destination, rest), new Watch());
            assertThat(Bytes.of(memory)).isEqualTo(expected(Bytes.of(source), changes, SIZE));
        }
    }

    @Test
    void aCheckpointIsDurableAndWhatIsNotStaysBelowTheLimit() throws DeviceException {
        MemoryDevice source = Bytes.fill(MemoryDevice.ofBytes(SIZE), 1);
        WatchedDevice destination = new WatchedDevice(MemoryDevice.ofBytes(SIZE));
        byte[] whole = Bytes.of(source);
        List<Long> seen = new ArrayList<>();
        Watch watch =
                new Watch() {
                    @Override
                    public void checkpoint(long resumeOffset) {
                        seen.add(resumeOffset);
                        assertThat(Arrays.copyOf(destination.durableImage(), (int) resumeOffset))
                                .isEqualTo(Arrays.copyOf(whole, (int) resumeOffset));
                    }
                };
        mover.move(order(source, destination, ChangeStreams.wholeDevice(source, 0)), watch);
        assertThat(destination.mostDirty()).isLessThanOrEqualTo(SETTINGS.dirtyBytes());
        assertThat(seen).hasSizeGreaterThan(5).isSorted().last().isEqualTo((long) SIZE);
    }

    @Test
    void severalPiecesAreUnderWayAndNoMoreThanAllowed() throws Exception {
        DelayDevice slow = new DelayDevice(Bytes.fill(MemoryDevice.ofBytes(SIZE), 1));
        WatchedDevice source = new WatchedDevice(slow);
        try (DelayDevice.Stop stop = slow.stopAt(Point.BEFORE_READ)) {
            Thread copy =
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try {
                                            mover.move(
                                                    order(
                                                            source,
                                                            MemoryDevice.ofBytes(SIZE),
                                                            ChangeStreams.wholeDevice(source, 0)),
                                                    new Watch());
                                        } catch (DeviceException e) {
                                            throw new IllegalStateException(e);
                                        }
                                    });
            for (int i = 0; i < SETTINGS.inFlight(); i++) {
                stop.awaitArrival(Duration.ofSeconds(30));
            }
            stop.release();
            copy.join();
        }
        assertThat(source.mostUnderWay()).isEqualTo(SETTINGS.inFlight());
    }

    @Test
    void aFaultAtAnyPieceEndsTheCopyWithNothingUnderWay() throws DeviceException {
        int pieces = SIZE / SETTINGS.pieceBytes();
        for (Operation operation : List.of(Operation.READ, Operation.WRITE)) {
            for (int piece = 0; piece < pieces; piece += 5) {
                FaultDevice source = new FaultDevice(Bytes.fill(MemoryDevice.ofBytes(SIZE), 1));
                FaultDevice faulty = new FaultDevice(MemoryDevice.ofBytes(SIZE));
                WatchedDevice destination = new WatchedDevice(faulty);
                DeviceException.Kind kind =
                        operation == Operation.READ
                                ? DeviceException.Kind.READ
                                : DeviceException.Kind.NO_SPACE;
                (operation == Operation.READ ? source : faulty)
                        .add(
                                Fault.fail(operation, kind)
                                        .in((long) piece * SETTINGS.pieceBytes(), 512));
                Watch watch = new Watch();
                AtomicBoolean closed = new AtomicBoolean();
                ChangeStream stream = ChangeStreams.written(List.of(new Extent(0, SIZE)));

                assertThatThrownBy(
                                () ->
                                        mover.move(
                                                order(source, destination, watched(stream, closed)),
                                                watch))
                        .isInstanceOfSatisfying(
                                DeviceException.class, e -> assertThat(e.kind()).isEqualTo(kind));

                assertThat(destination.underWay()).isZero();
                assertThat(closed).isTrue();
                assertThat(watch.resume).isLessThanOrEqualTo((long) piece * SETTINGS.pieceBytes());
            }
        }
    }

    private static ChangeStream watched(ChangeStream stream, AtomicBoolean closed) {
        return new ChangeStream() {
            @Override
            public Optional<Change> next() throws DeviceException {
                assertThat(closed).isFalse();
                return stream.next();
            }

            @Override
            public void close() {
                closed.set(true);
            }
        };
    }

    @Test
    void aSyncThatFailsEndsTheCopy() throws DeviceException {
        for (int sync = 0; sync < 3; sync++) {
            FaultDevice destination = new FaultDevice(MemoryDevice.ofBytes(SIZE));
            Fault fault =
                    destination.add(
                            Fault.fail(Operation.FLUSH, DeviceException.Kind.SYNC).after(sync));
            MemoryDevice source = Bytes.fill(MemoryDevice.ofBytes(SIZE), 1);
            Watch watch = new Watch();
            assertThatThrownBy(
                            () ->
                                    mover.move(
                                            order(
                                                    source,
                                                    destination,
                                                    ChangeStreams.wholeDevice(source, 0)),
                                            watch))
                    .isInstanceOfSatisfying(
                            DeviceException.class,
                            e -> assertThat(e.kind()).isEqualTo(DeviceException.Kind.SYNC));
            assertThat(fault.hits()).isPositive();
            assertThat(watch.checkpoints.size()).isLessThanOrEqualTo(sync);
        }
    }

    @Test
    void anInterruptOfTheCallerNeitherStopsNorGetsLost() throws Exception {
        MemoryDevice source = Bytes.fill(MemoryDevice.ofBytes(SIZE), 3);
        MemoryDevice destination = MemoryDevice.ofBytes(SIZE);
        AtomicBoolean flag = new AtomicBoolean();
        Thread caller =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    Thread.currentThread().interrupt();
                                    try {
                                        mover.move(
                                                order(
                                                        source,
                                                        destination,
                                                        ChangeStreams.wholeDevice(source, 0)),
                                                new Watch());
                                    } catch (DeviceException e) {
                                        throw new IllegalStateException(e);
                                    }
                                    flag.set(Thread.currentThread().isInterrupted());
                                });
        caller.join();
        assertThat(flag).isTrue();
        assertThat(Bytes.of(destination)).isEqualTo(Bytes.of(source));
    }

    @Test
    void aLimitOfBytesPerSecondIsKept() throws DeviceException {
        AtomicLong now = new AtomicLong(5);
        Pacer.Ticker ticker =
                new Pacer.Ticker() {
                    @Override
                    public long nanos() {
                        return now.get();
                    }

                    @Override
                    public void sleep(long nanos) {
                        now.addAndGet(nanos);
                    }
                };
        try (DataMover paced = new DataMover(SETTINGS, ticker)) {
            MemoryDevice source = Bytes.fill(MemoryDevice.ofBytes(SIZE), 3);
            MemoryDevice destination = MemoryDevice.ofBytes(SIZE);
            paced.move(
                    new Mover.Order(
                            source,
                            destination,
                            ChangeStreams.wholeDevice(source, 0),
                            0,
                            1 << 20,
                            false),
                    new Watch());
            assertThat(Bytes.of(destination)).isEqualTo(Bytes.of(source));
        }
        // The first piece goes at once: three seconds less the time of a piece.
        assertThat(Duration.ofNanos(now.get()))
                .isBetween(Duration.ofMillis(2800), Duration.ofMillis(3000));
    }

    @Test
    void noCopyStartsAfterClose() throws DeviceException {
        MemoryDevice source = Bytes.fill(MemoryDevice.ofBytes(SIZE), 3);
        mover.close();
        assertThatThrownBy(
                        () ->
                                mover.move(
                                        order(
                                                source,
                                                MemoryDevice.ofBytes(SIZE),
                                                ChangeStreams.wholeDevice(source, 0)),
                                        new Watch()))
                .isInstanceOf(IllegalStateException.class);
    }
}
