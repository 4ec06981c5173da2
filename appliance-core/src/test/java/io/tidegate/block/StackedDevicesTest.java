package io.tidegate.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tidegate.block.DelayDevice.Point;
import io.tidegate.block.DeviceException.Kind;
import io.tidegate.block.FaultDevice.Effect;
import io.tidegate.block.FaultDevice.Fault;
import io.tidegate.block.FaultDevice.Operation;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class StackedDevicesTest {

    /** A device without any ability, so that those above have to stand in. */
    private record Plain(MemoryDevice below) implements BlockDevice {
        @Override
        public Geometry geometry() {
            return below.geometry();
        }

        @Override
        public void read(long offset, ByteBuffer into) throws DeviceException {
            below.read(offset, into);
        }

        @Override
        public boolean tryRead(long offset, ByteBuffer into) throws DeviceException {
            return below.tryRead(offset, into);
        }

        @Override
        public void write(long offset, ByteBuffer from) throws DeviceException {
            below.write(offset, from);
        }

        @Override
        public void flush() throws DeviceException {
            below.flush();
        }

        @Override
        public void close() {
            below.close();
        }
    }

    @Nested
    class FaultOnMemory extends BlockDeviceContract {
        @Override
        protected BlockDevice fresh(long sizeBytes) {
            return new FaultDevice(MemoryDevice.ofBytes(sizeBytes));
        }
    }

    @Nested
    class DelayOnPlain extends BlockDeviceContract {
        @Override
        protected BlockDevice fresh(long sizeBytes) {
            return new DelayDevice(new Plain(MemoryDevice.ofBytes(sizeBytes)));
        }
    }

    private final MemoryDevice memory = MemoryDevice.ofBytes(1 << 20);

    private static ByteBuffer filled(int length, int value) {
        ByteBuffer b = ByteBuffer.allocate(length);
        while (b.hasRemaining()) {
            b.put((byte) value);
        }
        return b.flip();
    }

    private static byte at(BlockDevice device, long offset) throws DeviceException {
        ByteBuffer in = ByteBuffer.allocate(512);
        device.read(offset / 512 * 512, in);
        return in.get((int) (offset % 512));
    }

    private static void assertFails(
            Kind kind, org.assertj.core.api.ThrowableAssert.ThrowingCallable c) {
        assertThatExceptionOfType(DeviceException.class)
                .isThrownBy(c)
                .satisfies(e -> assertThat(e.kind()).isEqualTo(kind));
    }

    @Test
    void failsInTheRangeAfterSomeCallsForSomeCalls() throws DeviceException {
        FaultDevice d = new FaultDevice(memory);
        Fault fault = d.add(Fault.fail(Operation.READ, Kind.READ).in(4096, 512).after(1).times(2));
        at(d, 4096);
        at(d, 0);
        assertFails(Kind.READ, () -> at(d, 4096));
        assertFails(Kind.READ, () -> d.tryRead(0, ByteBuffer.allocate(8192)));
        at(d, 4096);
        at(d, 4608);
        assertThat(fault.hits()).isEqualTo(2);
        assertThat(d.calls(Operation.READ)).isEqualTo(6);
    }

    @Test
    void tearsLosesDelaysAndCorruptsWrites() throws DeviceException {
        FaultDevice d = new FaultDevice(memory);
        d.add(Fault.of(Operation.WRITE, Effect.TORN, Kind.WRITE).times(1));
        assertFails(Kind.WRITE, () -> d.write(0, filled(2048, 1)));
        assertThat(at(memory, 1023)).isEqualTo((byte) 1);
        assertThat(at(memory, 1024)).isZero();

        d.add(Fault.of(Operation.WRITE, Effect.LOST, Kind.WRITE).times(1));
        d.write(0, filled(512, 2));
        assertThat(at(memory, 0)).isEqualTo((byte) 1);

        d.add(Fault.of(Operation.WRITE, Effect.LATE, Kind.NO_SPACE).times(1));
        assertFails(Kind.NO_SPACE, () -> d.write(0, filled(512, 3)));
        assertThat(at(memory, 0)).isEqualTo((byte) 3);

        d.add(Fault.of(Operation.WRITE, Effect.CORRUPT, Kind.WRITE).in(512, 512).times(1));
        d.write(0, filled(1024, 4));
        assertThat(at(memory, 0)).isEqualTo((byte) 4);
        assertThat(at(memory, 512)).isEqualTo((byte) 5);

        d.add(Fault.of(Operation.READ, Effect.CORRUPT, Kind.READ));
        assertThat(at(d, 0)).isEqualTo((byte) 5);
        d.clear();
        assertThat(at(d, 0)).isEqualTo((byte) 4);
    }

    @Test
    void failsFlushesDiscardsAndUpdates() throws DeviceException {
        FaultDevice d = new FaultDevice(memory);
        d.write(0, filled(512, 1));
        d.add(Fault.fail(Operation.FLUSH, Kind.SYNC).times(1));
        assertFails(Kind.SYNC, d::flush);
        d.flush();
        d.add(Fault.fail(Operation.DISCARD, Kind.WRITE).times(1));
        assertFails(Kind.WRITE, () -> d.discard(0, 512));
        d.add(Fault.fail(Operation.WRITE, Kind.WRITE).times(1));
        assertFails(Kind.WRITE, () -> d.update(0, 512, c -> true));
        assertThat(at(memory, 0)).isEqualTo((byte) 1);
        d.missTryReads(true);
        assertThat(d.tryRead(0, ByteBuffer.allocate(512))).isFalse();
    }

    @Test
    void holdsCallsAtTheirPoint() throws Exception {
        DelayDevice d = new DelayDevice(memory);
        Duration limit = Duration.ofSeconds(30);
        try (var threads = Executors.newCachedThreadPool();
                DelayDevice.Stop before = d.stopAt(Point.BEFORE_WRITE, 0, 512);
                DelayDevice.Stop after = d.stopAt(Point.AFTER_WRITE, 0, 512)) {
            Future<?> write = threads.submit(() -> write(d, filled(512, 7)));
            before.awaitArrival(limit);
            assertThat(before.held()).isEqualTo(1);
            assertThat(at(memory, 0)).isZero();
            d.write(512, filled(512, 8));
            before.release();
            after.awaitArrival(limit);
            assertThat(at(memory, 0)).isEqualTo((byte) 7);
            assertThat(write.isDone()).isFalse();
            after.release();
            write.get();
        }
        try (DelayDevice.Stop reads = d.stopAt(Point.BEFORE_READ)) {
            assertThat(d.tryRead(0, ByteBuffer.allocate(512))).isFalse();
            assertThat(reads.held()).isZero();
        }
        assertThat(d.tryRead(0, ByteBuffer.allocate(512))).isTrue();
    }

    private static void write(BlockDevice d, ByteBuffer bytes) {
        try {
            d.write(0, bytes);
        } catch (DeviceException e) {
            throw new IllegalStateException(e);
        }
    }
}
