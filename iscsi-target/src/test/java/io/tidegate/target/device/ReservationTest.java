package io.tidegate.target.device;

import static io.tidegate.target.device.Bench.assertConflict;
import static io.tidegate.target.device.Bench.assertGood;
import static io.tidegate.target.device.Bench.assertSense;
import static io.tidegate.target.device.Bench.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.presentation.LunListener.UnitChange;
import io.tidegate.scsi.Be;
import io.tidegate.scsi.PersistentList;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Status;
import io.tidegate.scsi.TransportId;
import io.tidegate.target.attention.Attention;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reservations as three hosts see them. */
class ReservationTest {

    private static final int REGISTER = 0;
    private static final int RESERVE = 1;
    private static final int RELEASE = 2;
    private static final int CLEAR = 3;
    private static final int PREEMPT = 4;
    private static final int PREEMPT_AND_ABORT = 5;
    private static final int REGISTER_AND_IGNORE = 6;
    private static final int REGISTER_AND_MOVE = 7;

    private final Bench bench = new Bench();
    private final Nexus one = bench.open(1);
    private final Nexus two = bench.open(2);
    private final Nexus three = bench.open(3);

    @AfterEach
    void close() {
        bench.close();
    }

    private ScsiResult out(Nexus nexus, int action, int type, long key, long actionKey) {
        return out(nexus, action, type, basic(key, actionKey, false));
    }

    private ScsiResult out(Nexus nexus, int action, int type, PersistentList list) {
        byte[] data = list.encode();
        byte[] cdb = new byte[16];
        cdb[0] = 0x5f;
        cdb[1] = (byte) action;
        cdb[2] = (byte) type;
        Be.put32(cdb, 5, data.length);
        return bench.run(nexus, cdb, data);
    }

    private static PersistentList basic(long key, long actionKey, boolean persist) {
        return new PersistentList(key, actionKey, null, false, persist, false, 0, null);
    }

    private void register(Nexus nexus, long key) {
        assertGood(out(nexus, REGISTER_AND_IGNORE, 0, 0, key));
    }

    private byte[] in(Nexus nexus, int action) {
        return bytes(bench.run(nexus, "5e 0" + action + " 00 00 00 00 00 10 00 00"));
    }

    private long generation() {
        return Be.u32(in(one, 0), 0);
    }

    private ScsiResult read(Nexus nexus) {
        return bench.run(nexus, "28 00 00 00 00 00 00 00 01 00");
    }

    private ScsiResult write(Nexus nexus) {
        return bench.run(nexus, Bench.cdb("2a 00 00 00 00 00 00 00 01 00"), new byte[512]);
    }

    private static @Nullable Attention owed(Nexus nexus) {
        return nexus.luns().getFirst().attentions().take();
    }

    /** SPC-5, table 66: rows are types; registered and unregistered others, reading and writing. */
    @ParameterizedTest
    @CsvSource({
        "1, true, false, true, false",
        "3, false, false, false, false",
        "5, true, true, true, false",
        "6, true, true, false, false",
        "7, true, true, true, false",
        "8, true, true, false, false",
    })
    void letsThroughWhatTheTypeSays(
            int type, boolean regRead, boolean regWrite, boolean read, boolean write) {
        register(one, 1);
        register(two, 2);
        assertGood(out(one, RESERVE, type, 1, 0));
        assertGood(read(one));
        assertGood(write(one));
        check(read(two), regRead);
        check(write(two), regWrite);
        check(read(three), read);
        check(write(three), write);
        for (String always :
                new String[] {
                    "00",
                    "12 00 00 00 24 00",
                    "a0 00 00 00 00 00 00 00 10",
                    "25",
                    "5e 00 00 00 00 00 00 00 08 00",
                    "1e 00 00 00 00 00",
                    "1b 00 00 00 01 00"
                }) {
            assertGood(bench.run(three, always));
        }
        check(bench.run(three, "1a 00 08 00 ff 00"), read);
        assertConflict(bench.run(three, "35"));
        assertConflict(bench.run(three, "16"));
    }

    private static void check(ScsiResult result, boolean allowed) {
        assertThat(result.status()).isEqualTo(allowed ? Status.GOOD : Status.RESERVATION_CONFLICT);
    }

    @Test
    void registersUnderTheRightKeyOnly() {
        assertConflict(out(one, REGISTER, 0, 5, 6));
        assertGood(out(one, REGISTER, 0, 0, 0));
        assertThat(generation()).isZero();
        assertGood(out(one, REGISTER, 0, 0, 6));
        assertThat(generation()).isEqualTo(1);
        assertConflict(out(one, REGISTER, 0, 5, 7));
        assertGood(out(one, REGISTER, 0, 6, 7));
        assertGood(out(two, REGISTER_AND_IGNORE, 0, 99, 8));
        byte[] keys = in(one, 0);
        assertThat(Be.u32(keys, 4)).isEqualTo(16);
        assertThat(Be.i64(keys, 8)).isEqualTo(7);
        assertThat(Be.i64(keys, 16)).isEqualTo(8);
        assertGood(out(two, REGISTER, 0, 8, 0));
        assertThat(Be.u32(in(one, 0), 4)).isEqualTo(8);
        assertThat(generation()).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5, 6, 7, 8})
    void releasesAndTellsTheOthersOfSharedTypesOnly(int type) {
        register(one, 1);
        register(two, 2);
        assertGood(out(one, RESERVE, type, 1, 0));
        assertThat(in(two, 1)[21]).isEqualTo((byte) type);
        assertThat(Be.i64(in(two, 1), 8)).isEqualTo(type >= 7 ? 0 : 1);
        assertSense(out(one, RELEASE, type == 1 ? 3 : 1, 1, 0), Sense.invalidRelease());
        assertConflict(out(one, RELEASE, type, 9, 0));
        assertConflict(out(three, RELEASE, type, 9, 0));
        assertGood(out(one, RELEASE, type, 1, 0));
        assertThat(Be.u32(in(one, 1), 4)).isZero();
        assertThat(owed(one)).isNull();
        assertThat(owed(two)).isEqualTo(type >= 5 ? Attention.RESERVATIONS_RELEASED : null);
        assertThat(owed(three)).isNull();
    }

    @Test
    void reservingTwiceIsGoodForTheHolderOfTheSameTypeOnly() {
        register(one, 1);
        register(two, 2);
        assertConflict(out(three, RESERVE, 1, 0, 0));
        assertGood(out(one, RESERVE, 1, 1, 0));
        assertGood(out(one, RESERVE, 1, 1, 0));
        assertConflict(out(one, RESERVE, 3, 1, 0));
        assertConflict(out(two, RESERVE, 1, 2, 0));
        assertGood(out(two, RELEASE, 1, 2, 0)); // not the holder: nothing happens
        assertConflict(write(two));
        assertGood(out(one, RELEASE, 1, 1, 0));
        assertSense(out(one, RESERVE, 2, 1, 0), Sense.invalidFieldInCdb());
        assertSense(out(one, RESERVE, 0x11, 1, 0), Sense.invalidFieldInCdb());
    }

    @Test
    void unregisteringTheHolderReleases() {
        register(one, 1);
        register(two, 2);
        assertGood(out(one, RESERVE, 6, 1, 0));
        assertGood(out(one, REGISTER, 0, 1, 0));
        assertGood(write(three));
        assertThat(owed(two)).isEqualTo(Attention.RESERVATIONS_RELEASED);
        register(one, 1);
        assertGood(out(one, RESERVE, 8, 1, 0));
        assertGood(out(one, REGISTER, 0, 1, 0));
        assertConflict(write(three)); // of all registrants one is left
        assertGood(out(two, REGISTER, 0, 2, 0));
        assertGood(write(three));
    }

    @Test
    void clearsAndTellsTheOthers() {
        register(one, 1);
        register(two, 2);
        assertGood(out(one, RESERVE, 3, 1, 0));
        assertConflict(out(three, CLEAR, 0, 0, 0));
        assertGood(out(two, CLEAR, 0, 2, 0));
        assertThat(Be.u32(in(two, 0), 4)).isZero();
        assertThat(owed(one)).isEqualTo(Attention.RESERVATIONS_PREEMPTED);
        assertThat(owed(two)).isNull();
        assertThat(owed(three)).isNull();
    }

    @Test
    void preemptsTheHolder() {
        register(one, 1);
        register(two, 2);
        register(three, 1);
        assertGood(out(one, RESERVE, 3, 1, 0));
        long before = Be.u32(in(one, 0), 0);
        assertGood(out(two, PREEMPT, 1, 2, 1));
        assertThat(owed(one)).isEqualTo(Attention.REGISTRATIONS_PREEMPTED);
        assertThat(owed(three)).isEqualTo(Attention.REGISTRATIONS_PREEMPTED);
        assertThat(owed(two)).isNull();
        byte[] held = in(two, 1);
        assertThat(Be.i64(held, 8)).isEqualTo(2);
        assertThat(held[21]).isEqualTo((byte) 1);
        assertThat(Be.u32(held, 0)).isEqualTo(before + 1);
        assertConflict(write(one));
        assertConflict(out(one, RESERVE, 1, 1, 0));
        assertThat(bench.aborted).isEmpty();
    }

    @Test
    void preemptAndAbortEndsTheTasksOfTheVictimsOnly() {
        register(one, 1);
        register(two, 2);
        register(three, 3);
        assertGood(out(one, RESERVE, 5, 1, 0));
        assertGood(out(two, PREEMPT_AND_ABORT, 1, 2, 1));
        assertThat(bench.aborted).containsExactly(one.id());
        assertThat(owed(three)).isEqualTo(Attention.RESERVATIONS_RELEASED); // the type changed
    }

    @Test
    void preemptOfARegistrationLeavesTheReservation() {
        register(one, 1);
        register(two, 2);
        register(three, 3);
        assertGood(out(one, RESERVE, 1, 1, 0));
        assertConflict(out(two, PREEMPT, 1, 2, 77));
        assertSense(out(two, PREEMPT, 1, 2, 0), Sense.invalidFieldInParameterList());
        assertGood(out(two, PREEMPT, 1, 2, 3));
        assertThat(owed(three)).isEqualTo(Attention.REGISTRATIONS_PREEMPTED);
        assertThat(Be.i64(in(two, 1), 8)).isEqualTo(1);
        assertConflict(write(two));
    }

    @Test
    void preemptOfAllRegistrantsWithKeyZeroTakesOver() {
        register(one, 1);
        register(two, 2);
        register(three, 3);
        assertGood(out(one, RESERVE, 7, 1, 0));
        assertGood(out(three, PREEMPT, 3, 3, 0));
        assertThat(owed(one)).isEqualTo(Attention.REGISTRATIONS_PREEMPTED);
        assertThat(owed(two)).isEqualTo(Attention.REGISTRATIONS_PREEMPTED);
        assertConflict(read(one));
        assertGood(read(three));
    }

    @Test
    void movesToAnotherNexus() {
        register(one, 1);
        assertConflict(move(one, 1, 2, false));
        assertGood(out(one, RESERVE, 3, 1, 0));
        assertSense(move(one, 1, 1, false), Sense.invalidFieldInParameterList());
        assertGood(move(one, 1, 2, true));
        assertGood(write(two));
        assertConflict(write(one));
        assertThat(Be.i64(in(two, 0), 8)).isEqualTo(55);
        assertThat(Be.u32(in(two, 0), 4)).isEqualTo(8);
    }

    private ScsiResult move(Nexus from, long key, int to, boolean unregister) {
        NexusId id = Bench.id(to);
        TransportId port = new TransportId(id.initiatorName(), id.isid());
        return out(
                from,
                REGISTER_AND_MOVE,
                0,
                new PersistentList(key, 55, null, false, false, unregister, 1, port));
    }

    @Test
    void refusesListsOfTheWrongLength() {
        byte[] cdb = Bench.cdb("5f 00 00 00 00 00 00 00 17 00");
        assertSense(bench.run(one, cdb, new byte[23]), Sense.parameterListLength());
        byte[] longer = Bench.cdb("5f 00 00 00 00 00 00 00 1c 00");
        assertSense(bench.run(one, longer, new byte[28]), Sense.parameterListLength());
        byte[] lies = specifying(0, 1, port(2)).encode();
        lies[27]++;
        Be.put32(longer, 5, lies.length);
        assertSense(bench.run(one, longer, lies), Sense.parameterListLength());
        byte[] reserve = Bench.cdb("5f 01 01 00 00 00 00 00 1c 00");
        assertSense(bench.run(one, reserve, new byte[28]), Sense.parameterListLength());
    }

    private static TransportId port(int host) {
        return new TransportId(Bench.id(host).initiatorName(), Bench.id(host).isid());
    }

    private static PersistentList specifying(long key, long actionKey, TransportId... ports) {
        return new PersistentList(key, actionKey, List.of(ports), false, false, false, 0, null);
    }

    private int registered() {
        return (int) (Be.u32(in(one, 0), 4) / 8);
    }

    @Test
    void registersTheInitiatorPortsThatItNames() {
        register(three, 3);
        long before = generation();
        assertGood(out(one, REGISTER, 0, specifying(0, 1, port(2), port(3))));
        assertThat(generation()).isEqualTo(before + 1);
        assertThat(registered()).isEqualTo(3);
        assertGood(out(two, RESERVE, 5, 1, 0)); // by the key it was given
        assertGood(write(one));
        assertConflict(out(three, RELEASE, 5, 1, 0));
        assertGood(out(three, RELEASE, 5, 3, 0)); // keeps the key it had
    }

    @Test
    void namesPortsOnlyWhenItRegistersAnew() {
        assertSense(
                out(one, REGISTER_AND_IGNORE, 0, specifying(0, 1, port(2))),
                Sense.invalidFieldInParameterList());
        register(one, 1);
        assertSense(
                out(one, REGISTER, 0, specifying(1, 2, port(2))),
                Sense.invalidFieldInParameterList());
        TransportId device = new TransportId(Bench.id(3).initiatorName(), -1);
        assertSense(
                out(two, REGISTER, 0, specifying(0, 2, port(3), device)),
                Sense.invalidFieldInParameterList());
        assertThat(registered()).isEqualTo(1);
    }

    private static PersistentList everywhere(long key, long actionKey) {
        return new PersistentList(key, actionKey, null, true, false, false, 0, null);
    }

    @Test
    void registersOnEveryPortOfTheTarget() {
        bench.directory.tags = List.of(1, 2);
        NexusId id = Bench.id(1);
        NexusId second = new NexusId(id.initiatorName(), id.isid(), id.targetName(), 2);
        Nexus other = Bench.settled(bench.server, bench.server.open(second));
        assertGood(out(one, REGISTER, 0, everywhere(0, 1)));
        assertThat(registered()).isEqualTo(2);
        assertGood(out(other, RESERVE, 5, 1, 0));
        assertGood(write(one));
        assertConflict(write(two));
        byte[] status = in(two, 3);
        assertThat(Be.u16(status, 8 + 18)).isEqualTo(1);
        register(two, 2);
        assertGood(out(one, REGISTER, 0, everywhere(1, 0)));
        assertThat(registered()).isEqualTo(1);
        assertThat(owed(two)).isEqualTo(Attention.RESERVATIONS_RELEASED);
        assertGood(write(two));
    }

    @Test
    void registrationsHaveALimit() {
        for (int i = 0; i < 64; i++) { // makes 4095 of others, and gives its own up again
            TransportId[] ports = new TransportId[i == 63 ? 63 : 64];
            for (int j = 0; j < ports.length; j++) {
                ports[j] = new TransportId("iqn.x", 1000 + i * 64 + j);
            }
            ScsiResult result = out(one, REGISTER, 0, specifying(0, 1, ports));
            assertGood(result);
            assertGood(out(one, REGISTER, 0, 1, 0));
        }
        assertSense(
                out(one, REGISTER, 0, specifying(0, 1, port(2))),
                Sense.insufficientRegistrationResources());
        assertThat(registered()).isEqualTo(4095);
    }

    @Test
    void capabilitiesSayWhatIsDone() {
        byte[] told = in(one, 2);
        assertThat(told[2]).isEqualTo((byte) 0x1d); // CRH, SIP_C, ATP_C, PTPL_C
        assertThat(told[3] & 0x80).isEqualTo(0x80);
        assertThat(Be.u16(told, 4)).isEqualTo(0xea01);
    }

    @Test
    void fullStatusNamesThePort() {
        register(one, 1);
        assertGood(out(one, RESERVE, 5, 1, 0));
        byte[] status = in(two, 3);
        assertThat(Be.i64(status, 8)).isEqualTo(1);
        assertThat(status[8 + 12]).isEqualTo((byte) 1);
        assertThat(status[8 + 13]).isEqualTo((byte) 5);
        assertThat(Be.u16(status, 8 + 18)).isEqualTo(1);
        java.nio.ByteBuffer id = java.nio.ByteBuffer.wrap(status, 32, status.length - 32);
        assertThat(TransportId.parse(id))
                .isEqualTo(new TransportId(one.id().initiatorName(), one.id().isid()));
    }

    @Test
    void survivesARestartWithAptplAndOnlyThen() {
        assertGood(out(one, REGISTER_AND_IGNORE, 0, basic(0, 1, true)));
        assertGood(out(one, RESERVE, 3, 1, 0));
        try (DeviceServer restarted = bench.newServer()) {
            Nexus again = Bench.settled(restarted, restarted.open(Bench.id(2)));
            Step step =
                    restarted.begin(
                            again, Bench.request(0, Bench.cdb("28 00 00 00 00 00 00 00 01"), 0));
            assertThat(step).isEqualTo(Context.CONFLICT);
        }
        assertGood(out(one, REGISTER, 0, basic(1, 1, false)));
        assertThat(bench.stores.reservations().load(bench.unit.id())).isEmpty();
    }

    @Test
    void isNotGoodWhenItCannotBeKept() {
        bench.stores.broken = true;
        assertSense(
                out(one, REGISTER_AND_IGNORE, 0, basic(0, 1, true)),
                Sense.insufficientRegistrationResources());
        assertThat(Be.u32(in(one, 0), 4)).isZero();
    }

    @Test
    void reserve6KeepsOthersOutUntilItsNexusIsGone() {
        assertGood(bench.run(one, "16"));
        assertGood(bench.run(one, "16"));
        assertConflict(bench.run(two, "16"));
        assertConflict(read(two));
        assertConflict(bench.run(two, "00"));
        assertConflict(bench.run(two, "1a 00 08 00 ff 00"));
        assertConflict(bench.run(two, "5e 00 00 00 00 00 00 00 08 00"));
        assertGood(bench.run(two, "12 00 00 00 24 00"));
        assertGood(bench.run(two, "17")); // not the holder: nothing happens
        assertConflict(read(two));
        bench.server.close(one, false);
        assertGood(read(two));
    }

    @ParameterizedTest
    @ValueSource(strings = {"LUN", "TARGET_WARM", "TARGET_COLD"})
    void reserve6EndsWithAReset(String kind) {
        assertGood(bench.run(one, "16"));
        ResetKind reset = ResetKind.valueOf(kind);
        bench.server.reset(reset, reset == ResetKind.LUN ? bench.unit : null, two);
        Attention told = reset == ResetKind.LUN ? Attention.UNIT_RESET : Attention.TARGET_RESET;
        assertThat(owed(two)).isEqualTo(told);
        assertGood(write(two));
        assertThat(owed(one)).isEqualTo(told);
    }

    @Test
    void reserve6EndsWithAPromotionAndThePersistentOneStays() {
        assertGood(bench.run(one, "16"));
        assertConflict(out(two, REGISTER_AND_IGNORE, 0, 0, 2));
        bench.directory.changed(bench.unit, UnitChange.RESERVATION_CLEARED);
        register(two, 2);
        assertGood(out(two, RESERVE, 3, 2, 0));
        bench.directory.changed(bench.unit, UnitChange.RESERVATION_CLEARED);
        assertConflict(read(one));
        assertConflict(bench.run(one, "16"));
        assertGood(bench.run(two, "16")); // CRH: a registrant's changes nothing
        assertGood(read(two));
    }
}
