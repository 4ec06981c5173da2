package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.iscsi.wire.TargetPdu;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Connections closed at random points under load. Each session writes and reads its own pattern in
 * its own part of the unit; a buffer that were reused under a system call would carry one session's
 * pattern to another's part, or to another's wire.
 */
class SuddenCloseTest {
    private static final long SEED = Long.getLong("seed", 1357);
    private static final int SESSIONS = 4;
    private static final int ROUNDS = 12;
    private static final int BLOCKS = 16;
    private static final int PART = TestTarget.SIZE / 512 / SESSIONS;

    @Test
    void noBufferServesTwoSessions() throws Exception {
        try (TestTarget target = new TestTarget();
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> results = new ArrayList<>();
            for (int s = 0; s < SESSIONS; s++) {
                int session = s;
                Callable<Integer> work = () -> session(target, session);
                results.add(executor.submit(work));
            }
            int reads = 0;
            for (Future<Integer> result : results) {
                reads += result.get();
            }
            assertThat(reads).as("seed %d: some reads were checked", SEED).isGreaterThan(50);
            check(target);
        }
    }

    private static int session(TestTarget target, int session) throws Exception {
        Random r = new Random(SEED + session);
        int checked = 0;
        for (int round = 0; round < ROUNDS; round++) {
            try (RawInitiator initiator = new RawInitiator(target)) {
                initiator.isid += session;
                initiator.open("InitialR2T=No FirstBurstLength=4096");
                checked += load(initiator, r, session);
            } // closed with commands under way
        }
        return checked;
    }

    private static int load(RawInitiator initiator, Random r, int session) throws Exception {
        byte[] pattern = pattern(session);
        int checked = 0;
        int commands = 5 + r.nextInt(30);
        for (int i = 0; i < commands; i++) {
            int lba = session * PART + r.nextInt(PART - BLOCKS);
            if (r.nextInt(3) > 0) {
                byte[] cdb = RawInitiator.cdb(0x2a, lba, BLOCKS);
                byte[] now = Arrays.copyOf(pattern, 4096);
                int tag = initiator.command(cdb, true, pattern.length, true, now);
                if (i == commands - 1 && r.nextBoolean()) {
                    return checked; // in the middle of the write
                }
                assertThat(tag).isPositive();
                assertThat(initiator.serve(pattern, 1 + r.nextInt(4096))).isZero();
            } else if (r.nextBoolean()) {
                written(initiator.read(lba, BLOCKS), session, lba);
                checked++;
            } else {
                initiator.command(RawInitiator.cdb(0x28, lba, BLOCKS), false, BLOCKS * 512, true);
                RawInitiator.Received next;
                do {
                    next = initiator.next();
                    assertThat(next).isNotNull();
                } while (next != null
                        && next.pdu() instanceof TargetPdu.DataIn in
                        && !in.hasStatus());
            }
        }
        // reads and writes whose answers nobody takes
        for (int i = 0; i < 8; i++) {
            int lba = session * PART + r.nextInt(PART - BLOCKS);
            initiator.command(RawInitiator.cdb(0x28, lba, BLOCKS), false, BLOCKS * 512, true);
            initiator.command(
                    RawInitiator.cdb(0x2a, lba, 8), true, 4096, true, Arrays.copyOf(pattern, 4096));
        }
        return checked;
    }

    /** Bytes that carry the session's pattern; all others must be zero. */
    private static int written(byte[] found, int session, int lba) {
        int own = 0;
        int foreign = 0;
        for (byte b : found) {
            own += b == session + 1 ? 1 : 0;
            foreign += b == 0 || b == session + 1 ? 0 : 1;
        }
        assertThat(foreign).as("seed %d, foreign bytes after block %d", SEED, lba).isZero();
        return own;
    }

    private static byte[] pattern(int session) {
        byte[] pattern = new byte[BLOCKS * 512];
        Arrays.fill(pattern, (byte) (session + 1));
        return pattern;
    }

    private static void check(TestTarget target) throws Exception {
        int written = 0;
        try (RawInitiator initiator = new RawInitiator(target)) {
            initiator.isid += 100;
            initiator.open("");
            for (int lba = 0; lba < SESSIONS * PART; lba += 128) {
                written += written(initiator.read(lba, 128), lba / PART, lba);
            }
        }
        assertThat(written).as("something was written").isPositive();
    }
}
