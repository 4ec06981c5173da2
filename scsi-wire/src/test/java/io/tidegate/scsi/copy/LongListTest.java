package io.tidegate.scsi.copy;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.scsi.Designator;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.copy.ExtendedCopyList.Format;
import io.tidegate.scsi.copy.ExtendedCopyList.ListIdUsage;
import io.tidegate.scsi.copy.ExtendedCopyList.Parsed;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** EXTENDED COPY (LID4): the list, as far as it differs, and its status. */
class LongListTest {

    private static final CopyLimits LIMITS = CopyLimits.DEFAULT;
    private static final byte[] NAA = HexFormat.of().parseHex("6001405c0ffee0000000000000000001");
    private static final String WIRE =
            "0135002000000000" // format 1, STR, no hold, priority 5, 32 bytes of header CSCD
                    + "0000000000000003" // G_SENSE, IMMED
                    + "ff000000deadbeef" // header CSCD type, list
                    + "0000000000000000"
                    + "0000000000000000"
                    + "00000020001c0000" // 32 bytes of targets, 28 of segments, no inline
                    + "e400000001030010"
                    + "6001405c0ffee000"
                    + "0000000000000001"
                    + "0000000000000200"
                    + "0200001800000001"
                    + "00004000"
                    + "0000000011223344"
                    + "0000005566778899";
    private static final byte[] DATA = HexFormat.of().parseHex(WIRE);

    private static ExtendedCopyList list(int targets, int segments) {
        return new ExtendedCopyList(
                Format.LID4,
                0xdeadbeefL,
                true,
                ListIdUsage.DISCARD,
                5,
                true,
                true,
                Collections.nCopies(targets, CscdDescriptor.of(Designator.naa(NAA), 512)),
                Collections.nCopies(
                        segments,
                        SegmentDescriptor.BlockToBlock.of(
                                0, 1, 0x4000, 0x11223344L, 0x5566778899L)));
    }

    private static Parsed parse(byte[] data) {
        return ExtendedCopyList.parse(ByteBuffer.wrap(data), Format.LID4, LIMITS);
    }

    private static Sense refusal(byte[] data) {
        Parsed parsed = parse(data);
        assertThat(parsed).isInstanceOf(Parsed.Refused.class);
        return ((Parsed.Refused) parsed).sense();
    }

    private static byte[] with(int at, int... bytes) {
        byte[] changed = DATA.clone();
        for (int i = 0; i < bytes.length; i++) {
            changed[at + i] = (byte) bytes[i];
        }
        return changed;
    }

    @Test
    void exactBytes() {
        assertThat(HexFormat.of().formatHex(list(1, 1).encode())).isEqualTo(WIRE);
        assertThat(parse(DATA)).isEqualTo(new Parsed.Whole(list(1, 1)));
    }

    @Test
    void roundTrip() {
        long seed = System.nanoTime();
        System.out.println("LongListTest.roundTrip seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            ExtendedCopyList list = CopyLists.random(random, Format.LID4, LIMITS);
            assertThat(parse(list.encode()))
                    .as("seed %d, list %d", seed, i)
                    .isEqualTo(new Parsed.Whole(list));
        }
    }

    @Test
    void cutAnywhereIsALengthError() {
        byte[] data = list(2, 2).encode();
        for (int length = 1; length < data.length; length++) {
            assertThat(refusal(Arrays.copyOf(data, length)))
                    .as("cut to %d", length)
                    .isEqualTo(Sense.parameterListLength());
        }
        assertThat(parse(Arrays.copyOf(data, data.length + 5)))
                .isEqualTo(new Parsed.Whole(list(2, 2)));
    }

    @Test
    void aListOfTheOtherKindIsFoundOut() {
        byte[] other =
                new ExtendedCopyList(
                                7,
                                false,
                                ListIdUsage.HOLD,
                                0,
                                list(1, 1).targets(),
                                list(1, 1).segments())
                        .encode();
        assertThat(refusal(other)).isEqualTo(Sense.invalidFieldInParameterList(0, 7));
        // And the other way round: it has one descriptor, of a type that there is not.
        assertThat(ExtendedCopyList.parse(ByteBuffer.wrap(DATA), Format.LID1, LIMITS))
                .isInstanceOf(Parsed.Refused.class);
    }

    @Test
    void fieldsOfTheHeader() {
        assertThat(refusal(with(0, 2))).isEqualTo(Sense.invalidFieldInParameterList(0, 7));
        assertThat(refusal(with(3, 0x40))).isEqualTo(Sense.invalidFieldInParameterList(2, 7));
        assertThat(refusal(with(16, 0xe4))).isEqualTo(Sense.invalidFieldInParameterList(16, 7));
        assertThat(refusal(with(1, 0x08))).isEqualTo(Sense.invalidFieldInParameterList(1, 4));
        assertThat(refusal(with(47, 1))).isEqualTo(Sense.inlineDataTooLong());
        assertThat(refusal(with(43, 31))).isEqualTo(Sense.parameterListLength());
        assertThat(refusal(with(44, 0xff, 0xff))).isEqualTo(Sense.parameterListLength());
        // Without an identifier there must be none, and nothing in the background.
        assertThat(refusal(with(1, 0x18))).isEqualTo(Sense.invalidFieldInParameterList(20, 7));
        byte[] none = with(20, 0, 0, 0, 0);
        none[1] = 0x18;
        assertThat(refusal(none)).isEqualTo(Sense.invalidFieldInParameterList(15, 0));
        none[15] = 2;
        assertThat(parse(none)).isInstanceOf(Parsed.Whole.class);
    }

    @Test
    void descriptorsAreFoundBehindTheLongerHeader() {
        assertThat(refusal(with(48, 0xe0))).isEqualTo(Sense.unsupportedTargetDescriptor());
        assertThat(refusal(with(48 + 7, 21)))
                .isEqualTo(Sense.invalidFieldInParameterList(48 + 7, 7));
        assertThat(refusal(with(80, 0x03))).isEqualTo(Sense.unsupportedSegmentDescriptor());
        assertThat(refusal(with(82, 0, 0x17))).isEqualTo(Sense.invalidFieldInParameterList(82, 7));
        assertThat(list(2, 3).targetOffset(1)).isEqualTo(48 + 32);
        assertThat(list(2, 3).segmentOffset(2)).isEqualTo(48 + 64 + 56);
        assertThat(refusal(list(65, 1).encode())).isEqualTo(Sense.tooManyTargetDescriptors());
        assertThat(refusal(list(1, 65).encode())).isEqualTo(Sense.tooManySegmentDescriptors());
        assertThat(refusal(list(65, 300).encode())).isEqualTo(Sense.parameterListLength());
    }

    @Test
    void anyByteMayBeWrong() {
        long seed = System.nanoTime();
        System.out.println("LongListTest.anyByteMayBeWrong seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 3000; i++) {
            byte[] data = CopyLists.random(random, Format.LID4, LIMITS).encode();
            for (int flips = random.nextInt(8); flips >= 0; flips--) {
                int within = random.nextBoolean() ? Math.min(64, data.length) : data.length;
                data[random.nextInt(within)] = (byte) random.nextInt(256);
            }
            if (random.nextInt(4) == 0) {
                data = Arrays.copyOf(data, random.nextInt(data.length + 1));
            }
            ListInvariants.check(data, Format.LID4, LIMITS);
        }
    }

    // -- the status

    @Test
    void exactBytesOfStatus() {
        byte[] sense = HexFormat.of().parseHex("70000a00000000");
        OperationStatus failed =
                OperationStatus.ended(
                        1, OperationStatus.State.FAILED, 0x1_0203, sense, 0x0102030405060708L, 9);
        String wire =
                "00000024" // 36 bytes follow
                        + "01020203" // of EXTENDED COPY (LID4), failed, operations
                        + "fffffffe" // will not change
                        + "02080700" // CHECK CONDITION, 8 bytes of field, 7 of sense, in bytes
                        + "0102030405060708"
                        + "0009000000000000"
                        + "70000a0000000000";
        assertThat(HexFormat.of().formatHex(failed.encode())).isEqualTo(wire);
        OperationStatus read = OperationStatus.parse(HexFormat.of().parseHex(wire));
        assertThat(read).isNotNull();
        assertThat(read.sense()).isEqualTo(sense);
        assertThat(read.operations()).isEqualTo(0x0203);
        assertThat(HexFormat.of().formatHex(read.encode())).isEqualTo(wire);

        OperationStatus running = OperationStatus.running(1, true, 4, 250, 0x1000, 2);
        assertThat(HexFormat.of().formatHex(running.encode()))
                .isEqualTo(
                        "0000001c011200040000"
                                + "00fa"
                                + "00000000"
                                + "0000000000001000"
                                + "0002000000000000");
        assertThat(OperationStatus.running(0, false, 0, 1, 0, 0).encode()[5])
                .isEqualTo((byte) 0x11);
        OperationStatus aborted =
                OperationStatus.ended(1, OperationStatus.State.ABORTED, 0, new byte[0], 5, 1);
        assertThat(Arrays.copyOfRange(aborted.encode(), 4, 15))
                .isEqualTo(HexFormat.of().parseHex("01600000fffffffe400000"));
    }

    @Test
    void statusThatIsCutOrContradictsItself() {
        OperationStatus status =
                OperationStatus.ended(1, OperationStatus.State.FAILED, 0, new byte[18], 5, 1);
        byte[] wire = status.encode();
        assertThat(OperationStatus.parse(wire)).isEqualTo(status);
        for (int length = 0; length < wire.length; length++) {
            assertThat(OperationStatus.parse(Arrays.copyOf(wire, length))).isNull();
        }
        for (int state = 0; state < 128; state++) {
            byte[] other = wire.clone();
            other[5] = (byte) state;
            boolean known = List.of(1, 2, 3, 4, 0x10, 0x11, 0x12, 0x60).contains(state);
            assertThat(OperationStatus.parse(other) != null).as("%x", state).isEqualTo(known);
        }
        byte[] longer = wire.clone();
        longer[14] = 21;
        assertThat(OperationStatus.parse(longer)).isNull();
    }
}
