package io.tidegate.target.device;

import static io.tidegate.target.device.Bench.BLOCK;
import static io.tidegate.target.device.Bench.BLOCKS;
import static io.tidegate.target.device.Bench.assertGood;
import static io.tidegate.target.device.Bench.assertSense;
import static io.tidegate.target.device.Bench.bytes;
import static io.tidegate.target.device.Bench.pattern;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.Geometry;
import io.tidegate.block.MemoryDevice;
import io.tidegate.presentation.UnitShape;
import io.tidegate.scsi.Be;
import io.tidegate.scsi.BlockLimits;
import io.tidegate.scsi.Capacity;
import io.tidegate.scsi.Designator;
import io.tidegate.scsi.Provisioning;
import io.tidegate.scsi.ProvisioningCommand.GetLbaStatus;
import io.tidegate.scsi.ProvisioningCommand.Unmap;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.StandardInquiry;
import io.tidegate.scsi.UnmapList;
import io.tidegate.scsi.Vpd;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Asks the device what it can do, as a host would, and then makes it do that, and what it did not
 * announce too. Knows nothing of the tables that the answers are made from.
 */
class ClaimsTest {

    private static final byte[] NONE = {};

    private final Bench bench = new Bench();
    private final Nexus nexus = bench.open(1);

    @AfterEach
    void close() {
        bench.close();
    }

    // -- commands

    /** What REPORT SUPPORTED OPERATION CODES lists: service actions by opcode, none for no such. */
    private Map<Integer, Set<Integer>> listed() {
        byte[] list = bytes(bench.run(nexus, "a3 0c 00 00 00 00 00 00 ff ff 00 00"));
        Map<Integer, Set<Integer>> listed = new HashMap<>();
        for (int at = 4; at < list.length; at += 8) {
            Set<Integer> actions =
                    listed.computeIfAbsent(Be.u8(list, at), opcode -> new TreeSet<>());
            if (Be.bit(list, at + 5, 0)) {
                actions.add(Be.u16(list, at + 2));
            }
        }
        return listed;
    }

    /** What the one-command form says; null when the command is not supported. */
    private byte[] usage(int opcode, int action) {
        byte[] cdb = Bench.cdb("a3 0c 03 00 00 00 00 00 10 00 00 00");
        Be.put8(cdb, 3, opcode);
        Be.put16(cdb, 4, action);
        byte[] data = bytes(bench.run(nexus, cdb));
        byte[] usage = new byte[data.length - 4];
        System.arraycopy(data, 4, usage, 0, usage.length);
        assertThat(data[1] & 7).isEqualTo(usage.length == 0 ? 1 : 3);
        return usage;
    }

    private static byte[] plain(int opcode, int action) {
        byte[] cdb = new byte[16];
        Be.put8(cdb, 0, opcode);
        Be.put8(cdb, 1, action);
        return cdb;
    }

    @Test
    void whatIsListedIsKnownAndNothingElse() {
        Map<Integer, Set<Integer>> listed = listed();
        for (int opcode = 0; opcode < 256; opcode++) {
            Set<Integer> actions = listed.get(opcode);
            for (int action = 0; action < 32; action++) {
                boolean plain = actions != null && actions.isEmpty();
                if (action > 0 && (actions == null || plain)) {
                    break;
                }
                boolean known = plain || actions != null && actions.contains(action);
                byte[] usage = usage(opcode, action);
                assertThat(usage.length > 0).as("%02x/%02x", opcode, action).isEqualTo(known);
                Sense sense = Bench.sense(bench.run(nexus, plain(opcode, action)));
                assertThat(sense.is(Sense.invalidOpcode()))
                        .as("%02x/%02x answers %s", opcode, action, sense)
                        .isEqualTo(actions == null);
                if (actions != null && !known) {
                    assertThat(sense.is(Sense.invalidFieldInCdb())).isTrue();
                    assertThat(sense.specific()).isEqualTo(new Sense.FieldPointer(true, 4, 1));
                }
            }
        }
    }

    /**
     * Bits of old standards that hosts still set: FUA_NV, SYNC_NV and the top of a group number.
     */
    private static final Set<String> PASSED_OVER =
            Set.of(
                    "28/1.1", "28/6.5", "2a/1.1", "2a/6.5", "35/1.2", "88/1.1", "88/14.5", "8a/1.1",
                    "8a/14.5", "91/1.2", "a8/1.1", "aa/1.1");

    @Test
    void bitsOutsideOfTheUsageMapAreRefusedWhereTheyStand() {
        Set<String> passed = new TreeSet<>();
        listed().forEach(
                        (opcode, actions) -> {
                            for (int action : actions.isEmpty() ? Set.of(0) : actions) {
                                byte[] usage = usage(opcode, action);
                                assertThat(Be.u8(usage, 0)).isEqualTo(opcode);
                                for (int bit = 8; bit < usage.length * 8; bit++) {
                                    boolean ofAction = bit / 8 == 1 && bit % 8 > 2;
                                    if (ofAction && !actions.isEmpty()) {
                                        continue;
                                    }
                                    if ((usage[bit / 8] << bit % 8 & 0x80) == 0) {
                                        bitIsRefused(plain(opcode, action), bit, passed);
                                    }
                                }
                            }
                        });
        assertThat(passed).isEqualTo(new TreeSet<>(PASSED_OVER));
    }

    private void bitIsRefused(byte[] cdb, int bit, Set<String> passed) {
        int shift = 7 - bit % 8;
        cdb[bit / 8] |= (byte) (1 << shift);
        Sense sense = Bench.sense(bench.run(nexus, cdb));
        if (!sense.is(Sense.invalidFieldInCdb())) {
            passed.add(String.format("%02x/%d.%d", cdb[0] & 0xff, bit / 8, shift));
            return;
        }
        assertThat(sense.specific())
                .as("%s", HexFormat.of().formatHex(cdb))
                .isEqualTo(new Sense.FieldPointer(true, shift, bit / 8));
    }

    // -- block limits

    private byte[] page(int code) {
        byte[] cdb = Bench.cdb("12 01 00 04 00 00");
        cdb[2] = (byte) code;
        return bytes(bench.run(nexus, cdb));
    }

    private BlockLimits limits() {
        return requireNonNull(BlockLimits.parse(page(BlockLimits.PAGE)));
    }

    private static byte[] range(int opcode, long lba, long blocks) {
        byte[] cdb = plain(opcode, 0);
        switch (opcode >>> 5) {
            case 4 -> {
                Be.put64(cdb, 2, lba);
                Be.put32(cdb, 10, blocks);
            }
            case 5 -> {
                Be.put32(cdb, 2, lba);
                Be.put32(cdb, 6, blocks);
            }
            default -> {
                Be.put32(cdb, 2, lba);
                Be.put16(cdb, 7, (int) blocks);
            }
        }
        return cdb;
    }

    @ParameterizedTest
    @ValueSource(ints = {0x28, 0xa8, 0x88, 0x2f, 0xaf, 0x8f})
    void readsAreAsLongAsAnnounced(int opcode) {
        long most = limits().maxTransfer();
        assertGood(bench.run(nexus, range(opcode, 3, most)));
        assertSense(bench.run(nexus, range(opcode, 3, most + 1)), Sense.invalidFieldInCdb());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x34, 0x90})
    void prefetchesAreAsLongAsAnnounced(int opcode) {
        long most = limits().maxPrefetch();
        assertGood(bench.run(nexus, range(opcode, 3, most)));
        assertGood(bench.run(nexus, range(opcode, 3, 0)));
        assertSense(bench.run(nexus, range(opcode, 3, most + 1)), Sense.invalidFieldInCdb());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x2a, 0xaa, 0x8a, 0x2e, 0xae, 0x8e, 0x8b})
    void writesAreAsLongAsAnnounced(int opcode) {
        int most = (int) limits().maxTransfer();
        byte[] data = pattern(most, opcode);
        assertGood(bench.run(nexus, range(opcode, 3, most), data));
        byte[] tail = bytes(bench.run(nexus, range(0x88, 3L + most - 1, 1)));
        assertThat(tail).isEqualTo(Arrays.copyOfRange(data, data.length - BLOCK, data.length));
        assertSense(
                bench.run(nexus, range(opcode, 3, most + 1L), pattern(most + 1, 1)),
                Sense.invalidFieldInCdb());
    }

    @Test
    void oneUnmapGivesBackAsMuchAsAnnounced() {
        Geometry geometry = new Geometry(BLOCK, 4096, 1 << 21);
        bench.directory.map(
                0,
                Bench.unit(
                        new MemoryDevice("large", geometry),
                        new UnitShape(geometry, 4096, true, false, false, false)),
                false);
        Bench.settled(bench.server, nexus);
        long most = limits().maxUnmap();
        assertThat(most).isLessThan(geometry.blocks());
        assertGood(unmap(0, most));
        assertSense(unmap(0, most + 1), Sense.invalidFieldInParameterList());
    }

    private ScsiResult unmap(long lba, long blocks) {
        byte[] list = new UnmapList(List.of(new UnmapList.Range(lba, blocks))).encode();
        return bench.run(nexus, new Unmap(false, list.length).encode(), list);
    }

    @Test
    void atomicWritesAreWithinTheirLimitsOnly() {
        BlockLimits.Atomic atomic = limits().atomic();
        int most = (int) atomic.maxTransfer();
        int step = (int) atomic.granularity();
        assertThat(step).isGreaterThan(1);
        assertThat(atomic.boundarySize()).isZero();
        atomic(atomic.alignment(), most, true);
        atomic(0, step, true);
        atomic(0, most + step, false);
        atomic(0, step - 1, false);
        atomic(atomic.alignment() - 1, step, false);
        byte[] bounded = range(0x9c, 0, 0);
        Be.put16(bounded, 10, step);
        Be.put16(bounded, 12, step);
        assertSense(bench.run(nexus, bounded, pattern(step, 1)), Sense.invalidFieldInCdb());
    }

    private void atomic(long lba, int blocks, boolean allowed) {
        byte[] cdb = range(0x9c, lba, 0);
        Be.put16(cdb, 12, blocks);
        byte[] data = pattern(blocks, blocks);
        ScsiResult result = bench.run(nexus, cdb, data);
        if (allowed) {
            assertGood(result);
            assertThat(bytes(bench.run(nexus, range(0x88, lba, blocks)))).isEqualTo(data);
        } else {
            assertSense(result, Sense.invalidFieldInCdb());
        }
    }

    // -- provisioning

    @Test
    void everyAnnouncedWayOfGivingBackDoesSoAndReadsAsZeroes() {
        Provisioning told = requireNonNull(Provisioning.parse(page(Provisioning.PAGE)));
        Capacity capacity =
                requireNonNull(
                        Capacity.parse16(
                                bytes(
                                        bench.run(
                                                nexus,
                                                "9e 10 00 00 00 00 00 00 00 00 00 00 00 20"))));
        assertThat(capacity.thin()).isTrue();
        assertThat(capacity.readsZeroes()).isEqualTo(told.readsZeroes()).isTrue();
        assertThat(List.of(told.unmap(), told.writeSame10(), told.writeSame16()))
                .containsOnly(true);
        int blocks = 4096; // whole pieces of the device
        byte[] ten = range(0x41, blocks, blocks);
        ten[1] = 0x08;
        byte[] sixteen = range(0x93, blocks, blocks);
        sixteen[1] = 0x08;
        List<Runnable> ways =
                List.of(
                        () -> assertGood(unmap(blocks, blocks)),
                        () -> assertGood(bench.run(nexus, ten, new byte[BLOCK])),
                        () -> assertGood(bench.run(nexus, sixteen, new byte[BLOCK])));
        for (Runnable way : ways) {
            assertGood(bench.run(nexus, range(0x8a, blocks, blocks), pattern(blocks, 5)));
            assertThat(status(blocks)).isZero();
            way.run();
            assertThat(status(blocks)).isEqualTo(1);
            assertThat(bytes(bench.run(nexus, range(0x88, blocks, blocks)))).containsOnly(0);
        }
    }

    @Test
    void aUnitThatIsFullyProvisionedHasNoWayOfGivingBack() {
        assertThat(page(Vpd.CHARACTERISTICS)[7] & 0xc0).isEqualTo(0x40); // readable once erased
        bench.directory.map(0, Bench.thick(bench.memory), false);
        Bench.settled(bench.server, nexus);
        assertThat(page(Vpd.CHARACTERISTICS)[7] & 0xc0).isZero();
        byte[] sixteen = bytes(bench.run(nexus, "9e 10 00 00 00 00 00 00 00 00 00 00 00 20"));
        assertThat(requireNonNull(Capacity.parse16(sixteen)).thin()).isFalse();
        assertThat(Provisioning.parse(page(Provisioning.PAGE))).isEqualTo(Provisioning.NONE);
        assertThat(limits().maxUnmap()).isZero();
        assertThat(limits().maxUnmapDescriptors()).isZero();
        assertThat(limits().unmapGranularity()).isZero();
        whatIsListedIsKnownAndNothingElse();
        assertThat(listed()).doesNotContainKey(0x42);
        assertThat(listed().get(0x48)).containsExactly(0x01, 0x1f);
        assertGood(bench.run(nexus, range(0x8a, 0, 8), pattern(8, 5)));
        assertSense(unmap(0, 8), Sense.invalidOpcode());
        assertSense(bench.run(nexus, "48 02"), Sense.invalidFieldInCdb());
        for (int opcode : new int[] {0x41, 0x93}) {
            byte[] same = range(opcode, 0, 8);
            same[1] = 0x08;
            assertSense(bench.run(nexus, same, new byte[BLOCK]), Sense.invalidFieldInCdb());
        }
        assertThat(bytes(bench.run(nexus, range(0x88, 0, 8)))).isEqualTo(pattern(8, 5));
    }

    private int status(long lba) {
        return bytes(bench.run(nexus, new GetLbaStatus(lba, 24).encode()))[20];
    }

    @Test
    void blocksThatAreNotAnnouncedAsAnchoredCannotBe() {
        Provisioning told = requireNonNull(Provisioning.parse(page(Provisioning.PAGE)));
        assertThat(told.anchors()).isFalse();
        for (int opcode : new int[] {0x41, 0x93}) {
            byte[] same = range(opcode, 0, 8);
            same[1] = 0x18;
            assertSense(bench.run(nexus, same, new byte[BLOCK]), Sense.invalidFieldInCdb());
        }
        byte[] list = new UnmapList(List.of(new UnmapList.Range(0, 8))).encode();
        assertSense(
                bench.run(nexus, new Unmap(true, list.length).encode(), list),
                Sense.invalidFieldInCdb());
    }

    // -- INQUIRY

    private StandardInquiry inquiry() {
        return requireNonNull(StandardInquiry.parse(bytes(bench.run(nexus, "12 00 00 00 60"))));
    }

    @Test
    void thirdPartyCopyIsThereAsAnnounced() {
        assertThat(inquiry().thirdPartyCopy()).isTrue();
        assertThat(page(Vpd.THIRD_PARTY_COPY).length).isBetween(5, 1024);
        assertThat(listed()).containsKeys(0x83, 0x84);
    }

    @Test
    void onlyARemovableMediumIsEjected() {
        assertThat(inquiry().removable()).isFalse();
        assertSense(bench.run(nexus, "1b 00 00 00 02 00"), Sense.invalidFieldInCdb());
        bench.directory.map(0, Bench.unit(bench.memory, true), false);
        Bench.settled(bench.server, nexus);
        assertThat(inquiry().removable()).isTrue();
        assertGood(bench.run(nexus, "1b 00 00 00 02 00"));
        assertSense(bench.run(nexus, "00"), Sense.mediumNotPresent());
        assertGood(bench.run(nexus, "1b 00 00 00 03 00"));
        assertGood(bench.run(nexus, "00"));
    }

    @Test
    void theSerialIsPartOfTheNames() {
        byte[] page = page(Vpd.SERIAL);
        String serial = new String(page, 4, page.length - 4, StandardCharsets.US_ASCII);
        assertThat(serial).isNotBlank();
        assertThat(Designator.parsePage(page(Designator.PAGE)))
                .anySatisfy(
                        name ->
                                assertThat(new String(name.value(), StandardCharsets.US_ASCII))
                                        .endsWith(serial));
    }

    // -- reservations, capacity, defects

    @Test
    void everyReservationTypeOfTheMaskCanBeHeldAndNoOther() {
        byte[] capabilities = bytes(bench.run(nexus, "5e 02 00 00 00 00 00 00 08"));
        assertThat(Be.bit(capabilities, 3, 7)).isTrue(); // the mask is valid
        byte[] key = new byte[24];
        Be.put64(key, 8, 7);
        assertGood(bench.run(nexus, Bench.cdb("5f 00 00 00 00 00 00 00 18"), key));
        Be.put64(key, 0, 7);
        Be.put64(key, 8, 0);
        List<Integer> held = new ArrayList<>();
        for (int type = 0; type < 16; type++) {
            boolean told = Be.bit(capabilities, type < 8 ? 4 : 5, type & 7);
            byte[] reserve = Bench.cdb("5f 01 00 00 00 00 00 00 18");
            reserve[2] = (byte) type;
            ScsiResult result = bench.run(nexus, reserve, key);
            if (!told) {
                assertSense(result, Sense.invalidFieldInCdb());
                continue;
            }
            assertGood(result);
            assertThat(bytes(bench.run(nexus, "5e 01 00 00 00 00 00 00 20"))[8 + 13] & 0x0f)
                    .isEqualTo(type);
            reserve[1] = 0x02; // release
            assertGood(bench.run(nexus, reserve, key));
            held.add(type);
        }
        assertThat(held).containsExactly(1, 3, 5, 6, 7, 8);
    }

    @Test
    void theDefectListIsEmptyInTheFormatAskedFor() {
        byte[] ten = bytes(bench.run(nexus, "37 00 1d 00 00 00 00 00 08 00"));
        assertThat(ten).containsExactly(0, 0x1d, 0, 0);
        byte[] twelve = bytes(bench.run(nexus, "b7 15 00 00 00 00 00 00 00 08 00 00"));
        assertThat(twelve).containsExactly(0, 0x15, 0, 0, 0, 0, 0, 0);
    }

    @Test
    void capacityAndBlockDescriptorsAgree() {
        byte[] sixteen = bytes(bench.run(nexus, "9e 10 00 00 00 00 00 00 00 00 00 00 00 20"));
        assertThat(Be.i64(sixteen, 0)).isEqualTo(BLOCKS - 1);
        byte[] descriptor = bytes(bench.run(nexus, "5a 10 3f ff 00 00 00 04 00 00"));
        assertThat(Be.i64(descriptor, 8)).isEqualTo(BLOCKS);
        assertThat(Be.u32(descriptor, 8 + 12)).isEqualTo(BLOCK);
        assertSense(bench.run(nexus, 0, range(0x88, BLOCKS, 1), NONE), Sense.lbaOutOfRange());
    }
}
