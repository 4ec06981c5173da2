package io.tidegate.scsi.copy;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.scsi.copy.CopyCdb.Action;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ThirdPartyCopyPageTest {

    private static final byte[] OWN = ThirdPartyCopyPage.of(CopyLimits.DEFAULT).encode();

    @Test
    void exactBytes() {
        String expected =
                "008f0068" // page 8Fh, 104 bytes follow
                        + "0001000c" // commands
                        + "0b" // 11 bytes: 83h {00h, 01h, 1Ch}, 84h {00h, 03h, 04h, 05h}
                        + "830300011c"
                        + "840400030405"
                        + "0004001c" // limits
                        + "00000000004000400000200000000000"
                        + "000000000000000000000000"
                        + "00080008" // descriptor codes
                        + "0502070a14e40000"
                        + "000c0004" // CSCD id FFFFh
                        + "0002ffff"
                        + "80010020" // 64 copies, 256 MiB segments, of any bytes
                        + "000000400000004010000000"
                        + "0000"
                        + "000000000000000000000000000000000000";
        assertThat(HexFormat.of().formatHex(OWN)).isEqualTo(expected);
    }

    @Test
    void fitsWhatInitiatorsAskFor() {
        assertThat(OWN.length).isLessThanOrEqualTo(1024);
    }

    @Test
    void everyActionIsListedAndEveryListedOneIsParsed() {
        var commands =
                ThirdPartyCopyPage.of(CopyLimits.DEFAULT)
                        .find(ThirdPartyCopyPage.Descriptor.Commands.class)
                        .orElseThrow();
        long listed = commands.actions().values().stream().mapToLong(c -> c.size()).sum();
        assertThat(listed).isEqualTo(Action.values().length);
        commands.actions()
                .forEach(
                        (opcode, codes) ->
                                codes.forEach(
                                        code -> {
                                            byte[] cdb = new byte[16];
                                            cdb[0] = opcode.byteValue();
                                            cdb[1] = code.byteValue();
                                            assertThat(CopyCdb.parse(cdb))
                                                    .isNotInstanceOf(CopyCdb.Unsupported.class);
                                        }));
    }

    @Test
    void roundTrip() {
        assertThat(ThirdPartyCopyPage.parse(OWN))
                .isEqualTo(ThirdPartyCopyPage.of(CopyLimits.DEFAULT));
    }

    @Test
    void cutOrNotThatPage() {
        for (int length = 0; length < OWN.length; length++) {
            assertThat(ThirdPartyCopyPage.parse(Arrays.copyOf(OWN, length))).isNull();
        }
        byte[] other = OWN.clone();
        other[1] = (byte) 0x83;
        assertThat(ThirdPartyCopyPage.parse(other)).isNull();
    }

    @Test
    void unknownDescriptorsAreKept() {
        byte[] page = HexFormat.of().parseHex("008f000c" + "01060004deadbeef" + "00ff0000");
        ThirdPartyCopyPage parsed = Objects.requireNonNull(ThirdPartyCopyPage.parse(page));
        assertThat(parsed.encode()).isEqualTo(page);
        assertThat(parsed.find(ThirdPartyCopyPage.Descriptor.Limits.class)).isEmpty();
    }
}
