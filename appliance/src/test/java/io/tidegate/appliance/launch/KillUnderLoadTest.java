package io.tidegate.appliance.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.initiator.CommandResult;
import io.tidegate.initiator.Initiator;
import io.tidegate.initiator.InitiatorException;
import io.tidegate.initiator.InitiatorSettings;
import io.tidegate.initiator.Session;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kill -9 under write load, again and again: nothing acknowledged is lost (write cache on). */
class KillUnderLoadTest {

    private static final int ROUNDS = Integer.getInteger("tidegate.kill.rounds", 20);
    private static final String HOST = "iqn.2026-11.io.tidegate:kill-host";
    private static final int LANES = 4;
    private static final int BLOCKS_PER_LANE = 256;
    private static final int BYTES = 4096;
    private static final int SECTOR = 512;
    private static final int WRITES_BEFORE_KILL = 400;

    /** What a lane has sent and what was acknowledged, by block. */
    private final long[] sent = new long[LANES * BLOCKS_PER_LANE];

    private final long[] acknowledged = new long[LANES * BLOCKS_PER_LANE];

    @TempDir Path dir;

    @Test
    void nothingAcknowledgedIsLost() throws Exception {
        Peers.need("ssh");
        long seed = Long.getLong("tidegate.seed", System.nanoTime());
        System.out.println("seed " + seed + " (-Dtidegate.seed replays it)");
        Random random = new Random(seed);
        try (RunningAppliance appliance = new RunningAppliance(dir)) {
            appliance.ssh("volume", "create", "v", "--pool", "fast", "--size", "64MiB").ok();
            appliance.ssh("host", "create", "h", "--iqn", HOST).ok();
            appliance.ssh("lun", "map", "v", "--host", "h", "--lun", "0").ok();
            String target = appliance.ssh("target", "list", "-o", "name").ok().out().strip();
            for (int round = 0; round < ROUNDS; round++) {
                // A snapshot in between makes the next writes go out of place.
                if (round % 3 == 1) {
                    appliance.ssh("snapshot", "create", "v", "--name", "s" + round).ok();
                }
                writeUntilKilled(appliance, target, WRITES_BEFORE_KILL + random.nextInt(2000));
                appliance.startAgain();
                verify(appliance, target, round);
            }
        }
    }

    private void writeUntilKilled(RunningAppliance appliance, String target, int writes)
            throws Exception {
        CountDownLatch enough = new CountDownLatch(writes);
        try (Initiator initiator = new Initiator(1)) {
            Session session = connect(initiator, appliance, target);
            List<Thread> lanes = new ArrayList<>();
            for (int lane = 0; lane < LANES; lane++) {
                int first = lane * BLOCKS_PER_LANE;
                lanes.add(Thread.ofPlatform().start(() -> write(session, first, enough)));
            }
            enough.await();
            appliance.kill();
            for (Thread lane : lanes) {
                lane.join();
            }
        }
    }

    private void write(Session session, int first, CountDownLatch enough) {
        ByteBuffer data = ByteBuffer.allocateDirect(BYTES);
        Random random = new Random(first);
        try {
            while (true) {
                int block = first + random.nextInt(BLOCKS_PER_LANE);
                long number = ++sent[block];
                fill(data, block, number);
                CommandResult result = session.execute(0, cdb(0x2a, block), data, 0);
                if (!result.good()) {
                    continue; // a unit attention after the login: not acknowledged
                }
                acknowledged[block] = number;
                enough.countDown();
            }
        } catch (InitiatorException e) {
            // The appliance was killed: what was not acknowledged may be there or not.
        }
    }

    private void verify(RunningAppliance appliance, String target, int round) throws Exception {
        try (Initiator initiator = new Initiator(1);
                Session session = connect(initiator, appliance, target)) {
            for (int block = 0; block < sent.length; block++) {
                CommandResult result = session.execute(0, cdb(0x28, block), null, BYTES);
                while (result.checkCondition()) {
                    result = session.execute(0, cdb(0x28, block), null, BYTES);
                }
                assertThat(result.good()).as(result.describe()).isTrue();
                ByteBuffer data = result.dataIn();
                for (int at = 0; at < BYTES; at += SECTOR) {
                    long number = data.getLong(at);
                    assertThat(number)
                            .as("round %d, block %d, sector %d", round, block, at / SECTOR)
                            .isBetween(acknowledged[block], sent[block]);
                    assertThat(data.getInt(at + 8)).isEqualTo(number == 0 ? 0 : block);
                }
                // From here on what was read is what the host has seen.
                acknowledged[block] = data.getLong(0);
            }
        }
    }

    private static Session connect(Initiator initiator, RunningAppliance appliance, String target)
            throws InitiatorException {
        return initiator.connect(InitiatorSettings.of(appliance.portal(), HOST, target));
    }

    private static void fill(ByteBuffer data, int block, long number) {
        data.clear();
        for (int at = 0; at < BYTES; at += SECTOR) {
            data.putLong(at, number).putInt(at + 8, block);
        }
    }

    /** READ(10) or WRITE(10) of eight 512-byte blocks. */
    private static byte[] cdb(int opcode, int block) {
        return ByteBuffer.allocate(10)
                .put((byte) opcode)
                .put((byte) 0)
                .putInt(block * (BYTES / SECTOR))
                .put((byte) 0)
                .putShort((short) (BYTES / SECTOR))
                .put((byte) 0)
                .array();
    }
}
