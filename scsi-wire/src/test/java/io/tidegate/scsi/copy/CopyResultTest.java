package io.tidegate.scsi.copy;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.scsi.copy.CopyResult.FailureDetails;
import io.tidegate.scsi.copy.CopyResult.OperatingParameters;
import io.tidegate.scsi.copy.CopyResult.Status;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CopyResultTest {

    /** Operating parameters as the Linux kernel target (LIO) answers them. */
    private static final String LIO =
            "0000002a 01000000 00020001 00000400 10000000 00000000 00000000 00000000"
                    + " 00000001 01090909 00000002 02e4";

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    @Test
    void operatingParametersOfLio() {
        OperatingParameters lio =
                new OperatingParameters(
                        true, 2, 1, 1024, 256 << 20, 0, 0, 0, 1, 1, 9, 9, 9, List.of(0x02, 0xe4));
        assertThat(OperatingParameters.parse(hex(LIO))).isEqualTo(lio);
        assertThat(lio.encode()).isEqualTo(hex(LIO));
    }

    @Test
    void ownOperatingParameters() {
        byte[] wire = OperatingParameters.of(CopyLimits.DEFAULT).encode();
        assertThat(wire)
                .isEqualTo(
                        hex(
                                "0000002d 01000000 00400040 00002000 10000000 00000000 00000000"
                                        + " 00000000 00000040 40000000 00000005 02070a14e4"));
        assertThat(OperatingParameters.parse(wire))
                .isEqualTo(OperatingParameters.of(CopyLimits.DEFAULT));
    }

    @Test
    void statusBytes() {
        assertThat(Status.ofBytes(Status.State.DONE, 3, 0x12345678L).encode())
                .isEqualTo(hex("00000008 01 0003 00 12345678"));
    }

    @Test
    void statusCountsInTheSmallestUnitThatFits() {
        assertThat(Status.ofBytes(Status.State.RUNNING, 0, 0xffff_ffffL).units()).isZero();
        assertThat(Status.ofBytes(Status.State.RUNNING, 0, 0x1_0000_0000L))
                .isEqualTo(new Status(Status.State.RUNNING, 0, 1, 1L << 22));
        assertThat(Status.ofBytes(Status.State.RUNNING, 0, 1L << 50).bytes()).isEqualTo(1L << 50);
        assertThat(Status.ofBytes(Status.State.RUNNING, 0, Long.MAX_VALUE).bytes())
                .isBetween(Long.MAX_VALUE - (1L << 40), Long.MAX_VALUE);
        assertThat(new Status(Status.State.DONE, 0, 0xf1, 7).bytes()).isEqualTo(-1);
        assertThat(new Status(Status.State.DONE, 0, 6, 0xffff_ffffL).bytes()).isEqualTo(-1);
    }

    @Test
    void failureDetails() {
        byte[] sense = {0x70, 0, 0x0a, 1, 2};
        byte[] wire = new FailureDetails(2, sense).encode();
        assertThat(wire).hasSize(65).startsWith(0, 0, 0, 61);
        assertThat(Arrays.copyOfRange(wire, 56, 65)).isEqualTo(hex("0200 0005 70000a0102"));
        assertThat(FailureDetails.parse(wire)).isEqualTo(new FailureDetails(2, sense));
    }

    @Test
    void whatIsCutShortIsNothing() {
        byte[] status = Status.ofBytes(Status.State.DONE, 1, 5).encode();
        byte[] failure = new FailureDetails(2, new byte[18]).encode();
        byte[] can = OperatingParameters.of(CopyLimits.DEFAULT).encode();
        for (int length = 0; length < 78; length++) {
            if (length < status.length) {
                assertThat(Status.parse(Arrays.copyOf(status, length))).isNull();
            }
            if (length < failure.length) {
                assertThat(FailureDetails.parse(Arrays.copyOf(failure, length))).isNull();
            }
            if (length < can.length) {
                assertThat(OperatingParameters.parse(Arrays.copyOf(can, length))).isNull();
            }
        }
    }

    @Test
    void roundTrips() {
        long seed = System.nanoTime();
        System.out.println("CopyResultTest.roundTrips seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i++) {
            Status status =
                    new Status(
                            Status.State.values()[random.nextInt(3)],
                            random.nextInt(65536),
                            random.nextInt(256),
                            random.nextLong() & 0xffff_ffffL);
            assertThat(Status.parse(status.encode())).isEqualTo(status);
            byte[] sense = new byte[random.nextInt(253)];
            random.nextBytes(sense);
            FailureDetails failure = new FailureDetails(random.nextInt(256), sense);
            assertThat(FailureDetails.parse(failure.encode())).isEqualTo(failure);
        }
    }
}
