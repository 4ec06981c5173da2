package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.InitiatorPdu.NopOut;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.iscsi.wire.TargetPdu.AsyncMessage;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections that fall silent, and what the target says before it drops one. */
class KeepAliveTest {
    private static final Duration SILENCE = Duration.ofMillis(150);

    private TestTarget target;

    @BeforeEach
    void start() throws Exception {
        target = new TestTarget(TestTarget.pinging(SILENCE));
    }

    @AfterEach
    void stop() throws Exception {
        target.close();
    }

    private static RawInitiator open(TestTarget at, int isid) throws Exception {
        RawInitiator initiator = new RawInitiator(at);
        initiator.isid += isid;
        return initiator.open("ImmediateData=No");
    }

    @Test
    void aSilentConnectionIsToldAndDroppedWithWhatItHeld() throws Exception {
        try (RawInitiator silent = open(target, 1)) {
            silent.command(RawInitiator.cdb(0x16, 0, 0), false, 0, true); // RESERVE(6)
            assertThat(silent.expect(TargetPdu.ScsiResponse.class).status()).isZero();
            silent.command(RawInitiator.cdb(0x2a, 0, 8), true, 4096, true);
            silent.expect(TargetPdu.R2t.class); // its data never comes
            TargetPdu.NopIn ping = silent.expect(TargetPdu.NopIn.class);
            assertThat(ping.initiatorTaskTag()).isEqualTo(Bhs.NO_TAG);
            assertThat(ping.targetTransferTag()).isNotEqualTo(Bhs.NO_TAG);
            assertThat(silent.expect(AsyncMessage.class).event())
                    .isEqualTo(AsyncMessage.SESSION_DROPPED);
            silent.expectClosed();
        }
        // one that logs in waits for nothing of it: the unit is free, the task gone
        try (RawInitiator next = open(target, 2)) {
            next.command(RawInitiator.cdb(0x2a, 0, 1), true, 512, true);
            assertThat(next.serve(new byte[512], 512)).isZero();
            assertThat(target.server.sessions().sessions()).hasSize(1);
        }
    }

    @Test
    void oneThatAnswersIsKeptHoweverLittleItDoes() throws Exception {
        try (RawInitiator slow = open(target, 1)) {
            for (int i = 0; i < 6; i++) {
                TargetPdu.NopIn ping = slow.expect(TargetPdu.NopIn.class);
                slow.send(
                        new NopOut(
                                true,
                                0,
                                Bhs.NO_TAG,
                                ping.targetTransferTag(),
                                slow.cmdSn,
                                ping.statSn()));
            }
            slow.command(RawInitiator.cdb(0, 0, 0), false, 0, true);
            TargetPdu next = slow.expect(TargetPdu.class);
            if (next instanceof TargetPdu.NopIn) {
                next = slow.expect(TargetPdu.ScsiResponse.class);
            }
            assertThat(next).isInstanceOf(TargetPdu.ScsiResponse.class);
        }
    }

    /** It answers every ping, so it is not silent, but what it owes does not come. */
    @Test
    void oneThatKeepsAWriteWaitingIsDropped() throws Exception {
        try (RawInitiator owing = open(target, 1)) {
            owing.command(RawInitiator.cdb(0x2a, 0, 8), true, 4096, true);
            owing.expect(TargetPdu.R2t.class);
            TargetPdu next = owing.expect(TargetPdu.class);
            for (int i = 0; i < 40 && next instanceof TargetPdu.NopIn ping; i++) {
                owing.send(
                        new NopOut(true, 0, Bhs.NO_TAG, ping.targetTransferTag(), owing.cmdSn, 0));
                next = owing.expect(TargetPdu.class);
            }
            assertThat(next)
                    .isInstanceOfSatisfying(
                            AsyncMessage.class,
                            said ->
                                    assertThat(said.event())
                                            .isEqualTo(AsyncMessage.SESSION_DROPPED));
            owing.expectClosed();
        }
    }

    @Test
    void initiatorsAreAskedToLogOutWhenTheTargetStops() throws Exception {
        try (TestTarget stopping = new TestTarget();
                RawInitiator initiator = open(stopping, 1)) {
            CompletableFuture<Void> closed =
                    CompletableFuture.runAsync(
                            () -> {
                                try {
                                    stopping.close();
                                } catch (Exception e) {
                                    throw new IllegalStateException(e);
                                }
                            });
            AsyncMessage asked = initiator.expect(AsyncMessage.class);
            assertThat(asked.event()).isEqualTo(AsyncMessage.LOGOUT_REQUESTED);
            assertThat(asked.parameter3()).isPositive(); // seconds that it is given
            assertThat(initiator.expect(AsyncMessage.class).event())
                    .isEqualTo(AsyncMessage.SESSION_DROPPED);
            initiator.expectClosed();
            closed.join();
        }
    }
}
