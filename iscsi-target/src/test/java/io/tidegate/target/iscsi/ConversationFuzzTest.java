package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.InitiatorPdu;
import io.tidegate.iscsi.wire.InitiatorPdu.DataOut;
import io.tidegate.iscsi.wire.InitiatorPdu.LoginRequest;
import io.tidegate.iscsi.wire.InitiatorPdu.LogoutRequest;
import io.tidegate.iscsi.wire.InitiatorPdu.NopOut;
import io.tidegate.iscsi.wire.InitiatorPdu.ScsiCommand;
import io.tidegate.iscsi.wire.InitiatorPdu.TaskManagementRequest;
import io.tidegate.iscsi.wire.InitiatorPdu.TextRequest;
import io.tidegate.iscsi.wire.TextKey;
import io.tidegate.iscsi.wire.TextPair;
import io.tidegate.presentation.ChapCredentials;
import io.tidegate.presentation.LoginRule;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/**
 * Whole conversations with something wrong in them, over real sockets: noise, logins of odd keys
 * and stages, PDUs with wrong bits, cut off, sent twice or in another order. Each ends in answers
 * that can be read and a closed connection; none is a fault of the target, leaves anything behind
 * or harms a neighbour. {@code -Dconversation.fuzz.seed} replays a run, {@code
 * -Dconversation.fuzz.seconds} makes each run that long.
 */
class ConversationFuzzTest {
    private static final int CONVERSATIONS = 400; // in a run without a time
    private static final long SECONDS = Long.getLong("conversation.fuzz.seconds", 0);
    private static final String[] VALUES = {
        "Yes",
        "No",
        "None",
        "0",
        "1",
        "512",
        "16777215",
        "99999999999999999999",
        "0xff",
        "-1",
        "",
        "Reject",
        "NotUnderstood",
        "Irrelevant",
        "CHAP",
        "CHAP,None",
        "5",
        "0x00",
        "0b!",
        "a,b,,c",
        "Discovery",
        "Normal",
        "All",
        TestTarget.NAME,
        TestTarget.INITIATOR,
        "\u20ac",
        "a=b",
    };

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private int tag = 100;

    static LongStream seeds() {
        Long replayed = Long.getLong("conversation.fuzz.seed");
        return replayed != null
                ? LongStream.of(replayed)
                : LongStream.of(1, 2, new Random().nextLong());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void nothingThatIsSaidHarmsTheTarget(long seed) throws Exception {
        Logger root = (Logger) LoggerFactory.getLogger("io.tidegate");
        Level level = root.getLevel();
        root.setLevel(Level.ERROR);
        log.start();
        root.addAppender(log);
        Random random = new Random(seed);
        long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
        try (TestTarget target = new TestTarget();
                Neighbour neighbour = new Neighbour(target)) {
            for (int i = 0; SECONDS > 0 ? System.nanoTime() < end : i < CONVERSATIONS; i++) {
                target.rule = rule(random);
                target.discoveryRule = rule(random);
                converse(target, random);
                if (i % 50 == 0) {
                    neighbour.goesOn(1);
                }
                assertThat(log.list).as("seed %d, conversation %d", seed, i).isEmpty();
            }
            while (target.server.snapshot().connections() > 1
                    || target.server.sessions().sessions().size() > 1) {
                neighbour.goesOn(1); // what is left of the last ones ends
            }
            neighbour.goesOn(5);
            // the test is worth little when nothing gets beyond the login
            assertThat(target.server.snapshot().logins()).isGreaterThan(CONVERSATIONS / 4);
        } finally {
            root.detachAppender(log);
            root.setLevel(level);
        }
        assertThat(log.list).as("seed %d", seed).isEmpty();
    }

    private static LoginRule rule(Random random) {
        return random.nextInt(4) > 0
                ? new LoginRule.Open()
                : new LoginRule.Chap(
                        new ChapCredentials("user", LoginTest.SECRET, Optional.empty()));
    }

    private void converse(TestTarget target, Random random) throws Exception {
        try (RawInitiator peer = new RawInitiator(target)) {
            List<byte[]> pdus = new ArrayList<>();
            if (random.nextBoolean()) { // a right login, so that what follows is in a session
                target.rule = new LoginRule.Open();
                peer.isid = random.nextInt(3);
                peer.login(true, 1, 3, RawInitiator.NORMAL);
                session(peer, random, pdus);
                mutate(random, pdus);
            } else if (random.nextInt(20) == 0) {
                byte[] noise = new byte[random.nextInt(300)];
                random.nextBytes(noise);
                pdus.add(noise);
            } else {
                login(peer, random, pdus);
                session(peer, random, pdus);
                mutate(random, pdus);
            }
            ByteArrayOutputStream whole = new ByteArrayOutputStream();
            pdus.forEach(whole::writeBytes);
            byte[] bytes = whole.toByteArray();
            int cut = random.nextInt(8) == 0 ? random.nextInt(bytes.length + 1) : bytes.length;
            peer.rawThenNoMore(Arrays.copyOf(bytes, cut), 1 + random.nextInt(500));
            while (peer.next() != null) {
                // each answer was read as the PDU that it says it is
            }
        }
    }

    private static void login(RawInitiator peer, Random random, List<byte[]> pdus) {
        boolean discovery = random.nextInt(4) == 0;
        List<TextPair> pairs = new ArrayList<>();
        pairs.add(TextKey.INITIATOR_NAME.with(TestTarget.INITIATOR));
        pairs.add(
                discovery
                        ? TextKey.SESSION_TYPE.with("Discovery")
                        : TextKey.TARGET_NAME.with(TestTarget.NAME));
        boolean secure = random.nextInt(3) == 0;
        if (secure) {
            pairs.add(TextKey.AUTH_METHOD.with(random.nextBoolean() ? "CHAP,None" : "None"));
        }
        odd(random, pairs);
        byte[] text = TextPair.encode(pairs);
        int cut = random.nextInt(3) == 0 ? random.nextInt(text.length) : 0;
        int stage = secure ? 0 : 1;
        if (cut > 0) {
            pdus.add(peer.bytes(request(false, true, stage, 0, random), Arrays.copyOf(text, cut)));
        }
        int next = secure && random.nextBoolean() ? 1 : 3;
        pdus.add(
                peer.bytes(
                        request(true, false, stage, next, random),
                        Arrays.copyOfRange(text, cut, text.length)));
        if (next == 1) {
            List<TextPair> more = new ArrayList<>();
            odd(random, more);
            pdus.add(peer.bytes(request(true, false, 1, 3, random), TextPair.encode(more)));
        }
    }

    /** Digests are left out: then answers can be read whatever was agreed. */
    private static void odd(Random random, List<TextPair> pairs) {
        TextKey[] keys = TextKey.values();
        for (int i = random.nextInt(6); i > 0; i--) {
            TextKey key = keys[random.nextInt(keys.length)];
            if (key != TextKey.HEADER_DIGEST && key != TextKey.DATA_DIGEST) {
                String value = VALUES[random.nextInt(VALUES.length)];
                pairs.add(
                        random.nextInt(8) == 0
                                ? new TextPair("X-" + random.nextInt(9), value)
                                : key.with(value));
            }
        }
    }

    private static LoginRequest request(
            boolean transit, boolean more, int stage, int next, Random random) {
        int tsih = random.nextInt(30) == 0 ? random.nextInt(4) : 0;
        return new LoginRequest(
                transit, more, stage, next, 0, 0, random.nextInt(3), tsih, 5, 1, 1, 0);
    }

    private void session(RawInitiator peer, Random random, List<byte[]> pdus) {
        int sn = 1;
        for (int i = random.nextInt(10); i > 0; i--) {
            int it = tag++;
            boolean now = random.nextBoolean();
            InitiatorPdu pdu =
                    switch (random.nextInt(7)) {
                        case 0 -> new NopOut(true, 0, it, Bhs.NO_TAG, sn, 0);
                        case 1 ->
                                new TextRequest(
                                        now, true, false, 0, it, Bhs.NO_TAG, now ? sn : sn++, 0);
                        case 2 ->
                                new TaskManagementRequest(true, 1, 0, it, it - 1, sn, 0, sn - 1, 0);
                        case 3 -> new LogoutRequest(true, random.nextInt(4), it, 1, sn, 0);
                        case 4 ->
                                new DataOut(
                                        random.nextBoolean(),
                                        0,
                                        it - 1,
                                        random.nextInt(3) - 1,
                                        0,
                                        random.nextInt(3),
                                        512 * random.nextInt(3));
                        case 5 -> scsi(0x2a, now, it, now ? sn : sn++);
                        default -> scsi(0x28, now, it, now ? sn : sn++);
                    };
            byte[] data = new byte[0];
            if (pdu instanceof TextRequest) {
                List<TextPair> pairs = new ArrayList<>();
                pairs.add(TextKey.SEND_TARGETS.with(VALUES[random.nextInt(VALUES.length)]));
                odd(random, pairs);
                data = TextPair.encode(pairs);
            } else if (pdu instanceof NopOut || pdu instanceof DataOut || write(pdu)) {
                data = new byte[512 * random.nextInt(3)];
            }
            pdus.add(peer.bytes(pdu, data));
        }
    }

    private static boolean write(InitiatorPdu pdu) {
        return pdu instanceof ScsiCommand command && command.write();
    }

    /** Of the first blocks, which are not the neighbour's. */
    private static ScsiCommand scsi(int opcode, boolean now, int tag, int sn) {
        boolean write = opcode == 0x2a;
        byte[] cdb = RawInitiator.cdb(opcode, 0, 4);
        return new ScsiCommand(now, true, !write, write, 1, 0, tag, 2048, sn, 0, cdb, 0);
    }

    /** Turns bits, doubles, drops and swaps; leaves CDBs alone, which have a test of their own. */
    private static void mutate(Random random, List<byte[]> pdus) {
        for (int i = pdus.isEmpty() ? 0 : random.nextInt(4); i > 0; i--) {
            int at = random.nextInt(pdus.size());
            byte[] pdu = pdus.get(at).clone();
            switch (random.nextInt(5)) {
                case 0, 1 -> pdu[random.nextInt(32)] ^= (byte) (1 << random.nextInt(8));
                case 2 -> {
                    if (pdu.length > Bhs.LENGTH) {
                        int in = Bhs.LENGTH + random.nextInt(pdu.length - Bhs.LENGTH);
                        pdu[in] = (byte) random.nextInt(256);
                    }
                }
                case 3 -> pdus.add(random.nextInt(pdus.size() + 1), pdu.clone());
                default -> pdus.add(random.nextInt(pdus.size()), pdus.remove(at).clone());
            }
            if ((pdu[0] & 0x3f) == 2) {
                pdu[1] = (byte) 0x81; // no reset: that is meant to harm the neighbour
            }
            if (at < pdus.size()) {
                pdus.set(at, pdu);
            }
        }
    }
}
