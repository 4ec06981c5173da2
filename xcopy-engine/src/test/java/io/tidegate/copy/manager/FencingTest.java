package io.tidegate.copy.manager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.DelayDevice;
import io.tidegate.block.DelayDevice.Point;
import io.tidegate.block.DeviceException;
import io.tidegate.block.MemoryDevice;
import io.tidegate.copy.manager.CopyAudit.Outcome;
import io.tidegate.copy.mover.Bytes;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnit.State;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Sense.Forwarded;
import io.tidegate.scsi.SenseKey;
import io.tidegate.scsi.Status;
import io.tidegate.scsi.copy.CopyLimits;
import io.tidegate.scsi.copy.CopyResult;
import io.tidegate.scsi.copy.ExtendedCopyList;
import io.tidegate.scsi.copy.ExtendedCopyList.ListIdUsage;
import io.tidegate.scsi.copy.SegmentDescriptor.BlockToBlock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A copy stands still in the middle, and then something happens to its nexus or its units. */
class FencingTest {

    private static final int SIZE = 2 << 20;
    private static final int BLOCKS = SIZE / 512;
    private static final Duration SOON = Duration.ofSeconds(30);

    private final Lab lab = new Lab();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Lab.Host host = new Lab.Host("h1");
    private final MemoryDevice from = MemoryDevice.ofBytes(SIZE);
    private final MemoryDevice to = MemoryDevice.ofBytes(SIZE);
    private final DelayDevice slow = new DelayDevice(to);
    private final LogicalUnit source = lab.unit(from);
    private final LogicalUnit destination = lab.unit(slow);
    private final Lab.Lun destinationLun;

    FencingTest() {
        host.sees(source);
        destinationLun = host.sees(destination);
    }

    @BeforeEach
    void fill() throws DeviceException {
        Bytes.fill(from, 1);
        Bytes.fill(to, 2);
    }

    @AfterEach
    void close() {
        lab.close();
        threads.close();
    }

    private CompletableFuture<CopyReply> start(ExtendedCopyList list) {
        return CompletableFuture.supplyAsync(() -> lab.copy(host, destination, list), threads);
    }

    private CompletableFuture<CopyReply> startAndStop(DelayDevice.Stop stop) throws Exception {
        CompletableFuture<CopyReply> reply = start(Lab.plain(source, destination, BLOCKS));
        for (int i = 0; i < 4; i++) { // all pieces that may be under way
            stop.awaitArrival(SOON);
        }
        return reply;
    }

    private static CopyReply get(CompletableFuture<CopyReply> reply) throws Exception {
        return reply.get(30, TimeUnit.SECONDS);
    }

    private static Sense sense(CopyReply reply) {
        return Objects.requireNonNull(reply.sense());
    }

    @Test
    void afterAFenceNoByteChanges() throws Exception {
        DelayDevice.Stop stop = slow.stopAt(Point.BEFORE_WRITE);
        CompletableFuture<CopyReply> reply = startAndStop(stop);
        CompletableFuture<Void> fence =
                CompletableFuture.runAsync(() -> lab.manager.fence(host.key(), null), threads);
        while (!lab.manager.fenced(host.key(), 1)) {
            Thread.onSpinWait();
        }
        assertThat(fence).isNotDone(); // pieces are in their system calls
        CompletableFuture<byte[]> image =
                fence.thenApply(
                        done -> {
                            try {
                                return Bytes.of(to);
                            } catch (DeviceException e) {
                                throw new IllegalStateException(e);
                            }
                        });
        stop.release();
        byte[] atFence = image.get(30, TimeUnit.SECONDS);
        CopyReply answer = get(reply);
        assertThat(Bytes.of(to)).isEqualTo(atFence);
        assertThat(sense(answer).key()).isEqualTo(SenseKey.COPY_ABORTED);
        long changed = 0;
        for (byte b : atFence) {
            changed += b == 1 ? 1 : 0;
        }
        assertThat(changed).isEqualTo(4L * Lab.PIECE);
        assertThat(lab.audit.getLast().outcome()).isEqualTo(Outcome.FENCED);
        assertThat(lab.audit.getLast().movedBytes()).isEqualTo(changed);
        CopyResult.Status status =
                Objects.requireNonNull(
                        CopyResult.Status.parse(
                                lab.receive(host, destination, 0, 1, 100).dataIn()));
        assertThat(status.state()).isEqualTo(CopyResult.Status.State.ERROR);
        assertThat(status.bytes()).isEqualTo(changed);
    }

    @Test
    void aFenceOfOthersLetsTheCopyGoOn() throws Exception {
        DelayDevice.Stop stop = slow.stopAt(Point.BEFORE_WRITE);
        CompletableFuture<CopyReply> reply = startAndStop(stop);
        lab.manager.fence("another nexus", null);
        lab.manager.fence(null, lab.unit(MemoryDevice.ofBytes(SIZE)));
        lab.manager.fence("another nexus", destination);
        stop.release();
        assertThat(get(reply)).isEqualTo(CopyReply.good());
        assertThat(Bytes.of(to)).isEqualTo(Bytes.of(from));
    }

    @Test
    void fencesAtRandomMoments() throws Exception {
        long seed = System.nanoTime();
        System.out.println("FencingTest.fencesAtRandomMoments seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 30; i++) {
            Bytes.fill(to, 2);
            DelayDevice.Stop stop =
                    slow.stopAt(Point.AFTER_WRITE, (long) random.nextInt(32) * Lab.PIECE, 512);
            CompletableFuture<CopyReply> reply = start(Lab.plain(source, destination, BLOCKS));
            stop.awaitArrival(SOON);
            CompletableFuture<Void> released = CompletableFuture.runAsync(stop::release, threads);
            lab.manager.fence(null, destination);
            byte[] atFence = Bytes.of(to);
            released.join();
            CopyReply answer = get(reply);
            assertThat(Bytes.of(to)).as("seed %d, round %d", seed, i).isEqualTo(atFence);
            if (answer.status() == Status.GOOD) {
                assertThat(atFence).containsOnly(1); // the fence came when all was done
            }
        }
    }

    @Test
    void aReservationOfAnotherNexusEndsIt() throws Exception {
        DelayDevice.Stop stop = slow.stopAt(Point.BEFORE_WRITE);
        CompletableFuture<CopyReply> reply = startAndStop(stop);
        destinationLun.mayWrite = false;
        stop.release();
        Sense sense = sense(get(reply));
        assertThat(sense.is(Sense.thirdPartyFailure())).isTrue();
        Forwarded forwarded = Objects.requireNonNull(sense.forwarded());
        assertThat(forwarded.status()).isEqualTo(Status.RESERVATION_CONFLICT);
        assertThat(forwarded.source()).isFalse();
        assertThat(lab.audit.getLast().movedBytes()).isLessThan(SIZE);
    }

    @Test
    void anUnmapEndsIt() throws Exception {
        DelayDevice.Stop stop = slow.stopAt(Point.BEFORE_WRITE);
        CompletableFuture<CopyReply> reply = startAndStop(stop);
        host.luns.remove(destinationLun);
        destinationLun.mayWrite = false;
        stop.release();
        assertThat(sense(get(reply)).is(Sense.of(SenseKey.COPY_ABORTED, 0x08, 0x04))).isTrue();
    }

    @Test
    void aGateThatClosesWaitsForPiecesAndTheCopyForTheGate() throws Exception {
        DelayDevice.Stop stop = slow.stopAt(Point.BEFORE_WRITE);
        CompletableFuture<CopyReply> reply = startAndStop(stop);
        destination.closeGate();
        assertThat(destination.awaitDrained(Duration.ZERO)).isFalse();
        stop.release();
        assertThat(destination.awaitDrained(SOON)).isTrue();
        assertThat(source.draining()).isFalse();
        byte[] drained = Bytes.of(to);
        assertThat(reply).isNotDone();
        assertThat(Bytes.of(to)).isEqualTo(drained);
        destination.open();
        assertThat(get(reply)).isEqualTo(CopyReply.good());
        assertThat(Bytes.of(to)).isEqualTo(Bytes.of(from));
    }

    @Test
    void aPromotionEndsIt() throws Exception {
        DelayDevice.Stop stop = slow.stopAt(Point.BEFORE_WRITE);
        CompletableFuture<CopyReply> reply = startAndStop(stop);
        destination.closeGate();
        stop.release();
        assertThat(destination.awaitDrained(SOON)).isTrue();
        MemoryDevice other = Bytes.fill(MemoryDevice.ofBytes(SIZE), 9);
        destination.swap(other, 2, State.OPEN);
        assertThat(sense(get(reply)).key()).isEqualTo(SenseKey.COPY_ABORTED);
        assertThat(Bytes.of(other)).containsOnly(9);
    }

    @Test
    void aPieceThatOutlivesAPromotionIsNeverGood() throws Exception {
        long last = SIZE - Lab.PIECE;
        DelayDevice.Stop stop = slow.stopAt(Point.BEFORE_WRITE, last, Lab.PIECE);
        CompletableFuture<CopyReply> reply = start(Lab.plain(source, destination, BLOCKS));
        stop.awaitArrival(SOON);
        destination.closeGate(); // the drain is given up, as in an unplanned promotion
        destination.swap(Bytes.fill(MemoryDevice.ofBytes(SIZE), 9), 2, State.OPEN);
        stop.release();
        assertThat(sense(get(reply)).key()).isEqualTo(SenseKey.COPY_ABORTED);
        // Pieces before it may have been under way as well, and count as little.
        assertThat(lab.audit.getLast().movedBytes()).isLessThanOrEqualTo(last);
        assertThat(Bytes.of(destination.device())).containsOnly(9);
    }

    @Test
    void aHeldUnitRefuses() throws Exception {
        destination.closeGate();
        destination.swap(slow, 2, State.HELD);
        Sense sense = sense(get(start(Lab.plain(source, destination, 8))));
        Forwarded forwarded = Objects.requireNonNull(sense.forwarded());
        assertThat(forwarded.sense().is(Sense.logicalUnitNotSupported())).isTrue();
        assertThat(Bytes.of(to)).containsOnly(2);
    }

    @Test
    void aFenceReachesACopyThatWaitsAtAGate() throws Exception {
        destination.closeGate();
        CompletableFuture<CopyReply> reply = start(Lab.plain(source, destination, 8));
        while (lab.receive(host, source, 0, 1, 100).status() != Status.GOOD) {
            Thread.onSpinWait(); // until it is under way
        }
        lab.manager.fence(host.key(), destination);
        assertThat(sense(get(reply)).key()).isEqualTo(SenseKey.COPY_ABORTED);
        destination.open();
        assertThat(Bytes.of(to)).containsOnly(2);
    }

    @Test
    void oneListIdSideBySide() throws Exception {
        DelayDevice.Stop stop = slow.stopAt(Point.BEFORE_WRITE);
        CompletableFuture<CopyReply> held = startAndStop(stop);
        CopyResult.Status running =
                Objects.requireNonNull(
                        CopyResult.Status.parse(
                                lab.receive(host, destination, 0, 1, 100).dataIn()));
        assertThat(running.state()).isEqualTo(CopyResult.Status.State.RUNNING);
        CopyReply second =
                lab.copy(
                        host,
                        source,
                        Lab.list(
                                1,
                                ListIdUsage.HOLD,
                                List.of(source),
                                BlockToBlock.of(0, 0, 1, 0, 9)));
        assertThat(sense(second).is(Sense.operationInProgress())).isTrue();
        for (ListIdUsage usage : List.of(ListIdUsage.DISCARD, ListIdUsage.NONE)) {
            int id = usage == ListIdUsage.NONE ? 0 : 1;
            CopyReply beside =
                    lab.copy(
                            host,
                            source,
                            Lab.list(id, usage, List.of(source), BlockToBlock.of(0, 0, 0, 0, 9)));
            assertThat(beside).isEqualTo(CopyReply.good());
        }
        Lab.Host other = new Lab.Host("h2");
        other.sees(source);
        assertThat(
                        lab.copy(
                                other,
                                source,
                                Lab.list(
                                        1,
                                        ListIdUsage.HOLD,
                                        List.of(source),
                                        BlockToBlock.of(0, 0, 0, 0, 9))))
                .isEqualTo(CopyReply.good());
        stop.release();
        assertThat(get(held)).isEqualTo(CopyReply.good());
    }

    @Test
    void noMoreAtOnceThanAnnounced() throws Exception {
        CopyLimits one = new CopyLimits(64, 64, 8192, 256 << 20, 1, 16, Duration.ofMinutes(5), 9);
        try (Lab small = new Lab(one)) {
            DelayDevice.Stop stop = slow.stopAt(Point.BEFORE_WRITE);
            ExtendedCopyList list =
                    Lab.list(
                            1,
                            ListIdUsage.DISCARD,
                            List.of(source, destination),
                            BlockToBlock.of(0, 1, 8, 0, 0));
            CompletableFuture<CopyReply> first =
                    CompletableFuture.supplyAsync(
                            () -> small.copy(host, destination, list), threads);
            stop.awaitArrival(SOON);
            assertThat(small.copy(host, destination, list).status()).isEqualTo(Status.BUSY);
            stop.release();
            assertThat(get(first)).isEqualTo(CopyReply.good());
            assertThat(small.copy(host, destination, list)).isEqualTo(CopyReply.good());
        }
    }
}
