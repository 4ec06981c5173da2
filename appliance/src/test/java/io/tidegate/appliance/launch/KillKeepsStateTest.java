package io.tidegate.appliance.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.initiator.CommandResult;
import io.tidegate.initiator.Initiator;
import io.tidegate.initiator.InitiatorException;
import io.tidegate.initiator.InitiatorSettings;
import io.tidegate.initiator.Session;
import io.tidegate.scsi.LunAddress;
import io.tidegate.scsi.LunList;
import io.tidegate.scsi.PersistentList;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.SenseKey;
import io.tidegate.scsi.Status;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kill -9 under write load, right after hosts and administrators were told that a change is made:
 * registrations with APTPL, the reservation, saved mode pages, mappings and resting LUN numbers are
 * there after the restart, as they were last acknowledged.
 *
 * <p>{@code -Dtidegate.kill.rounds=100} is the long run.
 */
class KillKeepsStateTest {

    private static final int ROUNDS = Integer.getInteger("tidegate.kill.rounds", 2);
    private static final String HOST = "iqn.2026-11.io.tidegate:kill-state";
    private static final int REGISTER_AND_IGNORE = 6;
    private static final int RESERVE = 1;
    private static final int WRITE_EXCLUSIVE_REGISTRANTS = 5;
    private static final int FIRST_LUN = 300;
    private static final int CACHING = 0x08;
    private static final int CONTROL = 0x0a;
    private static final int BLOCK = 512;

    @TempDir Path dir;
    private String target = "";

    /** What a host was told last. */
    private record Told(long one, long two, boolean writeCache, boolean descriptorSense, int lun) {}

    /** The host's two paths, with the same initiator ports after every restart. */
    private record Paths(Initiator initiator, Session one, Session two) implements AutoCloseable {
        @Override
        public void close() {
            initiator.close();
        }
    }

    @Test
    void whatWasAcknowledgedIsThere() throws Exception {
        Peers.need("ssh");
        long seed = Long.getLong("tidegate.seed", System.nanoTime());
        System.out.println("seed " + seed + " (-Dtidegate.seed replays it)");
        Random random = new Random(seed);
        try (RunningAppliance appliance = new RunningAppliance(dir)) {
            appliance.ssh("volume", "create", "v", "--pool", "fast", "--size", "64MiB").ok();
            appliance.ssh("volume", "create", "w", "--pool", "fast", "--size", "64MiB").ok();
            appliance.ssh("volume", "create", "x", "--pool", "fast", "--size", "64MiB").ok();
            appliance.ssh("host", "create", "h", "--iqn", HOST).ok();
            appliance.ssh("lun", "map", "v", "--host", "h", "--lun", "0").ok();
            target = appliance.ssh("target", "list", "-o", "name").ok().out().strip();
            for (int round = 0; round < ROUNDS; round++) {
                Told told;
                try (Paths paths = connect(appliance)) {
                    told = changeUntilKilled(appliance, paths, round, random);
                }
                appliance.startAgain();
                try (Paths paths = connect(appliance)) {
                    verify(appliance, paths, told);
                }
            }
            withoutPersistence(appliance);
        }
    }

    private Told changeUntilKilled(
            RunningAppliance appliance, Paths paths, int round, Random random) throws Exception {
        CountDownLatch begun = new CountDownLatch(50);
        Thread load = Thread.ofPlatform().start(() -> write(paths.one, begun));
        begun.await();
        // Even rounds map w, odd ones take it away again.
        int lun = FIRST_LUN + round / 2;
        boolean maps = round % 2 == 0;
        String number = Integer.toString(lun);
        if (maps) {
            appliance.ssh("lun", "map", "w", "--host", "h", "--lun", number).ok();
        } else {
            appliance.ssh("lun", "unmap", "w", "--host", "h", "--yes").ok();
        }
        Told told =
                new Told(
                        random.nextLong(1, Long.MAX_VALUE),
                        random.nextLong(1, Long.MAX_VALUE),
                        random.nextBoolean(),
                        random.nextBoolean(),
                        maps ? lun : -lun);
        register(paths.one, told.one, true);
        register(paths.two, told.two, true);
        if (round == 0) {
            good(persistent(paths.one, RESERVE, WRITE_EXCLUSIVE_REGISTRANTS, told.one, 0, false));
        }
        select(paths.two, CACHING, 2, 0x04, told.writeCache);
        select(paths.two, CONTROL, 2, 0x04, told.descriptorSense);
        appliance.kill();
        load.join();
        return told;
    }

    private static void write(Session session, CountDownLatch begun) {
        ByteBuffer data = ByteBuffer.allocateDirect(BLOCK);
        byte[] cdb = cdb("2a 00 00000000 00 0001");
        try {
            for (int i = 0; ; i++) {
                data.clear().putInt(0, i);
                CommandResult result = session.execute(0, cdb, data, 0);
                if (result.good()) {
                    begun.countDown();
                }
            }
        } catch (InitiatorException e) {
            // The appliance was killed.
        }
    }

    private void verify(RunningAppliance appliance, Paths paths, Told told) throws Exception {
        for (Session path : List.of(paths.one, paths.two)) {
            assertThat(keys(path)).containsExactlyInAnyOrder(told.one, told.two);
            ByteBuffer held = ByteBuffer.wrap(run(path, 0, "5e 01 00 00 00 00 00 01 00", 256));
            assertThat(held.getInt(4)).as("length of one reservation").isEqualTo(16);
            assertThat(held.getLong(8)).as("its holder").isEqualTo(told.one);
            assertThat(held.get(21)).isEqualTo((byte) WRITE_EXCLUSIVE_REGISTRANTS);
            for (int control : new int[] {0x00, 0xc0}) { // current and saved
                assertThat(mode(path, CACHING | control)[4 + 2] & 0x04)
                        .isEqualTo(told.writeCache ? 0x04 : 0);
                assertThat(mode(path, CONTROL | control)[4 + 2] & 0x04)
                        .isEqualTo(told.descriptorSense ? 0x04 : 0);
            }
            List<Long> luns = new ArrayList<>(List.of(LunAddress.encode(0)));
            if (told.lun > 0) {
                luns.add(LunAddress.encode(told.lun));
                run(path, told.lun, "00", 0);
            }
            assertThat(LunList.parse(run(path, 0, "a0 00 00 00 00 00 00 00 01 00", 256)))
                    .isEqualTo(luns);
        }
        good(paths.one.execute(0, cdb("2a 00 00000000 00 0001"), ByteBuffer.allocate(BLOCK), 0));
        strangerIsKeptOut(appliance, paths);
        if (told.lun < 0) { // the number that was taken rests
            String number = Integer.toString(-told.lun);
            Peers.Ran map = appliance.ssh("lun", "map", "x", "--host", "h", "--lun", number);
            assertThat(map.exitCode()).isNotZero();
            assertThat(map.err() + map.out()).contains("rests for another");
        }
    }

    /** A third path, which is not registered. */
    private void strangerIsKeptOut(RunningAppliance appliance, Paths paths) throws Exception {
        try (Session third = connect(paths.initiator, appliance, 3)) {
            CommandResult result;
            do {
                result =
                        third.execute(
                                0, cdb("2a 00 00000000 00 0001"), ByteBuffer.allocate(BLOCK), 0);
            } while (attention(result));
            assertThat(result.status())
                    .as(result.describe())
                    .isEqualTo(Status.RESERVATION_CONFLICT.code());
        }
    }

    /** The last registration says whether any outlives a loss of power (SPC-5, 5.14.5). */
    private void withoutPersistence(RunningAppliance appliance) throws Exception {
        try (Paths paths = connect(appliance)) {
            register(paths.one, 7, false);
            appliance.kill();
        }
        appliance.startAgain();
        try (Paths paths = connect(appliance)) {
            assertThat(keys(paths.one)).isEmpty();
            assertThat(ByteBuffer.wrap(run(paths.one, 0, "5e 01 00 00 00 00 00 01 00", 256)))
                    .matches(answer -> answer.getInt(4) == 0);
        }
    }

    private Paths connect(RunningAppliance appliance) throws InitiatorException {
        Initiator initiator = new Initiator(1);
        return new Paths(
                initiator, connect(initiator, appliance, 1), connect(initiator, appliance, 2));
    }

    private Session connect(Initiator initiator, RunningAppliance appliance, int path)
            throws InitiatorException {
        InitiatorSettings any = InitiatorSettings.of(appliance.portal(), HOST, target);
        Session session =
                initiator.connect(
                        new InitiatorSettings(
                                any.portal(),
                                any.initiatorName(),
                                any.targetName(),
                                0x8000_0000_0000L | path,
                                any.own(),
                                any.peer(),
                                any.digests(),
                                any.data(),
                                any.connectTimeout(),
                                any.commandTimeout(),
                                any.keepAlive()));
        assertThat(session.execute(0, cdb("00"), null, 0))
                .matches(r -> r.sense() != null && r.sense().asc() == 0x29);
        return session;
    }

    private static void register(Session path, long key, boolean persist) throws Exception {
        CommandResult result = persistent(path, REGISTER_AND_IGNORE, 0, 0, key, persist);
        good(
                attention(result)
                        ? persistent(path, REGISTER_AND_IGNORE, 0, 0, key, persist)
                        : result);
    }

    private static CommandResult persistent(
            Session path, int action, int type, long key, long actionKey, boolean persist)
            throws InitiatorException {
        byte[] list =
                new PersistentList(key, actionKey, null, false, persist, false, 0, null).encode();
        byte[] cdb = cdb("5f");
        cdb[1] = (byte) action;
        cdb[2] = (byte) type;
        cdb[8] = (byte) list.length;
        return path.execute(0, cdb, ByteBuffer.wrap(list), 0);
    }

    private static List<Long> keys(Session path) throws Exception {
        ByteBuffer data = ByteBuffer.wrap(run(path, 0, "5e 00 00 00 00 00 00 01 00", 256));
        List<Long> keys = new ArrayList<>();
        for (int at = 8; at < 8 + data.getInt(4); at += 8) {
            keys.add(data.getLong(at));
        }
        return keys;
    }

    /** MODE SENSE(6) without block descriptors: header and page. */
    private static byte[] mode(Session path, int page) throws Exception {
        return run(path, 0, String.format("1a 08 %02x 00 ff", page), 255);
    }

    /** Sets a bit of a page and has it saved. */
    private static void select(Session path, int page, int at, int bit, boolean on)
            throws Exception {
        byte[] list = mode(path, page);
        list[0] = 0;
        list[2] = 0; // WP and DPOFUA are not the initiator's
        list[4] &= 0x7f; // nor is PS
        list[4 + at] = (byte) (on ? list[4 + at] | bit : list[4 + at] & ~bit);
        byte[] cdb = cdb("15 11");
        cdb[4] = (byte) list.length;
        good(path.execute(0, cdb, ByteBuffer.wrap(list), 0));
    }

    /** Data-in of a command, once nothing more is owed before it. */
    private static byte[] run(Session path, int lun, String cdb, int in) throws Exception {
        CommandResult result;
        do {
            result = path.execute(LunAddress.encode(lun), cdb(cdb), null, in);
        } while (attention(result));
        good(result);
        return result.data();
    }

    private static boolean attention(CommandResult result) {
        @Nullable Sense sense = result.sense();
        return sense != null && sense.key() == SenseKey.UNIT_ATTENTION;
    }

    private static void good(CommandResult result) {
        assertThat(result.good()).as(result.describe()).isTrue();
    }

    private static byte[] cdb(String hex) {
        return Arrays.copyOf(HexFormat.of().parseHex(hex.replace(" ", "")), 16);
    }
}
