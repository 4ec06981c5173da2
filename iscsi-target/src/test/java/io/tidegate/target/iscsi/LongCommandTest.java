package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.iscsi.wire.InitiatorPdu.NopOut;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.iscsi.wire.TaskFunction;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Commands that take as long as the medium is large, and what gives them up. */
class LongCommandTest {
    private TestTarget target;

    @BeforeEach
    void start() throws Exception {
        target = new TestTarget();
    }

    @AfterEach
    void stop() throws Exception {
        target.close();
    }

    private static byte[] cdb(int... bytes) {
        byte[] cdb = new byte[16];
        for (int i = 0; i < bytes.length; i++) {
            cdb[i] = (byte) bytes[i];
        }
        return cdb;
    }

    private static int testUnitReady(RawInitiator initiator) throws Exception {
        initiator.command(cdb(0), false, 0, true);
        return initiator.expect(TargetPdu.ScsiResponse.class).status();
    }

    @Test
    void anAbortOfSanitizeIsAnsweredAtOnceAndTheSanitizeGoesOn() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            byte[] written = new byte[512];
            Arrays.fill(written, (byte) 7);
            initiator.command(RawInitiator.cdb(0x2a, 9, 1), true, 512, true, written);
            assertThat(initiator.expect(TargetPdu.ScsiResponse.class).status()).isZero();
            target.device.hold();
            int tag = initiator.command(cdb(0x48, 0x02), false, 0, true);
            target.device.awaitBegun();
            initiator.manage(TaskFunction.ABORT_TASK, tag);
            assertThat(initiator.expect(TargetPdu.TaskManagementResponse.class).response())
                    .isEqualTo(TaskFunction.COMPLETE);
            initiator.manage(TaskFunction.LOGICAL_UNIT_RESET, 0);
            assertThat(initiator.expect(TargetPdu.TaskManagementResponse.class).response())
                    .isEqualTo(TaskFunction.COMPLETE);
            assertThat(testUnitReady(initiator)).isEqualTo(2); // the attention of the reset
            assertThat(testUnitReady(initiator)).isEqualTo(2); // sanitize in progress
            target.device.letGo();
            while (testUnitReady(initiator) != 0) {
                Thread.onSpinWait();
            }
            assertThat(initiator.read(9, 1)).isEqualTo(new byte[512]);
        }
    }

    @Test
    void aSanitizeThatIsWaitedForIsAnsweredWhenItIsDone() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            target.device.hold();
            int tag = initiator.command(cdb(0x48, 0x02), false, 0, true);
            target.device.awaitBegun();
            initiator.send(new NopOut(true, 0, 9, -1, initiator.cmdSn, 0));
            initiator.expect(TargetPdu.NopIn.class);
            target.device.letGo();
            TargetPdu.ScsiResponse answer = initiator.expect(TargetPdu.ScsiResponse.class);
            assertThat(answer.initiatorTaskTag()).isEqualTo(tag);
            assertThat(answer.status()).isZero();
        }
    }

    @Test
    void anAbortedWriteSameOfTheWholeMediumEndsWithThePieceItIsAt() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            byte[] pattern = new byte[512];
            Arrays.fill(pattern, (byte) 9);
            target.device.hold();
            byte[] cdb = cdb(0x93);
            ByteBuffer.wrap(cdb).putInt(10, (int) (TestTarget.SIZE / 512));
            int tag = initiator.command(cdb, true, 512, true, pattern);
            target.device.awaitBegun();
            initiator.manage(TaskFunction.ABORT_TASK, tag);
            // the answer to a later ping shows that the abort waits for the piece
            initiator.send(new NopOut(true, 0, 9, -1, initiator.cmdSn, 0));
            initiator.expect(TargetPdu.NopIn.class);
            target.device.letGo();
            assertThat(initiator.expect(TargetPdu.TaskManagementResponse.class).response())
                    .isEqualTo(TaskFunction.COMPLETE);
            assertThat(initiator.read(0, 1)).isEqualTo(pattern);
            int last = (int) (TestTarget.SIZE / 512) - 1;
            assertThat(initiator.read(last, 1)).isEqualTo(new byte[512]);
        }
    }
}
