package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.presentation.SessionControl.Amount;
import io.tidegate.presentation.SessionControl.LunUse;
import io.tidegate.presentation.SessionControl.SessionDetails;
import io.tidegate.presentation.SessionControl.SessionInfo;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is told of sessions, and what is counted. */
class SessionFactsTest {
    private TestTarget target;

    @BeforeEach
    void start() throws Exception {
        target = new TestTarget();
    }

    @AfterEach
    void stop() throws Exception {
        target.close();
    }

    private SessionDetails details() {
        long id = target.server.sessions().sessions().getFirst().id();
        return target.server.sessions().details(id).toCompletableFuture().join().orElseThrow();
    }

    private static void write(RawInitiator initiator, int blocks) throws Exception {
        byte[] data = new byte[blocks * 512];
        initiator.command(RawInitiator.cdb(0x2a, 0, blocks), true, data.length, true, data);
        assertThat(initiator.expect(TargetPdu.ScsiResponse.class).status()).isZero();
    }

    @Test
    void aSessionTellsItsTrafficAndItsLuns() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            initiator.read(0, 8);
            initiator.read(8, 4);
            write(initiator, 2);
            initiator.command(RawInitiator.cdb(0x28, TestTarget.SIZE / 512, 1), false, 512, true);
            assertThat(initiator.expect(TargetPdu.ScsiResponse.class).status()).isEqualTo(2);
            SessionInfo info = target.server.sessions().sessions().getFirst();
            assertThat(info.use().host()).isEqualTo("host");
            assertThat(info.use().luns()).isEqualTo(1);
            assertThat(info.use().portal()).endsWith(":" + target.address.getPort());
            assertThat(info.use().traffic().reads()).isEqualTo(new Amount(2, 0, 12 * 512));
            assertThat(info.use().traffic().writes()).isEqualTo(new Amount(1, 0, 1024));
            assertThat(info.use().traffic().others().errors()).isPositive();
            LunUse lun = details().luns().getFirst();
            assertThat(lun.unit()).isEqualTo("unit");
            assertThat(lun.traffic()).isEqualTo(info.use().traffic());
            assertThat(lun.lastWrite()).isPresent();
            assertThat(lun.attentions()).isEmpty();
        }
    }

    @Test
    void attentionsThatAreOwedAreToldInTheirOrder() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target)) {
            initiator.login(true, 1, 3, RawInitiator.NORMAL);
            assertThat(details().luns().getFirst().attentions()).containsExactly("29/00");
            assertThat(details().window().orElseThrow().idle()).isEmpty();
        }
    }

    @Test
    void theWindowAndWhatWasAgreedAreTold() throws Exception {
        String wanted = "HeaderDigest=CRC32C MaxBurstLength=65536 InitialR2T=Yes";
        try (RawInitiator initiator = new RawInitiator(target).open(wanted)) {
            target.unit.closeGate();
            initiator.command(RawInitiator.cdb(0x28, 0, 1), false, 512, true);
            initiator.send(
                    new io.tidegate.iscsi.wire.InitiatorPdu.NopOut(
                            true, 0, 9, -1, initiator.cmdSn, 0));
            initiator.expect(TargetPdu.NopIn.class); // the read is there, and waits
            SessionDetails told = details();
            assertThat(told.parameters())
                    .containsEntry("HeaderDigest", "CRC32C")
                    .containsEntry("DataDigest", "None")
                    .containsEntry("MaxBurstLength", "65536")
                    .containsEntry("InitialR2T", "Yes")
                    .containsEntry("ErrorRecoveryLevel", "0")
                    .hasSize(15);
            var window = told.window().orElseThrow();
            assertThat(window.expCmdSn()).isEqualTo(initiator.cmdSn);
            assertThat(window.outstanding()).isEqualTo(1);
            assertThat(window.size()).isEqualTo(TargetSettings.DEFAULT.firstWindow());
            assertThat(window.maxCmdSn()).isEqualTo(initiator.cmdSn - 1 + window.size() - 1);
            assertThat(window.idle()).isPresent();
            TargetMetrics.Load load = target.server.snapshot().load();
            assertThat(load.outstandingCommands()).isEqualTo(1);
            assertThat(load.windowCommands()).isEqualTo(window.size());
            assertThat(load.silentLoops()).isZero();
            target.unit.open();
        }
        assertThat(target.server.sessions().details(4711).toCompletableFuture().join())
                .isEqualTo(Optional.empty());
    }

    @Test
    void whatAUnitHasCountedStaysWithTheSessionWhenTheUnitGoes() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            initiator.read(0, 8);
            target.removeUnit();
            assertThat(target.server.snapshot().units()).isEmpty();
            TargetMetrics.Session row = target.server.snapshot().sessions().getFirst();
            assertThat(row.reads().count()).isEqualTo(1);
            initiator.read(0, 8); // it is there again
            assertThat(target.server.snapshot().units().getFirst().reads().count()).isEqualTo(1);
            row = target.server.snapshot().sessions().getFirst();
            assertThat(row.reads().count()).isEqualTo(2);
            assertThat(row.reads().bytes()).isEqualTo(2 * 8 * 512);
            assertThat(row.reads().buckets().stream().mapToLong(n -> n).sum()).isEqualTo(2);
        }
    }

    @Test
    void buffersThatAreHeldAreToldAndEachWayToFailHasARow() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            target.device.hold();
            byte[] data = new byte[4096];
            initiator.command(RawInitiator.cdb(0x2a, 0, 8), true, 4096, true, data);
            target.device.awaitBegun();
            TargetMetrics told = target.server.snapshot();
            assertThat(told.load().writeBufferBytes()).isEqualTo(4096);
            assertThat(told.load().writeBufferLimitBytes()).isEqualTo(64 << 20);
            assertThat(told.loginFailures())
                    .containsEntry("AUTHENTICATION_FAILURE", 0L)
                    .doesNotContainKey("SUCCESS");
            target.device.letGo();
            assertThat(initiator.expect(TargetPdu.ScsiResponse.class).status()).isZero();
            assertThat(target.server.snapshot().load().writeBufferBytes()).isZero();
        }
    }
}
