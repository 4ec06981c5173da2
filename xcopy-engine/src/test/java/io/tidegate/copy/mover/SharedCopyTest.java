package io.tidegate.copy.mover;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.ChangeStreams;
import io.tidegate.block.DeviceException;
import io.tidegate.block.FaultDevice;
import io.tidegate.block.FaultDevice.Fault;
import io.tidegate.block.FaultDevice.Operation;
import io.tidegate.block.MemoryDevice;
import io.tidegate.recovery.Mover;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the mover makes of a store that shares extents, less than it was asked, or not. */
class SharedCopyTest {

    private static final int SIZE = 2 << 20;
    private static final int UNIT = SharingDevice.UNIT;

    private final DataMover mover =
            new DataMover(new MoverSettings(64 << 10, 4, 4, 256 << 10, 4096));
    private final MemoryDevice source = MemoryDevice.ofBytes(SIZE);
    private final SharingDevice destination = new SharingDevice(MemoryDevice.ofBytes(SIZE));

    SharedCopyTest() throws DeviceException {
        Bytes.patches(source, new Random(5), 100 << 10);
    }

    @AfterEach
    void close() {
        mover.close();
    }

    private byte[] copied(long from, long to, long length) throws DeviceException {
        byte[] all = Bytes.of(destination);
        byte[] data = Bytes.of(source);
        System.arraycopy(data, (int) from, all, (int) to, (int) length);
        return all;
    }

    @Test
    void wholeUnitsAreSharedAndEdgesAreCopied() throws DeviceException {
        Bytes.fill(destination, 0xa5);
        destination.written.set(0);
        RangeOrder range = new RangeOrder(512, 512 + UNIT, 10L * UNIT, 512, false);
        byte[] expected = copied(512, 512 + UNIT, 10L * UNIT);
        FixedEnds ends = new FixedEnds(source, destination);
        RangeResult result = mover.copy(range, ends);
        assertThat(result.complete()).isTrue();
        assertThat(result.moved()).isEqualTo(new Moved(UNIT, 0, 0, 9L * UNIT));
        assertThat(ends.changed.get()).isEqualTo(UNIT);
        assertThat(Bytes.of(destination)).isEqualTo(expected);
        RangePlan plan = mover.plan(range, source, destination);
        assertThat(plan.sharedBytes()).isEqualTo(9L * UNIT);
        assertThat(plan.pipelinedBytes()).isEqualTo(UNIT);
        assertThat(plan.engine()).isEqualTo("share+pipeline");
    }

    @Test
    void aPlanSaysWhyNotAllIsShared() {
        RangePlan apart =
                mover.plan(new RangeOrder(512, 0, SIZE / 2, 512, false), source, destination);
        assertThat(apart.engine()).isEqualTo("pipeline");
        assertThat(apart.reason()).contains("units of 4096 bytes begin");
        RangePlan small =
                mover.plan(new RangeOrder(512, 512, UNIT, 512, false), source, destination);
        assertThat(small.sharedBytes()).isZero();
        assertThat(small.reason()).contains("no whole unit");
        RangePlan same =
                mover.plan(new RangeOrder(512, 512, UNIT, 512, true), destination, destination);
        assertThat(same.engine()).isEqualTo("none");
        RangePlan over =
                mover.plan(new RangeOrder(0, UNIT, 4L * UNIT, 512, true), destination, destination);
        assertThat(over.reason()).contains("overlap");
        RangePlan not = mover.plan(new RangeOrder(0, 0, UNIT, 512, false), destination, source);
        assertThat(not.reason()).contains("cannot share");
    }

    @Test
    void whatTheStoreDoesNotShareIsCopied() throws DeviceException {
        for (int units = 0; units <= 40; units += 8) {
            Bytes.fill(destination, 0xa5);
            destination.room.set((long) units * UNIT);
            byte[] expected = copied(0, 0, 40L * UNIT);
            RangeResult result =
                    mover.copy(
                            new RangeOrder(0, 0, 40L * UNIT, 512, false),
                            new FixedEnds(source, destination));
            assertThat(result.complete()).isTrue();
            assertThat(result.moved().shared()).isEqualTo((long) units * UNIT);
            assertThat(result.moved().total()).isEqualTo(40L * UNIT);
            assertThat(Bytes.of(destination)).isEqualTo(expected);
        }
    }

    @Test
    void aShareThatFailsIsCopiedAndTheCopySaysWhoFailed() throws DeviceException {
        destination.failure =
                new DeviceException(DeviceException.Kind.GONE, "s", 0, UNIT, "closed");
        RangeOrder range = new RangeOrder(0, 0, SIZE, 512, false);
        FixedEnds ends = new FixedEnds(source, destination);
        RangeResult result = mover.copy(range, ends);
        assertThat(result.complete()).isTrue();
        assertThat(result.moved().shared()).isZero();
        assertThat(result.moved().total()).isEqualTo(SIZE);
        assertThat(Bytes.of(destination)).isEqualTo(Bytes.of(source));

        FaultDevice broken = new FaultDevice(source);
        broken.add(Fault.fail(Operation.READ, DeviceException.Kind.GONE).in(0, SIZE));
        RangeResult failed = mover.copy(range, new FixedEnds(broken, destination));
        assertThat(failed.complete()).isFalse();
        assertThat(Objects.requireNonNull(failed.failure()).source()).isTrue();
        assertThat(ends.inside.get()).isZero();
    }

    @Test
    void eachPieceOfAShareNeedsItsLeave() throws DeviceException {
        RangeOrder range = new RangeOrder(512, 512, 10L * UNIT, 512, false);
        long edge = UNIT - 512;
        long[] after = {0, edge, edge + 9L * UNIT, 10L * UNIT};
        for (int pieces = 0; pieces < after.length; pieces++) {
            Bytes.fill(destination, 0xa5);
            byte[] expected = copied(512, 512, after[pieces]);
            FixedEnds ends = new FixedEnds(source, destination);
            ends.most = pieces;
            RangeResult result = mover.copy(range, ends);
            assertThat(result.moved().total()).isEqualTo(after[pieces]);
            assertThat(result.complete()).isEqualTo(pieces == 3);
            assertThat(Bytes.of(destination)).isEqualTo(expected);
            assertThat(ends.inside.get()).isZero();
            ends = new FixedEnds(source, destination);
            ends.counting = pieces;
            RangeResult fenced = mover.copy(range, ends);
            assertThat(fenced.moved().total()).isEqualTo(after[pieces]);
            assertThat(fenced.complete()).isEqualTo(pieces == 3);
            assertThat(ends.inside.get()).isZero();
        }
    }

    /** Notes every report, and cancels when so much is done. */
    private static final class Watch implements Mover.Control {
        private final long cancelAt;
        private final List<Long> checkpoints = new ArrayList<>();
        private volatile long copied;

        Watch(long cancelAt) {
            this.cancelAt = cancelAt;
        }

        @Override
        public boolean cancelled() {
            return copied >= cancelAt;
        }

        @Override
        public void progress(long copiedBytes, long discardedBytes, long resumeOffset) {
            copied = copiedBytes;
        }

        @Override
        public void checkpoint(long resumeOffset) {
            checkpoints.add(resumeOffset);
        }
    }

    private Mover.Order job(boolean byReference) throws DeviceException {
        return Mover.Order.copy(source, destination, ChangeStreams.wholeDevice(source, 0), SIZE)
                .byReference(byReference);
    }

    @Test
    void aJobSharesOnlyWhereItMay() throws DeviceException {
        Mover.Result copied = mover.move(job(false), new Watch(Long.MAX_VALUE));
        assertThat(copied.sharedBytes()).isZero();
        assertThat(copied.engine()).isEqualTo("pipeline");
        assertThat(Bytes.of(destination)).isEqualTo(Bytes.of(source));

        Bytes.fill(destination, 0xa5);
        Watch watch = new Watch(Long.MAX_VALUE);
        Mover.Result shared = mover.move(job(true), watch);
        assertThat(shared.sharedBytes()).isPositive();
        assertThat(shared.copiedBytes())
                .isEqualTo(
                        SIZE - shared.sharedBytes() - shared.zeroBytes() - shared.discardedBytes());
        assertThat(shared.engine()).startsWith("share");
        assertThat(watch.checkpoints.getLast()).isEqualTo(SIZE);
        assertThat(Bytes.of(destination)).isEqualTo(Bytes.of(source));
    }

    /** The next run goes on from there: a checkpoint behind what arrived would lose the rest. */
    @Test
    void aCheckpointIsNeverBehindWhatWasShared() throws DeviceException {
        Bytes.fill(source, 7);
        for (int units = 1; units < 20; units += 3) {
            Bytes.fill(destination, 0xa5);
            destination.room.set((long) units * UNIT);
            Watch watch = new Watch(1);
            assertThat(mover.move(job(true), watch).complete()).isFalse();
            byte[] there = Bytes.of(destination);
            long upTo = watch.checkpoints.getLast();
            assertThat(upTo).isPositive();
            byte[] expected = new byte[(int) upTo];
            Arrays.fill(expected, (byte) 7);
            assertThat(Arrays.copyOf(there, (int) upTo)).isEqualTo(expected);
            assertThat(watch.copied).isGreaterThanOrEqualTo(upTo);
        }
    }
}
