package io.tidegate.copy.mover;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.FaultDevice;
import io.tidegate.block.FaultDevice.Fault;
import io.tidegate.block.FaultDevice.Operation;
import io.tidegate.block.Geometry;
import io.tidegate.block.MemoryDevice;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RangeCopyTest {

    private static final int SIZE = 2 << 20;
    private static final MoverSettings SETTINGS =
            new MoverSettings(64 << 10, 4, 4, 256 << 10, 4096);

    private final DataMover mover = new DataMover(SETTINGS);

    @AfterEach
    void close() {
        mover.close();
    }

    private static byte[] model(byte[] from, byte[] to, RangeOrder order) {
        byte[] moved = to.clone();
        System.arraycopy(
                from.clone(),
                (int) order.sourceOffset(),
                moved,
                (int) order.destinationOffset(),
                (int) order.length());
        return moved;
    }

    private static MemoryDevice device(int block) {
        return new MemoryDevice("memory", Geometry.ofBytes(SIZE, block, 4096));
    }

    @Test
    void overlapInsideOneDeviceArrivesAsItWas() throws DeviceException {
        long seed = System.nanoTime();
        System.out.println("RangeCopyTest.overlap seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 120; i++) {
            MemoryDevice device = Bytes.patches(device(512), random, 150 << 10);
            int blocks = SIZE / 512;
            int length = 1 + random.nextInt(blocks / 2);
            int from = random.nextInt(blocks - length);
            int to =
                    random.nextBoolean()
                            ? random.nextInt(blocks - length)
                            : Math.clamp(from + random.nextInt(601) - 300, 0, blocks - length);
            RangeOrder order = new RangeOrder(from * 512L, to * 512L, length * 512L, 512, true);
            byte[] expected = model(Bytes.of(device), Bytes.of(device), order);

            RangeResult result = mover.copy(order, new FixedEnds(device, device));

            assertThat(result.complete()).isTrue();
            assertThat(result.moved().total()).isEqualTo(order.length());
            assertThat(Bytes.of(device)).as("seed %d, round %d", seed, i).isEqualTo(expected);
        }
    }

    @Test
    void betweenDevicesOfDifferentBlocks() throws DeviceException {
        long seed = System.nanoTime();
        System.out.println("RangeCopyTest.differentBlocks seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 120; i++) {
            int from = random.nextBoolean() ? 512 : 4096;
            int to = random.nextBoolean() ? 512 : 4096;
            int unit = Math.max(from, to);
            MemoryDevice source = Bytes.patches(device(from), random, 150 << 10);
            MemoryDevice destination = Bytes.fill(device(to), 0xa5);
            long length = (long) unit * (1 + random.nextInt(SIZE / unit - 1));
            long sourceOffset = from * random.nextLong((SIZE - length) / from + 1);
            long destinationOffset = to * random.nextLong((SIZE - length) / to + 1);
            RangeOrder order = new RangeOrder(sourceOffset, destinationOffset, length, unit, false);
            byte[] expected = model(Bytes.of(source), Bytes.of(destination), order);
            boolean plain = random.nextBoolean();
            BlockDevice target = plain ? new WatchedDevice(destination) : destination;
            FixedEnds ends = new FixedEnds(source, target);

            RangeResult result = mover.copy(order, ends);

            assertThat(result.complete()).isTrue();
            assertThat(Bytes.of(destination))
                    .as("seed %d, round %d, %s", seed, i, order)
                    .isEqualTo(expected);
            assertThat(result.moved().total()).isEqualTo(length);
            assertThat(ends.changed.get()).isEqualTo(result.moved().written());
            assertThat(ends.inside.get()).isZero();
        }
    }

    @Test
    void ontoItselfNothingMoves() throws DeviceException {
        FaultDevice device = new FaultDevice(Bytes.fill(device(512), 9));
        RangeResult result =
                mover.copy(
                        new RangeOrder(512, 512, 1 << 20, 512, true),
                        new FixedEnds(device, device));
        assertThat(result.complete()).isTrue();
        assertThat(device.calls(Operation.WRITE)).isZero();
    }

    @Test
    void stopsWhereNoLeaveIsGiven() throws DeviceException {
        MemoryDevice source = Bytes.fill(device(512), 9);
        for (int pieces = 0; pieces < 6; pieces++) {
            MemoryDevice destination = device(512);
            FixedEnds ends = new FixedEnds(source, destination);
            ends.most = pieces;
            RangeResult result = mover.copy(new RangeOrder(0, 0, SIZE, 512, false), ends);
            assertThat(result.complete()).isFalse();
            assertThat(result.failure()).isNull();
            assertThat(result.moved().total()).isEqualTo(pieces * (64L << 10));
            assertThat(ends.inside.get()).isZero();
        }
    }

    @Test
    void aPieceThatDoesNotCountStopsTheCopy() throws DeviceException {
        MemoryDevice source = Bytes.fill(device(512), 9);
        FixedEnds ends = new FixedEnds(source, device(512));
        ends.counting = 3;
        RangeResult result = mover.copy(new RangeOrder(0, 0, SIZE, 512, false), ends);
        assertThat(result.complete()).isFalse();
        assertThat(result.moved().total()).isEqualTo(3 * (64L << 10));
        assertThat(ends.inside.get()).isZero();
    }

    @Test
    void tellsWhichEndFailedAndWaitsForTheRest() throws DeviceException {
        for (Operation operation : new Operation[] {Operation.READ, Operation.WRITE}) {
            for (int piece = 0; piece < SIZE / (64 << 10); piece += 3) {
                FaultDevice source = new FaultDevice(Bytes.fill(device(512), 9));
                FaultDevice destination = new FaultDevice(device(512));
                WatchedDevice watched = new WatchedDevice(destination);
                boolean read = operation == Operation.READ;
                (read ? source : destination)
                        .add(
                                Fault.fail(operation, DeviceException.Kind.WRITE)
                                        .in(piece * (64L << 10), 512));
                FixedEnds ends = new FixedEnds(source, watched);
                RangeResult result = mover.copy(new RangeOrder(0, 0, SIZE, 512, false), ends);
                assertThat(result.complete()).isFalse();
                RangeResult.Failure failure = Objects.requireNonNull(result.failure());
                assertThat(failure.source()).isEqualTo(read);
                assertThat(failure.cause().offset()).isEqualTo(piece * (64L << 10));
                assertThat(watched.underWay()).isZero();
                assertThat(ends.inside.get()).isZero();
            }
        }
    }
}
