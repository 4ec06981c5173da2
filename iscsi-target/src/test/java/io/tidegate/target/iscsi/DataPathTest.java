package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.InitiatorPdu;
import io.tidegate.iscsi.wire.TargetPdu;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataPathTest {
    private static final long SEED = Long.getLong("seed", 42);

    private final Random random = new Random(SEED);
    private TestTarget target;

    @BeforeEach
    void start() throws Exception {
        target = new TestTarget();
    }

    @AfterEach
    void stop() throws Exception {
        target.close();
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Writes as the keys allow: immediate, then unsolicited, then what is asked for. */
    private static void write(
            RawInitiator initiator, int lba, byte[] data, int immediate, int firstBurst)
            throws Exception {
        int unsolicited = Math.min(data.length, firstBurst);
        byte[] now = Arrays.copyOf(data, Math.min(immediate, unsolicited));
        boolean fin = now.length == unsolicited || firstBurst <= immediate;
        int tag =
                initiator.command(
                        RawInitiator.cdb(0x2a, lba, data.length / 512),
                        true,
                        data.length,
                        fin,
                        now);
        int sn = 0;
        for (int at = now.length; !fin && at < unsolicited; ) {
            int n = Math.min(700, unsolicited - at);
            initiator.dataOut(
                    at + n == unsolicited,
                    tag,
                    Bhs.NO_TAG,
                    sn++,
                    at,
                    Arrays.copyOfRange(data, at, at + n));
            at += n;
        }
        assertThat(initiator.serve(data, 5000)).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ImmediateData=Yes InitialR2T=Yes",
                "ImmediateData=Yes InitialR2T=No",
                "ImmediateData=No InitialR2T=Yes",
                "ImmediateData=No InitialR2T=No",
                "ImmediateData=Yes InitialR2T=No HeaderDigest=CRC32C DataDigest=CRC32C",
                "ImmediateData=Yes InitialR2T=No MaxOutstandingR2T=4 HeaderDigest=CRC32C",
            })
    void whatWasWrittenIsReadInEveryMix(String mix) throws Exception {
        String keys = mix + " FirstBurstLength=4096 MaxBurstLength=16384";
        int immediate = mix.contains("ImmediateData=Yes") ? 1024 : 0;
        int first = mix.contains("InitialR2T=No") ? 4096 : immediate;
        try (RawInitiator initiator = new RawInitiator(target).open(keys)) {
            for (int blocks : new int[] {1, 2, 3, 8, 9, 33, 256, 2048}) {
                byte[] data = bytes(blocks * 512);
                int lba = random.nextInt(TestTarget.SIZE / 512 - blocks);
                write(initiator, lba, data, immediate, first);
                assertThat(initiator.read(lba, blocks)).as("seed %d", SEED).isEqualTo(data);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MaxRecvDataSegmentLength=512",
                "MaxRecvDataSegmentLength=1000 HeaderDigest=CRC32C DataDigest=CRC32C",
                "MaxRecvDataSegmentLength=65536 MaxBurstLength=1500",
                "MaxRecvDataSegmentLength=262144 DataDigest=CRC32C",
            })
    void readsThatAreNotCachedComeFromWorkersInTheSameForm(String keys) throws Exception {
        byte[] data = bytes(600 * 512);
        try (RawInitiator initiator = new RawInitiator(target).open(keys)) {
            write(initiator, 7, data, 0, 0);
            byte[] warm = initiator.read(7, 600);
            target.device.cold();
            assertThat(initiator.read(7, 600)).isEqualTo(data);
            assertThat(initiator.read(8, 1)).isEqualTo(Arrays.copyOfRange(data, 512, 1024));
            assertThat(warm).isEqualTo(data);
        }
    }

    private int firstBurstThen(RawInitiator initiator, int dataSn, int offset, int length)
            throws Exception {
        int tag = initiator.command(RawInitiator.cdb(0x2a, 0, 8), true, 4096, false);
        initiator.dataOut(false, tag, Bhs.NO_TAG, 0, 0, bytes(512));
        initiator.dataOut(true, tag, Bhs.NO_TAG, dataSn, offset, bytes(length));
        return initiator.expect(TargetPdu.ScsiResponse.class).status();
    }

    @Test
    void dataOutOfOrderFailsTheCommandAndHarmsNothingElse() throws Exception {
        String keys = "InitialR2T=No FirstBurstLength=4096";
        try (RawInitiator initiator = new RawInitiator(target).open(keys)) {
            assertThat(firstBurstThen(initiator, 0, 512, 3584)).isEqualTo(2);
            assertThat(firstBurstThen(initiator, 2, 512, 3584)).isEqualTo(2);
            assertThat(firstBurstThen(initiator, -1, 512, 3584)).isEqualTo(2);
            assertThat(firstBurstThen(initiator, 1, 1024, 3072)).isEqualTo(2);
            assertThat(firstBurstThen(initiator, 1, 512, 4096)).isEqualTo(2);
            assertThat(initiator.read(0, 8)).isEqualTo(new byte[4096]);
            // data for nobody is passed over
            initiator.dataOut(true, 0x7777, Bhs.NO_TAG, 0, 0, bytes(512));
            assertThat(firstBurstThen(initiator, 1, 512, 3584)).isZero();
        }
    }

    @Test
    void solicitedDataMustBeWhatWasAskedFor() throws Exception {
        String keys = "InitialR2T=Yes ImmediateData=No MaxBurstLength=2048";
        try (RawInitiator initiator = new RawInitiator(target).open(keys)) {
            for (int fault = 0; fault < 4; fault++) {
                int tag = initiator.command(RawInitiator.cdb(0x2a, 0, 8), true, 4096, true);
                TargetPdu.R2t r2t = initiator.expect(TargetPdu.R2t.class);
                assertThat(r2t.desiredLength()).isEqualTo(2048);
                int ttt = fault == 0 ? r2t.targetTransferTag() + 99 : r2t.targetTransferTag();
                int sn = fault == 1 ? 1 : 0;
                int offset = fault == 2 ? 512 : 0;
                int length = fault == 3 ? 1024 : 2048;
                initiator.dataOut(true, tag, ttt, sn, offset, bytes(length));
                assertThat(initiator.expect(TargetPdu.ScsiResponse.class).status()).isEqualTo(2);
            }
            assertThat(initiator.read(0, 8)).isEqualTo(new byte[4096]);
        }
    }

    @Test
    void immediateDataThatWasNotAgreedFailsTheCommand() throws Exception {
        try (RawInitiator initiator =
                new RawInitiator(target).open("ImmediateData=No InitialR2T=Yes")) {
            initiator.command(RawInitiator.cdb(0x2a, 0, 1), true, 512, true, bytes(512));
            assertThat(initiator.expect(TargetPdu.ScsiResponse.class).status()).isEqualTo(2);
            assertThat(initiator.read(0, 1)).isEqualTo(new byte[512]);
        }
    }

    @Test
    void numbersOutsideTheWindowArePassedOverAndGapsEndTheConnection() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            int right = initiator.cmdSn;
            initiator.cmdSn = right + 5000;
            initiator.command(RawInitiator.cdb(0, 0, 0), false, 0, true);
            initiator.cmdSn = right - 1;
            initiator.command(RawInitiator.cdb(0, 0, 0), false, 0, true);
            initiator.cmdSn = right;
            int tag = initiator.command(RawInitiator.cdb(0, 0, 0), false, 0, true);
            assertThat(initiator.expect(TargetPdu.ScsiResponse.class).initiatorTaskTag())
                    .isEqualTo(tag);
            initiator.cmdSn = right + 3;
            initiator.command(RawInitiator.cdb(0, 0, 0), false, 0, true);
            initiator.expectClosed();
        }
    }

    @Test
    void pingsComeBackWithTheirData() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            byte[] data = bytes(300);
            initiator.send(
                    new InitiatorPdu.NopOut(false, 0, 5, Bhs.NO_TAG, initiator.cmdSn++, 0), data);
            RawInitiator.Received answer = initiator.next();
            assertThat(answer).isNotNull();
            if (answer != null) {
                assertThat(answer.pdu()).isInstanceOf(TargetPdu.NopIn.class);
                assertThat(answer.pdu().initiatorTaskTag()).isEqualTo(5);
                assertThat(answer.data()).isEqualTo(data);
            }
        }
    }

    @Test
    void snackIsRejectedAndLogoutAnswered() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            initiator.send(new InitiatorPdu.SnackRequest(0, 0, 1, -1, 0, 0, 0));
            assertThat(initiator.expect(TargetPdu.Reject.class).reason())
                    .isEqualTo(TargetPdu.Reject.SNACK_REJECT);
            initiator.send(new InitiatorPdu.LogoutRequest(true, 0, 6, 0, initiator.cmdSn, 0));
            assertThat(initiator.expect(TargetPdu.LogoutResponse.class).response()).isZero();
            initiator.expectClosed();
        }
    }

    @Test
    void commandsAreCountedByKind() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            write(initiator, 0, bytes(1024), 1024, 1024);
            initiator.read(0, 2);
            initiator.read(0, 1);
        }
        TargetMetrics.Unit row = target.server.snapshot().units().getFirst();
        assertThat(row.reads().count()).isEqualTo(2);
        assertThat(row.reads().bytes()).isEqualTo(1536);
        assertThat(row.writes().count()).isEqualTo(1);
        assertThat(row.writes().bytes()).isEqualTo(1024);
        assertThat(row.writes().buckets().stream().mapToLong(b -> b).sum()).isEqualTo(1);
    }
}
