package io.tidegate.target.device;

import static io.tidegate.target.device.Bench.assertGood;
import static io.tidegate.target.device.Bench.assertSense;
import static io.tidegate.target.device.Bench.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.DeviceException;
import io.tidegate.block.FaultDevice;
import io.tidegate.block.Geometry;
import io.tidegate.block.MemoryDevice;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.presentation.UnitIdentity;
import io.tidegate.presentation.UnitShape;
import io.tidegate.scsi.Be;
import io.tidegate.scsi.LogPage;
import io.tidegate.scsi.MediumCommand.Read;
import io.tidegate.scsi.MediumCommand.Write;
import io.tidegate.scsi.Sense;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** LOG SENSE: which pages there are, and that they tell what has happened. */
class LogTest {

    private final Bench bench = new Bench();
    private final Nexus nexus = bench.open(1);

    @AfterEach
    void close() {
        bench.close();
    }

    private static byte[] logSense(int control, int page, int subpage, int pointer) {
        byte[] cdb = Bench.cdb("4d 00 00 00 00 00 00 04 00 00");
        Be.put8(cdb, 2, control << 6 | page);
        Be.put8(cdb, 3, subpage);
        Be.put16(cdb, 5, pointer);
        return cdb;
    }

    private ScsiResult log(int lun, int control, int page, int pointer) {
        return bench.run(nexus, lun, logSense(control, page, 0, pointer), new byte[0]);
    }

    /** Parameters of a page by their codes; checks the page's form. */
    private static TreeMap<Integer, byte[]> parameters(byte[] page, int code) {
        assertThat(page[0] & 0x3f).isEqualTo(code);
        assertThat(Be.u16(page, 2)).isEqualTo(page.length - 4);
        TreeMap<Integer, byte[]> all = new TreeMap<>();
        int at = 4;
        while (at < page.length) {
            int length = Be.u8(page, at + 3);
            all.put(Be.u16(page, at), Arrays.copyOfRange(page, at + 4, at + 4 + length));
            at += 4 + length;
        }
        assertThat(at).isEqualTo(page.length);
        return all;
    }

    private long count(int lun, int page, int parameter) {
        byte[] value = parameters(bytes(log(lun, 1, page, 0)), page).get(parameter);
        return Be.i64(java.util.Objects.requireNonNull(value), 0);
    }

    @Test
    void exactlyTheListedPagesAnswer() {
        byte[] pages = bytes(bench.run(nexus, logSense(1, 0, 0, 0)));
        byte[] withSubpages = bytes(bench.run(nexus, logSense(1, 0, 0xff, 0)));
        assertThat(withSubpages[0] & 0x40).isEqualTo(0x40); // SPF
        List<Integer> listed = new ArrayList<>();
        for (int at = 4; at < withSubpages.length; at += 2) {
            listed.add(Be.u16(withSubpages, at));
        }
        assertThat(listed).isSorted().doesNotHaveDuplicates();
        List<Integer> plain = new ArrayList<>();
        for (int at = 4; at < pages.length; at++) {
            plain.add(Be.u8(pages, at));
        }
        assertThat(plain)
                .isEqualTo(listed.stream().filter(p -> p % 256 == 0).map(p -> p / 256).toList())
                .containsExactly(0x00, 0x02, 0x03, 0x05, 0x0c, 0x19, 0x2f);
        for (int page = 0; page < 0x40; page++) {
            for (int subpage : new int[] {0, 1, 0x20, 0xff}) {
                ScsiResult result = bench.run(nexus, logSense(1, page, subpage, 0));
                if (listed.contains(page << 8 | subpage)) {
                    assertGood(result);
                } else {
                    assertSense(result, Sense.invalidFieldInCdb());
                }
            }
        }
    }

    @Test
    void spaceIsToldInThresholdSets() {
        TreeMap<Integer, byte[]> told = parameters(bytes(log(0, 1, 0x0c, 0)), 0x0c);
        assertThat(told).containsOnlyKeys(1, 2);
        assertThat(told.get(1)).containsExactly(0, 0, 0, 40, 2, 0, 0, 0); // available, shared
        assertThat(told.get(2)).containsExactly(0, 0, 0, 3, 1, 0, 0, 0); // used, the unit's own
        assertThat(parameters(bytes(log(0, 1, 0x0c, 2)), 0x0c)).containsOnlyKeys(2);
        bench.stores.space = Optional.empty();
        assertThat(parameters(bytes(log(0, 1, 0x0c, 0)), 0x0c)).isEmpty();
    }

    @Test
    void aUnitThatIsNotThinHasNoSpaceToTell() {
        Geometry geometry = Bench.geometry();
        LogicalUnit full =
                new LogicalUnit(
                        LogicalUnitId.random(),
                        new UnitIdentity("60014050000000000000000000000002", "serial-2"),
                        "full",
                        new UnitShape(geometry, 4096, false, false, false, false),
                        new MemoryDevice("full", geometry),
                        1,
                        LogicalUnit.State.OPEN);
        bench.directory.map(1, full, false);
        Bench.settled(bench.server, nexus);
        assertSense(log(1, 1, 0x0c, 0), Sense.invalidFieldInCdb());
        byte[] pages = bytes(log(1, 1, 0, 0));
        assertThat(Arrays.copyOfRange(pages, 4, pages.length)).doesNotContain((byte) 0x0c);
    }

    @Test
    void countsAreThoseOfTheTransport() {
        bench.server.count(
                unit ->
                        unit.equals(bench.unit.id())
                                ? new UnitActivity.Counts(7, 5, 1024, 512, 9000, 4000)
                                : UnitActivity.Counts.NONE);
        byte[] told = parameters(bytes(log(0, 1, 0x19, 0)), 0x19).get(1);
        assertThat(told).hasSize(64);
        long[] expected = {7, 5, 1, 2, 9, 4, 0, 0};
        for (int i = 0; i < expected.length; i++) {
            assertThat(Be.i64(told, 8 * i)).as("field %s", i).isEqualTo(expected[i]);
        }
        assertThat(parameters(bytes(log(0, 3, 0x19, 0)), 0x19).get(1)).containsOnly(0);
        assertThat(count(0, LogPage.READ_ERRORS, 5)).isEqualTo(1024);
        assertThat(count(0, LogPage.WRITE_ERRORS, 5)).isEqualTo(512);
    }

    @Test
    void errorsOfTheMediumAreCountedWhereTheyBelong() {
        FaultDevice faulty = new FaultDevice(new MemoryDevice("below", Bench.geometry()));
        bench.directory.map(1, Bench.unit(faulty, false), false);
        Bench.settled(bench.server, nexus);
        byte[] verify = Bench.cdb("8f 00 00 00 00 00 00 00 00 00 00 00 00 08");
        assertGood(bench.run(nexus, 1, verify, new byte[0]));
        assertThat(count(1, LogPage.VERIFY_ERRORS, 5)).isEqualTo(8 * Bench.BLOCK);
        faulty.add(FaultDevice.Fault.fail(FaultDevice.Operation.READ, DeviceException.Kind.READ));
        bench.run(nexus, 1, new Read(0, 1, false, false).encode(), new byte[0]);
        bench.run(nexus, 1, new Read(0, 1, false, false).encode(), new byte[0]);
        bench.run(nexus, 1, verify, new byte[0]);
        faulty.clear();
        byte[] write = new Write(0, 1, false, false).encode();
        faulty.add(FaultDevice.Fault.fail(FaultDevice.Operation.WRITE, DeviceException.Kind.WRITE));
        bench.run(nexus, 1, write, new byte[Bench.BLOCK]);
        faulty.clear();
        faulty.add(
                FaultDevice.Fault.fail(FaultDevice.Operation.WRITE, DeviceException.Kind.NO_SPACE));
        bench.run(nexus, 1, write, new byte[Bench.BLOCK]); // no fault of the medium
        assertThat(count(1, LogPage.READ_ERRORS, 6)).isEqualTo(2);
        assertThat(count(1, LogPage.VERIFY_ERRORS, 6)).isEqualTo(1);
        assertThat(count(1, LogPage.WRITE_ERRORS, 6)).isEqualTo(1);
        assertThat(count(1, LogPage.VERIFY_ERRORS, 5)).isEqualTo(8 * Bench.BLOCK);
    }

    @Test
    void whatIsNotThereIsRefusedAtItsField() {
        refused(logSense(0, 3, 0, 0), 2, 7); // threshold values of counts
        refused(logSense(2, 3, 0, 0), 2, 7);
        refused(logSense(1, 3, 0, 7), 5, 7); // beyond the last parameter
        refused(logSense(1, 0, 0, 1), 5, 7);
        refused(logSense(1, 3, 1, 0), 3, 7);
        refused(logSense(1, 7, 0, 0), 2, 5);
        byte[] save = logSense(1, 3, 0, 0);
        save[1] = 1;
        refused(save, 1, 0);
        assertGood(bench.run(nexus, logSense(0, 0x2f, 0, 0))); // a list: no matter which
    }

    private void refused(byte[] cdb, int offset, int bit) {
        ScsiResult result = bench.run(nexus, cdb);
        assertSense(result, Sense.invalidFieldInCdb());
        assertThat(Bench.sense(result).specific())
                .isEqualTo(new Sense.FieldPointer(true, bit, offset));
    }
}
