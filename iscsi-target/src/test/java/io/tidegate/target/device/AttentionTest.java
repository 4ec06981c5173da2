package io.tidegate.target.device;

import static io.tidegate.target.device.Bench.assertConflict;
import static io.tidegate.target.device.Bench.assertGood;
import static io.tidegate.target.device.Bench.assertSense;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.DeviceException;
import io.tidegate.block.MemoryDevice;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LunListener.UnitChange;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Status;
import io.tidegate.target.attention.Attention;
import io.tidegate.target.attention.AttentionQueue;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Attentions, the gate, and generations. */
class AttentionTest {

    private static final byte[] READ = Bench.cdb("28 00 00 00 00 00 00 00 01 00");
    private static final byte[] WRITE = Bench.cdb("2a 00 00 00 00 00 00 00 01 00");
    private static final String READY = "00";

    private final Bench bench = new Bench();

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void theQueueHoldsEachOnceAndTellsThemInOrder() {
        AttentionQueue queue = new AttentionQueue();
        queue.add(Attention.LUNS_CHANGED);
        queue.add(Attention.POWER_ON);
        queue.add(Attention.CAPACITY_CHANGED);
        queue.add(Attention.POWER_ON);
        assertThat(queue.peek()).isEqualTo(Attention.POWER_ON);
        assertThat(queue.take()).isEqualTo(Attention.POWER_ON);
        queue.remove(Attention.CAPACITY_CHANGED);
        assertThat(queue.take()).isEqualTo(Attention.LUNS_CHANGED);
        assertThat(queue.take()).isNull();
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void aNewNexusIsToldOnceAndDiscoveryIsNotStopped() {
        Nexus nexus = bench.server.open(Bench.id(1));
        assertGood(bench.run(nexus, "12 00 00 00 24 00"));
        assertGood(bench.run(nexus, "a0 00 00 00 00 00 00 00 10"));
        assertSense(bench.run(nexus, READY), Attention.POWER_ON.sense());
        assertGood(bench.run(nexus, READY));
    }

    @Test
    void requestSenseTellsAndSoEndsOne() {
        Nexus nexus = bench.server.open(Bench.id(1));
        byte[] data = Bench.bytes(bench.run(nexus, "03 00 00 00 fc 00"));
        Sense told = requireNonNull(Sense.parse(data));
        assertThat(told.is(Attention.POWER_ON.sense())).isTrue();
        assertGood(bench.run(nexus, READY));
    }

    @Test
    void onlyThoseOfAResetComeBeforeAConflict() {
        Nexus one = bench.open(1);
        Nexus two = bench.open(2);
        assertGood(bench.run(one, "16"));
        bench.directory.changed(bench.unit, UnitChange.CAPACITY);
        assertConflict(bench.run(two, READ));
        two.luns().getFirst().attentions().add(Attention.NEXUS_LOSS);
        assertSense(bench.run(two, READ), Attention.NEXUS_LOSS.sense());
        assertConflict(bench.run(two, READ));
        assertGood(bench.run(one, "12 00 00 00 24 00"));
        assertSense(bench.run(one, "17"), Attention.CAPACITY_CHANGED.sense());
        assertGood(bench.run(one, "17"));
        assertSense(bench.run(two, READ), Attention.CAPACITY_CHANGED.sense());
        assertGood(bench.run(two, READ));
    }

    @Test
    void reportLunsEndsTheNewsOfItsList() {
        Nexus nexus = bench.open(1);
        bench.directory.map(7, Bench.unit(bench.memory, false), false);
        assertGood(bench.run(nexus, 7, Bench.cdb("12 00 00 00 24 00"), new byte[0]));
        assertGood(bench.run(nexus, "a0 00 00 00 00 00 00 00 ff"));
        assertGood(bench.run(nexus, READY));
        bench.directory.unmap(7);
        assertSense(bench.run(nexus, READY), Attention.LUNS_CHANGED.sense());
        assertSense(
                bench.run(nexus, 7, Bench.cdb(READY), new byte[0]),
                Sense.logicalUnitNotSupported());
    }

    @Test
    void changesOfAUnitAreToldToAllAndOfModesToTheOthers() {
        Nexus one = bench.open(1);
        Nexus two = bench.open(2);
        byte[] descriptorSense = new byte[16];
        System.arraycopy(new byte[] {0x0a, 0x0a, 0x04, 0x10}, 0, descriptorSense, 4, 4);
        assertGood(bench.run(one, Bench.cdb("15 10 00 00 10 00"), descriptorSense));
        assertGood(bench.run(one, READY));
        ScsiResult told = bench.run(two, READY);
        assertSense(told, Attention.MODE_CHANGED.sense());
        assertThat(told.sense()[0]).isEqualTo((byte) 0x72);
        for (UnitChange change :
                new UnitChange[] {
                    UnitChange.CAPACITY,
                    UnitChange.MEDIUM,
                    UnitChange.INQUIRY,
                    UnitChange.THIN_THRESHOLD
                }) {
            bench.directory.changed(bench.unit, change);
            for (Nexus nexus : new Nexus[] {one, two}) {
                assertThat(bench.run(nexus, READY).status()).isEqualTo(Status.CHECK_CONDITION);
                assertGood(bench.run(nexus, READY));
            }
        }
    }

    @Test
    void aFullPoolIsToldAsSoftThresholdReached() {
        Nexus nexus = bench.open(1);
        bench.directory.changed(bench.unit, UnitChange.THIN_THRESHOLD);
        bench.directory.changed(bench.unit, UnitChange.THIN_THRESHOLD);
        assertSense(bench.run(nexus, READ), Sense.attention(0x38, 0x07));
        assertGood(bench.run(nexus, READ));
    }

    @Test
    void aClosedGateParksMediumCommandsAndNoOthers() {
        Nexus nexus = bench.open(1);
        bench.unit.closeGate();
        assertThat(bench.server.begin(nexus, Bench.request(0, READ, 0)))
                .isEqualTo(new Step.Park(bench.unit));
        assertGood(bench.run(nexus, READY));
        assertGood(bench.run(nexus, "25"));
        assertGood(bench.run(nexus, "12 00 00 00 24 00"));
        // Data is taken, but the work waits with it.
        Step write = bench.server.begin(nexus, Bench.request(0, WRITE, 512));
        assertThat(write).isInstanceOf(Step.TakeData.class);
        Step.TakeData take = (Step.TakeData) write;
        ByteBuffer data = ByteBuffer.allocateDirect(512);
        assertThat(take.work().run(data)).isEqualTo(new Step.Park(bench.unit));
        bench.unit.open();
        assertThat(take.work().run(data)).isEqualTo(Context.GOOD);
    }

    /** A device on which the unit is pointed elsewhere while a write is under way. */
    @Test
    void aWriteOfAnOldGenerationIsNeverGood() throws DeviceException {
        Nexus nexus = bench.open(1);
        MemoryDevice next = new MemoryDevice("next", Bench.geometry());
        Context c = new Context(nexus, nexus.luns().getFirst(), Bench.request(0, WRITE, 512));
        Step step =
                c.onMedium(
                        device -> {
                            device.write(0, ByteBuffer.allocateDirect(512).put(0, (byte) 9));
                            bench.unit.closeGate();
                            bench.unit.swap(next, 2, LogicalUnit.State.OPEN);
                            return ScsiResult.GOOD;
                        });
        assertSense(((Step.Finish) step).result(), Sense.aborted());
        ByteBuffer block = ByteBuffer.allocateDirect(512);
        next.read(0, block);
        assertThat(block.get(0)).isZero();
    }

    @Test
    void removableMediaAreEjectedAndLoaded() {
        bench.directory.map(3, Bench.unit(bench.memory, true), false);
        Nexus one = bench.open(1);
        Nexus two = bench.open(2);
        byte[] eject = Bench.cdb("1b 00 00 00 02 00");
        byte[] load = Bench.cdb("1b 00 00 00 03 00");
        byte[] none = {};
        assertGood(bench.run(two, 3, Bench.cdb("1e 00 00 00 01 00"), none));
        assertSense(bench.run(one, 3, eject, none), Sense.mediumRemovalPrevented());
        bench.server.close(two, true);
        assertGood(bench.run(one, 3, eject, none));
        assertSense(bench.run(one, 3, READ, none), Sense.mediumNotPresent());
        assertSense(bench.run(one, 3, Bench.cdb(READY), none), Sense.mediumNotPresent());
        assertGood(bench.run(one, 3, Bench.cdb("12 00 00 00 24 00"), none));
        Nexus third = bench.open(3);
        assertGood(bench.run(one, 3, load, none));
        assertGood(bench.run(one, 3, READ, none));
        assertSense(bench.run(third, 3, READ, none), Attention.MEDIUM_CHANGED.sense());
        assertSense(bench.run(one, eject), Sense.invalidFieldInCdb());
    }
}
