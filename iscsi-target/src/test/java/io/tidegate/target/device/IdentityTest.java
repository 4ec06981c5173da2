package io.tidegate.target.device;

import static io.tidegate.target.device.Bench.assertGood;
import static io.tidegate.target.device.Bench.assertSense;
import static io.tidegate.target.device.Bench.bytes;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.Geometry;
import io.tidegate.block.MemoryDevice;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.UnitShape;
import io.tidegate.scsi.Be;
import io.tidegate.scsi.BlockLimits;
import io.tidegate.scsi.Capacity;
import io.tidegate.scsi.Designator;
import io.tidegate.scsi.LunAddress;
import io.tidegate.scsi.LunList;
import io.tidegate.scsi.MediumCommand.CompareAndWrite;
import io.tidegate.scsi.MediumCommand.Read;
import io.tidegate.scsi.Provisioning;
import io.tidegate.scsi.ProvisioningCommand.Unmap;
import io.tidegate.scsi.ProvisioningCommand.WriteSame;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.StandardInquiry;
import io.tidegate.scsi.UnmapList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a LUN says of itself, and that it behaves so. */
class IdentityTest {

    private final Bench bench = new Bench();
    private final Nexus nexus = bench.open(1);

    @AfterEach
    void close() {
        bench.close();
    }

    private byte[] page(int code) {
        byte[] cdb = Bench.cdb("12 01 00 04 00 00");
        cdb[2] = (byte) code;
        return bytes(bench.run(nexus, cdb));
    }

    @Test
    void exactlyTheListedPagesAnswer() {
        byte[] list = page(0);
        List<Integer> listed = new ArrayList<>();
        for (int at = 4; at < list.length; at++) {
            listed.add(Be.u8(list, at));
        }
        assertThat(listed).isSorted().doesNotHaveDuplicates();
        for (int code = 0; code < 256; code++) {
            byte[] cdb = Bench.cdb("12 01 00 04 00 00");
            cdb[2] = (byte) code;
            ScsiResult result = bench.run(nexus, cdb);
            if (listed.contains(code)) {
                byte[] page = bytes(result);
                assertThat(Be.u8(page, 1)).isEqualTo(code);
                assertThat(Be.u16(page, 2)).isEqualTo(page.length - 4);
            } else {
                assertSense(result, Sense.invalidFieldInCdb());
            }
        }
    }

    @Test
    void namesAreOfTheUnitAndThePort() {
        List<Designator> names = Designator.parsePage(page(0x83));
        assertThat(names)
                .contains(
                        Designator.naa(bench.unit.identity().naaBytes()),
                        Designator.uuid(bench.unit.id().value()),
                        Designator.relativePort(1),
                        Designator.name(
                                Designator.Association.TARGET_PORT, nexus.id().targetPort()));
        assertThat(names.getFirst().type()).isEqualTo(Designator.TYPE_NAA);
    }

    @Test
    void provisioningIsToldAndItsThresholdIsThePools() {
        Provisioning told = requireNonNull(Provisioning.parse(page(Provisioning.PAGE)));
        long set = (long) Bench.BLOCK << told.thresholdExponent();
        assertThat(set).isEqualTo(1 << 20);
        assertThat(told.readsZeroes()).isTrue();
        assertThat(told.anchors()).isFalse();
        assertThat(told.type()).isEqualTo(2);
        byte[] page = bytes(bench.run(nexus, "5a 08 1c 02 00 00 00 00 ff 00"));
        assertThat(page[8 + 16]).isEqualTo((byte) 0x80); // enabled, armed for a decrease
        assertThat(page[8 + 17]).isEqualTo((byte) 1); // of what is available
        assertThat(Be.u32(page, 8 + 20) * set).isEqualTo(25 << 20);
        byte[] list = page.clone();
        list[0] = 0;
        list[1] = 0;
        byte[] select = Bench.cdb("55 10 00 00 00 00 00 00 00 00");
        Be.put16(select, 7, list.length);
        assertGood(bench.run(nexus, select, list)); // as it is
        list[8 + 23]++;
        assertSense(bench.run(nexus, select, list), Sense.invalidFieldInParameterList());
        bench.stores.space = Optional.empty();
        assertThat(bytes(bench.run(nexus, "5a 08 1c 02 00 00 00 00 ff 00"))[8 + 16]).isZero();
        byte[] mask = bytes(bench.run(nexus, "5a 08 5c 02 00 00 00 00 ff 00"));
        assertThat(Arrays.copyOfRange(mask, 12, mask.length)).containsOnly(0);
    }

    @Test
    void limitsAreKept() {
        BlockLimits limits = requireNonNull(BlockLimits.parse(page(0xb0)));
        assertGood(bench.run(nexus, new Read(0, limits.maxTransfer() / 4, false, false).encode()));
        assertSense(
                bench.run(nexus, new Read(0, limits.maxTransfer() + 1, false, false).encode()),
                Sense.invalidFieldInCdb());
        int swap = limits.maxCompareAndWrite();
        byte[] zeroes = new byte[2 * swap * Bench.BLOCK];
        assertGood(bench.run(nexus, new CompareAndWrite(0, swap, false).encode(), zeroes));
        assertSense(
                bench.run(
                        nexus,
                        new CompareAndWrite(0, swap + 1L, false).encode(),
                        new byte[2 * (swap + 1) * Bench.BLOCK]),
                Sense.invalidFieldInCdb());
        List<UnmapList.Range> ranges = new ArrayList<>();
        for (int i = 0; i < limits.maxUnmapDescriptors(); i++) {
            ranges.add(new UnmapList.Range(i, 1));
        }
        assertGood(unmap(ranges));
        ranges.add(new UnmapList.Range(0, 1));
        assertSense(unmap(ranges), Sense.invalidFieldInParameterList());
    }

    @Test
    void theLengthOfWriteSameIsKept() {
        BlockLimits thin = requireNonNull(BlockLimits.parse(page(0xb0)));
        assertThat(thin.writeSameNonZero()).isTrue();
        byte[] block = Bench.pattern(1, 1);
        assertGood(writeSame(thin.maxWriteSame(), block));
        assertSense(writeSame(thin.maxWriteSame() + 1, block), Sense.lbaOutOfRange());
        assertSense(writeSame(0, block), Sense.invalidFieldInCdb());
        assertSense(
                bench.run(nexus, Bench.cdb("41 00 00 00 00 00 00 00 00 00"), block),
                Sense.invalidFieldInCdb());
        bench.directory.map(0, larger(thin.maxWriteSame() + 1), false);
        Bench.settled(bench.server, nexus);
        assertSense(writeSame(thin.maxWriteSame() + 1, block), Sense.invalidFieldInCdb());

        bench.directory.map(0, Bench.thick(bench.memory), false);
        Bench.settled(bench.server, nexus);
        BlockLimits thick = requireNonNull(BlockLimits.parse(page(0xb0)));
        assertThat(thick.writeSameNonZero()).isFalse();
        assertThat(thick.maxWriteSame()).isZero(); // no limit: the whole medium by one command
        assertGood(writeSame(0, block));
        assertGood(writeSame(Bench.BLOCKS, block));
    }

    private ScsiResult writeSame(long blocks, byte[] block) {
        return bench.run(nexus, new WriteSame(0, blocks, false, false, false).encode(), block);
    }

    private static LogicalUnit larger(long blocks) {
        Geometry geometry = new Geometry(Bench.BLOCK, Bench.BLOCK, blocks);
        return Bench.unit(
                new MemoryDevice("larger", geometry),
                new UnitShape(geometry, 4096, true, false, false, false));
    }

    private ScsiResult unmap(List<UnmapList.Range> ranges) {
        byte[] list = new UnmapList(ranges).encode();
        return bench.run(nexus, new Unmap(false, list.length).encode(), list);
    }

    @Test
    void capacityIsTold() {
        byte[] ten = bytes(bench.run(nexus, "25"));
        assertThat(Be.u32(ten, 0)).isEqualTo(Bench.BLOCKS - 1);
        byte[] sixteen = bytes(bench.run(nexus, "9e 10 00 00 00 00 00 00 00 00 00 00 00 20"));
        assertThat(Capacity.parse16(sixteen))
                .isEqualTo(new Capacity(Bench.BLOCKS, Bench.BLOCK, 3, 0, true, true));
    }

    @Test
    void allocationLengthsCutTheAnswer() {
        assertThat(bytes(bench.run(nexus, "12 00 00 00 05 00"))).hasSize(5);
        assertThat(bytes(bench.run(nexus, "12 00 00 00 00 00"))).isEmpty();
        assertThat(bytes(bench.run(nexus, "5e 02 00 00 00 00 00 00 03 00"))).hasSize(3);
    }

    @Test
    void lunsWithoutUnitAnswerDiscoveryOnly() {
        bench.directory.unmap(0);
        Nexus other = bench.server.open(Bench.id(9));
        byte[] none = {};
        byte[] inquiry = Bench.cdb("12 00 00 00 60 00");
        StandardInquiry zero =
                requireNonNull(StandardInquiry.parse(bytes(bench.run(other, 0, inquiry, none))));
        assertThat(zero.qualifier()).isEqualTo(1);
        assertThat(zero.deviceType()).isEqualTo(0x1f);
        StandardInquiry nine =
                requireNonNull(StandardInquiry.parse(bytes(bench.run(other, 9, inquiry, none))));
        assertThat(nine.qualifier()).isEqualTo(3);
        byte[] luns = bytes(bench.run(other, "a0 00 00 00 00 00 00 00 10"));
        assertThat(LunList.parse(luns)).isEmpty();
        assertSense(bench.run(other, "00"), Sense.logicalUnitNotSupported());
        byte[] sense = bytes(bench.run(other, "03 00 00 00 fc 00"));
        Sense told = requireNonNull(Sense.parse(sense));
        assertThat(told.is(Sense.logicalUnitNotSupported())).isTrue();
    }

    @Test
    void lunsAreListedByNumberWithFlatAddressesAbove255() {
        bench.directory.map(300, Bench.unit(bench.memory, false), false);
        bench.directory.map(5, Bench.unit(bench.memory, false), false);
        byte[] luns = bytes(bench.run(nexus, "a0 00 00 00 00 00 00 00 40"));
        assertThat(LunList.parse(luns))
                .containsExactly(
                        LunAddress.encode(0), LunAddress.encode(5), 0x412c_0000_0000_0000L);
        assertSense(bench.run(nexus, "a0 00 00 00 00 00 00 00 00 0f"), Sense.invalidFieldInCdb());
    }

    @Test
    void modeValuesAreSavedAndDefaultsToldApart() {
        byte[] protect = new byte[16];
        System.arraycopy(new byte[] {0x0a, 0x0a, 0, 0x10, 0x08}, 0, protect, 4, 5);
        assertGood(bench.run(nexus, Bench.cdb("15 11 00 00 10 00"), protect));
        byte[] current = bytes(bench.run(nexus, "1a 08 0a 00 ff 00"));
        assertThat(current[2] & 0x80).isEqualTo(0x80);
        assertThat(current[4 + 4]).isEqualTo((byte) 0x08);
        assertThat(bytes(bench.run(nexus, "1a 08 8a 00 ff 00"))[4 + 4]).isZero();
        assertThat(bytes(bench.run(nexus, "1a 08 ca 00 ff 00"))[4 + 4]).isEqualTo((byte) 0x08);
        assertSense(
                bench.run(nexus, Bench.cdb("2a 00 00 00 00 00 00 00 01"), new byte[512]),
                Sense.softwareWriteProtected());
        assertThat(bench.stores.modes().load(bench.unit.id()))
                .hasValueSatisfying(m -> assertThat(m.softwareWriteProtect()).isTrue());
        byte[] descriptor = bytes(bench.run(nexus, "1a 00 3f ff ff 00"));
        assertThat(Be.u32(descriptor, 4)).isEqualTo(Bench.BLOCKS);
    }

    @Test
    void oneGroupActiveOptimized() {
        byte[] plain = bytes(bench.run(nexus, "a3 0a 00 00 00 00 00 00 01 00"));
        assertThat(plain).hasSize(16);
        assertThat(plain[4] & 0x0f).isZero();
        assertThat(Be.u16(plain, 14)).isEqualTo(1);
        byte[] extended = bytes(bench.run(nexus, "a3 2a 00 00 00 00 00 00 01 00"));
        assertThat(extended).hasSize(20);
        assertThat(extended[4]).isEqualTo((byte) 0x10);
        assertSense(bench.run(nexus, "a3 4a 00 00 00 00 00 00 01"), Sense.invalidFieldInCdb());
    }

    @Test
    void everyPortOfTheTargetIsNamed() {
        bench.directory.tags = List.of(1, 7);
        byte[] page = page(0x88);
        int at = 4;
        List<Integer> ports = new ArrayList<>();
        while (at < page.length) {
            int port = Be.u16(page, at + 2);
            ports.add(port);
            assertThat(Be.u16(page, at + 6)).isZero(); // no TransportID of the initiator
            int described = Be.u16(page, at + 10);
            byte[] names = new byte[4 + described];
            Be.put8(names, 1, Designator.PAGE);
            Be.put16(names, 2, described);
            System.arraycopy(page, at + 12, names, 4, described);
            assertThat(Designator.parsePage(names))
                    .containsExactly(
                            Designator.name(
                                    Designator.Association.TARGET_PORT,
                                    nexus.id().targetPort(port)));
            at += 12 + described;
        }
        assertThat(at).isEqualTo(page.length);
        assertThat(ports).containsExactly(1, 7);
    }

    @Test
    void portGroupStatesAreTheGatewaysOwn() {
        StandardInquiry told =
                requireNonNull(StandardInquiry.parse(bytes(bench.run(nexus, "12 00 00 00 60"))));
        assertThat(told.portGroups()).isEqualTo(1); // implicit only
        assertSense(
                bench.run(nexus, Bench.cdb("a4 0a 00 00 00 00 00 00 00 08"), new byte[8]),
                Sense.invalidOpcode());
    }
}
