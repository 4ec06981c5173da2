package io.tidegate.scsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SenseTest {

    private static byte[] hex(String text) {
        return HexFormat.ofDelimiter(" ").parseHex(text);
    }

    @Test
    void fixedFormatIsTheStandards() {
        assertThat(Sense.unrecoveredRead(0x01020304).encode(false))
                .isEqualTo(hex("f0 00 03 01 02 03 04 0a 00 00 00 00 11 00 00 00 00 00"));
        assertThat(Sense.invalidFieldInCdb(7, 5).encode(false))
                .isEqualTo(hex("70 00 05 00 00 00 00 0a 00 00 00 00 24 00 00 cd 00 07"));
        assertThat(Sense.sanitizeInProgress(0x8000).encode(false))
                .isEqualTo(hex("70 00 02 00 00 00 00 0a 00 00 00 00 04 1b 00 80 80 00"));
    }

    @Test
    void descriptorFormatIsTheStandards() {
        assertThat(Sense.miscompare(0x1_0000_0001L).encode(true))
                .isEqualTo(hex("72 0e 1d 00 00 00 00 0c 00 0a 80 00 00 00 00 01 00 00 00 01"));
        assertThat(Sense.invalidFieldInParameterList(2, -1).encode(true))
                .isEqualTo(hex("72 05 26 00 00 00 00 08 02 06 00 00 80 00 02 00"));
    }

    @Test
    void informationThatDoesNotFitIsNotValidInFixedFormat() {
        Sense sense = Sense.unrecoveredRead(1L << 40);
        assertThat(sense.encode(false)[0]).isEqualTo((byte) 0x70);
        assertThat(Sense.parse(sense.encode(true))).isEqualTo(sense);
    }

    @Test
    void comesBackFromBothFormats() {
        Sense[] samples = {
            Sense.noSense(),
            Sense.unrecoveredRead(77),
            Sense.invalidFieldInCdb(3, 4),
            Sense.invalidFieldInParameterList(3, -1),
            Sense.sanitizeInProgress(12),
            Sense.miscompare(511),
            Sense.copyAborted()
                    .withForwarded(
                            new Sense.Forwarded(
                                    true, Status.CHECK_CONDITION, Sense.unrecoveredRead(9))),
            Sense.copyAborted()
                    .withForwarded(
                            new Sense.Forwarded(
                                    false, Status.RESERVATION_CONFLICT, Sense.noSense())),
            Sense.copyAborted().with(new Sense.SegmentPointer(true, -1, 12)),
        };
        for (Sense sense : samples) {
            assertThat(Sense.parse(sense.encode(false))).isEqualTo(sense);
            assertThat(Sense.parse(sense.encode(true))).isEqualTo(sense);
        }
    }

    @Test
    void hostileDataIsReadOrRefusedButNeverThrows() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] data = new byte[random.nextInt(40)];
            random.nextBytes(data);
            if (data.length > 0) {
                data[0] = (byte) (0x70 + random.nextInt(4));
            }
            assertThatCode(() -> Sense.parse(data)).as("seed %d", seed).doesNotThrowAnyException();
        }
        assertThat(Sense.parse(new byte[0])).isNull();
        byte[] unknown = new byte[18];
        Arrays.fill(unknown, (byte) 0x7f);
        assertThat(Sense.parse(unknown)).isNull();
    }
}
