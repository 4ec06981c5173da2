package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.iscsi.wire.LoginStatus;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.iscsi.wire.TaskFunction;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.SessionControl.SessionInfo;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of commands that are given up. */
class TaskTest {
    private TestTarget target;

    @BeforeEach
    void start() throws Exception {
        target = new TestTarget();
    }

    @AfterEach
    void stop() throws Exception {
        target.close();
    }

    private static byte[] filled(int value) {
        byte[] bytes = new byte[512];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static int write(RawInitiator initiator, int lba, int value) throws Exception {
        return initiator.command(RawInitiator.cdb(0x2a, lba, 1), true, 512, true, filled(value));
    }

    private RawInitiator stuckWrite() throws Exception {
        RawInitiator initiator = new RawInitiator(target).open("");
        target.device.hold();
        write(initiator, 0, 1);
        target.device.awaitBegun();
        return initiator;
    }

    @Test
    void anAbortIsAnsweredWhenTheWriteIsOver() throws Exception {
        try (RawInitiator initiator = stuckWrite()) {
            int stuck = initiator.cmdSn - 1;
            initiator.manage(TaskFunction.ABORT_TASK, stuck);
            // the answer to a later ping shows that the abort is not answered yet
            initiator.send(
                    new io.tidegate.iscsi.wire.InitiatorPdu.NopOut(
                            true, 0, 9, -1, initiator.cmdSn, 0));
            initiator.expect(TargetPdu.NopIn.class);
            target.device.letGo();
            assertThat(initiator.expect(TargetPdu.TaskManagementResponse.class).response())
                    .isEqualTo(TaskFunction.COMPLETE);
            assertThat(initiator.read(0, 1)).isEqualTo(filled(1));
        }
    }

    @Test
    void aTaskThatIsGoneAndFunctionsThatAreNotThereAreAnswered() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            initiator.manage(TaskFunction.ABORT_TASK, 0x4444);
            assertThat(initiator.expect(TargetPdu.TaskManagementResponse.class).response())
                    .isEqualTo(TaskFunction.NO_TASK);
            initiator.manage(TaskFunction.TASK_REASSIGN, 0x4444);
            assertThat(initiator.expect(TargetPdu.TaskManagementResponse.class).response())
                    .isEqualTo(TaskFunction.REASSIGN_NOT_SUPPORTED);
            initiator.manage(TaskFunction.CLEAR_ACA, 0x4444);
            assertThat(initiator.expect(TargetPdu.TaskManagementResponse.class).response())
                    .isEqualTo(TaskFunction.NOT_SUPPORTED);
            initiator.manage(TaskFunction.ABORT_TASK_SET, 0);
            assertThat(initiator.expect(TargetPdu.TaskManagementResponse.class).response())
                    .isEqualTo(TaskFunction.COMPLETE);
        }
    }

    @Test
    void aWriteThatWaitsForItsDataIsAbortedAtOnce() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("ImmediateData=No")) {
            int tag = initiator.command(RawInitiator.cdb(0x2a, 0, 1), true, 512, true);
            TargetPdu.R2t r2t = initiator.expect(TargetPdu.R2t.class);
            initiator.manage(TaskFunction.ABORT_TASK, tag);
            assertThat(initiator.expect(TargetPdu.TaskManagementResponse.class).response())
                    .isEqualTo(TaskFunction.COMPLETE);
            initiator.dataOut(true, tag, r2t.targetTransferTag(), 0, 0, filled(3));
            assertThat(initiator.read(0, 1)).isEqualTo(new byte[512]);
        }
    }

    @Test
    void aResetOfTheUnitEndsTheTasksOfAllSessions() throws Exception {
        try (RawInitiator other = new RawInitiator(target)) {
            other.isid++;
            other.open("");
            try (RawInitiator initiator = stuckWrite()) {
                other.manage(TaskFunction.LOGICAL_UNIT_RESET, 0);
                other.send(
                        new io.tidegate.iscsi.wire.InitiatorPdu.NopOut(
                                true, 0, 9, -1, other.cmdSn, 0));
                other.expect(TargetPdu.NopIn.class);
                target.device.letGo();
                assertThat(other.expect(TargetPdu.TaskManagementResponse.class).response())
                        .isEqualTo(TaskFunction.COMPLETE);
                // the reset write is not answered; the attention is
                initiator.command(RawInitiator.cdb(0, 0, 0), false, 0, true);
                TargetPdu.ScsiResponse answer = initiator.expect(TargetPdu.ScsiResponse.class);
                assertThat(answer.initiatorTaskTag()).isEqualTo(initiator.cmdSn - 1);
                assertThat(answer.status()).isEqualTo(2);
            }
        }
    }

    @Test
    void aLoginInTheSamePlaceWaitsForTheStartedWrite() throws Exception {
        try (RawInitiator old = stuckWrite();
                RawInitiator again = new RawInitiator(target)) {
            CompletableFuture<RawInitiator> login =
                    CompletableFuture.supplyAsync(
                            () -> {
                                try {
                                    return again.open("");
                                } catch (Exception e) {
                                    throw new IllegalStateException(e);
                                }
                            });
            old.expectClosed(); // the old connection goes at once
            assertThat(login).isNotDone();
            target.device.letGo();
            RawInitiator opened = login.join();
            // the old write has landed before anything of the new session
            write(opened, 0, 2);
            assertThat(opened.expect(TargetPdu.ScsiResponse.class).status()).isZero();
            assertThat(opened.read(0, 1)).isEqualTo(filled(2));
        }
    }

    @Test
    void aStuckDeviceDoesNotKeepTheHostOutForEver() throws Exception {
        try (TestTarget quick =
                new TestTarget(
                        TestTarget.settings(Duration.ofSeconds(10), Duration.ofMillis(200), 64))) {
            target.close();
            target = quick;
            try (RawInitiator old = stuckWrite();
                    RawInitiator again = new RawInitiator(target)) {
                assertThat(again.loginStatus(1, RawInitiator.NORMAL))
                        .isEqualTo(LoginStatus.SUCCESS.code());
                old.expectClosed();
            }
        }
    }

    /** The host goes on by another path; what it writes there must not be undone. */
    @Test
    void aWriteLeftByALostConnectionIsNotOnTopOfALaterOne() throws Exception {
        try (RawInitiator other = new RawInitiator(target)) {
            other.isid++;
            other.open("");
            try (RawInitiator lost = new RawInitiator(target).open("")) {
                target.device.holdOne();
                byte[] zeroes = RawInitiator.cdb(0x93, 0, 0); // WRITE SAME(16), no data-out
                zeroes[1] = 0x01;
                zeroes[13] = 1;
                lost.command(zeroes, false, 0, true);
                target.device.awaitBegun();
            }
            int over = write(other, 0, 2);
            for (int i = 0; i < 50; i++) { // it would long be answered
                other.send(
                        new io.tidegate.iscsi.wire.InitiatorPdu.NopOut(
                                true, 0, 9, -1, other.cmdSn, 0));
                other.expect(TargetPdu.NopIn.class);
            }
            target.device.letGo();
            TargetPdu.ScsiResponse answer = other.expect(TargetPdu.ScsiResponse.class);
            assertThat(answer.initiatorTaskTag()).isEqualTo(over);
            assertThat(answer.status()).isZero();
            assertThat(other.read(0, 1)).isEqualTo(filled(2));
        }
    }

    @Test
    void anAbandonedWriteIsAnsweredAbortedWhileItsDeviceHangs() throws Exception {
        try (RawInitiator initiator = stuckWrite()) {
            target.unit.closeGate();
            target.server.sessions().abandon(target.unit, 2);
            TargetPdu.ScsiResponse answer = initiator.expect(TargetPdu.ScsiResponse.class);
            assertThat(answer.status()).isEqualTo(2);
            target.unit.swap(target.device, 2, LogicalUnit.State.OPEN);
            target.device.letGo();
            assertThat(initiator.read(1, 1)).isEqualTo(new byte[512]);
        }
    }

    @Test
    void aCommandBeforeAClosedGateRunsWhenItOpens() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            target.unit.closeGate();
            int tag = write(initiator, 0, 5);
            initiator.send(
                    new io.tidegate.iscsi.wire.InitiatorPdu.NopOut(
                            true, 0, 9, -1, initiator.cmdSn, 0));
            initiator.expect(TargetPdu.NopIn.class); // the write waits
            target.unit.open();
            TargetPdu.ScsiResponse answer = initiator.expect(TargetPdu.ScsiResponse.class);
            assertThat(answer.initiatorTaskTag()).isEqualTo(tag);
            assertThat(answer.status()).isZero();
            assertThat(initiator.read(0, 1)).isEqualTo(filled(5));
        }
    }

    @Test
    void sessionsAreListedAndEnded() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            write(initiator, 0, 1);
            assertThat(initiator.expect(TargetPdu.ScsiResponse.class).status()).isZero();
            SessionInfo info = target.server.sessions().sessions().getFirst();
            assertThat(info.initiator()).isEqualTo(TestTarget.INITIATOR);
            assertThat(info.target()).isEqualTo(TestTarget.NAME);
            assertThat(info.isid()).isEqualTo("400000000001");
            assertThat(info.lastWrites()).containsOnlyKeys(target.unit.id());
            assertThat(target.server.sessions().end(info.id(), "test")).isTrue();
            assertThat(initiator.expect(TargetPdu.AsyncMessage.class).event())
                    .isEqualTo(TargetPdu.AsyncMessage.LOGOUT_REQUESTED);
            assertThat(initiator.expect(TargetPdu.AsyncMessage.class).event())
                    .isEqualTo(TargetPdu.AsyncMessage.SESSION_DROPPED);
            initiator.expectClosed();
            assertThat(target.server.sessions().end(12345, "test")).isFalse();
        }
    }
}
