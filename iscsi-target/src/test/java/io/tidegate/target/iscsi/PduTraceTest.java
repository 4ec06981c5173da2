package io.tidegate.target.iscsi;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.ServiceException.Code;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.MalformedPduException;
import io.tidegate.iscsi.wire.Opcode;
import io.tidegate.iscsi.wire.PduDecoder;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.presentation.ChapCredentials;
import io.tidegate.presentation.LoginRule;
import io.tidegate.presentation.SessionTraces;
import io.tidegate.presentation.SessionTraces.Spec;
import io.tidegate.presentation.SessionTraces.TraceInfo;
import io.tidegate.target.iscsi.Pcap.Frame;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Recordings of sessions, read back as an analyser reads them. */
class PduTraceTest {
    private static final String SECRET = "a-secret-of-17-by";
    private static final byte[] DATA = "payload!".repeat(512).getBytes(StandardCharsets.US_ASCII);

    @TempDir Path dir;
    private TestTarget target;

    @BeforeEach
    void start() throws Exception {
        target =
                new TestTarget(
                        TestTarget.settings(Duration.ofSeconds(10), Duration.ofSeconds(5), 64),
                        dir.resolve("traces"));
    }

    @AfterEach
    void stop() throws Exception {
        target.close();
    }

    private SessionTraces traces() {
        return target.server.sessions().traces();
    }

    private long session() {
        return target.server.sessions().sessions().getLast().id();
    }

    private TraceInfo traceSession(String name, int payload) throws ServiceException {
        return traces().start(spec(name, Optional.of(session()), Optional.empty(), payload));
    }

    private static Spec spec(
            String name, Optional<Long> session, Optional<String> initiator, int payload) {
        return new Spec(name, session, initiator, Duration.ofMinutes(5), 1 << 20, payload);
    }

    private static void load(RawInitiator initiator) throws Exception {
        int tag = initiator.command(RawInitiator.cdb(0x2a, 0, 8), true, 4096, true);
        assertThat(tag).isPositive();
        assertThat(initiator.serve(DATA, 1024)).isZero();
        assertThat(initiator.read(0, 8)).isEqualTo(DATA);
        initiator.command(RawInitiator.cdb(0x28, TestTarget.SIZE / 512, 1), false, 512, true);
        assertThat(initiator.expect(TargetPdu.ScsiResponse.class).status()).isEqualTo(2);
    }

    /** What was captured of a direction, cut into PDUs; only for captures without gaps. */
    private static List<Integer> opcodes(List<Frame> frames, boolean in, String keys)
            throws Exception {
        List<Integer> opcodes = new ArrayList<>();
        PduDecoder decoder =
                new PduDecoder(
                        1 << 20,
                        1020,
                        new PduDecoder.Sink() {
                            @Override
                            public void header(ByteBuf buf, int at, int dataLength) {
                                opcodes.add(Bhs.opcode(buf, at));
                            }

                            @Override
                            public void data(ByteBuf buf, int at, int length) {
                                // the digests tell whether it is right
                            }

                            @Override
                            public void end(boolean intact) {
                                assertThat(intact).isTrue();
                            }

                            @Override
                            public void failed(MalformedPduException cause) {
                                throw new AssertionError(cause);
                            }
                        });
        decoder.digests(keys.contains("HeaderDigest"), keys.contains("DataDigest"));
        for (Frame frame : frames) {
            if (in == (frame.toPort() == Pcap.targetPort(frames))) {
                decoder.feed(Unpooled.wrappedBuffer(frame.captured()));
            }
        }
        assertThat(decoder.midPdu()).isFalse();
        return opcodes;
    }

    @ParameterizedTest
    @CsvSource({"''", "HeaderDigest=CRC32C", "HeaderDigest=CRC32C DataDigest=CRC32C"})
    void whatIsRecordedInFullIsWhatWasSent(String keys) throws Exception {
        try (RawInitiator initiator =
                new RawInitiator(target).open("ImmediateData=No InitialR2T=Yes " + keys)) {
            traceSession("full", 64 << 10);
            load(initiator);
            traces().stop("full");
        }
        List<Frame> frames = Pcap.read(dir.resolve("traces/full.pcap"));
        assertThat(opcodes(frames, true, keys))
                .containsExactly(
                        Opcode.SCSI_COMMAND,
                        Opcode.DATA_OUT,
                        Opcode.DATA_OUT,
                        Opcode.DATA_OUT,
                        Opcode.DATA_OUT,
                        Opcode.SCSI_COMMAND,
                        Opcode.SCSI_COMMAND);
        assertThat(opcodes(frames, false, keys))
                .containsExactly(
                        Opcode.R2T, Opcode.SCSI_RESPONSE, Opcode.DATA_IN, Opcode.SCSI_RESPONSE);
        Pcap.checkSequence(frames);
        assertThat(text(frames)).contains("payload!");
    }

    @Test
    void dataOfLunsIsLeftOutUnlessItIsAskedFor() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            traceSession("cut", 0);
            load(initiator);
            TraceInfo told = traces().stop("cut");
            assertThat(told.lost()).isZero();
            assertThat(told.bytes()).isEqualTo(Files.size(told.file()));
            traceSession("some", 12);
            load(initiator);
            traces().stop("some");
        }
        List<Frame> cut = Pcap.read(dir.resolve("traces/cut.pcap"));
        assertThat(text(cut)).doesNotContain("payl");
        Pcap.checkSequence(cut);
        assertThat(cut.stream().mapToLong(Frame::streamLength).sum()).isGreaterThan(8192);
        assertThat(text(Pcap.read(dir.resolve("traces/some.pcap"))))
                .contains("payload!payl")
                .doesNotContain("payload!payload!");
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(dir.resolve("traces"))))
                .isEqualTo("rwx------");
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(dir.resolve("traces/cut.pcap"))))
                .isEqualTo("rw-------");
    }

    @Test
    void aLoginIsRecordedWithoutWhatASecretCouldBeGuessedFrom() throws Exception {
        target.rule =
                new LoginRule.Chap(
                        new ChapCredentials(
                                "user",
                                SECRET.getBytes(StandardCharsets.US_ASCII),
                                Optional.empty()));
        traces().start(spec("login", Optional.empty(), Optional.of(TestTarget.INITIATOR), 0));
        String response = "0x00112233445566778899aabbccddeeff";
        try (RawInitiator initiator = new RawInitiator(target)) {
            initiator.login(false, 0, 1, RawInitiator.NORMAL + " AuthMethod=CHAP");
            initiator.login(false, 0, 1, "CHAP_A=5");
            initiator.login(true, 0, 1, "CHAP_N=user CHAP_R=" + response);
        }
        TraceInfo told = traces().stop("login");
        assertThat(told.of()).isEqualTo(TestTarget.INITIATOR);
        String text = text(Pcap.read(told.file()));
        assertThat(text)
                .contains("InitiatorName=" + TestTarget.INITIATOR, "AuthMethod=CHAP", "CHAP_A=5")
                .contains("CHAP_R=" + "x".repeat(response.length()) + "\0")
                .contains("CHAP_C=xxxx", "CHAP_N=xxxx\0")
                .doesNotContain("CHAP_C=0", response);
    }

    @Test
    void aSecretThatIsSpreadOverPdusIsMaskedToo() throws Exception {
        target.rule =
                new LoginRule.Chap(
                        new ChapCredentials(
                                "user",
                                SECRET.getBytes(StandardCharsets.US_ASCII),
                                Optional.empty()));
        traces().start(spec("spread", Optional.empty(), Optional.of(TestTarget.INITIATOR), 0));
        try (RawInitiator initiator = new RawInitiator(target)) {
            initiator.login(false, 0, 1, RawInitiator.NORMAL + " AuthMethod=CHAP");
            initiator.login(false, 0, 1, "CHAP_A=5");
            byte[] all = RawInitiator.text("CHAP_N=user CHAP_R=0bFirstHalf=SecondHalf");
            initiator.loginPart(true, Arrays.copyOf(all, 28));
            initiator.loginPart(false, Arrays.copyOfRange(all, 28, all.length));
        }
        assertThat(text(Pcap.read(traces().stop("spread").file())))
                .doesNotContain("First", "Half", "Second");
    }

    @Test
    void aRecordingEndsByItselfWhenItIsFullOrItsTimeIsOverOrItsSessionEnds() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            long id = session();
            Duration longEnough = Duration.ofMinutes(5);
            Optional<Long> of = Optional.of(id);
            traces().start(new Spec("full", of, Optional.empty(), longEnough, 8192, 4096));
            while (traces().list().getFirst().running()) {
                initiator.read(0, 8);
            }
            assertThat(traces().list().getFirst().ended()).contains("its file is full");
            TraceInfo full = traces().stop("full");
            assertThat(full.bytes()).isBetween(4096L, 8192L).isEqualTo(Files.size(full.file()));
            Pcap.read(full.file());

            Duration shortly = Duration.ofMillis(1);
            traces().start(new Spec("short", of, Optional.empty(), shortly, 1 << 20, 0));
            while (traces().list().getLast().running()) {
                initiator.read(0, 1);
            }
            assertThat(traces().stop("short").ended()).contains("its time is over");
            initiator.read(0, 1);

            traceSession("last", 0);
            assertThat(initiator.read(0, 1)).hasSize(512);
        }
        while (traces().list().getLast().running()) {
            Thread.onSpinWait();
        }
        assertThat(traces().stop("last").ended()).contains("the session has ended");
        List<Frame> frames = Pcap.read(dir.resolve("traces/last.pcap"));
        assertThat(frames.getLast().fin()).isTrue();
        Pcap.checkSequence(frames);
    }

    @Test
    void limitsAreKept() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("")) {
            refused(Code.INVALID, spec("../x", Optional.of(1L), Optional.empty(), 0));
            refused(Code.INVALID, spec("x", Optional.empty(), Optional.empty(), 0));
            refused(Code.INVALID, spec("x", Optional.of(1L), Optional.of("iqn.x"), 0));
            refused(Code.INVALID, spec("x", Optional.of(1L), Optional.empty(), 65537));
            refused(Code.NOT_FOUND, spec("x", Optional.of(99L), Optional.empty(), 0));
            traceSession("one", 0);
            refused(Code.CONFLICT, spec("two", Optional.of(session()), Optional.empty(), 0));
            assertThatExceptionOfType(ServiceException.class)
                    .isThrownBy(() -> traces().delete("one"))
                    .matches(e -> e.code() == Code.BUSY);
            traces().stop("one");
            refused(Code.CONFLICT, spec("one", Optional.of(session()), Optional.empty(), 0));
            traces().delete("one");
            assertThat(dir.resolve("traces/one.pcap")).doesNotExist();
            assertThatExceptionOfType(ServiceException.class)
                    .isThrownBy(() -> traces().delete("../../passwd"))
                    .matches(e -> e.code() == Code.NOT_FOUND);
            for (int i = 0; i < TraceDesk.MAX_RUNNING; i++) {
                traces().start(
                                spec(
                                        "of" + i,
                                        Optional.empty(),
                                        Optional.of("iqn.2026-11.io.tidegate:nobody" + i),
                                        0));
            }
            refused(Code.CONFLICT, spec("more", Optional.of(session()), Optional.empty(), 0));
            assertThat(initiator.read(0, 1)).hasSize(512);
        }
    }

    private void refused(Code code, Spec spec) {
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(() -> traces().start(spec))
                .matches(e -> e.code() == code);
        assertThat(traces().list()).noneMatch(t -> t.running() && t.name().equals(spec.name()));
    }

    @Test
    void tcpdumpFindsNothingWrong() throws Exception {
        TraceInfo told = recorded();
        List<String> lines = Pcap.run(dir, "tcpdump", "-nn", "-v", "-r", told.file().toString());
        String all = String.join("\n", lines);
        assertThat(all).doesNotContain("incorrect").doesNotContain("bad ").contains("Flags [P.]");
        assertThat(all).contains("(correct)");
    }

    /** Where it is installed: it is large, so nobody has to have it. */
    @Test
    void wiresharkDecodesEachPdu() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/tshark")), "no tshark");
        TraceInfo told = recorded();
        String port = "tcp.port==" + target.address.getPort() + ",iscsi";
        List<String> lines =
                Pcap.run(
                        dir,
                        "tshark",
                        "-r",
                        told.file().toString(),
                        "-d",
                        port,
                        "-T",
                        "fields",
                        "-e",
                        "_ws.col.Protocol",
                        "-e",
                        "iscsi.opcode",
                        "-e",
                        "_ws.expert.message");
        List<String> opcodes = new ArrayList<>();
        for (String line : lines) {
            assertThat(line).startsWith("iSCSI\t").doesNotContain("Malformed");
            opcodes.add(line.split("\t")[1]);
        }
        assertThat(new HashSet<>(opcodes))
                .containsExactlyInAnyOrder("0x01", "0x05", "0x31", "0x21", "0x25");
        assertThat(opcodes).hasSize((int) told.packets());
    }

    private TraceInfo recorded() throws Exception {
        try (RawInitiator initiator = new RawInitiator(target).open("InitialR2T=Yes")) {
            traceSession("seen", 0);
            load(initiator);
            return requireNonNull(traces().stop("seen"));
        }
    }

    private static String text(List<Frame> frames) {
        StringBuilder all = new StringBuilder();
        frames.forEach(f -> all.append(new String(f.captured(), StandardCharsets.ISO_8859_1)));
        return all.toString();
    }
}
