package io.tidegate.target.device;

import static io.tidegate.target.device.Bench.BLOCK;
import static io.tidegate.target.device.Bench.assertGood;
import static io.tidegate.target.device.Bench.bytes;
import static io.tidegate.target.device.Bench.pattern;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.tidegate.block.Geometry;
import io.tidegate.block.MemoryDevice;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.UnitShape;
import io.tidegate.scsi.Be;
import io.tidegate.scsi.MediumCommand.Read;
import io.tidegate.scsi.MediumCommand.Write;
import io.tidegate.scsi.Operation;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Status;
import io.tidegate.scsi.UnmapList;
import io.tidegate.target.reservation.PersistentState;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random CDBs and parameter lists, from noise to lists with a few wrong bits: each ends in a status
 * with sense that can be read, none throws or goes on for ever, and another LUN stays what it was.
 * {@code -Ddevice.fuzz.seed} replays a run, {@code -Ddevice.fuzz.commands} makes it longer.
 */
class DeviceFuzzTest {

    private static final int COMMANDS = Integer.getInteger("device.fuzz.commands", 6000);

    /** After so many commands the unit is made usable again, whatever they have done to it. */
    private static final int ROUND = 100;

    private static final int BLOCKS = 1 << 11;
    private static final int NEIGHBOUR = 1;
    private static final int NEIGHBOUR_BLOCKS = 64;
    private static final Operation[] ROWS = Operation.values();

    private final Bench bench = new Bench();

    @AfterEach
    void close() {
        bench.close();
    }

    static LongStream seeds() {
        Long replayed = Long.getLong("device.fuzz.seed");
        return replayed != null
                ? LongStream.of(replayed)
                : LongStream.of(1, 2, 3, new Random().nextLong());
    }

    private static LogicalUnit unit(Random random) {
        Geometry geometry = new Geometry(BLOCK, random.nextBoolean() ? 4096 : BLOCK, BLOCKS);
        return Bench.unit(
                new MemoryDevice("fuzzed", geometry),
                new UnitShape(
                        geometry, 4096, random.nextBoolean(), random.nextBoolean(), false, false));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyCommandEndsInAStatusAndTheNeighbourStaysRight(long seed) {
        Random random = new Random(seed);
        bench.directory.map(NEIGHBOUR, bench.unit, false);
        bench.directory.map(0, unit(random), false);
        Nexus[] nexuses = {bench.open(1), bench.open(2)};
        Nexus neighbour = bench.open(3);
        byte[] kept = pattern(NEIGHBOUR_BLOCKS, (int) seed);
        byte[] write = new Write(0, NEIGHBOUR_BLOCKS, false, false).encode();
        assertGood(bench.run(neighbour, NEIGHBOUR, write, kept));
        byte[] read = new Read(0, NEIGHBOUR_BLOCKS, false, false).encode();
        int good = 0;
        for (int i = 0; i < COMMANDS; i++) {
            Nexus nexus = nexuses[random.nextInt(2)];
            byte[] cdb = cdb(random);
            byte[] data = data(random, cdb);
            good += one(seed, i, nexus, cdb, data) == Status.GOOD ? 1 : 0;
            if (i % ROUND == ROUND - 1) {
                ScsiResult seen = bench.run(neighbour, NEIGHBOUR, read, new byte[0]);
                assertThat(bytes(seen)).as("seed %d, command %d", seed, i).isEqualTo(kept);
                makeUsable(nexuses);
            }
        }
        assertThat(good).as("seed %d: not all is refused", seed).isGreaterThan(COMMANDS / 20);
    }

    private Status one(long seed, int number, Nexus nexus, byte[] cdb, byte[] data) {
        String what =
                String.format(
                        "seed %d, command %d: %s with %d bytes %s",
                        seed,
                        number,
                        HexFormat.of().formatHex(cdb),
                        data.length,
                        HexFormat.of().formatHex(data, 0, Math.min(64, data.length)));
        ScsiResult result;
        try {
            result = bench.run(nexus, 0, cdb, data);
        } catch (RuntimeException | AssertionError e) {
            return fail(what, e);
        }
        if (result.status() == Status.CHECK_CONDITION) {
            Sense sense = Sense.parse(result.sense());
            assertThat(sense).as(what).isNotNull();
            assertThat(result.sense()).as(what).hasSizeBetween(8, 252);
            assertThat(Sense.parse(sense.encode(true))).as(what).isEqualTo(sense);
            assertThat(result.dataIn().remaining()).as(what).isZero();
        } else {
            assertThat(result.status())
                    .as(what)
                    .isIn(Status.GOOD, Status.RESERVATION_CONFLICT, Status.BUSY);
            assertThat(result.sense()).as(what).isEmpty();
        }
        return result.status();
    }

    /** Ends what earlier commands have left: reservations, write protection, an ejected medium. */
    private void makeUsable(Nexus[] nexuses) {
        LogicalUnit unit = nexuses[0].lun(0).unit();
        nexuses[0].lun(0).state().persistent(PersistentState.EMPTY);
        bench.server.reset(ResetKind.LUN, unit, nexuses[0]);
        for (Nexus nexus : nexuses) {
            Bench.settled(bench.server, nexus);
        }
        bench.run(nexuses[0], "1b 00 00 00 03 00");
        byte[] control = Bench.cdb("15 10 00 00 10 00");
        byte[] list = new byte[16];
        System.arraycopy(new byte[] {0x0a, 0x0a, 0, 0x10}, 0, list, 4, 4);
        assertGood(bench.run(nexuses[0], control, list));
        for (Nexus nexus : nexuses) {
            Bench.settled(bench.server, nexus);
        }
    }

    // -- CDBs

    private static byte[] cdb(Random random) {
        byte[] cdb = new byte[16];
        random.nextBytes(cdb);
        if (random.nextInt(10) == 0) {
            return cdb; // noise
        }
        Operation row = ROWS[random.nextInt(ROWS.length)];
        byte[] usage = row.usage();
        cdb[0] = usage[0];
        for (int at = 1; at < usage.length; at++) {
            cdb[at] &= usage[at];
        }
        if (row.hasServiceAction()) {
            cdb[1] = (byte) (cdb[1] & 0xe0 | row.serviceAction());
        }
        if (random.nextInt(4) != 0) {
            fit(random, row, cdb);
        }
        if (random.nextInt(8) == 0) {
            cdb[random.nextInt(usage.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return cdb;
    }

    /** Ranges that lie on the medium, or just beyond its end, and flags that are mostly off. */
    private static void fit(Random random, Operation row, byte[] cdb) {
        switch (row.family()) {
            case MEDIUM, PROVISIONING -> {
                cdb[1] &= row.hasServiceAction() ? (byte) 0xff : (byte) (1 << random.nextInt(8));
                int lba = random.nextInt(BLOCKS + 4);
                int blocks = random.nextInt(5) == 0 ? random.nextInt(BLOCKS) : random.nextInt(16);
                if (row.opcode() == 0x42 || row.opcode() == 0x48) {
                    Be.put16(cdb, 7, random.nextInt(64));
                } else {
                    place(row, cdb, lba, blocks);
                }
            }
            case MODE -> {
                if (row.cdbLength() == 10) {
                    Be.put16(cdb, 7, random.nextInt(64));
                } else {
                    Be.put8(cdb, 4, random.nextInt(64));
                }
            }
            case RESERVATION -> {
                Be.put32(cdb, 5, row.opcode() == 0x5f ? 24 : Be.u32(cdb, 5));
                cdb[2] = row.opcode() == 0x5f ? (byte) random.nextInt(10) : cdb[2];
            }
            case COPY, UNIT, DISCOVERY -> {}
        }
    }

    private static void place(Operation row, byte[] cdb, int lba, int blocks) {
        switch (row.cdbLength()) {
            case 6 -> {
                Be.put16(cdb, 2, lba);
                Be.put8(cdb, 4, blocks);
                cdb[1] = 0;
            }
            case 10 -> {
                Be.put32(cdb, 2, lba);
                Be.put16(cdb, 7, blocks);
            }
            case 12 -> {
                Be.put32(cdb, 2, lba);
                Be.put32(cdb, 6, blocks);
            }
            default -> {
                Be.put64(cdb, 2, lba);
                if (row == Operation.COMPARE_AND_WRITE) {
                    Be.put8(cdb, 13, blocks);
                } else if (row == Operation.WRITE_ATOMIC_16) {
                    Be.put16(cdb, 10, random16(blocks));
                    Be.put16(cdb, 12, blocks);
                } else {
                    Be.put32(cdb, 10, blocks);
                }
            }
        }
    }

    private static int random16(int blocks) {
        return blocks % 3 == 0 ? 1 : 0; // a boundary now and then
    }

    // -- data

    private static byte[] data(Random random, byte[] cdb) {
        byte[] data =
                switch (random.nextInt(4)) {
                    case 0 -> noise(random);
                    case 1 -> new byte[random.nextInt(4) * BLOCK];
                    default -> plausible(random, cdb);
                };
        if (data.length > 0 && random.nextInt(3) == 0) {
            data[random.nextInt(data.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return data;
    }

    private static byte[] noise(Random random) {
        byte[] data = new byte[random.nextInt(2048)];
        random.nextBytes(data);
        return data;
    }

    private static byte[] plausible(Random random, byte[] cdb) {
        return switch (cdb[0] & 0xff) {
            case 0x42 -> {
                UnmapList.Range range =
                        new UnmapList.Range(random.nextInt(BLOCKS + 2), random.nextInt(64));
                yield sized(cdb, 7, new UnmapList(List.of(range, range)).encode());
            }
            case 0x48 -> {
                byte[] list = new byte[4 + BLOCK];
                list[0] = (byte) (random.nextBoolean() ? 0x81 : 0x02);
                Be.put16(list, 2, BLOCK);
                yield sized(cdb, 7, list);
            }
            case 0x15, 0x55 -> modeList(random, cdb);
            case 0x5f -> {
                byte[] list = new byte[24];
                Be.put64(list, 0, random.nextInt(2));
                Be.put64(list, 8, random.nextInt(2));
                list[20] = (byte) (random.nextInt(4) == 0 ? 0x0d : 0);
                yield list;
            }
            case 0x83 -> noise(random);
            default -> new byte[random.nextInt(17) * BLOCK];
        };
    }

    private static byte[] modeList(Random random, byte[] cdb) {
        boolean six = cdb[0] == 0x15;
        int header = six ? 4 : 8;
        boolean caching = random.nextBoolean();
        byte[] list = new byte[header + (caching ? 20 : 12)];
        ByteBuffer page = ByteBuffer.wrap(list).position(header);
        int flag = random.nextBoolean() ? 0x04 : 0;
        page.put(
                caching
                        ? new byte[] {0x08, 0x12, (byte) flag}
                        : new byte[] {0x0a, 0x0a, (byte) flag, 0x10, (byte) (flag << 1)});
        if (six) {
            Be.put8(cdb, 4, list.length);
            return list;
        }
        return sized(cdb, 7, list);
    }

    /** Says its length in the CDB too. */
    private static byte[] sized(byte[] cdb, int at, byte[] list) {
        Be.put16(cdb, at, list.length);
        return list;
    }
}
