package io.tidegate.target.device;

import static io.tidegate.target.device.Bench.assertSense;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Be;
import io.tidegate.scsi.Needs;
import io.tidegate.scsi.Operation;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Status;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every row of the table, by what it promises. */
class CommandTableTest {

    private final Bench bench = new Bench();
    private final Nexus nexus = bench.open(1);

    @AfterEach
    void close() {
        bench.close();
    }

    private static byte[] plain(Operation row) {
        byte[] cdb = new byte[16];
        cdb[0] = (byte) row.opcode();
        if (row.hasServiceAction()) {
            cdb[1] = (byte) row.serviceAction();
        }
        return cdb;
    }

    @ParameterizedTest
    @EnumSource
    void isAnsweredAndNeverAsUnknown(Operation row) {
        ScsiResult result = bench.run(nexus, plain(row));
        assertThat(Bench.sense(result).is(Sense.invalidOpcode())).as("%s", row).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void refusesAReservedBitWithItsPlace(Operation row) {
        byte[] cdb = plain(row);
        cdb[row.cdbLength() - 1] = 0x04; // NACA is not supported by any
        ScsiResult result = bench.run(nexus, cdb);
        assertSense(result, Sense.invalidFieldInCdb());
        assertThat(Bench.sense(result).specific())
                .isEqualTo(new Sense.FieldPointer(true, 2, row.cdbLength() - 1));
    }

    @ParameterizedTest
    @EnumSource
    void isReportedWithItsUsageMap(Operation row) {
        byte[] cdb = Bench.cdb("a3 0c 03 00 00 00 00 00 10 00 00 00");
        Be.put8(cdb, 3, row.opcode());
        Be.put16(cdb, 4, Math.max(0, row.serviceAction()));
        byte[] data = Bench.bytes(bench.run(nexus, cdb));
        assertThat(data[1] & 7).isEqualTo(3);
        assertThat(Arrays.copyOfRange(data, 4, data.length)).isEqualTo(row.usage());
    }

    @ParameterizedTest
    @EnumSource
    void answersAHeldUnitAsItsNeedsSay(Operation row) {
        bench.unit.closeGate();
        bench.unit.swap(bench.memory, 2, LogicalUnit.State.HELD);
        ScsiResult result = bench.run(nexus, plain(row));
        if (row.needs() == Needs.NOTHING) {
            assertThat(Bench.sense(result).is(Sense.logicalUnitNotSupported())).isFalse();
        } else {
            assertSense(result, Sense.logicalUnitNotSupported());
        }
        assertThat(nexus.refusedWrites().containsKey(bench.unit.id()))
                .isEqualTo(row.needs() == Needs.WRITABLE);
    }

    @ParameterizedTest
    @EnumSource
    void writesToAProtectedLunAreRefused(Operation row) {
        bench.directory.map(0, bench.unit, true);
        Bench.settled(bench.server, nexus);
        ScsiResult result = bench.run(nexus, plain(row));
        assertThat(Bench.sense(result).is(Sense.writeProtected()))
                .isEqualTo(row.needs() == Needs.WRITABLE);
    }

    @Test
    void allCommandsAreListedOnce() {
        byte[] data = Bench.bytes(bench.run(nexus, "a3 0c 00 00 00 00 00 00 ff ff 00 00"));
        assertThat(Be.u32(data, 0)).isEqualTo(data.length - 4L);
        assertThat(data.length).isEqualTo(4 + 8 * Operation.values().length);
        byte[] timed = Bench.bytes(bench.run(nexus, "a3 0c 80 00 00 00 00 00 ff ff 00 00"));
        assertThat(timed.length).isEqualTo(4 + 20 * Operation.values().length);
    }

    @Test
    void formsOfOneCommandAreToldApart() {
        assertSense(
                bench.run(nexus, "a3 0c 01 5e 00 00 00 00 10 00 00 00"), Sense.invalidFieldInCdb());
        assertSense(
                bench.run(nexus, "a3 0c 02 28 00 00 00 00 10 00 00 00"), Sense.invalidFieldInCdb());
        byte[] none = Bench.bytes(bench.run(nexus, "a3 0c 01 ff 00 00 00 00 10 00 00 00"));
        assertThat(none).containsExactly(0, 1, 0, 0);
    }

    @Test
    void unknownOpcodesAndServiceActionsAreToldApart() {
        assertSense(bench.run(nexus, "ff"), Sense.invalidOpcode());
        assertSense(bench.run(nexus, "5e 04 00 00 00 00 00 ff ff 00"), Sense.invalidFieldInCdb());
        assertSense(bench.run(nexus, "48 03"), Sense.invalidFieldInCdb());
    }

    @Test
    void hostileCdbsAndDataEndInAStatus() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Operation[] rows = Operation.values();
        for (int i = 0; i < 20_000; i++) {
            byte[] cdb = new byte[16];
            random.nextBytes(cdb);
            Operation row = rows[random.nextInt(rows.length)];
            byte[] usage = row.usage();
            cdb[0] = usage[0];
            for (int at = 1; at < usage.length; at++) {
                cdb[at] &= usage[at];
            }
            if (row.hasServiceAction()) {
                cdb[1] = (byte) (cdb[1] & 0xe0 | row.serviceAction());
            }
            boolean slow = row.opcode() == 0x48 || row.opcode() == 0x83 || row.opcode() == 0x84;
            if (slow) {
                continue;
            }
            byte[] data = new byte[random.nextInt(4) == 0 ? 0 : random.nextInt(2048)];
            random.nextBytes(data);
            ScsiResult result = bench.run(nexus, cdb, data);
            assertThat(result.status()).as("seed %d", seed).isNotNull();
            if (result.status() == Status.CHECK_CONDITION) {
                assertThat(Sense.parse(result.sense())).as("seed %d", seed).isNotNull();
            }
        }
    }
}
