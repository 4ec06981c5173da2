package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.InitiatorPdu;
import io.tidegate.iscsi.wire.InitiatorPdu.DataOut;
import io.tidegate.iscsi.wire.InitiatorPdu.LogoutRequest;
import io.tidegate.iscsi.wire.InitiatorPdu.NopOut;
import io.tidegate.iscsi.wire.InitiatorPdu.ScsiCommand;
import io.tidegate.iscsi.wire.InitiatorPdu.TextRequest;
import io.tidegate.iscsi.wire.Opcode;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.iscsi.wire.TargetPdu.Reject;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Damaged and misnumbered PDUs at error recovery level 0 (RFC 7143, 7.8 and 7.9). */
class ErrorRecoveryTest {
    private static final int CRC = 0x0b4705; // protocol service CRC error
    private static final String DIGESTS = "HeaderDigest=CRC32C DataDigest=CRC32C ";

    private TestTarget target;

    @BeforeEach
    void start() throws Exception {
        target = new TestTarget();
    }

    @AfterEach
    void stop() throws Exception {
        target.close();
    }

    private static byte[] filled(int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) 0x5a);
        return bytes;
    }

    private static ScsiCommand write(RawInitiator initiator, int blocks) {
        int sn = initiator.cmdSn++;
        byte[] cdb = RawInitiator.cdb(0x2a, 0, blocks);
        return new ScsiCommand(false, true, false, true, 1, 0, sn, blocks * 512, sn, 0, cdb, 0);
    }

    private static void expectReject(RawInitiator initiator, int opcode) throws Exception {
        RawInitiator.Received answer = initiator.expectWithData(Reject.class);
        assertThat(((Reject) answer.pdu()).reason()).isEqualTo(Reject.DATA_DIGEST_ERROR);
        assertThat(answer.data()).hasSize(Bhs.LENGTH); // the header that was refused
        assertThat(answer.data()[0] & 0x3f).isEqualTo(opcode);
    }

    @Test
    void aDamagedHeaderEndsTheConnectionAndNothingIsDone() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open(DIGESTS)) {
            initiator.sendDamaged(true, write(initiator, 1), filled(512));
            initiator.expectClosed();
        }
        try (RawInitiator again = new RawInitiator(target).open("")) {
            assertThat(again.read(0, 1)).isEqualTo(new byte[512]);
        }
    }

    @Test
    void damagedImmediateDataFailsItsCommandAndNoOther() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open(DIGESTS)) {
            initiator.sendDamaged(false, write(initiator, 1), filled(512));
            expectReject(initiator, Opcode.SCSI_COMMAND);
            initiator.expectSense(CRC);
            assertThat(initiator.read(0, 1)).isEqualTo(new byte[512]);
            initiator.send(write(initiator, 1), filled(512));
            assertThat(initiator.expect(TargetPdu.ScsiResponse.class).status()).isZero();
            assertThat(initiator.read(0, 1)).isEqualTo(filled(512));
        }
    }

    @Test
    void damagedDataOutFailsItsCommandWhenAllThatWasAskedForIsHere() throws Exception {
        String keys = DIGESTS + "ImmediateData=No MaxBurstLength=1024 MaxOutstandingR2T=2";
        try (RawInitiator initiator = new RawInitiator(target).open(keys)) {
            ScsiCommand command = write(initiator, 8); // four bursts, two asked for at once
            int tag = command.initiatorTaskTag();
            initiator.send(command);
            int first = initiator.expect(TargetPdu.R2t.class).targetTransferTag();
            int second = initiator.expect(TargetPdu.R2t.class).targetTransferTag();
            initiator.sendDamaged(false, new DataOut(false, 0, tag, first, 0, 0, 0), filled(512));
            expectReject(initiator, Opcode.DATA_OUT);
            initiator.ping(); // nothing is answered yet
            initiator.dataOut(true, tag, first, 1, 512, filled(512));
            initiator.ping(); // nor after the end of the burst: another one is under way
            initiator.dataOut(true, tag, second, 0, 1024, filled(1024));
            initiator.expectSense(CRC); // and no further data is asked for
            assertThat(initiator.read(0, 8)).isEqualTo(new byte[4096]);
        }
    }

    @Test
    void damagedUnsolicitedDataFailsItsCommandAtTheEndOfIt() throws Exception {
        String keys = DIGESTS + "InitialR2T=No FirstBurstLength=2048";
        try (RawInitiator initiator = new RawInitiator(target).open(keys)) {
            int sn = initiator.cmdSn++;
            byte[] cdb = RawInitiator.cdb(0x2a, 0, 8);
            initiator.sendDamaged(
                    false,
                    new ScsiCommand(false, false, false, true, 1, 0, sn, 4096, sn, 0, cdb, 0),
                    filled(512));
            expectReject(initiator, Opcode.SCSI_COMMAND);
            initiator.dataOut(false, sn, Bhs.NO_TAG, 0, 512, filled(512));
            initiator.ping();
            initiator.dataOut(true, sn, Bhs.NO_TAG, 1, 1024, filled(1024));
            initiator.expectSense(CRC);
        }
    }

    @Test
    void damagedDataFailsItsCommandThoughTheUnitLetsNobodyIn() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open(DIGESTS)) {
            target.unit.closeGate();
            initiator.sendDamaged(false, write(initiator, 1), filled(512));
            expectReject(initiator, Opcode.SCSI_COMMAND);
            initiator.expectSense(CRC);
            target.unit.open();
            assertThat(initiator.read(0, 1)).isEqualTo(new byte[512]);
        }
    }

    /** One of four Data-Outs is lost, or comes twice. */
    @ParameterizedTest
    @CsvSource({"0, 2, 3", "1, 2, 3", "0, 1, 1", "0, 1, -1", "27, 0, 1"})
    void aLostDataOutFailsItsCommandAtTheEndOfTheSequence(int first, int second, int last)
            throws Exception {
        String keys = "ImmediateData=No InitialR2T=Yes MaxBurstLength=2048";
        try (RawInitiator initiator = new RawInitiator(target).open(keys)) {
            int tag = initiator.command(RawInitiator.cdb(0x2a, 0, 8), true, 4096, true);
            int asked = initiator.expect(TargetPdu.R2t.class).targetTransferTag();
            initiator.dataOut(false, tag, asked, first, first * 512, filled(512));
            initiator.dataOut(false, tag, asked, second, second * 512, filled(512));
            initiator.ping(); // the sequence has not ended, and neither has the command
            initiator.dataOut(true, tag, asked, last, 1536, filled(512));
            initiator.expectSense(CRC); // and the second half is not asked for
            assertThat(initiator.read(0, 8)).isEqualTo(new byte[4096]);
        }
    }

    @Test
    void aLostUnsolicitedDataOutFailsItsCommandAtTheEndOfTheSequence() throws Exception {
        String keys = "ImmediateData=No InitialR2T=No FirstBurstLength=2048";
        try (RawInitiator initiator = new RawInitiator(target).open(keys)) {
            int tag = initiator.command(RawInitiator.cdb(0x2a, 0, 8), true, 4096, false);
            initiator.dataOut(false, tag, Bhs.NO_TAG, 0, 0, filled(512));
            initiator.dataOut(false, tag, Bhs.NO_TAG, 2, 1024, filled(512));
            initiator.ping();
            initiator.dataOut(true, tag, Bhs.NO_TAG, 3, 1536, filled(512));
            initiator.expectSense(CRC);
            assertThat(initiator.read(0, 8)).isEqualTo(new byte[4096]);
        }
    }

    @Test
    void aLostSequenceWithMoreThanWasAskedForFailsAtOnce() throws Exception {
        String keys = "ImmediateData=No InitialR2T=Yes MaxBurstLength=2048";
        try (RawInitiator initiator = new RawInitiator(target).open(keys)) {
            int tag = initiator.command(RawInitiator.cdb(0x2a, 0, 4), true, 2048, true);
            int asked = initiator.expect(TargetPdu.R2t.class).targetTransferTag();
            initiator.dataOut(false, tag, asked, 5, 512, filled(1536));
            initiator.dataOut(false, tag, asked, 6, 2048, filled(1024));
            initiator.expectSense(0x0b0c0d); // too much unsolicited data
            assertThat(initiator.read(0, 4)).isEqualTo(new byte[2048]);
        }
    }

    @Test
    void aDamagedPingIsThrownAwayAndDamagedTextBeginsAnew() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open(DIGESTS)) {
            initiator.sendDamaged(
                    false, new NopOut(true, 0, 7, Bhs.NO_TAG, initiator.cmdSn, 0), filled(64));
            expectReject(initiator, Opcode.NOP_OUT);
            initiator.ping(); // the damaged one has no answer
            TextRequest question =
                    new TextRequest(true, true, false, 0, 8, Bhs.NO_TAG, initiator.cmdSn, 0);
            initiator.sendDamaged(false, question, RawInitiator.text("SendTargets="));
            expectReject(initiator, Opcode.TEXT_REQUEST);
            initiator.send(question, RawInitiator.text("SendTargets="));
            assertThat(initiator.expectWithData(TargetPdu.TextResponse.class).text()).hasSize(2);
        }
    }

    @Test
    void whatAnInitiatorSaysOfStatusNumbersChangesNothing() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            for (int expected : new int[] {0, -1, Integer.MIN_VALUE, 5_000_000}) {
                initiator.send(new NopOut(true, 0, 9, Bhs.NO_TAG, initiator.cmdSn, expected));
                initiator.expect(TargetPdu.NopIn.class);
            }
            assertThat(initiator.read(0, 1)).hasSize(512);
        }
    }

    @Test
    void statusNumbersGoUpByOne() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            initiator.send(new NopOut(true, 0, 9, Bhs.NO_TAG, initiator.cmdSn, 0));
            int statSn = initiator.expect(TargetPdu.NopIn.class).statSn();
            initiator.command(RawInitiator.cdb(0, 0, 0), false, 0, true);
            assertThat(initiator.expect(TargetPdu.ScsiResponse.class).statSn())
                    .isEqualTo(statSn + 1);
            initiator.send(new InitiatorPdu.SnackRequest(0, 0, 1, -1, 0, 0, 0));
            assertThat(initiator.expect(Reject.class).statSn()).isEqualTo(statSn + 2);
        }
    }

    @Test
    void onlyTheSessionsOwnConnectionIsLoggedOut() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            initiator.send(new LogoutRequest(true, 1, 6, 77, initiator.cmdSn, 0));
            assertThat(initiator.expect(TargetPdu.LogoutResponse.class).response()).isEqualTo(1);
            initiator.send(new LogoutRequest(true, 2, 6, 0, initiator.cmdSn, 0));
            assertThat(initiator.expect(TargetPdu.LogoutResponse.class).response()).isEqualTo(2);
            initiator.ping();
            initiator.send(new LogoutRequest(true, 1, 6, 0, initiator.cmdSn, 0));
            assertThat(initiator.expect(TargetPdu.LogoutResponse.class).response()).isZero();
            initiator.expectClosed();
        }
    }
}
