package io.tidegate.target.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.MemoryDevice;
import io.tidegate.initiator.DiscoveredTarget;
import io.tidegate.initiator.Initiator;
import io.tidegate.initiator.InitiatorException;
import io.tidegate.initiator.InitiatorSettings;
import io.tidegate.initiator.RemoteLun;
import io.tidegate.initiator.Session;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Our target with our initiator. */
class OwnInitiatorTest {

    private static final int SIZE = 32 << 20;

    private final MemoryDevice memory = MemoryDevice.ofBytes(SIZE);
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

    @Test
    void isFoundByDiscovery() throws Exception {
        assertThat(initiator.discover(target.settings()))
                .extracting(DiscoveredTarget::name)
                .containsExactly(OneTarget.NAME);
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
                target.settings()
                        .withDigests(header, data)
                        .withData(
                                new InitiatorSettings.DataLimits(
                                        32768, Math.max(burst, 65536), burst, immediate, r2t));
        try (Session session = initiator.connect(mixed);
                RemoteLun lun = session.openLun(0)) {
            byte[] bytes = new byte[3_000_320 / 512 * 512];
            new Random(burst).nextBytes(bytes);
            lun.write(512, ByteBuffer.wrap(bytes));
            lun.flush();
            ByteBuffer in = ByteBuffer.allocateDirect(bytes.length);
            lun.read(512, in);
            assertThat(in.flip()).isEqualTo(ByteBuffer.wrap(bytes));
            ByteBuffer below = ByteBuffer.allocate(bytes.length);
            memory.read(512, below);
            assertThat(below.flip()).isEqualTo(ByteBuffer.wrap(bytes));
        }
    }

    @Test
    void answersPings() throws Exception {
        try (Session session = initiator.connect(target.settings())) {
            session.ping();
            assertThat(session.isOpen()).isTrue();
        }
    }

    /**
     * Connections are dropped at random while each session writes its own pattern into its own
     * region and reads it back. A buffer that went back to the allocator while a call was still
     * using it would put one session's bytes into another's region or answer.
     */
    @Test
    void droppedConnectionsNeverMixTheDataOfSessions() throws Exception {
        int sessions = 4;
        AtomicInteger drops = new AtomicInteger();
        long seed = Long.getLong("tidegate.seed", System.nanoTime());
        System.out.println("tidegate.seed=" + seed);
        try (ExecutorService threads = Executors.newFixedThreadPool(sessions)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < sessions; i++) {
                int mine = i;
                all.add(
                        threads.submit(
                                () -> {
                                    Random random = new Random(seed + mine);
                                    for (int round = 0; round < 12; round++) {
                                        oneRound(mine, random, drops);
                                    }
                                    return null;
                                }));
            }
            for (Future<?> f : all) {
                f.get();
            }
        }
        assertThat(drops.get()).isPositive();
        int region = SIZE / sessions;
        for (int i = 0; i < sessions; i++) {
            ByteBuffer in = ByteBuffer.allocate(region);
            memory.read((long) i * region, in);
            checkPattern(in.flip(), i, true);
        }
    }

    private void oneRound(int mine, Random random, AtomicInteger drops) throws Exception {
        int region = SIZE / 4;
        Session session = initiator.connect(target.settings());
        int dropAfter = 1 + random.nextInt(20);
        try (RemoteLun lun = session.openLun(0);
                ExecutorService dropper = Executors.newSingleThreadExecutor()) {
            for (int i = 0; i < 30; i++) {
                int length = (1 + random.nextInt(600)) * 512;
                long offset = (long) mine * region + random.nextInt((region - length) / 512) * 512L;
                ByteBuffer pattern = ByteBuffer.allocateDirect(length);
                while (pattern.hasRemaining()) {
                    pattern.put((byte) (mine + 1));
                }
                Future<?> dropping = i == dropAfter ? dropper.submit(session::drop) : null;
                lun.write(offset, pattern.flip());
                ByteBuffer in = ByteBuffer.allocateDirect(length);
                lun.read(offset, in);
                checkPattern(in.flip(), mine, false);
                if (dropping != null) {
                    dropping.get();
                }
            }
        } catch (DeviceException e) {
            assertThat(e.kind()).isEqualTo(DeviceException.Kind.GONE);
            assertThat(session.ended().map(InitiatorException::reason))
                    .contains(InitiatorException.Reason.CLOSED);
            drops.incrementAndGet();
        } finally {
            session.drop();
        }
    }

    private static void checkPattern(ByteBuffer bytes, int mine, boolean zeroesToo) {
        while (bytes.hasRemaining()) {
            byte b = bytes.get();
            if (b != mine + 1 && !(zeroesToo && b == 0)) {
                throw new AssertionError("session " + mine + " met a byte of " + (b - 1));
            }
        }
    }
}
