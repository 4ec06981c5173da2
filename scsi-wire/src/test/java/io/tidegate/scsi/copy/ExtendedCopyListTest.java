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

class ExtendedCopyListTest {

    private static final CopyLimits LIMITS = CopyLimits.DEFAULT;
    private static final byte[] NAA = HexFormat.of().parseHex("6001405c0ffee0000000000000000001");
    private static final CscdDescriptor TARGET = CscdDescriptor.of(Designator.naa(NAA), 512);
    private static final SegmentDescriptor SEGMENT =
            SegmentDescriptor.BlockToBlock.of(0, 1, 0x4000, 0x11223344L, 0x5566778899L);

    private static ExtendedCopyList list(int targets, int segments) {
        return new ExtendedCopyList(
                1,
                false,
                ListIdUsage.DISCARD,
                0,
                Collections.nCopies(targets, TARGET),
                Collections.nCopies(segments, SEGMENT));
    }

    private static Sense refusal(byte[] data) {
        Parsed parsed = ExtendedCopyList.parse(ByteBuffer.wrap(data), Format.LID1, LIMITS);
        assertThat(parsed).isInstanceOf(Parsed.Refused.class);
        return ((Parsed.Refused) parsed).sense();
    }

    private static ExtendedCopyList whole(byte[] data) {
        Parsed parsed = ExtendedCopyList.parse(ByteBuffer.wrap(data), Format.LID1, LIMITS);
        assertThat(parsed).isInstanceOf(Parsed.Whole.class);
        return ((Parsed.Whole) parsed).list();
    }

    private static byte[] with(byte[] data, int at, int... bytes) {
        byte[] changed = data.clone();
        for (int i = 0; i < bytes.length; i++) {
            changed[at + i] = (byte) bytes[i];
        }
        return changed;
    }

    @Test
    void roundTrip() {
        long seed = System.nanoTime();
        System.out.println("ExtendedCopyListTest.roundTrip seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            ExtendedCopyList list = CopyLists.random(random, Format.LID1, LIMITS);
            byte[] wire = list.encode();
            assertThat(whole(wire)).as("seed %d, list %d", seed, i).isEqualTo(list);
            assertThat(whole(wire).encode()).isEqualTo(wire);
        }
    }

    @Test
    void exactBytes() {
        byte[] expected =
                HexFormat.of()
                        .parseHex(
                                "0110002000000000" // list 1, no hold, 32 bytes of targets
                                        + "0000001c00000000" // 28 bytes of segments, no inline
                                        + "e400000001030010" // E4h, binary NAA, 16 bytes
                                        + "6001405c0ffee000"
                                        + "0000000000000001"
                                        + "0000000000000200" // block length 512
                                        + "0200001800000001" // 02h, from 0 to 1
                                        + "00004000"
                                        + "0000000011223344"
                                        + "0000005566778899");
        assertThat(list(1, 1).encode()).isEqualTo(expected);
        assertThat(whole(expected)).isEqualTo(list(1, 1));
    }

    @Test
    void exactBytesOfEachSegment() {
        exact(
                "0203001800010002" + "0000ffff" + "0102030405060708" + "1112131415161718",
                new SegmentDescriptor.BlockToBlock(
                        true, true, 1, 2, 0xffff, 0x0102030405060708L, 0x1112131415161718L));
        exact("070000080003000001000000", new SegmentDescriptor.Verify(true, 3));
        exact("07000008ffff000000000000", new SegmentDescriptor.Verify(false, 0xffff));
        exact(
                "0a01001c00010002"
                        + "89abcdef" // bytes
                        + "0102030405060708" // source LBA
                        + "1112131415161718" // destination LBA
                        + "01ff0fff", // byte offsets
                new SegmentDescriptor.OffsetToOffset(
                        true,
                        1,
                        2,
                        0x89abcdefL,
                        0x0102030405060708L,
                        0x1112131415161718L,
                        511,
                        4095));
        exact(
                "1400001800000005" + "0102030405060708" + "1112131415161718" + "00000000",
                new SegmentDescriptor.RegisterKey(5, 0x0102030405060708L, 0x1112131415161718L));
    }

    private static void exact(String wire, SegmentDescriptor segment) {
        ExtendedCopyList list =
                new ExtendedCopyList(
                        0, false, ListIdUsage.HOLD, 0, List.of(), List.of(segment, segment));
        String twice = HexFormat.of().formatHex(list.encode(), 16, 16 + 2 * segment.length());
        assertThat(twice).isEqualTo(wire + wire);
        assertThat(whole(list.encode())).isEqualTo(list);
    }

    @Test
    void segmentLengthsThatAreNotTheirTypes() {
        for (int type : SegmentDescriptor.TYPES) {
            int length = SegmentDescriptor.lengthOf(type);
            byte[] data = new byte[16 + length];
            data[11] = (byte) length;
            data[16] = (byte) type;
            for (int field = 0; field < 64; field++) {
                byte[] wrong = with(data, 18, 0, field);
                if (field == length - 4) {
                    assertThat(whole(wrong).segments()).hasSize(1);
                } else {
                    assertThat(refusal(wrong)).isEqualTo(Sense.invalidFieldInParameterList(18, 7));
                }
            }
            for (int shorter = 4; shorter < length; shorter++) {
                byte[] cut = with(with(data, 18, 0, length - 4), 11, shorter);
                assertThat(refusal(cut)).isEqualTo(Sense.parameterListLength());
            }
        }
    }

    @Test
    void offsetsPointIntoTheList() {
        assertThat(list(2, 3).targetOffset(2)).isEqualTo(16 + 64);
        assertThat(list(2, 3).segmentOffset(2)).isEqualTo(16 + 64 + 56);
    }

    @Test
    void cutAnywhereIsALengthError() {
        byte[] data = list(2, 2).encode();
        for (int length = 1; length < data.length; length++) {
            assertThat(refusal(Arrays.copyOf(data, length)).is(Sense.parameterListLength()))
                    .as("cut to %d", length)
                    .isTrue();
        }
    }

    @Test
    void moreBytesThanTheHeaderSaysAreLeftAlone() {
        byte[] data = list(2, 2).encode();
        assertThat(whole(Arrays.copyOf(data, data.length + 13))).isEqualTo(list(2, 2));
    }

    @Test
    void aBufferThatStartsElsewhere() {
        byte[] data = list(1, 1).encode();
        ByteBuffer shifted = ByteBuffer.allocateDirect(data.length + 7).position(7);
        shifted.put(data).flip().position(7);
        assertThat(ExtendedCopyList.parse(shifted, Format.LID1, LIMITS))
                .isEqualTo(new Parsed.Whole(list(1, 1)));
        assertThat(shifted.position()).isEqualTo(7);
    }

    @Test
    void oneMoreThanAnnounced() {
        assertThat(refusal(list(LIMITS.maxTargets() + 1, 1).encode()))
                .isEqualTo(Sense.tooManyTargetDescriptors());
        assertThat(refusal(list(1, LIMITS.maxSegments() + 1).encode()))
                .isEqualTo(Sense.tooManySegmentDescriptors());
        assertThat(whole(list(LIMITS.maxTargets(), LIMITS.maxSegments()).encode()).segments())
                .hasSize(LIMITS.maxSegments());
    }

    @Test
    void tooLongComesBeforeTooMany() {
        assertThat(refusal(list(LIMITS.maxTargets() + 1, 300).encode()))
                .isEqualTo(Sense.parameterListLength());
        byte[] lie = with(list(1, 1).encode(), 8, 0xff, 0xff, 0xff, 0xff);
        assertThat(refusal(lie)).isEqualTo(Sense.parameterListLength());
    }

    @Test
    void typesThatAreNotImplemented() {
        byte[] data = list(1, 1).encode();
        for (int type = 0; type < 256; type++) {
            if (type != CscdDescriptor.TYPE) {
                assertThat(refusal(with(data, 16, type)))
                        .isEqualTo(Sense.unsupportedTargetDescriptor());
            }
            if (!SegmentDescriptor.TYPES.contains(type)) {
                assertThat(refusal(with(data, 48, type)))
                        .isEqualTo(Sense.unsupportedSegmentDescriptor());
            }
        }
    }

    @Test
    void fieldsOfTheHeader() {
        byte[] data = list(1, 1).encode();
        assertThat(refusal(with(data, 1, 0x08))).isEqualTo(Sense.invalidFieldInParameterList(1, 4));
        assertThat(refusal(with(data, 1, 0x18))).isEqualTo(Sense.invalidFieldInParameterList(0, 7));
        assertThat(whole(with(data, 0, 0, 0x18)).usage()).isEqualTo(ListIdUsage.NONE);
        assertThat(refusal(with(data, 15, 1))).isEqualTo(Sense.inlineDataTooLong());
        assertThat(refusal(with(data, 3, 31))).isEqualTo(Sense.parameterListLength());
    }

    @Test
    void fieldsOfDescriptors() {
        byte[] data = list(1, 1).encode();
        assertThat(whole(with(data, 17, 0xc0)).targets().getFirst().unitType()).isEqualTo(3);
        assertThat(refusal(with(data, 23, 21))).isEqualTo(Sense.invalidFieldInParameterList(23, 7));
        assertThat(refusal(with(data, 23, 0))).isEqualTo(Sense.invalidFieldInParameterList(23, 7));
        assertThat(refusal(with(data, 51, 0x17)))
                .isEqualTo(Sense.invalidFieldInParameterList(50, 7));
        assertThat(whole(with(data, 17, 0x20)).targets().getFirst().nul()).isTrue();
    }

    @Test
    void aSegmentDescriptorThatIsHalfThere() {
        byte[] data = list(1, 1).encode();
        assertThat(refusal(with(data, 11, 27))).isEqualTo(Sense.parameterListLength());
        assertThat(refusal(with(data, 11, 3))).isEqualTo(Sense.parameterListLength());
    }

    @Test
    void namesThatAreCutToFit() {
        Designator text = Designator.t10("TIDEGATE", "a serial number that is long");
        Designator cut = Designator.t10("TIDEGATE", "a serial num");
        assertThat(CscdDescriptor.of(cut, 0).names(text)).isTrue();
        assertThat(CscdDescriptor.of(cut, 0).names(Designator.t10("TIDEGATE", "a"))).isFalse();
        assertThat(TARGET.names(Designator.naa(NAA))).isTrue();
        assertThat(TARGET.names(text)).isFalse();
    }

    @Test
    void anEmptyListIsWhole() {
        ExtendedCopyList empty =
                new ExtendedCopyList(0, false, ListIdUsage.HOLD, 0, List.of(), List.of());
        assertThat(whole(new byte[16])).isEqualTo(empty);
    }

    @Test
    void anyByteMayBeWrong() {
        long seed = System.nanoTime();
        System.out.println("ExtendedCopyListTest.anyByteMayBeWrong seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 3000; i++) {
            byte[] data = CopyLists.random(random, Format.LID1, LIMITS).encode();
            for (int flips = random.nextInt(8); flips >= 0; flips--) {
                int within = random.nextBoolean() ? Math.min(64, data.length) : data.length;
                data[random.nextInt(within)] = (byte) random.nextInt(256);
            }
            if (random.nextInt(4) == 0) {
                data = Arrays.copyOf(data, random.nextInt(data.length + 1));
            }
            ListInvariants.check(data, Format.LID1, LIMITS);
        }
    }
}
