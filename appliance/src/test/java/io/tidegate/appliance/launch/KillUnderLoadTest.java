package io.tidegate.appliance.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.DeviceException;
import io.tidegate.initiator.CommandResult;
import io.tidegate.initiator.Initiator;
import io.tidegate.initiator.InitiatorException;
import io.tidegate.initiator.InitiatorSettings;
import io.tidegate.initiator.Session;
import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOpenOptions;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kill -9 under write load, again and again. Every sector carries its block's number and how many
 * times that block has been written. After a restart no block may be older than its last
 * acknowledged write, nor newer than what was sent (write cache on, no flush). Snapshots are taken
 * under the load: each shows whole writes only, none older than what was acknowledged before it was
 * asked for, and shows the same at the end, when the pool's own check must find nothing.
 *
 * <p>{@code -Dtidegate.kill.rounds=100} is the long run.
 */
class KillUnderLoadTest {

    private static final int ROUNDS = Integer.getInteger("tidegate.kill.rounds", 20);
    private static final String HOST = "iqn.2026-11.io.tidegate:kill-host";
    private static final int LANES = 4;
    private static final int BLOCKS_PER_LANE = 256;
    private static final int BYTES = 4096;
    private static final int SECTOR = 512;
    private static final int WRITES_BEFORE_KILL = 400;

    private static final int BLOCKS = LANES * BLOCKS_PER_LANE;

    /** What was sent and what was acknowledged, by block; each block belongs to one lane. */
    private final AtomicLongArray sent = new AtomicLongArray(BLOCKS);

    private final AtomicLongArray acknowledged = new AtomicLongArray(BLOCKS);

    /** What a snapshot may show of each block. */
    private record Bounds(int round, long[] least, long[] most) {}

    private final List<Bounds> snapshots = new ArrayList<>();

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
                writeUntilKilled(appliance, target, round, random.nextInt(2000));
                appliance.startAgain();
                verify(appliance, target, round);
            }
        }
        verifySnapshots();
    }

    private void writeUntilKilled(
            RunningAppliance appliance, String target, int round, int moreWrites) throws Exception {
        CountDownLatch enough = new CountDownLatch(WRITES_BEFORE_KILL);
        CountDownLatch more = new CountDownLatch(WRITES_BEFORE_KILL + moreWrites);
        try (Initiator initiator = new Initiator(1)) {
            Session session = connect(initiator, appliance, target);
            List<Thread> lanes = new ArrayList<>();
            for (int lane = 0; lane < LANES; lane++) {
                int first = lane * BLOCKS_PER_LANE;
                lanes.add(Thread.ofPlatform().start(() -> write(session, first, enough, more)));
            }
            enough.await();
            // A snapshot makes the next writes go out of place.
            if (round % 3 == 1) {
                snapshot(appliance, round);
            }
            more.await();
            appliance.kill();
            for (Thread lane : lanes) {
                lane.join();
            }
        }
    }

    private void snapshot(RunningAppliance appliance, int round) throws Exception {
        long[] least = numbers(acknowledged);
        appliance.ssh("snapshot", "create", "v", "--name", "s" + round).ok();
        snapshots.add(new Bounds(round, least, numbers(sent)));
    }

    private static long[] numbers(AtomicLongArray array) {
        return IntStream.range(0, BLOCKS).mapToLong(array::get).toArray();
    }

    private void write(Session session, int first, CountDownLatch enough, CountDownLatch more) {
        ByteBuffer data = ByteBuffer.allocateDirect(BYTES);
        Random random = new Random(first);
        try {
            while (true) {
                int block = first + random.nextInt(BLOCKS_PER_LANE);
                long number = sent.incrementAndGet(block);
                fill(data, block, number);
                CommandResult result = session.execute(0, cdb(0x2a, block), data, 0);
                if (!result.good()) {
                    continue; // a unit attention after the login: not acknowledged
                }
                acknowledged.set(block, number);
                enough.countDown();
                more.countDown();
            }
        } catch (InitiatorException e) {
            // The appliance was killed: what was not acknowledged may be there or not.
        }
    }

    private void verify(RunningAppliance appliance, String target, int round) throws Exception {
        try (Initiator initiator = new Initiator(1);
                Session session = connect(initiator, appliance, target)) {
            for (int block = 0; block < BLOCKS; block++) {
                CommandResult result = session.execute(0, cdb(0x28, block), null, BYTES);
                while (result.checkCondition()) {
                    result = session.execute(0, cdb(0x28, block), null, BYTES);
                }
                assertThat(result.good()).as(result.describe()).isTrue();
                String what = "round " + round + ", block " + block;
                // From here on what was read is what the host has seen.
                acknowledged.set(
                        block,
                        oldest(
                                what,
                                block,
                                result.dataIn(),
                                acknowledged.get(block),
                                sent.get(block)));
            }
        }
    }

    /** Checks each sector of a block; the oldest number among them. */
    private static long oldest(String what, int block, ByteBuffer data, long least, long most) {
        long oldest = Long.MAX_VALUE;
        for (int at = 0; at < BYTES; at += SECTOR) {
            long number = data.getLong(at);
            String where = what + ", sector " + at / SECTOR;
            assertThat(number).as(where).isBetween(least, most);
            assertThat(data.getInt(at + 8)).as(where).isEqualTo(number == 0 ? 0 : block);
            oldest = Math.min(oldest, number);
        }
        return oldest;
    }

    /** When the appliance has ended: the pool itself is asked. */
    private void verifySnapshots() throws Exception {
        Path at = dir.resolve("data/pools/fast");
        try (Pool pool = Pool.open(at, PoolOpenOptions.standard())) {
            VolumeId volume = pool.volumes().iterator().next();
            List<SnapshotId> ids = List.copyOf(pool.snapshots(volume));
            assertThat(ids).hasSameSizeAs(snapshots);
            for (int i = 0; i < ids.size(); i++) {
                try (SnapshotDevice snapshot = pool.openSnapshot(ids.get(i))) {
                    verify(snapshot, snapshots.get(i));
                }
            }
            assertThat(pool.check().problems()).isEmpty();
        }
    }

    private static void verify(SnapshotDevice snapshot, Bounds bounds) throws DeviceException {
        ByteBuffer data = ByteBuffer.allocateDirect(BYTES);
        for (int block = 0; block < BLOCKS; block++) {
            data.clear();
            snapshot.read((long) block * BYTES, data);
            String what = "snapshot of round " + bounds.round + ", block " + block;
            oldest(what, block, data, bounds.least[block], bounds.most[block]);
            for (int sector = 1; sector < BYTES / SECTOR; sector++) {
                assertThat(data.getLong(sector * SECTOR)).as(what).isEqualTo(data.getLong(0));
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
