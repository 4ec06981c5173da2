package io.tidegate.initiator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.BlockDeviceContract;
import io.tidegate.iscsi.wire.LoginStatus;
import io.tidegate.iscsi.wire.TaskFunction;
import io.tidegate.scsi.LunAddress;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.SenseKey;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Our initiator against tgtd. */
class TgtInteropTest {

    private static final String US = "iqn.2026-11.io.tidegate:initiator";

    @TempDir Path directory;
    private Tgt tgt;
    private Initiator initiator;
    private InitiatorSettings settings;

    @BeforeEach
    void start() throws Exception {
        tgt = Tgt.start(directory);
        tgt.target(64 << 20);
        initiator = new Initiator(1);
        settings = InitiatorSettings.of(tgt.portal(), US, Tgt.TARGET);
    }

    @AfterEach
    void stop() throws Exception {
        if (initiator != null) {
            initiator.close();
        }
        if (tgt != null) {
            tgt.close();
        }
    }

    @Test
    void findsTheTarget() throws Exception {
        List<DiscoveredTarget> found = initiator.discover(settings);
        assertThat(found).hasSize(1);
        assertThat(found.getFirst().name()).isEqualTo(Tgt.TARGET);
        assertThat(found.getFirst().addresses())
                .containsExactly("127.0.0.1:" + tgt.portal().getPort() + ",1");
    }

    @ParameterizedTest
    @CsvSource({
        "false,false,true,false,262144",
        "true,false,true,true,262144",
        "false,true,false,false,8192",
        "true,true,false,true,4096",
        "true,true,true,false,65536"
    })
    void movesDataWithEveryMixOfDigestsAndUnaskedData(
            boolean header, boolean data, boolean immediate, boolean r2t, int burst)
            throws Exception {
        InitiatorSettings mixed =
                settings.withDigests(header, data)
                        .withData(
                                new InitiatorSettings.DataLimits(
                                        32768, Math.max(burst, 65536), burst, immediate, r2t));
        try (Session session = initiator.connect(mixed);
                RemoteLun lun = session.openLun(1)) {
            assertThat(session.parameters().headerDigest()).isEqualTo(header);
            assertThat(session.parameters().dataDigest()).isEqualTo(data);
            assertThat(session.parameters().immediateData()).isEqualTo(immediate);
            byte[] bytes = new byte[3_000_320 / 512 * 512];
            new Random(burst).nextBytes(bytes);
            lun.write(512, ByteBuffer.wrap(bytes));
            lun.flush();
            ByteBuffer in = ByteBuffer.allocateDirect(bytes.length);
            lun.read(512, in);
            assertThat(in.flip()).isEqualTo(ByteBuffer.wrap(bytes));
        }
    }

    private static Sense sense(CommandResult result) {
        return Objects.requireNonNull(result.sense());
    }

    @Test
    void answersAPingAndSurvivesResets() throws Exception {
        try (Session session = initiator.connect(settings);
                RemoteLun lun = session.openLun(1)) {
            session.ping();
            assertThat(session.taskManagement(TaskFunction.LOGICAL_UNIT_RESET, 1)).isZero();
            // The reset leaves a unit attention, which does not reach the caller.
            lun.write(0, ByteBuffer.allocate(4096));
            assertThat(session.isOpen()).isTrue();
        }
    }

    @Test
    void givesSenseAndResidualsAsTheyAre() throws Exception {
        try (Session session = initiator.connect(settings);
                RemoteLun lun = session.openLun(1)) {
            long address = LunAddress.encode(1);
            byte[] wrong = new byte[16];
            wrong[0] = (byte) 0xdf;
            CommandResult refused = session.execute(address, wrong, null, 0);
            assertThat(refused.checkCondition()).isTrue();
            assertThat(sense(refused).is(Sense.invalidOpcode())).isTrue();

            byte[] beyond = {0x28, 0, 0x7f, 0, 0, 0, 0, 0, 1, 0};
            CommandResult outside = session.execute(address, beyond, null, 512);
            assertThat(sense(outside).key()).isEqualTo(SenseKey.ILLEGAL_REQUEST);

            byte[] two = {0x28, 0, 0, 0, 0, 0, 0, 0, 2, 0};
            CommandResult under = session.execute(address, two, null, 4096);
            assertThat(under.good()).isTrue();
            assertThat(under.underflow()).isTrue();
            assertThat(under.residual()).isEqualTo(3072);
            assertThat(under.data()).hasSize(1024);
            assertThat(lun.geometry().sizeBytes()).isEqualTo(64 << 20);
        }
    }

    @Test
    void keepsManyCommandsInFlight() throws Exception {
        try (Session session = initiator.connect(settings)) {
            List<CompletableFuture<CommandResult>> all = new ArrayList<>();
            List<ByteBuffer> buffers = new ArrayList<>();
            try (RemoteLun lun = session.openLun(1)) {
                ByteBuffer marks = ByteBuffer.allocate(1000 * 512);
                for (int i = 0; i < 1000; i++) {
                    marks.putInt(i * 512, i);
                }
                lun.write(0, marks);
            }
            for (int i = 0; i < 1000; i++) {
                byte[] cdb = {0x28, 0, 0, 0, (byte) (i >> 8), (byte) i, 0, 0, 1, 0};
                ByteBuffer in = ByteBuffer.allocate(512);
                buffers.add(in);
                all.add(session.submit(Command.reading(LunAddress.encode(1), cdb, in)));
            }
            for (int i = 0; i < 1000; i++) {
                assertThat(Session.await(all.get(i)).good()).isTrue();
                assertThat(buffers.get(i).getInt(0)).isEqualTo(i);
            }
        }
    }

    @Test
    void authenticatesOneWay() throws Exception {
        tgt.admin(
                "--op",
                "new",
                "--mode",
                "account",
                "--user",
                "host",
                "--password",
                "secret-of-host");
        tgt.admin("--op", "bind", "--mode", "account", "--tid", "1", "--user", "host");
        Credentials right = Credentials.of("host", "secret-of-host");
        try (Session session = initiator.connect(settings.withChap(right, null))) {
            session.ping();
        }
        Credentials wrong = Credentials.of("host", "secret-of-ghost");
        assertThatExceptionOfType(InitiatorException.class)
                .isThrownBy(() -> initiator.connect(settings.withChap(wrong, null)))
                .satisfies(
                        e ->
                                assertThat(e.loginStatus())
                                        .isEqualTo(LoginStatus.AUTHENTICATION_FAILURE));
        assertThatExceptionOfType(InitiatorException.class)
                .isThrownBy(() -> initiator.connect(settings))
                .satisfies(e -> assertThat(e.reason()).isEqualTo(InitiatorException.Reason.LOGIN));
    }

    @Test
    void authenticatesBothWays() throws Exception {
        tgt.admin(
                "--op",
                "new",
                "--mode",
                "account",
                "--user",
                "host",
                "--password",
                "secret-of-host");
        tgt.admin("--op", "bind", "--mode", "account", "--tid", "1", "--user", "host");
        tgt.admin(
                "--op",
                "new",
                "--mode",
                "account",
                "--user",
                "gate",
                "--password",
                "secret-of-gate");
        tgt.admin(
                "--op", "bind", "--mode", "account", "--tid", "1", "--user", "gate", "--outgoing");
        Credentials own = Credentials.of("host", "secret-of-host");
        try (Session session =
                initiator.connect(
                        settings.withChap(own, Credentials.of("gate", "secret-of-gate")))) {
            session.ping();
        }
        assertThatExceptionOfType(InitiatorException.class)
                .isThrownBy(
                        () ->
                                initiator.connect(
                                        settings.withChap(
                                                own, Credentials.of("gate", "another-secret"))))
                .withMessageContaining("did not prove itself");
    }

    @Test
    void isGoneWhenTheTargetIs() throws Exception {
        Session session = initiator.connect(settings);
        RemoteLun lun = session.openLun(1);
        tgt.close();
        assertThatExceptionOfType(io.tidegate.block.DeviceException.class)
                .isThrownBy(() -> lun.read(0, ByteBuffer.allocate(512)))
                .satisfies(
                        e ->
                                assertThat(e.kind())
                                        .isEqualTo(io.tidegate.block.DeviceException.Kind.GONE));
        assertThat(session.isOpen()).isFalse();
        session.close();
    }

    @Test
    void refusesUnknownTargets() {
        assertThatExceptionOfType(InitiatorException.class)
                .isThrownBy(() -> initiator.connect(settings.withTarget("iqn.2026-11.no:where")))
                .satisfies(e -> assertThat(e.loginStatus()).isEqualTo(LoginStatus.NOT_FOUND));
    }

    /** The contract of devices, over the wire; one tgtd for all, a wiped LUN for each test. */
    @Nested
    class Contract extends BlockDeviceContract {
        private @Nullable Session session;

        @Override
        protected BlockDevice fresh(long sizeBytes) throws Exception {
            Session s = initiator.connect(settings);
            session = s;
            return s.openLun(1);
        }

        /** tgtd announces COMPARE AND WRITE and then refuses it. */
        @Override
        protected int maxUpdateBytes(BlockDevice of) {
            return 0;
        }

        @Override
        protected int randomOperations() {
            return 400;
        }

        @AfterEach
        void closeSession() {
            if (session != null) {
                session.close();
            }
        }
    }
}
