package io.tidegate.target.device;

import static io.tidegate.target.device.Bench.BLOCK;
import static io.tidegate.target.device.Bench.BLOCKS;
import static io.tidegate.target.device.Bench.assertGood;
import static io.tidegate.target.device.Bench.assertSense;
import static io.tidegate.target.device.Bench.bytes;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.FaultDevice;
import io.tidegate.block.Geometry;
import io.tidegate.block.MemoryDevice;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.SanitizeStore.Unfinished;
import io.tidegate.scsi.MediumCommand.Read;
import io.tidegate.scsi.MediumCommand.Write;
import io.tidegate.scsi.ModeValues;
import io.tidegate.scsi.Sense;
import io.tidegate.target.reservation.PersistentState;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** SANITIZE: what it does to the medium, to everybody meanwhile, and over restarts. */
class SanitizeTest {

    private static final String BLOCK_ERASE = "48 02";
    private static final String BLOCK_ERASE_AUSE = "48 22";
    private static final String EXIT_FAILURE_MODE = "48 1f";
    private static final byte[] LIST = {1, 0, 0, 2, 0x55, (byte) 0xaa};

    private final Bench bench = new Bench();
    private final Nexus nexus = bench.open(1);

    @AfterEach
    void close() {
        bench.close();
    }

    private ScsiResult run(String cdb) {
        return bench.run(nexus, 1, Bench.cdb(cdb), new byte[0]);
    }

    private ScsiResult overwrite(byte[] list) {
        return bench.run(nexus, 1, Bench.cdb("48 01 00 00 00 00 00 00 06 00"), list);
    }

    private byte[] read(long lba, int blocks) {
        byte[] cdb = new Read(lba, blocks, false, false).encode();
        return bytes(bench.run(nexus, 1, cdb, new byte[0]));
    }

    private LogicalUnit offer(BlockDevice device) {
        LogicalUnit unit = Bench.unit(device, false);
        bench.directory.map(1, unit, false);
        Bench.settled(bench.server, nexus);
        return unit;
    }

    private static byte[] block(int first, int second) {
        byte[] block = new byte[BLOCK];
        for (int i = 0; i < BLOCK; i += 2) {
            block[i] = (byte) first;
            block[i + 1] = (byte) second;
        }
        return block;
    }

    @Test
    void overwritesEveryBlockAndReadsItBack() {
        FaultDevice below = new FaultDevice(new MemoryDevice("below", Bench.geometry()));
        offer(below);
        assertGood(overwrite(LIST));
        assertThat(read(0, 1)).isEqualTo(block(0x55, 0xaa));
        assertThat(read(BLOCKS - 1, 1)).isEqualTo(block(0x55, 0xaa));
        long pieces = (long) BLOCKS * BLOCK / Media.PIECE_BYTES;
        assertThat(below.calls(FaultDevice.Operation.WRITE)).isEqualTo(pieces);
        assertThat(below.calls(FaultDevice.Operation.READ)).isGreaterThanOrEqualTo(pieces);
        assertThat(below.calls(FaultDevice.Operation.FLUSH)).isPositive();
        assertGood(run(BLOCK_ERASE));
        assertThat(read(0, 8)).containsOnly(0);
        assertThat(read(BLOCKS - 8, 8)).containsOnly(0);
    }

    @Test
    void invertedPassesEndInTheComplementOfTheOneBefore() {
        offer(new MemoryDevice("below", Bench.geometry()));
        assertGood(overwrite(new byte[] {(byte) 0x82, 0, 0, 2, 0x55, (byte) 0xa0}));
        assertThat(read(7, 1)).isEqualTo(block(0xaa, 0x5f));
        assertGood(overwrite(new byte[] {(byte) 0x83, 0, 0, 2, 0x55, (byte) 0xa0}));
        assertThat(read(7, 1)).isEqualTo(block(0x55, 0xa0));
    }

    @Test
    void listsThatMakeNoSenseAreRefusedAndWipeNothing() {
        offer(new MemoryDevice("below", Bench.geometry()));
        byte[] kept = Bench.pattern(1, 4);
        assertGood(bench.run(nexus, 1, new Write(0, 1, false, false).encode(), kept));
        byte[][] lists = {
            {0, 0, 0, 2, 1, 1}, {0x21, 0, 0, 2, 1, 1}, {1, 0, 0, 0, 1, 1}, {1, 0, 0, 3, 1, 1}
        };
        for (byte[] list : lists) {
            assertSense(overwrite(list), Sense.invalidFieldInParameterList());
        }
        byte[] cdb = Bench.cdb("48 01 00 00 00 00 00 00 04 00");
        assertSense(bench.run(nexus, 1, cdb, new byte[4]), Sense.invalidFieldInCdb());
        assertSense(
                bench.run(nexus, 1, Bench.cdb("48 02 00 00 00 00 00 00 06"), LIST),
                Sense.invalidFieldInCdb());
        assertThat(read(0, 1)).isEqualTo(kept);
    }

    @Test
    void whatIsReadBackWrongIsAFailure() {
        offer(new Forgetful(new MemoryDevice("below", Bench.geometry())));
        assertSense(overwrite(LIST), Sense.sanitizeFailed());
        assertSense(run("00"), Sense.sanitizeFailed());
    }

    /** Takes writes and forgets those to one place. */
    private record Forgetful(MemoryDevice below) implements BlockDevice {
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
            if (offset == 3L * Media.PIECE_BYTES) {
                from.position(from.limit());
            } else {
                below.write(offset, from);
            }
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

    @Test
    void aFailureStaysUntilItIsRepeatedWell() {
        FaultDevice faulty = new FaultDevice(new MemoryDevice("below", Bench.geometry()));
        offer(faulty);
        faulty.add(
                FaultDevice.Fault.fail(FaultDevice.Operation.DISCARD, DeviceException.Kind.WRITE));
        assertSense(run(BLOCK_ERASE), Sense.sanitizeFailed());
        assertSense(run("00"), Sense.sanitizeFailed());
        assertSense(run(EXIT_FAILURE_MODE), Sense.invalidFieldInCdb()); // AUSE was not set
        assertSense(run(BLOCK_ERASE_AUSE), Sense.invalidFieldInCdb()); // nor may it be now
        assertSense(run("00"), Sense.sanitizeFailed());
        faulty.clear();
        assertGood(run(BLOCK_ERASE));
        assertGood(run("00"));
        assertGood(run(EXIT_FAILURE_MODE));
    }

    @Test
    void withAuseAFailureCanBeLeftBehind() {
        FaultDevice faulty = new FaultDevice(new MemoryDevice("below", Bench.geometry()));
        LogicalUnit unit = offer(faulty);
        faulty.add(
                FaultDevice.Fault.fail(FaultDevice.Operation.DISCARD, DeviceException.Kind.WRITE));
        assertSense(run(BLOCK_ERASE_AUSE), Sense.sanitizeFailed());
        bench.stores.broken = true;
        assertSense(run(EXIT_FAILURE_MODE), Sense.internalTargetFailure());
        assertSense(run("00"), Sense.sanitizeFailed());
        bench.stores.broken = false;
        assertGood(run(EXIT_FAILURE_MODE));
        assertGood(run("00"));
        assertThat(bench.stores.sanitizes().load(unit.id())).isEmpty();
    }

    @Test
    void withoutItsRecordItDoesNotBegin() {
        offer(new MemoryDevice("below", Bench.geometry()));
        byte[] kept = Bench.pattern(1, 4);
        assertGood(bench.run(nexus, 1, new Write(0, 1, false, false).encode(), kept));
        bench.stores.broken = true;
        assertSense(run(BLOCK_ERASE), Sense.internalTargetFailure());
        bench.stores.broken = false;
        assertThat(read(0, 1)).isEqualTo(kept);
    }

    @Test
    void aFailureOutlivesARestart() {
        FaultDevice faulty = new FaultDevice(new MemoryDevice("below", Bench.geometry()));
        LogicalUnit unit = offer(faulty);
        faulty.add(
                FaultDevice.Fault.fail(FaultDevice.Operation.DISCARD, DeviceException.Kind.WRITE));
        assertSense(run(BLOCK_ERASE), Sense.sanitizeFailed());
        faulty.clear();
        bench.server.close();
        try (DeviceServer again = bench.newServer()) {
            Nexus after = Bench.settled(again, again.open(Bench.id(1)));
            assertSense(on(again, after, "00"), Sense.sanitizeFailed());
            assertGood(on(again, after, BLOCK_ERASE));
            assertGood(on(again, after, "00"));
        }
        assertThat(bench.stores.sanitizes().load(unit.id())).isEmpty();
    }

    private ScsiResult on(DeviceServer server, Nexus by, String cdb) {
        ScsiRequest request = Bench.request(1, Bench.cdb(cdb), 0);
        return bench.finish(by, request, server.begin(by, request), new byte[0]);
    }

    /** Holds every write from the second on until it is told to go on. */
    private static final class Slow implements BlockDevice {
        final MemoryDevice below = new MemoryDevice("below", Bench.geometry());
        final CountDownLatch reached = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        volatile long from;

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
        public void write(long offset, ByteBuffer bytes) throws DeviceException {
            if (offset >= Media.PIECE_BYTES) {
                from = Math.max(from, offset);
                reached.countDown();
                try {
                    if (!goOn.await(1, TimeUnit.MINUTES)) {
                        throw new AssertionError("nobody let it go on");
                    }
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
            below.write(offset, bytes);
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

    private static void await(CountDownLatch latch) throws InterruptedException {
        assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
    }

    @Test
    void nobodyReachesTheMediumMeanwhileAndNoResetEndsIt() throws Exception {
        Slow slow = new Slow();
        LogicalUnit unit = offer(slow);
        Nexus other = bench.open(2);
        byte[] write = new Write(0, 1, false, false).encode();
        ScsiRequest late = Bench.request(1, write, BLOCK);
        Step waiting = bench.server.begin(other, late); // its data comes only later
        byte[] cdb = Bench.cdb("48 81 00 00 00 00 00 00 06 00");
        assertGood(bench.run(nexus, 1, cdb, LIST)); // IMMED
        await(slow.reached);
        assertSense(run("00"), Sense.sanitizeInProgress(0));
        assertSense(run("1b 00 00 00 01 00"), Sense.sanitizeInProgress(0));
        assertSense(run("28 00 00 00 00 00 00 00 01 00"), Sense.sanitizeInProgress(0));
        assertSense(run(BLOCK_ERASE), Sense.sanitizeInProgress(0));
        assertSense(run(EXIT_FAILURE_MODE), Sense.sanitizeInProgress(0));
        assertSense(
                bench.finish(other, late, waiting, new byte[BLOCK]), Sense.sanitizeInProgress(0));
        assertGood(run("12 00 00 00 24 00"));
        byte[] told = bytes(run("03 00 00 00 fc 00"));
        Sense sense = requireNonNull(Sense.parse(told));
        assertThat(sense.specific())
                .isInstanceOfSatisfying(
                        Sense.Progress.class, p -> assertThat(p.of65536()).isPositive());
        bench.server.reset(ResetKind.LUN, unit, other);
        bench.server.reset(ResetKind.TARGET_COLD, null, other);
        bench.server.close(nexus, true);
        Bench.settled(bench.server, other);
        assertSense(bench.run(other, 1, Bench.cdb("00"), new byte[0]), Sense.sanitizeInProgress(0));
        SanitizeRun run = requireNonNull(requireNonNull(other.lun(1)).state().sanitize());
        slow.goOn.countDown();
        assertThat(run.ended().get(1, TimeUnit.MINUTES)).isTrue();
        assertGood(bench.run(other, 1, Bench.cdb("00"), new byte[0]));
    }

    @Test
    void itWaitsForWritesThatWereThereBefore() throws Exception {
        Slow slow = new Slow();
        LogicalUnit unit = offer(slow);
        LogicalUnit.Entry before = requireNonNull(unit.enter());
        byte[] cdb = Bench.cdb("48 81 00 00 00 00 00 00 06 00");
        assertGood(bench.run(nexus, 1, cdb, LIST));
        assertThat(slow.reached.getCount()).isEqualTo(1);
        before.device().write(0, ByteBuffer.wrap(Bench.pattern(1, 9)));
        SanitizeRun run = requireNonNull(requireNonNull(nexus.lun(1)).state().sanitize());
        before.exit();
        slow.goOn.countDown();
        assertThat(run.ended().get(1, TimeUnit.MINUTES)).isTrue();
        assertThat(read(0, 1)).isEqualTo(block(0x55, 0xaa));
    }

    @Test
    void itGoesOnAfterARestart() throws Exception {
        Slow slow = new Slow();
        LogicalUnit unit = offer(slow);
        byte[] cdb = Bench.cdb("48 81 00 00 00 00 00 00 06 00");
        assertGood(bench.run(nexus, 1, cdb, LIST));
        await(slow.reached);
        Thread end = Thread.ofPlatform().start(bench.server::close);
        while (end.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        slow.goOn.countDown(); // the piece under way ends, no other begins
        end.join();
        Unfinished kept = bench.stores.sanitizes().load(unit.id()).orElseThrow();
        assertThat(kept.failed()).isFalse();
        assertThat(kept.doneBytes()).isEqualTo(2L * Media.PIECE_BYTES);
        assertThat(lastBlock(slow.below)).containsOnly(0);
        try (DeviceServer again = bench.newServer()) {
            again.resume(List.of(unit));
            Nexus after = Bench.settled(again, again.open(Bench.id(1)));
            SanitizeRun run = requireNonNull(after.lun(1)).state().sanitize();
            assertThat(run == null || run.ended().get(1, TimeUnit.MINUTES)).isTrue();
            assertGood(on(again, after, "00"));
        }
        assertThat(lastBlock(slow.below)).isEqualTo(block(0x55, 0xaa));
        assertThat(bench.stores.sanitizes().load(unit.id())).isEmpty();
    }

    private static byte[] lastBlock(BlockDevice device) throws DeviceException {
        ByteBuffer last = ByteBuffer.allocate(BLOCK);
        device.read((BLOCKS - 1L) * BLOCK, last);
        return last.array();
    }

    @Test
    void anOverwriteKeepsToItsRateAndYetEndsWithTheServer() {
        MemoryDevice below = new MemoryDevice("below", Bench.geometry());
        LogicalUnit unit = Bench.unit(below, false);
        UnitState state = new UnitState(unit, ModeValues.DEFAULT, PersistentState.EMPTY);
        Unfinished plan =
                new Unfinished(true, 1, "55", false, false, 1, (long) BLOCKS * BLOCK, 0, false);
        SanitizeRun run = new SanitizeRun(plan);
        SanitizeWork work = new SanitizeWork(bench.stores.sanitizes(), 1); // a byte a second
        AtomicReference<SanitizeWork.End> end = new AtomicReference<>();
        Thread worker = Thread.ofPlatform().start(() -> end.set(work.perform(state.unit(), run)));
        while (worker.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        assertThat(end).hasNullValue();
        work.stop();
        assertThat(joined(worker)).isTrue();
        assertThat(end).hasValue(SanitizeWork.End.STOPPED);
        assertThat(bench.stores.sanitizes().load(unit.id()))
                .hasValueSatisfying(
                        kept -> assertThat(kept.doneBytes()).isEqualTo(Media.PIECE_BYTES));
    }

    private static boolean joined(Thread thread) {
        try {
            return thread.join(Duration.ofMinutes(1));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void itNeverGoesOnWithWhatALaterGenerationShows() throws Exception {
        MemoryDevice next = new MemoryDevice("next", Bench.geometry());
        byte[] precious = Bench.pattern(1, 5);
        next.write(0, ByteBuffer.wrap(precious));
        LogicalUnit unit = offer(next);
        bench.stores
                .sanitizes()
                .save(
                        unit.id(),
                        Optional.of(
                                new Unfinished(
                                        false,
                                        1,
                                        "",
                                        false,
                                        true,
                                        unit.generation() - 1,
                                        (long) BLOCKS * BLOCK,
                                        0,
                                        false)));
        bench.server.close();
        try (DeviceServer again = bench.newServer()) {
            Nexus after = Bench.settled(again, again.open(Bench.id(1)));
            SanitizeRun run = requireNonNull(requireNonNull(after.lun(1)).state().sanitize());
            assertThat(run.ended().get(1, TimeUnit.MINUTES)).isFalse();
            assertSense(on(again, after, "00"), Sense.sanitizeFailed());
            assertGood(on(again, after, EXIT_FAILURE_MODE));
            assertGood(on(again, after, "00"));
        }
        ByteBuffer now = ByteBuffer.allocate(BLOCK);
        next.read(0, now);
        assertThat(now.array()).isEqualTo(precious);
    }
}
