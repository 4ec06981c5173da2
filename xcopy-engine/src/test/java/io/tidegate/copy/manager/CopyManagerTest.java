package io.tidegate.copy.manager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.DeviceException;
import io.tidegate.block.FaultDevice;
import io.tidegate.block.FaultDevice.Fault;
import io.tidegate.block.FaultDevice.Operation;
import io.tidegate.block.Geometry;
import io.tidegate.block.MemoryDevice;
import io.tidegate.copy.manager.CopyAudit.Outcome;
import io.tidegate.copy.manager.CopyCounters.Measure;
import io.tidegate.copy.mover.Bytes;
import io.tidegate.copy.mover.SharingDevice;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Sense.Forwarded;
import io.tidegate.scsi.SenseKey;
import io.tidegate.scsi.Status;
import io.tidegate.scsi.copy.CopyLimits;
import io.tidegate.scsi.copy.CopyResult;
import io.tidegate.scsi.copy.CscdDescriptor;
import io.tidegate.scsi.copy.ExtendedCopyList;
import io.tidegate.scsi.copy.ExtendedCopyList.ListIdUsage;
import io.tidegate.scsi.copy.SegmentDescriptor.BlockToBlock;
import io.tidegate.scsi.copy.ThirdPartyCopyPage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CopyManagerTest {

    private static final int SIZE = 2 << 20;
    private static final int BLOCKS = SIZE / 512;
    private static final Sense UNREACHABLE = Sense.of(SenseKey.COPY_ABORTED, 0x08, 0x04);
    private static final Sense OUTSIDE = Sense.copyAborted();

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

    private CopyReply copy(ExtendedCopyList list) {
        return lab.copy(host, destination, list);
    }

    private ExtendedCopyList list(BlockToBlock... segments) {
        return Lab.list(1, ListIdUsage.HOLD, List.of(source, destination), segments);
    }

    private static Sense sense(CopyReply reply) {
        assertThat(reply.status()).isEqualTo(Status.CHECK_CONDITION);
        return Objects.requireNonNull(reply.sense());
    }

    private static void assertIs(CopyReply reply, Sense expected) {
        assertThat(sense(reply).is(expected)).as("%s is %s", reply.sense(), expected).isTrue();
    }

    private CopyResult.Status status(int listId) {
        CopyReply reply = lab.receive(host, destination, 0, listId, 100);
        assertThat(reply.status()).isEqualTo(Status.GOOD);
        return Objects.requireNonNull(CopyResult.Status.parse(reply.dataIn()));
    }

    @Test
    void segmentsInOrderAgainstAModel() throws DeviceException {
        long seed = System.nanoTime();
        System.out.println("CopyManagerTest.segmentsInOrder seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 40; round++) {
            Bytes.patches(from, random, 100 << 10);
            Bytes.patches(to, random, 100 << 10);
            byte[][] model = {Bytes.of(from), Bytes.of(to)};
            List<BlockToBlock> segments = new ArrayList<>();
            for (int i = random.nextInt(8); i >= 0; i--) {
                int blocks = random.nextInt(BLOCKS / 2);
                int a = random.nextInt(2);
                int b = random.nextInt(2);
                int sourceLba = random.nextInt(BLOCKS - blocks);
                int destinationLba = random.nextInt(BLOCKS - blocks);
                segments.add(
                        new BlockToBlock(
                                random.nextBoolean(),
                                random.nextBoolean(),
                                a,
                                b,
                                blocks,
                                sourceLba,
                                destinationLba));
                System.arraycopy(
                        model[a].clone(),
                        sourceLba * 512,
                        model[b],
                        destinationLba * 512,
                        blocks * 512);
            }
            assertThat(copy(list(segments.toArray(new BlockToBlock[0]))))
                    .as("seed %d, round %d", seed, round)
                    .isEqualTo(CopyReply.good());
            assertThat(Bytes.of(from)).as("seed %d, round %d", seed, round).isEqualTo(model[0]);
            assertThat(Bytes.of(to)).as("seed %d, round %d", seed, round).isEqualTo(model[1]);
            CopyResult.Status status = status(1);
            assertThat(status.state()).isEqualTo(CopyResult.Status.State.DONE);
            assertThat(status.segments()).isEqualTo(segments.size());
            assertThat(status.bytes())
                    .isEqualTo(segments.stream().mapToLong(s -> s.blocks() * 512L).sum());
        }
    }

    @Test
    void holesHideWhatWasThere() throws DeviceException {
        Bytes.fill(to, 0xa5);
        from.write(
                256 << 10, ByteBuffer.wrap("data".repeat(128).getBytes(StandardCharsets.US_ASCII)));
        assertThat(copy(Lab.plain(source, destination, BLOCKS))).isEqualTo(CopyReply.good());
        assertThat(Bytes.of(to)).isEqualTo(Bytes.of(from));
        assertThat(lab.manager.counters().value(Measure.BYTES_WRITTEN, "unit2", "pipeline"))
                .isEqualTo(4096);
        assertThat(lab.manager.counters().value(Measure.BYTES_WRITTEN, "unit2", "discard"))
                .isEqualTo(SIZE - 4096);
    }

    @Test
    void bytesAreCountedByTheirWay() throws DeviceException {
        Bytes.fill(from, 1);
        SharingDevice sharing = new SharingDevice(MemoryDevice.ofBytes(SIZE));
        sharing.room.set(3 * 4096);
        LogicalUnit store = lab.unit(sharing); // unit3
        host.sees(store);
        ExtendedCopyList list =
                Lab.list(
                        1,
                        ListIdUsage.HOLD,
                        List.of(source, store),
                        BlockToBlock.of(0, 1, 40, 4, 4)); // an edge, four units, an edge
        assertThat(lab.copy(host, store, list)).isEqualTo(CopyReply.good());
        CopyCounters counters = lab.manager.counters();
        assertThat(counters.value(Measure.BYTES_READ, "unit1", "share")).isEqualTo(3 * 4096);
        assertThat(counters.value(Measure.BYTES_WRITTEN, "unit3", "share")).isEqualTo(3 * 4096);
        assertThat(counters.value(Measure.BYTES_WRITTEN, "unit3", "pipeline")).isEqualTo(2 * 4096);
        assertThat(counters.total(Measure.BYTES_WRITTEN, "unit3")).isEqualTo(40 * 512);
        assertThat(status(1).bytes()).isEqualTo(40 * 512);
    }

    @Test
    void countsAndAuditTellWhatWasDone() throws DeviceException {
        Bytes.fill(from, 1);
        copy(list(BlockToBlock.of(0, 1, 16, 8, 4), BlockToBlock.of(0, 1, 8, 0, 100)));
        CopyCounters counters = lab.manager.counters();
        assertThat(counters.value(Measure.COMMANDS, "unit2", "83/00")).isEqualTo(1);
        assertThat(counters.value(Measure.SEGMENTS, "unit2", "done")).isEqualTo(2);
        assertThat(counters.value(Measure.BYTES_READ, "unit1", "pipeline")).isEqualTo(24 * 512);
        assertThat(counters.total(Measure.BYTES_WRITTEN, "unit2")).isEqualTo(24 * 512);
        assertThat(counters.samples()).isNotEmpty();
        assertThat(lab.audit)
                .containsExactly(
                        new CopyAudit.Copy(
                                host.key(),
                                "h1",
                                Outcome.DONE,
                                List.of(
                                        new CopyAudit.Range(
                                                0, "unit1", 4096, 1, "unit2", 2048, 8192, 8192),
                                        new CopyAudit.Range(
                                                0, "unit1", 0, 1, "unit2", 51200, 4096, 4096)),
                                24 * 512));
    }

    @Test
    void differentBlocksWhereTheyDivide() throws DeviceException {
        MemoryDevice wide = new MemoryDevice("wide", Geometry.ofBytes(SIZE, 4096, 4096));
        LogicalUnit wideUnit = lab.unit(wide);
        host.sees(wideUnit);
        Bytes.patches(from, new Random(7), 100 << 10);
        List<LogicalUnit> units = List.of(source, wideUnit);
        for (boolean keep : new boolean[] {false, true}) {
            assertThat(
                            copy(
                                    Lab.list(
                                            1,
                                            ListIdUsage.HOLD,
                                            units,
                                            new BlockToBlock(false, keep, 0, 1, 16, 3, 1),
                                            new BlockToBlock(true, keep, 0, 1, 2, 100, 20))))
                    .isEqualTo(CopyReply.good());
            assertIs(
                    copy(
                            Lab.list(
                                    1,
                                    ListIdUsage.HOLD,
                                    units,
                                    new BlockToBlock(false, keep, 0, 1, 7, 0, 0))),
                    Sense.of(SenseKey.COPY_ABORTED, 0x26, 0x0a));
        }
        byte[] source = Bytes.of(from);
        byte[] expected = new byte[SIZE];
        System.arraycopy(source, 3 * 512, expected, 4096, 8192);
        System.arraycopy(source, 100 * 512, expected, 20 * 4096, 8192);
        assertThat(Bytes.of(wide)).isEqualTo(expected);
    }

    @Test
    void theReceivingUnitHasAnIndexOfItsOwn() throws DeviceException {
        Bytes.fill(from, 5);
        ExtendedCopyList list =
                Lab.list(
                        1,
                        ListIdUsage.HOLD,
                        List.of(source),
                        BlockToBlock.of(0, 0xffff, BLOCKS, 0, 0));
        assertThat(copy(list)).isEqualTo(CopyReply.good());
        assertThat(Bytes.of(to)).isEqualTo(Bytes.of(from));
    }

    // -- what a public test suite of initiators asks for

    @Test
    void copyInsideOneUnit() throws DeviceException {
        Bytes.patches(to, new Random(3), 50 << 10);
        byte[] head = Arrays.copyOf(Bytes.of(to), 2048 * 512);
        ExtendedCopyList list =
                Lab.list(
                        1,
                        ListIdUsage.HOLD,
                        List.of(destination),
                        BlockToBlock.of(0, 0, 2048, 0, BLOCKS - 2048));
        assertThat(copy(list)).isEqualTo(CopyReply.good());
        byte[] all = Bytes.of(to);
        assertThat(Arrays.copyOfRange(all, SIZE - 2048 * 512, SIZE)).isEqualTo(head);
    }

    @Test
    void aListThatIsCutOrEmpty() {
        byte[] data = list(BlockToBlock.of(0, 1, 1, 0, 0)).encode();
        for (int length = 1; length < data.length; length++) {
            assertIs(
                    lab.copy(host, destination, Arrays.copyOf(data, length)),
                    Sense.parameterListLength());
        }
        assertThat(lab.copy(host, destination, new byte[0])).isEqualTo(CopyReply.good());
        byte[] cdb = new byte[16];
        cdb[0] = (byte) 0x83;
        cdb[13] = 100;
        assertIs(
                lab.manager.execute(host, destination, cdb, ByteBuffer.allocate(99)),
                Sense.parameterListLength());
    }

    @Test
    void indexesAndRangesThatAreNotThere() throws DeviceException {
        Bytes.fill(from, 1);
        Bytes.fill(to, 2);
        assertIs(copy(list(BlockToBlock.of(0, 2, 1, 0, 0))), UNREACHABLE);
        assertIs(copy(list(BlockToBlock.of(9, 1, 1, 0, 0))), UNREACHABLE);
        for (BlockToBlock outside :
                List.of(
                        BlockToBlock.of(0, 1, 2048, 0, BLOCKS - 1),
                        BlockToBlock.of(0, 1, 1, BLOCKS, 0),
                        BlockToBlock.of(0, 1, 1, 0, -1),
                        BlockToBlock.of(0, 1, 1, Long.MAX_VALUE, 0),
                        BlockToBlock.of(0, 1, 1, 1L << 55, 0))) {
            // A good segment before it is not moved either: all is checked first.
            Sense sense = sense(copy(list(BlockToBlock.of(0, 1, 8, 0, 0), outside)));
            assertThat(sense.is(OUTSIDE)).isTrue();
            assertThat(sense.commandSpecific()).isEqualTo(1);
            Forwarded forwarded = Objects.requireNonNull(sense.forwarded());
            assertThat(forwarded.sense().is(Sense.lbaOutOfRange())).isTrue();
            assertThat(forwarded.source()).isEqualTo(outside.sourceLba() != 0);
        }
        assertThat(Bytes.of(to)).containsOnly(2);
    }

    @Test
    void oneMoreThanAnnounced() {
        List<LogicalUnit> many = Collections.nCopies(65, destination);
        assertIs(
                copy(Lab.list(1, ListIdUsage.HOLD, many, BlockToBlock.of(0, 0, 1, 0, 0))),
                Sense.tooManyTargetDescriptors());
        BlockToBlock[] segments = new BlockToBlock[65];
        Arrays.fill(segments, BlockToBlock.of(0, 0, 1, 0, 0));
        assertIs(copy(list(segments)), Sense.tooManySegmentDescriptors());
    }

    @Test
    void resultsAreKeptForATimeAndForTheirNexusOnly() {
        assertIs(lab.receive(host, destination, 0, 1, 100), Sense.invalidFieldInCdb());
        copy(Lab.plain(source, destination, 8));
        assertThat(status(1)).isEqualTo(status(1)); // reading does not lose it
        Lab.Host other = new Lab.Host("h2");
        assertIs(lab.receive(other, destination, 0, 1, 100), Sense.invalidFieldInCdb());
        assertIs(lab.receive(host, destination, 0, 2, 100), Sense.invalidFieldInCdb());
        lab.clock.advance(CopyLimits.DEFAULT.resultsKept().minus(Duration.ofSeconds(1)));
        assertThat(status(1).state()).isEqualTo(CopyResult.Status.State.DONE);
        lab.clock.advance(Duration.ofSeconds(1));
        assertIs(lab.receive(host, destination, 0, 1, 100), Sense.invalidFieldInCdb());
    }

    @Test
    void otherListIdUsagesKeepNothing() {
        for (ListIdUsage usage : List.of(ListIdUsage.DISCARD, ListIdUsage.NONE)) {
            int id = usage == ListIdUsage.NONE ? 0 : 3;
            ExtendedCopyList list =
                    Lab.list(
                            id,
                            usage,
                            List.of(source, destination),
                            BlockToBlock.of(0, 1, 1, 0, 0));
            assertThat(copy(list)).isEqualTo(CopyReply.good());
            assertIs(lab.receive(host, destination, 0, id, 100), Sense.invalidFieldInCdb());
        }
    }

    @Test
    void theOldestResultGoesWhenThereAreTooMany() {
        CopyLimits few = new CopyLimits(64, 64, 8192, 256 << 20, 64, 16, Duration.ofDays(1), 3);
        try (Lab small = new Lab(few)) {
            for (int id = 1; id <= 4; id++) {
                BlockToBlock segment = BlockToBlock.of(0, 0, 1, 0, 9);
                small.copy(host, source, Lab.list(id, ListIdUsage.HOLD, List.of(source), segment));
            }
            assertIs(small.receive(host, source, 0, 1, 100), Sense.invalidFieldInCdb());
            assertThat(small.receive(host, source, 0, 2, 100).status()).isEqualTo(Status.GOOD);
            assertThat(small.receive(host, source, 0, 4, 100).status()).isEqualTo(Status.GOOD);
        }
    }

    @Test
    void failureDetailsHoldTheSense() {
        Sense sense = sense(copy(list(BlockToBlock.of(0, 1, 1, BLOCKS, 0))));
        CopyReply reply = lab.receive(host, destination, 4, 1, 1000);
        CopyResult.FailureDetails details =
                Objects.requireNonNull(CopyResult.FailureDetails.parse(reply.dataIn()));
        assertThat(details.status()).isEqualTo(Status.CHECK_CONDITION.code());
        assertThat(details.sense()).isEqualTo(sense.encode(false));
        assertThat(status(1).state()).isEqualTo(CopyResult.Status.State.ERROR);

        copy(Lab.plain(source, destination, 8));
        CopyReply good = lab.receive(host, destination, 4, 1, 1000);
        assertThat(ByteBuffer.wrap(good.dataIn()).getInt(0)).isZero();
        assertIs(lab.receive(host, destination, 4, 9, 1000), Sense.invalidFieldInCdb());
    }

    @Test
    void announcedIsEnforced() {
        byte[] operating = lab.receive(host, destination, 3, 0, 1000).dataIn();
        assertThat(CopyResult.OperatingParameters.parse(operating))
                .isEqualTo(CopyResult.OperatingParameters.of(CopyLimits.DEFAULT));
        assertThat(lab.receive(host, destination, 3, 0, 10).dataIn()).hasSize(10);
        assertThat(ThirdPartyCopyPage.parse(lab.manager.vpdThirdPartyCopy()))
                .isEqualTo(ThirdPartyCopyPage.of(CopyLimits.DEFAULT));
        CopyLimits tight = new CopyLimits(64, 64, 8192, 4096, 64, 16, Duration.ofMinutes(5), 16);
        try (Lab small = new Lab(tight)) {
            Sense sense = sense(small.copy(host, destination, Lab.plain(source, destination, 9)));
            assertThat(sense.is(Sense.of(SenseKey.COPY_ABORTED, 0x26, 0))).isTrue();
            assertThat(sense.specific())
                    .isEqualTo(new Sense.SegmentPointer(false, 7, 16 + 64 + 10));
            assertThat(small.copy(host, destination, Lab.plain(source, destination, 8)))
                    .isEqualTo(CopyReply.good());
        }
    }

    @Test
    void actionsThatAreNotImplemented() {
        assertIs(lab.receive(host, destination, 5, 0, 100), Sense.invalidFieldInCdb());
        assertIs(lab.receive(host, destination, 7, 0, 100), Sense.invalidFieldInCdb());
    }

    // -- who may copy what

    @Test
    void whatTheNexusDoesNotSeeDoesNotExist() throws DeviceException {
        LogicalUnit secret = lab.unit(Bytes.fill(MemoryDevice.ofBytes(SIZE), 0x5e));
        LogicalUnit nowhere = lab.unit(MemoryDevice.ofBytes(SIZE));
        new Lab.Host("h2").sees(secret);
        Sense hidden = sense(copy(Lab.plain(secret, destination, 8)));
        Sense missing = sense(copy(Lab.plain(nowhere, destination, 8)));
        assertThat(hidden.is(UNREACHABLE)).isTrue();
        assertThat(hidden).isEqualTo(missing);
        assertIs(copy(Lab.plain(source, secret, 8)), UNREACHABLE);
        assertThat(Bytes.of(secret.device())).containsOnly(0x5e);
        assertThat(Bytes.of(to)).containsOnly(0);
        assertThat(lab.audit).extracting(CopyAudit.Copy::outcome).containsOnly(Outcome.REFUSED);
    }

    @Test
    void withoutTheRightToReadOrWrite() throws DeviceException {
        Bytes.fill(from, 1);
        sourceLun.mayRead = false;
        assertIs(copy(Lab.plain(source, destination, 8)), UNREACHABLE);
        sourceLun.mayRead = true;
        destinationLun.mayWrite = false;
        assertIs(copy(Lab.plain(source, destination, 8)), UNREACHABLE);
        assertThat(Bytes.of(to)).containsOnly(0);
        destinationLun.mayWrite = true;
        assertThat(copy(Lab.plain(source, destination, 8))).isEqualTo(CopyReply.good());
    }

    @Test
    void descriptorsThatDoNotFitTheirUnit() {
        ExtendedCopyList good = Lab.plain(source, destination, 8);
        CscdDescriptor t = good.targets().get(0);
        assertIs(
                with(new CscdDescriptor(0, true, 0, 0, t.designator(), false, false, 0)),
                UNREACHABLE);
        assertIs(
                with(new CscdDescriptor(0, false, 1, 0, t.designator(), false, false, 0)),
                Sense.of(SenseKey.COPY_ABORTED, 0x0d, 0x03));
        assertIs(
                with(new CscdDescriptor(0, false, 0, 0, t.designator(), false, false, 4096)),
                Sense.of(SenseKey.COPY_ABORTED, 0x26, 0x00));
        assertThat(with(new CscdDescriptor(0, false, 0, 0, t.designator(), false, false, 512)))
                .isEqualTo(CopyReply.good());
    }

    private CopyReply with(CscdDescriptor first) {
        ExtendedCopyList good = Lab.plain(source, destination, 8);
        return copy(
                new ExtendedCopyList(
                        1,
                        false,
                        ListIdUsage.HOLD,
                        0,
                        List.of(first, good.targets().get(1)),
                        good.segments()));
    }

    // -- faults

    @Test
    void aFaultAtAnyPieceIsForwardedWithTheCount() throws DeviceException {
        for (boolean atSource : new boolean[] {true, false}) {
            for (int piece = 0; piece < SIZE / Lab.PIECE; piece += 6) {
                FaultDevice bad = new FaultDevice(Bytes.fill(MemoryDevice.ofBytes(SIZE), 1));
                LogicalUnit badUnit = lab.unit(bad);
                host.sees(badUnit);
                Operation operation = atSource ? Operation.READ : Operation.WRITE;
                DeviceException.Kind kind =
                        atSource ? DeviceException.Kind.READ : DeviceException.Kind.NO_SPACE;
                long at = (long) piece * Lab.PIECE;
                bad.add(Fault.fail(operation, kind).in(at, 512));
                Bytes.fill(from, 1);
                LogicalUnit[] ends =
                        atSource
                                ? new LogicalUnit[] {badUnit, destination}
                                : new LogicalUnit[] {source, badUnit};

                Sense sense =
                        sense(
                                copy(
                                        Lab.list(
                                                1,
                                                ListIdUsage.HOLD,
                                                List.of(ends),
                                                BlockToBlock.of(0, 1, 0, 0, 0),
                                                BlockToBlock.of(0, 1, BLOCKS, 0, 0))));

                assertThat(sense.is(Sense.thirdPartyFailure())).isTrue();
                assertThat(sense.commandSpecific()).isEqualTo(1);
                Forwarded forwarded = Objects.requireNonNull(sense.forwarded());
                assertThat(forwarded.source()).isEqualTo(atSource);
                assertThat(forwarded.sense())
                        .isEqualTo(
                                atSource
                                        ? Sense.unrecoveredRead(at / 512)
                                        : Sense.spaceAllocationFailed());
                CopyResult.Status status = status(1);
                assertThat(status.state()).isEqualTo(CopyResult.Status.State.ERROR);
                assertThat(status.segments()).isEqualTo(2); // with the one that failed
                assertThat(status.bytes()).isEqualTo(at); // what came after the gap is not
                long moved = lab.audit.getLast().movedBytes();
                assertThat(moved).isBetween(at, (long) SIZE - Lab.PIECE);
                Long residual = moved == 0 ? null : (SIZE - at) / 512;
                assertThat(sense.information()).isEqualTo(residual);
                assertThat(lab.audit.getLast().outcome()).isEqualTo(Outcome.FAILED);
                assertThat(badUnit.draining()).isFalse();
            }
        }
    }

    @Test
    void withoutWriteCacheACopyIsDurableOrFails() throws DeviceException {
        FaultDevice device = new FaultDevice(MemoryDevice.ofBytes(SIZE));
        LogicalUnit unit = lab.unit(device);
        Lab.Lun lun = host.sees(unit);
        copy(Lab.plain(source, unit, 8));
        assertThat(device.calls(Operation.FLUSH)).isZero();
        lun.writeCache = false;
        copy(Lab.plain(source, unit, 8));
        assertThat(device.calls(Operation.FLUSH)).isEqualTo(1);
        device.add(Fault.fail(Operation.FLUSH, DeviceException.Kind.SYNC));
        assertIs(copy(Lab.plain(source, unit, 8)), Sense.thirdPartyFailure());
    }

    @Test
    void manySmallCopiesAreSyncedTogether() throws DeviceException {
        Bytes.fill(from, 1);
        FaultDevice device = new FaultDevice(MemoryDevice.ofBytes(SIZE));
        LogicalUnit unit = lab.unit(device);
        host.sees(unit);
        for (int i = 0; i < 32; i++) {
            copy(Lab.plain(source, unit, Lab.PIECE / 512)); // 2 MiB in all, 256 KiB allowed
        }
        assertThat(device.calls(Operation.FLUSH)).isEqualTo(8);
    }
}
