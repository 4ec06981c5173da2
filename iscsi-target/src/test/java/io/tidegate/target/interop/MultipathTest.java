package io.tidegate.target.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.MemoryDevice;
import io.tidegate.initiator.CommandResult;
import io.tidegate.initiator.Initiator;
import io.tidegate.initiator.InitiatorException;
import io.tidegate.initiator.InitiatorSettings;
import io.tidegate.initiator.Session;
import io.tidegate.iscsi.wire.TaskFunction;
import io.tidegate.scsi.PersistentList;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.SenseKey;
import io.tidegate.scsi.Status;
import io.tidegate.target.attention.Attention;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One LUN by two portals: what each path sees of the other, and what a host loses with a path. */
class MultipathTest {

    private static final int REGISTER = 6; // and ignore the existing key
    private static final int RESERVE = 1;
    private static final int CLEAR = 3;
    private static final int PREEMPT = 4;
    private static final int WRITE_EXCLUSIVE = 1;
    private static final int WRITE_EXCLUSIVE_REGISTRANTS = 5;

    private final MemoryDevice memory = MemoryDevice.ofBytes(16 << 20);
    private OneTarget target;
    private Initiator initiator;

    @BeforeEach
    void start() throws Exception {
        target = new OneTarget(List.<BlockDevice>of(memory));
        initiator = new Initiator(1);
    }

    @AfterEach
    void stop() {
        initiator.close();
        target.close();
    }

    /** Two paths of one host, which have told what they owed for the login. */
    private final class Paths implements AutoCloseable {
        final Session one;
        final Session two;

        /**
         * @param second portal of the second path; the first one's has another target port
         */
        Paths(int second) throws Exception {
            one = settled(connect(target.portals().getFirst()));
            two = settled(connect(target.portals().get(second)));
        }

        @Override
        public void close() {
            one.close();
            two.close();
        }
    }

    private Session connect(InetSocketAddress portal) throws InitiatorException {
        return initiator.connect(InitiatorSettings.of(portal, OneTarget.US, OneTarget.NAME));
    }

    private static Session settled(Session session) throws InitiatorException {
        for (int i = 0; i < 8; i++) {
            if (ready(session).good()) {
                return session;
            }
        }
        throw new AssertionError("attentions without end");
    }

    private static CommandResult ready(Session session) throws InitiatorException {
        return session.execute(0, new byte[6], null, 0);
    }

    private static CommandResult run(Session session, String cdb, byte... data)
            throws InitiatorException {
        byte[] bytes = HexFormat.of().parseHex(cdb.replace(" ", ""));
        return session.execute(0, bytes, data.length == 0 ? null : ByteBuffer.wrap(data), 0);
    }

    private static CommandResult write(Session session) throws InitiatorException {
        return run(session, "2a 00 00 00 00 00 00 00 01 00", new byte[512]);
    }

    private static CommandResult persistent(
            Session session, int action, int type, long key, long actionKey)
            throws InitiatorException {
        byte[] list =
                new PersistentList(key, actionKey, null, false, false, false, 0, null).encode();
        byte[] cdb =
                ByteBuffer.allocate(10)
                        .put(0, (byte) 0x5f)
                        .put(1, (byte) action)
                        .put(2, (byte) type)
                        .putInt(5, list.length)
                        .array();
        return session.execute(0, cdb, ByteBuffer.wrap(list), 0);
    }

    private static void good(CommandResult result) {
        assertThat(result.good()).as(result.describe()).isTrue();
    }

    private static void conflict(CommandResult result) {
        assertThat(result.status())
                .as(result.describe())
                .isEqualTo(Status.RESERVATION_CONFLICT.code());
    }

    private static void told(CommandResult result, Attention attention) {
        Sense sense = result.sense();
        assertThat(sense).as(result.describe()).isNotNull();
        assertThat(sense != null && sense.is(attention.sense())).as(result.describe()).isTrue();
    }

    /** By the same portal it differs in the ISID only. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aRegistrationIsThePathsOwn(int second) throws Exception {
        try (Paths paths = new Paths(second)) {
            good(persistent(paths.one, REGISTER, 0, 0, 1));
            good(persistent(paths.one, RESERVE, WRITE_EXCLUSIVE, 1, 0));
            good(write(paths.one));
            conflict(write(paths.two));
            conflict(persistent(paths.two, RESERVE, WRITE_EXCLUSIVE, 1, 0)); // not registered
            good(persistent(paths.two, REGISTER, 0, 0, 1)); // multipath uses one key on all
            conflict(write(paths.two));
            good(persistent(paths.one, CLEAR, 0, 1, 0));
            told(ready(paths.two), Attention.RESERVATIONS_PREEMPTED);
            good(write(paths.two));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void registeredPathsShareAReservationOfRegistrants(int second) throws Exception {
        try (Paths paths = new Paths(second)) {
            good(persistent(paths.one, REGISTER, 0, 0, 1));
            good(persistent(paths.two, REGISTER, 0, 0, 1));
            good(persistent(paths.one, RESERVE, WRITE_EXCLUSIVE_REGISTRANTS, 1, 0));
            good(write(paths.one));
            good(write(paths.two));
            try (Session other = settled(connect(target.portals().get(1)))) {
                conflict(write(other));
                good(persistent(other, REGISTER, 0, 0, 9));
                good(persistent(other, PREEMPT, WRITE_EXCLUSIVE_REGISTRANTS, 9, 1));
                for (Session lost : List.of(paths.one, paths.two)) {
                    told(ready(lost), Attention.REGISTRATIONS_PREEMPTED);
                    conflict(write(lost));
                }
                good(write(other));
                good(persistent(other, CLEAR, 0, 9, 0));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void reserveSixIsThePathsOwnAndGoesWithIt(int second) throws Exception {
        try (Paths paths = new Paths(second)) {
            good(run(paths.one, "16 00 00 00 00 00"));
            conflict(write(paths.two));
            paths.one.close();
            // The logout is answered before the nexus is gone.
            CommandResult result = write(paths.two);
            while (result.status() == Status.RESERVATION_CONFLICT.code()) {
                result = write(paths.two);
            }
            good(result);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void attentionsAreOwedToEachPathApart(int second) throws Exception {
        try (Paths paths = new Paths(second)) {
            byte[] descriptorSense = new byte[16];
            System.arraycopy(new byte[] {0x0a, 0x0a, 0x04, 0x10}, 0, descriptorSense, 4, 4);
            good(run(paths.one, "15 10 00 00 10 00", descriptorSense));
            good(ready(paths.one)); // its own change is no news to it
            told(ready(paths.two), Attention.MODE_CHANGED);
            good(ready(paths.two));
            assertThat(paths.two.taskManagement(TaskFunction.LOGICAL_UNIT_RESET, 0))
                    .isEqualTo(TaskFunction.COMPLETE);
            told(ready(paths.one), Attention.UNIT_RESET);
            told(ready(paths.two), Attention.UNIT_RESET);
            good(ready(paths.one));
            good(ready(paths.two));
        }
    }

    /** Each writes its own blocks with growing numbers, by turns on both paths. */
    @Test
    void aPathThatIsLostUnderLoadCostsTheHostNothing() throws Exception {
        try (Cable first = new Cable(target.portals().getFirst());
                Cable second = new Cable(target.portals().get(1));
                Host host = new Host(List.of(first, second));
                ExecutorService lanes = Executors.newFixedThreadPool(Host.LANES)) {
            AtomicBoolean stop = new AtomicBoolean();
            List<Future<?>> running = new ArrayList<>();
            for (int lane = 0; lane < Host.LANES; lane++) {
                int mine = lane;
                running.add(
                        lanes.submit(
                                () -> {
                                    host.load(mine, stop);
                                    return null;
                                }));
            }
            try {
                for (int round = 0; round < 8; round++) {
                    host.awaitWrites(300, running);
                    List.of(first, second).get(round % 2).cut();
                    host.awaitLost(round % 2);
                    host.awaitWrites(300, running);
                    host.connect(round % 2);
                }
            } finally {
                stop.set(true);
            }
            for (Future<?> lane : running) {
                lane.get();
            }
            assertThat(host.resent.get()).isPositive();
            host.verify();
        }
    }

    /** A host that sends a command again by the other path when one is lost. */
    private final class Host implements AutoCloseable {
        static final int LANES = 6;
        private static final int BLOCKS = 64; // of each lane
        private static final int BYTES = 4096;

        private final List<Cable> cables;
        private final AtomicReferenceArray<Session> paths = new AtomicReferenceArray<>(2);
        private final long[] written = new long[LANES * BLOCKS]; // each by its lane only
        private final AtomicLong writes = new AtomicLong();
        final AtomicLong resent = new AtomicLong();

        Host(List<Cable> cables) throws Exception {
            this.cables = cables;
            connect(0);
            connect(1);
        }

        void connect(int path) throws InitiatorException {
            paths.set(path, MultipathTest.this.connect(cables.get(path).end()));
        }

        void load(int lane, AtomicBoolean stop) throws InterruptedException {
            Random random = new Random(lane);
            ByteBuffer data = ByteBuffer.allocateDirect(BYTES);
            for (int turn = lane; !stop.get(); turn++) {
                int block = lane * BLOCKS + random.nextInt(BLOCKS);
                written[block]++;
                data.clear();
                while (data.hasRemaining()) {
                    data.putLong(written[block]).putLong(block);
                }
                execute(turn, cdb(0x2a, block), data.flip(), 0);
                writes.incrementAndGet();
            }
        }

        private CommandResult execute(int turn, byte[] cdb, ByteBuffer out, int in) {
            for (int path = turn % 2; ; ) {
                try {
                    CommandResult result =
                            paths.get(path).execute(0, cdb, in > 0 ? null : out.duplicate(), in);
                    Sense sense = result.sense();
                    if (sense == null || sense.key() != SenseKey.UNIT_ATTENTION) {
                        good(result);
                        return result;
                    }
                } catch (InitiatorException e) {
                    resent.incrementAndGet();
                    path = 1 - path;
                    assertThat(paths.get(path).isOpen()).as("one path is left").isTrue();
                }
            }
        }

        void awaitWrites(int more, List<Future<?>> lanes) throws Exception {
            long until = writes.get() + more;
            while (writes.get() < until) {
                for (Future<?> lane : lanes) {
                    if (lane.isDone()) {
                        lane.get(); // says why
                    }
                }
                Thread.onSpinWait();
            }
        }

        void awaitLost(int path) {
            while (paths.get(path).isOpen()) {
                Thread.onSpinWait();
            }
        }

        /** By both paths: all that was acknowledged, which is all that was sent. */
        void verify() {
            assertThat(writes.get()).isPositive();
            for (int turn = 0; turn < 2; turn++) {
                for (int block = 0; block < written.length; block++) {
                    ByteBuffer none = ByteBuffer.allocate(0);
                    ByteBuffer data = execute(turn, cdb(0x28, block), none, BYTES).dataIn();
                    while (data.hasRemaining()) {
                        assertThat(data.getLong()).as("block %d", block).isEqualTo(written[block]);
                        assertThat(data.getLong()).isEqualTo(written[block] == 0 ? 0 : block);
                    }
                }
            }
        }

        private static byte[] cdb(int opcode, int block) {
            return ByteBuffer.allocate(10)
                    .put(0, (byte) opcode)
                    .putInt(2, block * (BYTES / 512))
                    .putShort(7, (short) (BYTES / 512))
                    .array();
        }

        @Override
        public void close() {
            for (int path = 0; path < 2; path++) {
                paths.get(path).drop();
            }
        }
    }
}
