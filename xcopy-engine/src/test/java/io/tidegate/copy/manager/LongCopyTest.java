package io.tidegate.copy.manager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.DelayDevice;
import io.tidegate.block.DelayDevice.Point;
import io.tidegate.block.DeviceException;
import io.tidegate.block.FaultDevice;
import io.tidegate.block.FaultDevice.Fault;
import io.tidegate.block.FaultDevice.Operation;
import io.tidegate.block.MemoryDevice;
import io.tidegate.copy.manager.CopyAudit.Outcome;
import io.tidegate.copy.manager.CopyCounters.Measure;
import io.tidegate.copy.mover.Bytes;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.SenseKey;
import io.tidegate.scsi.Status;
import io.tidegate.scsi.copy.CopyLimits;
import io.tidegate.scsi.copy.CopyResult;
import io.tidegate.scsi.copy.ExtendedCopyList;
import io.tidegate.scsi.copy.ExtendedCopyList.Format;
import io.tidegate.scsi.copy.ExtendedCopyList.ListIdUsage;
import io.tidegate.scsi.copy.OperationStatus;
import io.tidegate.scsi.copy.OperationStatus.State;
import io.tidegate.scsi.copy.SegmentDescriptor;
import io.tidegate.scsi.copy.SegmentDescriptor.BlockToBlock;
import io.tidegate.scsi.copy.SegmentDescriptor.Verify;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** EXTENDED COPY (LID4), in the foreground and the background; its status, and its abort. */
class LongCopyTest {

    private static final int SIZE = 2 << 20;
    private static final int BLOCKS = SIZE / 512;
    private static final int PIECES = SIZE / Lab.PIECE;
    private static final long ID = 0xdeadbeefL;
    private static final Duration SOON = Duration.ofSeconds(30);

    private final Lab lab = new Lab();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Lab.Host host = new Lab.Host("h1");
    private final MemoryDevice from = MemoryDevice.ofBytes(SIZE);
    private final MemoryDevice to = MemoryDevice.ofBytes(SIZE);
    private final DelayDevice slow = new DelayDevice(to);
    private final List<DelayDevice.Stop> stops = new ArrayList<>();
    private final LogicalUnit source = lab.unit(from);
    private final LogicalUnit destination = lab.unit(slow);

    LongCopyTest() {
        host.sees(source);
        host.sees(destination);
    }

    @BeforeEach
    void fill() throws DeviceException {
        Bytes.fill(from, 1);
        Bytes.fill(to, 2);
    }

    @AfterEach
    void close() {
        stops.forEach(DelayDevice.Stop::release); // a test that failed must not stand still
        lab.close();
        threads.close();
    }

    private DelayDevice.Stop stopAt(Point point) {
        return stopAt(point, 0, SIZE);
    }

    private DelayDevice.Stop stopAt(Point point, long offset, long length) {
        DelayDevice.Stop stop = slow.stopAt(point, offset, length);
        stops.add(stop);
        return stop;
    }

    private ExtendedCopyList list(
            long id,
            ListIdUsage usage,
            boolean immediate,
            boolean goodSense,
            SegmentDescriptor... segments) {
        return new ExtendedCopyList(
                Format.LID4,
                id,
                false,
                usage,
                0,
                immediate,
                goodSense,
                List.of(Lab.target(source), Lab.target(destination)),
                List.of(segments));
    }

    private CopyReply copy(ExtendedCopyList list) {
        return lab.copy(host, destination, list);
    }

    private CopyReply background(SegmentDescriptor... segments) {
        return copy(list(ID, ListIdUsage.HOLD, true, false, segments));
    }

    private CompletableFuture<CopyReply> foreground(SegmentDescriptor... segments) {
        ExtendedCopyList list = list(ID, ListIdUsage.HOLD, false, false, segments);
        return CompletableFuture.supplyAsync(() -> copy(list), threads);
    }

    private static BlockToBlock all() {
        return BlockToBlock.of(0, 1, BLOCKS, 0, 0);
    }

    private OperationStatus status() {
        return Objects.requireNonNull(lab.status(host, destination, ID));
    }

    private OperationStatus await(Predicate<OperationStatus> wanted) {
        long deadline = System.nanoTime() + SOON.toNanos();
        while (true) {
            OperationStatus now = status();
            if (wanted.test(now)) {
                return now;
            }
            assertThat(System.nanoTime()).as("still %s", now).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private void awaitFenced(long id) {
        long deadline = System.nanoTime() + SOON.toNanos();
        while (!lab.manager.fenced(host.key(), id)) {
            assertThat(System.nanoTime()).as("not fenced").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private OperationStatus awaitEnd() {
        return await(s -> s.delayMillis() == OperationStatus.NO_MORE);
    }

    private static Sense sense(CopyReply reply) {
        assertThat(reply.status()).isEqualTo(Status.CHECK_CONDITION);
        return Objects.requireNonNull(reply.sense());
    }

    private static void assertUnknown(CopyReply reply) {
        assertThat(sense(reply)).isEqualTo(Sense.invalidFieldInCdb(2, 7));
    }

    private static CopyReply get(CompletableFuture<CopyReply> reply) throws Exception {
        return reply.get(30, TimeUnit.SECONDS);
    }

    private void awaitPieces(DelayDevice.Stop stop) throws Exception {
        for (int i = 0; i < 4; i++) { // all that may be under way
            stop.awaitArrival(SOON);
        }
    }

    // -- in the background

    @Test
    void anImmediateCopyIsAnsweredAndWatched() throws Exception {
        DelayDevice.Stop stop = stopAt(Point.BEFORE_WRITE, 16L * Lab.PIECE, 512);
        assertThat(background(new Verify(false, 0), all())).isEqualTo(CopyReply.good());
        stop.awaitArrival(SOON);
        OperationStatus half = await(s -> s.count() == 16L * Lab.PIECE);
        assertThat(half.state()).isEqualTo(State.BACKGROUND);
        assertThat(half.serviceAction()).isEqualTo(1);
        assertThat(half.segments()).isEqualTo(2);
        assertThat(half.operations()).isGreaterThanOrEqualTo(2 * 16);
        assertThat(half.delayMillis()).isBetween(10L, 1000L);
        assertThat(half.sense()).isEmpty();
        assertThat(lab.audit).isEmpty();
        stop.release();
        OperationStatus end = awaitEnd();
        assertThat(end)
                .isEqualTo(OperationStatus.ended(1, State.DONE, 2 * PIECES, new byte[0], SIZE, 2));
        assertThat(Bytes.of(to)).isEqualTo(Bytes.of(from));
        assertThat(lab.audit.getLast().outcome()).isEqualTo(Outcome.DONE);
        assertThat(lab.manager.counters().value(Measure.COMMANDS, "unit2", "83/01")).isEqualTo(1);
    }

    @Test
    void anImmediateCopyThatFailsSaysSoInItsStatus() throws Exception {
        FaultDevice bad = new FaultDevice(MemoryDevice.ofBytes(SIZE));
        LogicalUnit badUnit = lab.unit(bad);
        host.sees(badUnit);
        bad.add(Fault.fail(Operation.WRITE, DeviceException.Kind.NO_SPACE).in(3L * Lab.PIECE, 512));
        ExtendedCopyList list =
                new ExtendedCopyList(
                        Format.LID4,
                        ID,
                        false,
                        ListIdUsage.DISCARD,
                        0,
                        true,
                        false,
                        List.of(Lab.target(source), Lab.target(badUnit)),
                        List.of(BlockToBlock.of(0, 1, 8, 0, 0), all()));
        assertThat(copy(list)).isEqualTo(CopyReply.good());
        OperationStatus end = awaitEnd();
        assertThat(end.state()).isEqualTo(State.FAILED);
        assertThat(end.completion()).isEqualTo(Status.CHECK_CONDITION.code());
        assertThat(end.segments()).isEqualTo(2);
        assertThat(end.count()).isEqualTo(4096 + 3L * Lab.PIECE);
        Sense sense = Objects.requireNonNull(Sense.parse(end.sense()));
        assertThat(sense.is(Sense.thirdPartyFailure())).isTrue();
        assertThat(Objects.requireNonNull(sense.forwarded()).sense())
                .isEqualTo(Sense.spaceAllocationFailed());
        assertThat(end.sense()[11]).isEqualTo((byte) 1); // the segment, in the fixed format
        assertThat(sense.information()).isEqualTo((SIZE - 3L * Lab.PIECE) / 512);
    }

    @Test
    void whatIsWrongWithTheListIsAnsweredAtOnce() {
        CopyReply reply = background(BlockToBlock.of(0, 1, 1, BLOCKS, 0));
        assertThat(sense(reply).is(Sense.copyAborted())).isTrue();
        assertThat(status().state()).isEqualTo(State.FAILED);
        assertThat(status().count()).isZero();
        assertThat(status().segments()).isZero();
    }

    @Test
    void copiesInTheBackgroundCountAsCopies() throws Exception {
        CopyLimits one = new CopyLimits(64, 64, 8192, 256 << 20, 1, 0, Duration.ofMinutes(5), 9);
        try (Lab small = new Lab(one);
                DelayDevice.Stop stop = stopAt(Point.BEFORE_WRITE)) {
            ExtendedCopyList list =
                    list(ID, ListIdUsage.HOLD, true, false, BlockToBlock.of(0, 1, 8, 0, 0));
            assertThat(small.copy(host, destination, list)).isEqualTo(CopyReply.good());
            stop.awaitArrival(SOON);
            assertThat(small.copy(host, destination, list).status()).isEqualTo(Status.BUSY);
        }
    }

    @Test
    void closingEndsWhatIsInTheBackground() throws Exception {
        DelayDevice.Stop stop = stopAt(Point.BEFORE_WRITE);
        background(all());
        awaitPieces(stop);
        CompletableFuture<Void> closed =
                CompletableFuture.runAsync(() -> lab.manager.close(), threads);
        awaitFenced(ID);
        assertThat(closed).isNotDone();
        stop.release();
        closed.get(30, TimeUnit.SECONDS);
        assertThat(status().state()).isEqualTo(State.ABORTED);
        assertThat(lab.audit.getLast().outcome()).isEqualTo(Outcome.FENCED);
        assertThat(background(all()).status()).isEqualTo(Status.BUSY);
    }

    @Test
    void aFenceEndsACopyInTheBackground() throws Exception {
        DelayDevice.Stop stop = stopAt(Point.BEFORE_WRITE);
        background(all());
        awaitPieces(stop);
        CompletableFuture<byte[]> atFence =
                CompletableFuture.supplyAsync(
                        () -> {
                            lab.manager.fence(host.key(), null);
                            return image();
                        },
                        threads);
        awaitFenced(ID);
        stop.release();
        byte[] then = atFence.get(30, TimeUnit.SECONDS);
        OperationStatus end = awaitEnd();
        assertThat(end)
                .isEqualTo(
                        OperationStatus.ended(1, State.ABORTED, 8, new byte[0], 4L * Lab.PIECE, 1));
        assertThat(image()).isEqualTo(then);
    }

    private byte[] image() {
        try {
            return Bytes.of(to);
        } catch (DeviceException e) {
            throw new IllegalStateException(e);
        }
    }

    // -- abort

    @Test
    void anAbortEndsACopyInTheBackground() throws Exception {
        DelayDevice.Stop stop = stopAt(Point.BEFORE_WRITE);
        background(all());
        awaitPieces(stop);
        assertUnknown(lab.abort(host, destination, ID - 1));
        assertUnknown(lab.abort(new Lab.Host("h2"), destination, ID));
        CompletableFuture<CopyReply> abort =
                CompletableFuture.supplyAsync(() -> lab.abort(host, source, ID), threads);
        awaitFenced(ID);
        assertThat(abort).isNotDone(); // pieces are in their system calls
        stop.release();
        assertThat(get(abort)).isEqualTo(CopyReply.good());
        // All stands when it is answered.
        assertThat(status())
                .isEqualTo(
                        OperationStatus.ended(1, State.ABORTED, 8, new byte[0], 4L * Lab.PIECE, 1));
        byte[] expected = new byte[SIZE];
        Arrays.fill(expected, (byte) 2);
        Arrays.fill(expected, 0, 4 * Lab.PIECE, (byte) 1);
        assertThat(Bytes.of(to)).isEqualTo(expected);
        assertThat(lab.audit.getLast().outcome()).isEqualTo(Outcome.ABORTED);
        assertThat(lab.audit.getLast().movedBytes()).isEqualTo(4L * Lab.PIECE);
        assertThat(lab.manager.counters().value(Measure.COMMANDS, "unit1", "83/1c")).isEqualTo(1);
        assertUnknown(lab.abort(host, destination, ID)); // it is not under way any more
    }

    @Test
    void anAbortedCommandSaysThatItWasCleared() throws Exception {
        DelayDevice.Stop stop = stopAt(Point.BEFORE_WRITE);
        CompletableFuture<CopyReply> copy = foreground(new Verify(false, 0), all());
        awaitPieces(stop);
        assertThat(status().state()).isEqualTo(State.FOREGROUND);
        CompletableFuture<CopyReply> abort =
                CompletableFuture.supplyAsync(() -> lab.abort(host, source, ID), threads);
        awaitFenced(ID);
        stop.release();
        assertThat(get(abort)).isEqualTo(CopyReply.good());
        Sense sense = sense(get(copy));
        assertThat(sense.is(Sense.of(SenseKey.COPY_ABORTED, 0x2f, 0x02))).isTrue();
        assertThat(sense.commandSpecific()).isEqualTo(1);
        assertThat(sense.information()).isEqualTo((SIZE - 4L * Lab.PIECE) / 512);
        assertThat(status().state()).isEqualTo(State.ABORTED);
        assertThat(status().completion()).isEqualTo(Status.TASK_ABORTED.code());
    }

    @Test
    void anAbortReachesAllCopiesOfOneIdentifier() throws Exception {
        DelayDevice.Stop stop = stopAt(Point.BEFORE_WRITE);
        List<CompletableFuture<CopyReply>> copies = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            ExtendedCopyList list =
                    list(7, ListIdUsage.DISCARD, false, false, BlockToBlock.of(0, 1, 256, 0, 0));
            copies.add(CompletableFuture.supplyAsync(() -> copy(list), threads));
        }
        awaitPieces(stop);
        CompletableFuture<CopyReply> abort =
                CompletableFuture.supplyAsync(() -> lab.abort(host, source, 7), threads);
        awaitFenced(7);
        stop.release();
        assertThat(get(abort)).isEqualTo(CopyReply.good());
        assertThat(copies).allSatisfy(c -> assertThat(get(c)).isNotNull());
        assertUnknown(lab.abort(host, destination, 7));
    }

    // -- counting

    @Test
    void whatComesAfterAGapIsNotCounted() throws Exception {
        DelayDevice.Stop stop = stopAt(Point.BEFORE_WRITE, 0, 512);
        background(all());
        stop.awaitArrival(SOON);
        // All the other pieces pass the one that stands still.
        assertThat(await(s -> s.operations() == 2 * (PIECES - 1)).count()).isZero();
        stop.release();
        assertThat(awaitEnd().count()).isEqualTo(SIZE);
    }

    @Test
    void whatIsCopiedBackwardsCountsWhenItIsWhole() throws Exception {
        DelayDevice.Stop stop = stopAt(Point.BEFORE_WRITE, 512, 512); // the last one
        background(BlockToBlock.of(1, 1, BLOCKS - 1, 0, 1));
        stop.awaitArrival(SOON);
        assertThat(status().operations()).isEqualTo(2 * (PIECES - 1));
        assertThat(status().count()).isZero();
        stop.release();
        assertThat(awaitEnd().count()).isEqualTo(SIZE - 512);
    }

    @Test
    void theDelayIsWhatIsLeftWithinReason() {
        assertThat(CopyAnswers.delayMillis(5000, 0, 1000)).isEqualTo(100);
        assertThat(CopyAnswers.delayMillis(300, 500, 1000)).isEqualTo(300);
        assertThat(CopyAnswers.delayMillis(5000, 10, 1000)).isEqualTo(1000);
        assertThat(CopyAnswers.delayMillis(1, 999, 1000)).isEqualTo(10);
        assertThat(CopyAnswers.delayMillis(Long.MAX_VALUE, 1, Long.MAX_VALUE)).isEqualTo(1000);
    }

    // -- list identifiers

    @Test
    void oneNumberIsOneCopyWhateverItsWidth() throws Exception {
        DelayDevice.Stop stop = stopAt(Point.BEFORE_WRITE);
        assertThat(copy(list(1, ListIdUsage.HOLD, true, false, all()))).isEqualTo(CopyReply.good());
        awaitPieces(stop);
        for (ExtendedCopyList second :
                List.of(
                        Lab.plain(source, destination, 8),
                        list(1, ListIdUsage.HOLD, false, false, all()))) {
            assertThat(sense(copy(second)).is(Sense.operationInProgress())).isTrue();
        }
        CopyResult.Status running =
                Objects.requireNonNull(
                        CopyResult.Status.parse(
                                lab.receive(host, destination, 0, 1, 100).dataIn()));
        assertThat(running.state()).isEqualTo(CopyResult.Status.State.RUNNING);
        stop.release();
        long deadline = System.nanoTime() + SOON.toNanos();
        OperationStatus end = Objects.requireNonNull(lab.status(host, destination, 1));
        while (end.state() != State.DONE && System.nanoTime() < deadline) {
            end = Objects.requireNonNull(lab.status(host, destination, 1));
        }
        assertThat(end.serviceAction()).isEqualTo(1);
        assertThat(copy(Lab.plain(source, destination, 8))).isEqualTo(CopyReply.good());
        end = Objects.requireNonNull(lab.status(host, destination, 1));
        assertThat(end.serviceAction()).isZero(); // of the LID1 copy now
        assertThat(end.count()).isEqualTo(4096);
        assertThat(lab.status(host, destination, 0x101)).isNull();
    }

    @Test
    void resultsAreKeptForATimeAndNotLostByReading() throws Exception {
        assertThat(lab.status(host, destination, ID)).isNull();
        for (ListIdUsage usage : List.of(ListIdUsage.HOLD, ListIdUsage.DISCARD)) {
            BlockToBlock few = BlockToBlock.of(0, 1, 8, 0, 0);
            assertThat(copy(list(ID, usage, false, false, few))).isEqualTo(CopyReply.good());
            assertThat(status()).isEqualTo(status());
            assertThat(lab.status(new Lab.Host("h2"), destination, ID)).isNull();
            lab.clock.advance(Duration.ofSeconds(299));
            assertThat(status().count()).isEqualTo(4096);
            lab.clock.advance(Duration.ofSeconds(1));
            assertThat(lab.status(host, destination, ID)).isNull();
        }
    }

    @Test
    void aFailureIsKeptForWhoNeedsNotHaveIt() {
        ExtendedCopyList wrong =
                Lab.list(
                        3,
                        ListIdUsage.DISCARD,
                        List.of(source, destination),
                        BlockToBlock.of(0, 1, 1, BLOCKS, 0));
        sense(copy(wrong));
        assertThat(lab.receive(host, destination, 4, 3, 1000).status()).isEqualTo(Status.GOOD);
    }

    @Test
    void goodSenseIsForThoseWhoAsk() {
        BlockToBlock few = BlockToBlock.of(0, 1, 8, 0, 0);
        CopyReply reply = copy(list(ID, ListIdUsage.HOLD, false, true, few, few, few));
        assertThat(reply.status()).isEqualTo(Status.GOOD);
        Sense sense = Objects.requireNonNull(reply.sense());
        assertThat(sense.is(Sense.of(SenseKey.COMPLETED, 0x00, 0x20))).isTrue();
        assertThat(sense.commandSpecific()).isEqualTo(3);
        CopyReply early = copy(list(ID, ListIdUsage.HOLD, true, true, few, few, few));
        assertThat(Objects.requireNonNull(early.sense()).commandSpecific()).isZero();
        CopyReply wrong = copy(list(5, ListIdUsage.HOLD, false, true, new Verify(true, 9)));
        assertThat(sense(wrong).key()).isEqualTo(SenseKey.COPY_ABORTED);
    }
}
