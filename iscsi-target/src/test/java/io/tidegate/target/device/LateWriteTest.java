package io.tidegate.target.device;

import static io.tidegate.target.device.Bench.assertGood;
import static io.tidegate.target.device.Bench.assertSense;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.block.MemoryDevice;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.MediumCommand.CompareAndWrite;
import io.tidegate.scsi.ProvisioningCommand.Unmap;
import io.tidegate.scsi.ProvisioningCommand.WriteSame;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.UnmapList;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A write that hangs in its device lands before whatever comes later, or not at all. */
class LateWriteTest {

    private static final int LUN = 1;

    private final Bench bench = new Bench();
    private final Stuck device = new Stuck();
    private final LogicalUnit unit = Bench.unit(device, false);
    private final Nexus one;
    private final Nexus two;

    LateWriteTest() {
        bench.directory.map(LUN, unit, false);
        one = bench.open(1);
        two = bench.open(2);
    }

    @AfterEach
    void close() {
        device.letGo.countDown();
        bench.close();
    }

    /** Memory whose first write hangs. */
    private static final class Stuck implements BlockDevice {
        private final MemoryDevice memory = new MemoryDevice("stuck", Bench.geometry());
        private final AtomicBoolean first = new AtomicBoolean(true);
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch letGo = new CountDownLatch(1);

        @Override
        public Geometry geometry() {
            return memory.geometry();
        }

        @Override
        public void read(long offset, ByteBuffer into) throws DeviceException {
            memory.read(offset, into);
        }

        @Override
        public boolean tryRead(long offset, ByteBuffer into) throws DeviceException {
            return memory.tryRead(offset, into);
        }

        @Override
        public void write(long offset, ByteBuffer from) throws DeviceException {
            if (first.getAndSet(false)) {
                begun.countDown();
                LateWriteTest.await(letGo);
            }
            memory.write(offset, from);
        }

        @Override
        public void flush() throws DeviceException {
            memory.flush();
        }

        @Override
        public void close() {
            // memory
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] blocks(int count, int value) {
        byte[] data = new byte[count * Bench.BLOCK];
        Arrays.fill(data, (byte) value);
        return data;
    }

    private static byte[] write(int lba, int blocks) {
        return ByteBuffer.allocate(16)
                .put(0, (byte) 0x2a)
                .putInt(2, lba)
                .putShort(7, (short) blocks)
                .array();
    }

    /** A command in a thread of its own. */
    private final class Sent {
        private final CompletableFuture<ScsiResult> result = new CompletableFuture<>();
        private final Thread thread;

        Sent(Nexus nexus, byte[] cdb, byte[] data) {
            thread =
                    Thread.ofPlatform()
                            .daemon()
                            .start(
                                    () -> {
                                        try {
                                            result.complete(bench.run(nexus, LUN, cdb, data));
                                        } catch (RuntimeException | Error e) {
                                            result.completeExceptionally(e);
                                        }
                                    });
        }

        /** Until it waits for something or is over. */
        void settle() {
            while (!result.isDone() && thread.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
        }

        ScsiResult result() {
            return result.join();
        }
    }

    private Sent stuckWrite(int lba, int blocks) {
        Sent sent = new Sent(one, write(lba, blocks), blocks(blocks, 1));
        await(device.begun);
        return sent;
    }

    private byte first(long block) throws DeviceException {
        ByteBuffer data = ByteBuffer.allocateDirect(Bench.BLOCK);
        device.memory.read(block * Bench.BLOCK, data);
        return data.get(0);
    }

    /** The later command waits, whoever sent it, and its bytes stay. */
    private void staysOnTop(Nexus by, byte[] cdb, byte[] data, int value) throws Exception {
        Sent stuck = stuckWrite(8, 8);
        one.fence(); // its connection is lost
        Sent later = new Sent(by, cdb, data);
        later.settle();
        assertThat(later.result).isNotDone();
        assertThat(first(10)).isZero();
        device.letGo.countDown();
        assertGood(later.result());
        stuck.result();
        assertThat(first(10)).isEqualTo((byte) value);
        assertThat(first(8)).isEqualTo((byte) 1);
    }

    @Test
    void aWriteOnAnotherPathStaysOnTop() throws Exception {
        staysOnTop(two, write(10, 2), blocks(2, 2), 2);
    }

    @Test
    void aWriteAfterANewLoginStaysOnTop() throws Exception {
        staysOnTop(bench.open(1), write(10, 1), blocks(1, 2), 2);
    }

    @Test
    void anUnmapStaysOnTop() throws Exception {
        byte[] list = new UnmapList(List.of(new UnmapList.Range(10, 1))).encode();
        staysOnTop(two, new Unmap(false, list.length).encode(), list, 0);
    }

    @Test
    void aWriteSameStaysOnTop() throws Exception {
        byte[] same = new WriteSame(10, 1, false, false, false).encode();
        staysOnTop(two, same, blocks(1, 3), 3);
    }

    /** It sees the bytes that the stuck write left. */
    @Test
    void aCompareAndWriteStaysOnTop() throws Exception {
        byte[] both = new byte[2 * Bench.BLOCK];
        Arrays.fill(both, 0, Bench.BLOCK, (byte) 1);
        Arrays.fill(both, Bench.BLOCK, 2 * Bench.BLOCK, (byte) 4);
        staysOnTop(two, new CompareAndWrite(10, 1, false).encode(), both, 4);
    }

    @Test
    void othersDoNotWait() {
        Sent stuck = stuckWrite(8, 8);
        assertGood(bench.run(two, LUN, write(7, 1), blocks(1, 2)));
        assertGood(bench.run(two, LUN, write(16, 1), blocks(1, 2)));
        device.letGo.countDown();
        assertGood(stuck.result());
    }

    @Test
    void aWriteThatWaitedWhileItsConnectionWasLostIsNotDone() throws Exception {
        Sent stuck = stuckWrite(8, 8);
        Sent waiting = new Sent(two, write(10, 1), blocks(1, 2));
        waiting.settle();
        two.fence();
        Sent again = new Sent(bench.open(2), write(10, 1), blocks(1, 3));
        again.settle();
        device.letGo.countDown();
        assertGood(stuck.result());
        assertSense(waiting.result(), Sense.aborted());
        assertGood(again.result());
        assertThat(first(10)).isEqualTo((byte) 3);
    }

    @Test
    void afterAPromotionNobodyWaitsForTheLostVolume() throws Exception {
        Sent stuck = stuckWrite(8, 8);
        Sent waiting = new Sent(two, write(10, 1), blocks(1, 2));
        waiting.settle();
        MemoryDevice next = new MemoryDevice("next", Bench.geometry());
        unit.closeGate();
        unit.swap(next, 2, LogicalUnit.State.OPEN);
        assertGood(bench.run(two, LUN, write(10, 1), blocks(1, 3)));
        device.letGo.countDown();
        assertSense(stuck.result(), Sense.aborted());
        assertSense(waiting.result(), Sense.aborted());
        assertThat(first(10)).isEqualTo((byte) 1); // the lost volume takes no new write
        ByteBuffer block = ByteBuffer.allocateDirect(Bench.BLOCK);
        next.read(10 * Bench.BLOCK, block);
        assertThat(block.get(0)).isEqualTo((byte) 3);
    }

    /** It waited before the gate with its data, and the LUN was taken from its host meanwhile. */
    @Test
    void aParkedWriteDoesNotReachALunThatIsGone() throws Exception {
        device.first.set(false);
        unit.closeGate();
        ScsiRequest request = Bench.request(LUN, write(10, 1), Bench.BLOCK);
        Step.TakeData take = (Step.TakeData) bench.server.begin(one, request);
        ByteBuffer data = ByteBuffer.allocateDirect(Bench.BLOCK).put(0, (byte) 9);
        assertThat(take.work().run(data)).isEqualTo(new Step.Park(unit));
        bench.directory.unmap(LUN);
        unit.open();
        Step step = take.work().run(data);
        assertSense(((Step.Finish) step).result(), Sense.logicalUnitNotSupported());
        assertThat(first(10)).isZero();
    }

    @Test
    void aWriteIsNotGoodWhenItsLunWasTakenByForce() {
        Sent stuck = stuckWrite(8, 8);
        bench.directory.unmap(LUN);
        device.letGo.countDown();
        assertSense(stuck.result(), Sense.aborted());
    }
}
