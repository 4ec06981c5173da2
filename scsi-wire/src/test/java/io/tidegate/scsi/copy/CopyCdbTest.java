package io.tidegate.scsi.copy;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.scsi.Family;
import io.tidegate.scsi.Operation;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.copy.CopyCdb.Action;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class CopyCdbTest {

    private static CopyCdb parse(String cdb) {
        return CopyCdb.parse(HexFormat.of().parseHex(cdb));
    }

    @Test
    void exactBytes() {
        assertThat(parse("83000000000000000000000012340000"))
                .isEqualTo(new CopyCdb.Copy(Action.COPY_LID1, 0x1234));
        assertThat(parse("83010000000000000000800000000000"))
                .isEqualTo(new CopyCdb.Copy(Action.COPY_LID4, 0x8000_0000L));
        assertThat(parse("831cdeadbeef00000000000000000000"))
                .isEqualTo(new CopyCdb.Abort(0xdeadbeefL));
        assertThat(parse("8405deadbeef00000000000000ff0000"))
                .isEqualTo(new CopyCdb.Receive(Action.STATUS_LID4, 0xdeadbeefL, 255));
        assertThat(parse("84002a0000000000000080000000" + "0000"))
                .isEqualTo(new CopyCdb.Receive(Action.STATUS_LID1, 0x2a, 0x8000_0000L));
        assertThat(parse("84030000000000000000000000ff0000"))
                .isEqualTo(new CopyCdb.Receive(Action.OPERATING_PARAMETERS, 0, 255));
        assertThat(parse("84040700000000000000000000ff0000"))
                .isEqualTo(new CopyCdb.Receive(Action.FAILURE_DETAILS, 7, 255));
    }

    @Test
    void actionsThatAreNotImplemented() {
        for (String cdb : new String[] {"8310", "8311", "8401", "8406", "8407", "8408"}) {
            assertThat(parse(cdb + "00".repeat(14)))
                    .isEqualTo(new CopyCdb.Unsupported(Sense.invalidFieldInCdb(1, 4)));
        }
    }

    /** What is parsed is in the command table with all that it says, and the other way round. */
    @Test
    void everyActionIsACommandAndEveryCommandAnAction() {
        List<String> commands = new ArrayList<>();
        for (Operation row : Operation.values()) {
            if (row.family() == Family.COPY) {
                commands.add(String.format("%02x/%02x", row.opcode(), row.serviceAction()));
            }
        }
        assertThat(commands)
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(Action.values()).map(Action::label).toList());
    }

    @Test
    void labelsNameOpcodeAndAction() {
        assertThat(Action.COPY_LID1.label()).isEqualTo("83/00");
        assertThat(Action.FAILURE_DETAILS.label()).isEqualTo("84/04");
    }
}
