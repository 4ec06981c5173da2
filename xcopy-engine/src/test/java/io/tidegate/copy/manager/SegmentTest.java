package io.tidegate.copy.manager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.DeviceException;
import io.tidegate.block.FaultDevice;
import io.tidegate.block.FaultDevice.Fault;
import io.tidegate.block.FaultDevice.Operation;
import io.tidegate.block.Geometry;
import io.tidegate.block.MemoryDevice;
import io.tidegate.copy.manager.CopyCounters.Measure;
import io.tidegate.copy.mover.Bytes;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Designator;
import io.tidegate.scsi.Designator.Association;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Sense.Forwarded;
import io.tidegate.scsi.Sense.SegmentPointer;
import io.tidegate.scsi.SenseKey;
import io.tidegate.scsi.Status;
import io.tidegate.scsi.copy.CopyLimits;
import io.tidegate.scsi.copy.CscdDescriptor;
import io.tidegate.scsi.copy.ExtendedCopyList;
import io.tidegate.scsi.copy.ExtendedCopyList.ListIdUsage;
import io.tidegate.scsi.copy.SegmentDescriptor;
import io.tidegate.scsi.copy.SegmentDescriptor.BlockToBlock;
import io.tidegate.scsi.copy.SegmentDescriptor.OffsetToOffset;
import io.tidegate.scsi.copy.SegmentDescriptor.RegisterKey;
import io.tidegate.scsi.copy.SegmentDescriptor.Verify;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Segments other than block to block, and the ways in which a descriptor names a unit. */
class SegmentTest {

    private static final int SIZE = 2 << 20;
    private static final int BLOCKS = SIZE / 512;
    private static final Sense UNREACHABLE = Sense.of(SenseKey.COPY_ABORTED, 0x08, 0x04);

    private final Lab lab = new Lab();
    private final Lab.Host host = new Lab.Host("h1");
    private final MemoryDevice from = MemoryDevice.ofBytes(SIZE);
    private final MemoryDevice to = MemoryDevice.ofBytes(SIZE);
    private final LogicalUnit source = lab.unit(from);
    private final LogicalUnit destination = lab.unit(to);
    private final Lab.Lun sourceLun = host.sees(source);
    private final Lab.Lun destinationLun = host.sees(destination);

    @AfterEach
    void close() {
        lab.close();
    }

    private CopyReply copy(SegmentDescriptor... segments) {
        return copy(List.of(source, destination), segments);
    }

    private CopyReply copy(List<LogicalUnit> units, SegmentDescriptor... segments) {
        return lab.copy(host, destination, Lab.list(1, ListIdUsage.HOLD, units, segments));
    }

    private static Sense sense(CopyReply reply) {
        assertThat(reply.status()).isEqualTo(Status.CHECK_CONDITION);
        return Objects.requireNonNull(reply.sense());
    }

    private static void assertIs(CopyReply reply, Sense expected, int segment) {
        assertThat(sense(reply).is(expected)).as("%s is %s", reply.sense(), expected).isTrue();
        assertThat(sense(reply).commandSpecific()).isEqualTo(segment);
    }

    private static OffsetToOffset bytes(int length, long fromByte, int fromBlock, long toByte) {
        return bytes(0, 1, length, fromByte, fromBlock, toByte, 512);
    }

    private static OffsetToOffset bytes(
            int a, int b, int length, long fromByte, int fromBlock, long toByte, int toBlock) {
        return new OffsetToOffset(
                false,
                a,
                b,
                length,
                fromByte / fromBlock,
                toByte / toBlock,
                (int) (fromByte % fromBlock),
                (int) (toByte % toBlock));
    }

    // -- bytes to bytes

    @Test
    void anyBytesAgainstAModel() throws DeviceException {
        long seed = System.nanoTime();
        System.out.println("SegmentTest.anyBytes seed " + seed);
        Random random = new Random(seed);
        MemoryDevice wide = new MemoryDevice("wide", Geometry.ofBytes(SIZE, 4096, 4096));
        LogicalUnit wideUnit = lab.unit(wide);
        host.sees(wideUnit);
        List<MemoryDevice> devices = List.of(from, to, wide);
        List<LogicalUnit> units = List.of(source, destination, wideUnit);
        for (int round = 0; round < 150; round++) {
            byte[][] model = new byte[3][];
            for (int i = 0; i < 3; i++) {
                if (round % 10 == 0) {
                    Bytes.patches(devices.get(i), random, 100 << 10);
                }
                model[i] = Bytes.of(devices.get(i));
            }
            List<OffsetToOffset> segments = new ArrayList<>();
            for (int i = random.nextInt(3); i >= 0; i--) {
                // Up to a few blocks, or up to a few pieces; every third inside one unit, close.
                int length = random.nextInt(random.nextBoolean() ? 9000 : 700_000);
                int a = random.nextInt(3);
                boolean inside = random.nextInt(3) == 0;
                int b = inside ? a : random.nextInt(3);
                int fromByte = random.nextInt(SIZE - length);
                int toByte =
                        inside
                                ? Math.clamp(
                                        fromByte + random.nextInt(-6000, 6000), 0, SIZE - length)
                                : random.nextInt(SIZE - length);
                segments.add(
                        bytes(
                                a,
                                b,
                                length,
                                fromByte,
                                a == 2 ? 4096 : 512,
                                toByte,
                                b == 2 ? 4096 : 512));
                System.arraycopy(model[a].clone(), fromByte, model[b], toByte, length);
            }
            assertThat(copy(units, segments.toArray(new SegmentDescriptor[0])))
                    .as("seed %d, round %d", seed, round)
                    .isEqualTo(CopyReply.good());
            for (int i = 0; i < 3; i++) {
                assertThat(Bytes.of(devices.get(i)))
                        .as("seed %d, round %d, device %d, %s", seed, round, i, segments)
                        .isEqualTo(model[i]);
            }
        }
    }

    @Test
    void oneByteIsCountedAndTheRestOfItsBlockStays() throws DeviceException {
        Bytes.fill(from, 1);
        Bytes.fill(to, 2);
        assertThat(copy(bytes(1, 7, 512, 1000))).isEqualTo(CopyReply.good());
        byte[] expected = new byte[SIZE];
        Arrays.fill(expected, (byte) 2);
        expected[1000] = 1;
        assertThat(Bytes.of(to)).isEqualTo(expected);
        CopyCounters counters = lab.manager.counters();
        assertThat(counters.value(Measure.BYTES_WRITTEN, "unit2", "pipeline")).isEqualTo(1);
        assertThat(counters.value(Measure.SEGMENTS, "unit2", "done")).isEqualTo(1);
        assertThat(lab.audit.getLast().ranges())
                .containsExactly(new CopyAudit.Range(0, "unit1", 7, 1, "unit2", 1000, 1, 1));
    }

    @Test
    void byteRangesThatAreNotThere() throws DeviceException {
        Bytes.fill(from, 1);
        Bytes.fill(to, 2);
        Sense outside = Sense.copyAborted();
        for (OffsetToOffset wrong :
                List.of(
                        bytes(2, SIZE - 1, 512, 0),
                        bytes(2, 0, 512, SIZE - 1),
                        bytes(1, SIZE, 512, 0),
                        new OffsetToOffset(false, 0, 1, 1, -1, 0, 0, 0),
                        new OffsetToOffset(false, 0, 1, 1, 0, Long.MAX_VALUE, 0, 0),
                        new OffsetToOffset(false, 0, 1, 0, 0, BLOCKS, 0, 1),
                        new OffsetToOffset(false, 0, 1, 1, 1L << 55, 0, 0, 0))) {
            // The good one before it is not moved either.
            CopyReply reply = copy(bytes(5, 0, 512, 1), wrong);
            assertIs(reply, outside, 1);
            Forwarded forwarded = Objects.requireNonNull(sense(reply).forwarded());
            assertThat(forwarded.sense().is(Sense.lbaOutOfRange())).isTrue();
        }
        assertThat(copy(new OffsetToOffset(false, 0, 1, 0, BLOCKS, BLOCKS, 0, 0)))
                .isEqualTo(CopyReply.good()); // nothing, at the end
        assertIs(copy(new OffsetToOffset(false, 0, 2, 1, 0, 0, 0, 0)), UNREACHABLE, 0);
        assertThat(Bytes.of(to)).containsOnly(2);
    }

    @Test
    void fieldsOfAByteSegmentAreFoundOut() {
        Sense field = Sense.of(SenseKey.COPY_ABORTED, 0x26, 0x00);
        int segment = 16 + 2 * 32;
        assertPoints(copy(new OffsetToOffset(false, 0, 1, 1, 0, 0, 512, 0)), field, segment + 28);
        assertPoints(copy(new OffsetToOffset(false, 0, 1, 1, 0, 0, 0, 512)), field, segment + 30);
        long most = CopyLimits.DEFAULT.maxSegmentBytes();
        assertPoints(
                copy(new OffsetToOffset(false, 0, 1, most + 1, 0, 0, 0, 0)), field, segment + 8);
    }

    private static void assertPoints(CopyReply reply, Sense expected, int offset) {
        assertIs(reply, expected, 0);
        assertThat(sense(reply).specific()).isEqualTo(new SegmentPointer(false, 7, offset));
    }

    @Test
    void faultsOfByteSegmentsAreForwarded() throws DeviceException {
        Bytes.fill(from, 1);
        record Case(
                boolean atSource, Operation operation, DeviceException.Kind kind, Sense sense) {}
        for (Case c :
                List.of(
                        new Case(
                                true,
                                Operation.READ,
                                DeviceException.Kind.READ,
                                Sense.unrecoveredRead(512)), // where the piece begins
                        // The edge of the destination is read before it is written.
                        new Case(
                                false,
                                Operation.READ,
                                DeviceException.Kind.READ,
                                Sense.unrecoveredRead(700)),
                        new Case(
                                false,
                                Operation.WRITE,
                                DeviceException.Kind.NO_SPACE,
                                Sense.spaceAllocationFailed()))) {
            FaultDevice bad = new FaultDevice(Bytes.fill(MemoryDevice.ofBytes(SIZE), 2));
            LogicalUnit badUnit = lab.unit(bad);
            host.sees(badUnit);
            bad.add(Fault.fail(c.operation, c.kind).in(700 * 512, 512));
            List<LogicalUnit> units =
                    c.atSource ? List.of(badUnit, destination) : List.of(source, badUnit);
            int length = 700 * 512 + 100 - 3; // ends inside block 700, in the second piece
            CopyReply reply = copy(units, new Verify(false, 0), bytes(length, 3, 512, 3));
            assertIs(reply, Sense.thirdPartyFailure(), 1);
            Forwarded forwarded = Objects.requireNonNull(sense(reply).forwarded());
            assertThat(forwarded.source()).isEqualTo(c.atSource);
            assertThat(forwarded.sense()).isEqualTo(c.sense);
            assertThat(lab.audit.getLast().movedBytes()).isEqualTo(256 << 10);
            assertThat(badUnit.draining()).isFalse();
        }
    }

    // -- verify

    @Test
    void verifyFindsWhatTheNexusSees() {
        assertThat(copy(new Verify(false, 0), new Verify(true, 1), new Verify(true, 0xffff)))
                .isEqualTo(CopyReply.good());
        assertThat(lab.manager.counters().value(Measure.SEGMENTS, "unit2", "done")).isEqualTo(2);
        assertIs(copy(new Verify(false, 0), new Verify(false, 2)), UNREACHABLE, 1);
        LogicalUnit hidden = lab.unit(MemoryDevice.ofBytes(SIZE));
        assertIs(copy(List.of(hidden), new Verify(false, 0)), UNREACHABLE, 0);
    }

    @Test
    void verifyForwardsWhatTestUnitReadySays() {
        sourceLun.ready = CopyReply.check(Sense.mediumNotPresent());
        assertThat(copy(new Verify(false, 0))).isEqualTo(CopyReply.good());
        CopyReply reply = copy(new Verify(false, 0), new Verify(true, 0));
        assertIs(reply, Sense.thirdPartyFailure(), 1);
        assertThat(sense(reply).forwarded())
                .isEqualTo(new Forwarded(true, Status.CHECK_CONDITION, Sense.mediumNotPresent()));
        sourceLun.ready = CopyReply.of(Status.RESERVATION_CONFLICT);
        assertThat(Objects.requireNonNull(sense(copy(new Verify(true, 0))).forwarded()).status())
                .isEqualTo(Status.RESERVATION_CONFLICT);
    }

    @Test
    void aUnitThatIsUnmappedHalfWay() throws DeviceException {
        Bytes.fill(from, 1);
        sourceLun.registrar =
                (key, newKey) -> {
                    host.luns.remove(destinationLun);
                    destinationLun.mayWrite = false;
                    return CopyReply.good();
                };
        RegisterKey between = new RegisterKey(0, 0, 1);
        BlockToBlock blocks = BlockToBlock.of(0, 1, 8, 0, 0);
        for (SegmentDescriptor last :
                List.of(
                        blocks,
                        bytes(5, 0, 512, 1),
                        new Verify(false, 1),
                        new RegisterKey(1, 0, 1))) {
            assertIs(copy(blocks, between, last), UNREACHABLE, 2);
            assertThat(
                            lab.manager.counters().value(Measure.BYTES_WRITTEN, "unit2", "pipeline")
                                    % 4096)
                    .isZero();
            host.luns.add(destinationLun);
            destinationLun.mayWrite = true;
        }
    }

    // -- register key

    @Test
    void aKeyOpensTheWayForTheSegmentsAfterIt() throws DeviceException {
        Bytes.fill(from, 1);
        destinationLun.mayWrite = false;
        destinationLun.registrar =
                (key, newKey) -> {
                    destinationLun.mayWrite = newKey == 0x1122L && key == 7;
                    return CopyReply.good();
                };
        BlockToBlock blocks = BlockToBlock.of(0, 1, 8, 0, 0);
        assertIs(copy(blocks, new RegisterKey(1, 7, 0x1122L)), UNREACHABLE, 0);
        assertThat(copy(new RegisterKey(1, 7, 0x1122L), blocks)).isEqualTo(CopyReply.good());
        assertThat(lab.audit.getLast().movedBytes()).isEqualTo(4096);
        // A key that does not give the right: found when the segment comes.
        CopyReply reply = copy(new RegisterKey(1, 7, 1), blocks);
        assertIs(reply, Sense.thirdPartyFailure(), 1);
        assertThat(sense(reply).forwarded())
                .isEqualTo(new Forwarded(false, Status.RESERVATION_CONFLICT, Sense.noSense()));
    }

    @Test
    void aRefusedKeyEndsTheCopy() throws DeviceException {
        Bytes.fill(from, 1);
        destinationLun.registrar = (key, newKey) -> CopyReply.of(Status.RESERVATION_CONFLICT);
        CopyReply reply = copy(new RegisterKey(1, 1, 2), BlockToBlock.of(0, 1, 8, 0, 0));
        assertIs(reply, Sense.thirdPartyFailure(), 0);
        assertThat(sense(reply).forwarded())
                .isEqualTo(new Forwarded(false, Status.RESERVATION_CONFLICT, Sense.noSense()));
        assertThat(Bytes.of(to)).containsOnly(0);
        assertIs(copy(new RegisterKey(5, 1, 2)), UNREACHABLE, 0);
    }

    @Test
    void aFencedCopyRegistersNothing() {
        List<Long> registered = new ArrayList<>();
        CompletableFuture<Void> fence = new CompletableFuture<>();
        sourceLun.registrar =
                (key, newKey) -> {
                    // As a preemption does: it waits for the end of this very step.
                    fence.completeAsync(
                            () -> {
                                lab.manager.fence(host.key(), null);
                                return null;
                            });
                    while (!lab.manager.fenced(host.key(), 1)) {
                        Thread.onSpinWait();
                    }
                    assertThat(fence).isNotDone();
                    return CopyReply.good();
                };
        destinationLun.registrar =
                (key, newKey) -> {
                    registered.add(newKey);
                    return CopyReply.good();
                };
        Sense sense = sense(copy(new RegisterKey(0, 0, 1), new RegisterKey(1, 0, 2)));
        fence.join();
        assertThat(sense.key()).isEqualTo(SenseKey.COPY_ABORTED);
        assertThat(sense.commandSpecific()).isEqualTo(1);
        assertThat(registered).isEmpty();
    }

    // -- names

    @Test
    void aUnitIsFoundByEachOfItsNames() throws DeviceException {
        Bytes.fill(from, 1);
        Designator eui =
                new Designator(Association.LOGICAL_UNIT, 1, 2, new byte[] {0, 1, 2, 3, 4, 5, 6, 7});
        Designator longText = Designator.t10("TIDEGATE", "a serial that is long");
        sourceLun.names = List.of(Designator.naa(source.identity().naaBytes()), eui, longText);
        Designator cut =
                new Designator(
                        Association.LOGICAL_UNIT,
                        2,
                        1,
                        Arrays.copyOf(longText.value(), CscdDescriptor.MAX_DESIGNATOR));
        for (Designator name : List.of(sourceLun.names.get(0), eui, cut)) {
            assertThat(byName(name)).isEqualTo(CopyReply.good());
        }
        // The same bytes under another type, code set or association are another name.
        assertIs(
                byName(new Designator(Association.LOGICAL_UNIT, 1, 3, eui.value())),
                UNREACHABLE,
                0);
        assertIs(
                byName(new Designator(Association.LOGICAL_UNIT, 2, 2, eui.value())),
                UNREACHABLE,
                0);
        assertIs(
                byName(new Designator(Association.TARGET_PORT, 1, 2, eui.value())), UNREACHABLE, 0);
    }

    @Test
    void aCutNameThatBeginsSeveralNamesIsNone() throws DeviceException {
        Bytes.fill(from, 1);
        LogicalUnit other = lab.unit(Bytes.fill(MemoryDevice.ofBytes(SIZE), 9));
        Lab.Lun otherLun = host.sees(other);
        sourceLun.names = List.of(Designator.t10("TIDEGATE", "serial-0000-a"));
        otherLun.names = List.of(Designator.t10("TIDEGATE", "serial-0000-b"));
        Designator cut = Designator.t10("TIDEGATE", "serial-0000-");
        assertIs(byName(cut), UNREACHABLE, 0);
        assertThat(Bytes.of(to)).containsOnly(0);
        host.luns.remove(otherLun);
        assertThat(byName(cut)).isEqualTo(CopyReply.good());
    }

    private CopyReply byName(Designator name) {
        return lab.copy(
                host,
                destination,
                new ExtendedCopyList(
                        1,
                        false,
                        ListIdUsage.HOLD,
                        0,
                        List.of(CscdDescriptor.of(name, 0)),
                        List.of(BlockToBlock.of(0, 0xffff, 8, 0, 0))));
    }
}
