package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.InitiatorPdu.LoginRequest;
import io.tidegate.iscsi.wire.InitiatorPdu.NopOut;
import io.tidegate.iscsi.wire.InitiatorPdu.ScsiCommand;
import io.tidegate.iscsi.wire.InitiatorPdu.SnackRequest;
import io.tidegate.iscsi.wire.InitiatorPdu.TaskManagementRequest;
import io.tidegate.iscsi.wire.InitiatorPdu.TextRequest;
import io.tidegate.iscsi.wire.LoginStatus;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.iscsi.wire.TargetPdu.Reject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Peers that take more than their share. In each test a neighbour writes and compares all the time:
 * it has to go on without an error, while the offender is refused or closed.
 */
@Timeout(60)
class FloodTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(200);

    private static TestTarget with(int connections, int halfOpen, int perHost, int loginMillis)
            throws Exception {
        return new TestTarget(TestTarget.limits(connections, halfOpen, perHost, loginMillis, LONG));
    }

    private static TestTarget usual() throws Exception {
        return with(64, 16, 16, 20_000);
    }

    private static RawInitiator initiator(TestTarget target, int isid) throws Exception {
        RawInitiator made = new RawInitiator(target);
        made.isid += isid;
        return made;
    }

    /** Sends until the target has closed the connection; it may already be closed. */
    private static void sendUntilClosed(RawInitiator initiator, byte[] bytes) {
        try {
            while (true) {
                initiator.raw(bytes);
            }
        } catch (IOException closed) {
            assertThat(closed).isNotNull(); // reset, or a broken pipe
        }
    }

    @Test
    void connectionsBeyondTheLimitAreClosedUntilOneEnds() throws Exception {
        try (TestTarget target = with(3, 16, 16, 20_000);
                Neighbour neighbour = new Neighbour(target);
                RawInitiator second = initiator(target, 1).open("")) {
            RawInitiator third = initiator(target, 2).open("");
            for (int i = 0; i < 20; i++) {
                try (RawInitiator refused = initiator(target, 3)) {
                    refused.expectClosed();
                }
            }
            neighbour.goesOn(5);
            third.close();
            try (RawInitiator next = eventually(target)) {
                assertThat(next.read(0, 1)).hasSize(512);
            }
            assertThat(second.read(0, 1)).hasSize(512);
        }
    }

    /** Tries until a place is free: the target takes note of a close when it reads it. */
    private static RawInitiator eventually(TestTarget target) throws Exception {
        while (true) {
            RawInitiator next = initiator(target, 4);
            if (next.tryLogin()) {
                return next;
            }
            next.close();
        }
    }

    @Test
    void oneHostHasSoManySessionsAndAnotherHasItsOwn() throws Exception {
        try (TestTarget target = with(64, 16, 2, 20_000);
                Neighbour neighbour = new Neighbour(target);
                RawInitiator first = initiator(target, 1).open("");
                RawInitiator second = initiator(target, 2).open("");
                RawInitiator third = initiator(target, 3);
                RawInitiator again = initiator(target, 2)) {
            assertThat(third.loginStatus(1, RawInitiator.NORMAL))
                    .isEqualTo(LoginStatus.OUT_OF_RESOURCES.code());
            third.expectClosed();
            again.open(""); // in the place of the second, so it is none more
            second.expectClosed();
            neighbour.goesOn(5);
            assertThat(first.read(0, 1)).hasSize(512);
            assertThat(again.read(0, 1)).hasSize(512);
        }
    }

    @Test
    void loginsThatNeverEndAreCutOffAndKeepNobodyOut() throws Exception {
        byte[] header = new byte[Bhs.LENGTH];
        header[0] = 0x43;
        header[1] = (byte) 0x87;
        header[6] = 0x10; // 4096 bytes of text
        try (TestTarget target = with(64, 8, 16, 1500);
                Neighbour neighbour = new Neighbour(target);
                RawInitiator mute = initiator(target, 1);
                RawInitiator half = initiator(target, 2);
                RawInitiator textless = initiator(target, 3);
                RawInitiator idle = initiator(target, 4)) {
            half.raw(java.util.Arrays.copyOf(header, 20));
            textless.raw(header);
            idle.login(false, 1, 0, RawInitiator.NORMAL);
            try (RawInitiator fifth = initiator(target, 5)) {
                fifth.expectClosed(); // four of eight is what one address has
            }
            try (RawInitiator other = new RawInitiator(target, "127.0.0.7").open("")) {
                assertThat(other.read(0, 1)).hasSize(512);
            }
            neighbour.goesOn(5);
            mute.expectClosed();
            half.expectClosed();
            textless.expectClosed();
            idle.expectClosed();
            neighbour.goesOn(5);
        }
    }

    /** A byte now and then does not put the end of the login off. */
    @Test
    void aLoginThatComesByteByByteIsCutOff() throws Exception {
        try (TestTarget target = with(64, 8, 16, 500);
                Neighbour neighbour = new Neighbour(target);
                RawInitiator slow = initiator(target, 1)) {
            byte[] header = new byte[Bhs.LENGTH];
            header[0] = 0x43;
            header[1] = (byte) 0x87;
            header[6] = 0x20; // 8192 bytes of text
            slow.raw(header);
            boolean open = true;
            for (int i = 0; i < 8000 && open; i++) {
                try {
                    slow.raw(new byte[] {'a'});
                    neighbour.goesOn(1);
                } catch (IOException closed) {
                    open = false;
                }
            }
            assertThat(open).isFalse();
            neighbour.goesOn(5);
        }
    }

    @Test
    void oversizePdusCloseTheirConnectionBeforeTheyAreTaken() throws Exception {
        try (TestTarget target = usual();
                Neighbour neighbour = new Neighbour(target)) {
            byte[] header = new byte[Bhs.LENGTH];
            header[0] = 0x43;
            header[1] = (byte) 0x87;
            header[6] = 0x20;
            header[7] = 1; // 8193 bytes in a login
            try (RawInitiator login = initiator(target, 1)) {
                login.raw(header);
                login.expectClosed();
            }
            header[6] = 0;
            header[4] = 1; // additional headers in a login
            try (RawInitiator login = initiator(target, 1)) {
                login.raw(header);
                login.raw(new byte[4]);
                login.expectClosed();
            }
            // a write, a ping and text of 16 MiB; a command with 1020 bytes of additional headers
            for (int opcode : new int[] {0x01, 0x40, 0x44, 0x05, -1}) {
                byte[] large = new byte[Bhs.LENGTH];
                large[0] = (byte) (opcode < 0 ? 0x01 : opcode);
                large[1] = (byte) 0x80;
                if (opcode < 0) {
                    large[4] = (byte) 0xff;
                } else {
                    large[5] = large[6] = large[7] = (byte) 0xff;
                }
                try (RawInitiator session = initiator(target, 1).open("")) {
                    session.raw(large);
                    session.expectClosed();
                }
            }
            neighbour.goesOn(5);
        }
    }

    /** Pings, text and refused PDUs whose answers nobody takes. */
    @ParameterizedTest
    @ValueSource(strings = {"ping", "text", "snack"})
    void anEndlessFloodIsHeldUpAndDroppedAndCostsLittle(String kind) throws Exception {
        try (TestTarget target = new TestTarget(TestTarget.limits(64, 16, 16, 20_000, SHORT));
                Neighbour neighbour = new Neighbour(target);
                RawInitiator flood = initiator(target, 1).open("MaxRecvDataSegmentLength=65536")) {
            byte[] pdu =
                    switch (kind) {
                        case "ping" ->
                                flood.bytes(
                                        new NopOut(true, 0, 9, Bhs.NO_TAG, flood.cmdSn, 0),
                                        new byte[60_000]);
                        case "text" ->
                                flood.bytes(
                                        new TextRequest(
                                                true,
                                                true,
                                                false,
                                                0,
                                                9,
                                                Bhs.NO_TAG,
                                                flood.cmdSn,
                                                0),
                                        RawInitiator.text("SendTargets="));
                        default -> flood.bytes(new SnackRequest(0, 0, 1, -1, 0, 0, 0));
                    };
            long before = held();
            Thread sender = new Thread(() -> sendUntilClosed(flood, pdu), "flood");
            sender.start();
            long most = before;
            while (sender.isAlive()) {
                neighbour.goesOn(1);
                most = Math.max(most, held());
            }
            assertThat(most - before).isLessThan(48L << 20);
            neighbour.goesOn(5);
            assertThat(target.server.sessions().sessions()).hasSize(1);
        }
    }

    private static long held() {
        long pooled = PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
        return Math.max(pooled, PlatformDependent.usedDirectMemory());
    }

    /** It asks for more than any buffer takes and reads nothing. */
    @Test
    void readsThatNobodyTakesAreHeldUpAndTheirSessionDropped() throws Exception {
        try (TestTarget target = new TestTarget(TestTarget.limits(64, 16, 16, 20_000, SHORT));
                Neighbour neighbour = new Neighbour(target);
                RawInitiator deaf = initiator(target, 1).open("")) {
            for (int i = 0; i < 16; i++) {
                deaf.command(RawInitiator.cdb(0x28, 0, 8192), false, 8192 * 512, true);
            }
            while (target.server.sessions().sessions().size() > 1) {
                neighbour.goesOn(1);
            }
            neighbour.goesOn(5);
        }
    }

    @Test
    void immediateCommandsAndTaskManagementAreRefusedBeyondTheirNumber() throws Exception {
        try (TestTarget target = usual();
                Neighbour neighbour = new Neighbour(target);
                RawInitiator many = initiator(target, 1).open("ImmediateData=No")) {
            byte[] cdb = RawInitiator.cdb(0x2a, 0, 1); // waits for its data
            List<Integer> tags = new ArrayList<>();
            int refused = 0;
            for (int i = 0; i < 20; i++) {
                int tag = 5000 + i;
                many.send(
                        new ScsiCommand(
                                true, true, false, true, 1, 0, tag, 512, many.cmdSn, 0, cdb, 0));
                TargetPdu answer = many.expect(TargetPdu.class);
                if (answer instanceof Reject reject) {
                    assertThat(reject.reason()).isEqualTo(Reject.TOO_MANY_IMMEDIATE);
                    refused++;
                } else {
                    assertThat(answer).isInstanceOf(TargetPdu.R2t.class);
                    tags.add(tag);
                }
            }
            assertThat(refused).isEqualTo(4);
            neighbour.goesOn(5);
            // an abort makes room again
            many.send(
                    new TaskManagementRequest(
                            true, 1, 0, 77, tags.getFirst(), many.cmdSn, 0, many.cmdSn, 0));
            many.expect(TargetPdu.TaskManagementResponse.class);
            many.send(
                    new ScsiCommand(
                            true, true, false, true, 1, 0, 6000, 512, many.cmdSn, 0, cdb, 0));
            many.expect(TargetPdu.R2t.class);
        }
    }

    @Test
    void taskManagementThatWaitsIsRefusedBeyondItsNumber() throws Exception {
        try (TestTarget target = usual();
                RawInitiator many = initiator(target, 1).open("")) {
            target.device.hold();
            int tag = many.command(RawInitiator.cdb(0x2a, 0, 1), true, 512, true, new byte[512]);
            target.device.awaitBegun();
            for (int i = 0; i < 40; i++) {
                many.send(
                        new TaskManagementRequest(
                                true, 2, 0, 7000 + i, -1, many.cmdSn, 0, 0, 0)); // ABORT TASK SET
            }
            for (int i = 0; i < 8; i++) {
                assertThat(many.expect(Reject.class).reason()).isEqualTo(Reject.TOO_MANY_IMMEDIATE);
            }
            target.device.letGo();
            for (int i = 0; i < 32; i++) {
                assertThat(many.expect(TargetPdu.TaskManagementResponse.class).response()).isZero();
            }
            assertThat(tag).isPositive();
            many.ping();
        }
    }

    @Test
    void onlySoManyPdusInARowAreRefusedBeforeTheirConnectionIs() throws Exception {
        try (TestTarget target = usual();
                Neighbour neighbour = new Neighbour(target);
                RawInitiator odd = initiator(target, 1).open("")) {
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < 100; i++) {
                    odd.send(new SnackRequest(0, 0, 1, -1, 0, 0, 0));
                    assertThat(odd.expect(Reject.class).reason()).isEqualTo(Reject.SNACK_REJECT);
                }
                odd.ping(); // what is right in between starts the count anew
            }
            for (int i = 0; i < 129; i++) {
                odd.send(new SnackRequest(0, 0, 1, -1, 0, 0, 0));
            }
            odd.expectClosed();
            neighbour.goesOn(5);
        }
    }

    /** Requests of a login without end are few: each is answered. */
    @Test
    void aLoginHasSoManyRequests() throws Exception {
        try (TestTarget target = usual();
                Neighbour neighbour = new Neighbour(target);
                RawInitiator endless = initiator(target, 1)) {
            int status = 0;
            int count = 0;
            String keys = RawInitiator.NORMAL;
            while (status == 0 && count < 100) {
                LoginRequest request = new LoginRequest(false, false, 1, 0, 0, 0, 9, 0, 5, 0, 1, 0);
                endless.send(request, RawInitiator.text(keys));
                status = endless.expect(TargetPdu.LoginResponse.class).status();
                keys = "";
                count++;
            }
            assertThat(status).isEqualTo(LoginStatus.INITIATOR_ERROR.code());
            assertThat(count).isEqualTo(65);
            endless.expectClosed();
            neighbour.goesOn(5);
        }
    }

    @Test
    void connectionsThatComeAndGoLeaveNothingBehind() throws Exception {
        try (TestTarget target = usual();
                Neighbour neighbour = new Neighbour(target)) {
            for (int i = 0; i < 200; i++) {
                try (RawInitiator gone = initiator(target, 1)) {
                    if (i % 2 == 0) {
                        gone.raw(new byte[i % 47]);
                    }
                }
            }
            neighbour.goesOn(5);
            try (RawInitiator next = eventually(target)) {
                while (target.server.snapshot().connections() > 2) {
                    neighbour.goesOn(1);
                }
                assertThat(next.read(0, 1)).hasSize(512);
            }
        }
    }
}
