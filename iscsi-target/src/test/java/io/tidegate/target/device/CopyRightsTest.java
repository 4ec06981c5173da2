package io.tidegate.target.device;

import static io.tidegate.target.device.Bench.assertGood;
import static io.tidegate.target.device.Bench.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.DeviceException;
import io.tidegate.block.MemoryDevice;
import io.tidegate.presentation.LogicalUnit.State;
import io.tidegate.scsi.Be;
import io.tidegate.scsi.Designator;
import io.tidegate.scsi.PersistentList;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Sense.Forwarded;
import io.tidegate.scsi.SenseKey;
import io.tidegate.scsi.Status;
import io.tidegate.scsi.copy.CscdDescriptor;
import io.tidegate.scsi.copy.ExtendedCopyList;
import io.tidegate.scsi.copy.ExtendedCopyList.Format;
import io.tidegate.scsi.copy.ExtendedCopyList.ListIdUsage;
import io.tidegate.scsi.copy.OperationStatus;
import io.tidegate.scsi.copy.SegmentDescriptor;
import io.tidegate.scsi.copy.SegmentDescriptor.BlockToBlock;
import io.tidegate.scsi.copy.SegmentDescriptor.RegisterKey;
import io.tidegate.scsi.copy.SegmentDescriptor.Verify;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Third-party copies and the reservations and states of the real units that they name. */
class CopyRightsTest {

    private static final int THIS = SegmentDescriptor.RECEIVING_UNIT;
    private static final int REGISTRANTS_ONLY = 5; // write exclusive

    private final Bench bench = new Bench();
    private final Nexus one = bench.open(1);
    private final Nexus two = bench.open(2);
    private int type = REGISTRANTS_ONLY;

    @AfterEach
    void close() {
        bench.close();
    }

    private ScsiResult copy(Nexus nexus, SegmentDescriptor... segments) {
        return copy(nexus, 0, segments);
    }

    /** Sent to a LUN; the list names LUN 0, by its UUID, as CSCD 0. */
    private ScsiResult copy(Nexus nexus, int lun, SegmentDescriptor... segments) {
        CscdDescriptor name =
                CscdDescriptor.of(Designator.uuid(bench.unit.id().value()), Bench.BLOCK);
        byte[] list =
                new ExtendedCopyList(
                                1, false, ListIdUsage.HOLD, 0, List.of(name), List.of(segments))
                        .encode();
        byte[] cdb = new byte[16];
        cdb[0] = (byte) 0x83;
        Be.put32(cdb, 10, list.length);
        return bench.run(nexus, lun, cdb, list);
    }

    private void out(Nexus nexus, int action, long key, long newKey, boolean persist) {
        byte[] data =
                new PersistentList(key, newKey, null, false, persist, false, 0, null).encode();
        byte[] cdb = new byte[16];
        cdb[0] = 0x5f;
        cdb[1] = (byte) action;
        cdb[2] = (byte) type;
        Be.put32(cdb, 5, data.length);
        assertGood(bench.run(nexus, cdb, data));
    }

    private byte[] keys(Nexus nexus) {
        return bytes(bench.run(nexus, "5e 00 00 00 00 00 00 10 00 00"));
    }

    @Test
    void longCommandsThroughTheDeviceServer() throws DeviceException {
        bench.memory.write(0, ByteBuffer.wrap(Bench.pattern(8, 3)));
        byte[] list =
                new ExtendedCopyList(
                                Format.LID4,
                                0x01020304,
                                false,
                                ListIdUsage.HOLD,
                                0,
                                false,
                                true,
                                List.of(),
                                List.of(BlockToBlock.of(THIS, THIS, 8, 0, 16)))
                        .encode();
        byte[] cdb = Bench.cdb("83 01");
        Be.put32(cdb, 10, list.length);
        ScsiResult result = bench.run(one, cdb, list);
        assertGood(result); // and sense data, as it was asked to
        assertThat(Bench.sense(result)).isEqualTo(Sense.extendedCopyInformation(1));
        byte[] status = bytes(bench.run(one, "84 05 01 02 03 04 00 00 00 00 00 00 00 ff 00 00"));
        assertThat(OperationStatus.parse(status))
                .isEqualTo(
                        OperationStatus.ended(
                                1, OperationStatus.State.DONE, 2, new byte[0], 4096, 1));
        Bench.assertSense(
                bench.run(one, "83 1c 01 02 03 04 00 00 00 00 00 00 00 00 00 00"),
                Sense.invalidFieldInCdb());
        // Status is asked for in the presence of any reservation, an abort is not.
        out(two, 0, 0, 7, false);
        type = 3;
        out(two, 1, 7, 0, false);
        Bench.settled(bench.server, one);
        assertThat(bytes(bench.run(one, "84 05 01 02 03 04 00 00 00 00 00 00 00 ff 00 00")))
                .isEqualTo(status);
        Bench.assertConflict(bench.run(one, "83 1c 01 02 03 04 00 00 00 00 00 00 00 00 00 00"));
    }

    private void mapSecond(MemoryDevice device) {
        bench.directory.map(1, Bench.unit(device, false), false);
        Bench.settled(bench.server, one);
        Bench.settled(bench.server, two);
    }

    private static long key(byte[] keys) {
        return ByteBuffer.wrap(keys).getLong(8);
    }

    private static Forwarded forwarded(ScsiResult result) {
        Bench.assertSense(result, Sense.thirdPartyFailure());
        return Objects.requireNonNull(Bench.sense(result).forwarded());
    }

    @Test
    void aCopyRegistersItsNexus() {
        assertGood(copy(one, new RegisterKey(THIS, 0, 0x1122)));
        byte[] keys = keys(one);
        assertThat(Be.i32(keys, 0)).isEqualTo(1); // generation
        assertThat(Be.i32(keys, 4)).isEqualTo(8);
        assertThat(key(keys)).isEqualTo(0x1122);
        // As REGISTER: by the key that is registered, and 0 takes it away.
        assertConflictOfDestination(copy(one, new RegisterKey(THIS, 5, 0x33)));
        assertGood(copy(one, new RegisterKey(THIS, 0x1122, 0x33)));
        assertThat(key(keys(one))).isEqualTo(0x33);
        assertGood(copy(one, new RegisterKey(THIS, 0x33, 0)));
        assertThat(Be.i32(keys(one), 4)).isZero();
    }

    private static void assertConflictOfDestination(ScsiResult result) {
        assertThat(forwarded(result))
                .isEqualTo(new Forwarded(false, Status.RESERVATION_CONFLICT, Sense.noSense()));
    }

    @Test
    void registrationsGoOnOutlivingALossOfPower() {
        out(two, 0, 0, 7, true);
        assertGood(copy(one, new RegisterKey(THIS, 0, 0x1122)));
        Nexus again = Bench.settled(bench.newServer(), bench.newServer().open(Bench.id(2)));
        assertThat(again.luns().getFirst().state().persistent().keys().values())
                .containsExactlyInAnyOrder(7L, 0x1122L);
    }

    @Test
    void aKeyLetsACopyThroughAReservationOfRegistrants() throws DeviceException {
        MemoryDevice other = new MemoryDevice("other", Bench.geometry());
        other.write(0, ByteBuffer.wrap(Bench.pattern(8, 3)));
        mapSecond(other);
        Nexus copier = bench.open(3);
        out(two, 0, 0, 7, false);
        out(two, 1, 7, 0, false);
        BlockToBlock toReserved = BlockToBlock.of(THIS, 0, 8, 0, 16);
        Bench.assertSense(copy(copier, 1, toReserved), Sense.of(SenseKey.COPY_ABORTED, 0x08, 0x04));
        assertGood(copy(copier, 1, new RegisterKey(0, 0, 9), toReserved));
        ByteBuffer copied = ByteBuffer.allocate(8 * Bench.BLOCK);
        bench.memory.read(16 * Bench.BLOCK, copied);
        assertThat(copied.array()).isEqualTo(Bench.pattern(8, 3));
        // A reservation of another kind lets no registrant in.
        out(two, 2, 7, 0, false);
        type = 1;
        out(two, 1, 7, 0, false);
        assertThat(forwarded(copy(copier, 1, new RegisterKey(0, 9, 10), toReserved)))
                .isEqualTo(new Forwarded(false, Status.RESERVATION_CONFLICT, Sense.noSense()));
    }

    @Test
    void aKeyWaitsForNoOldReservation() {
        mapSecond(new MemoryDevice("other", Bench.geometry()));
        Nexus copier = bench.open(3);
        assertGood(bench.run(two, "16 00 00 00 00 00")); // RESERVE(6)
        assertThat(forwarded(copy(copier, 1, new RegisterKey(0, 0, 1))).status())
                .isEqualTo(Status.RESERVATION_CONFLICT);
        assertThat(forwarded(copy(copier, 1, new Verify(true, 0))).status())
                .isEqualTo(Status.RESERVATION_CONFLICT);
        assertGood(bench.run(two, "17 00 00 00 00 00"));
        assertGood(copy(copier, 1, new RegisterKey(0, 0, 1), new Verify(true, 0)));
    }

    @Test
    void verifyAsksLikeTestUnitReady() {
        mapSecond(new MemoryDevice("other", Bench.geometry()));
        Nexus copier = bench.open(3);
        assertGood(copy(copier, 1, new Verify(true, 0), new Verify(true, THIS)));
        UnitState state = Objects.requireNonNull(copier.lun(0)).state();
        state.ejected(true);
        assertGood(copy(copier, 1, new Verify(false, 0)));
        assertThat(forwarded(copy(copier, 1, new Verify(true, 0))))
                .isEqualTo(new Forwarded(true, Status.CHECK_CONDITION, Sense.mediumNotPresent()));
        state.ejected(false);
        bench.unit.closeGate();
        bench.unit.swap(bench.memory, 2, State.HELD);
        assertThat(forwarded(copy(copier, 1, new Verify(true, 0))).sense())
                .isEqualTo(Sense.logicalUnitNotSupported());
    }
}
