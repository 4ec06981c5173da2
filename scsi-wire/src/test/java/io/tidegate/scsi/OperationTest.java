package io.tidegate.scsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OperationTest {

    @ParameterizedTest
    @EnumSource
    void hasAParserOfItsFamilyAndIsFoundByItsOwnCdb(Operation row) {
        byte[] cdb = row.usage();
        byte[] padded = Arrays.copyOf(cdb, 16);

        assertThat(Operation.find(padded)).isSameAs(row);
        assertThat(row.parse(padded)).isInstanceOf(row.family().root());
        assertThat(cdb[0] & 0xff).isEqualTo(row.opcode());
        assertThat(row.firstReservedBit(padded)).isEqualTo(-1);
        if (row.hasServiceAction()) {
            assertThat(cdb[1] & 0x1f & row.serviceAction()).isEqualTo(row.serviceAction());
            assertThat(Operation.find(row.opcode(), row.serviceAction())).isSameAs(row);
            assertThat(Operation.find(row.opcode())).isNull();
            assertThat(Operation.hasServiceActions(row.opcode())).isTrue();
        } else {
            assertThat(Operation.find(row.opcode())).isSameAs(row);
        }
    }

    /** SAM-5, 4.2.5.1: the group of the opcode tells the length. */
    @ParameterizedTest
    @EnumSource
    void hasTheLengthOfItsGroup(Operation row) {
        int expected =
                switch (row.opcode() >>> 5) {
                    case 0 -> 6;
                    case 1, 2 -> 10;
                    case 4 -> 16;
                    case 5 -> 12;
                    default -> throw new AssertionError(row);
                };
        assertThat(row.cdbLength()).isEqualTo(expected);
    }

    @Test
    void findsEveryReservedBitAndNoOther() {
        for (Operation row : Operation.values()) {
            byte[] usage = row.usage();
            for (int bit = 8; bit < usage.length * 8; bit++) {
                boolean action = row.hasServiceAction() && bit < 13;
                byte[] cdb = new byte[16];
                cdb[bit >>> 3] = (byte) (1 << (bit & 7));
                boolean used = (usage[bit >>> 3] >>> (bit & 7) & 1) != 0 || action;
                int found = row.firstReservedBit(cdb);
                if (used) {
                    assertThat(found).as("%s bit %d", row, bit).isEqualTo(-1);
                } else if (found != -1) { // bits that are passed over
                    assertThat(found).as("%s", row).isEqualTo(bit);
                }
            }
        }
    }

    @Test
    void passesOverWhatOldHostsSet() {
        byte[] cdb = new byte[16];
        cdb[0] = 0x28;
        cdb[1] = 0x02; // FUA_NV
        assertThat(Operation.READ_10.firstReservedBit(cdb)).isEqualTo(-1);
        cdb[1] = 0x20; // RDPROTECT
        assertThat(Operation.READ_10.firstReservedBit(cdb)).isEqualTo(1 * 8 + 5);
        cdb[1] = 0;
        cdb[9] = 0x04; // NACA
        assertThat(Operation.READ_10.firstReservedBit(cdb)).isEqualTo(9 * 8 + 2);
    }

    @Test
    void conflictsDependOnBitsWhereTheStandardSaysSo() {
        byte[] cdb = new byte[16];
        assertThat(Operation.PREVENT_ALLOW.conflict(cdb)).isEqualTo(Conflict.NEVER);
        assertThat(Operation.START_STOP_UNIT.conflict(cdb)).isEqualTo(Conflict.WRITE);
        cdb[4] = 0x01;
        assertThat(Operation.PREVENT_ALLOW.conflict(cdb)).isEqualTo(Conflict.WRITE);
        assertThat(Operation.START_STOP_UNIT.conflict(cdb)).isEqualTo(Conflict.LEGACY_ONLY);
    }

    @Test
    void unknownIsNull() {
        byte[] cdb = new byte[16];
        cdb[0] = (byte) 0xff;
        assertThat(Operation.find(cdb)).isNull();
        cdb[0] = 0x5e;
        cdb[1] = 0x04;
        assertThat(Operation.find(cdb)).isNull();
        assertThat(Operation.find(0x5e, 64)).isNull();
    }
}
