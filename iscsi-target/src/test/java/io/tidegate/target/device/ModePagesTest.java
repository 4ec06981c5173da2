package io.tidegate.target.device;

import static io.tidegate.target.device.Bench.assertGood;
import static io.tidegate.target.device.Bench.assertSense;
import static io.tidegate.target.device.Bench.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.FaultDevice;
import io.tidegate.block.MemoryDevice;
import io.tidegate.scsi.Be;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Status;
import io.tidegate.target.attention.Attention;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every mode page by what it says of itself, and what its values do. */
class ModePagesTest {

    private static final int CURRENT = 0;
    private static final int CHANGEABLE = 1;
    private static final int DEFAULT = 2;
    private static final int SAVED = 3;

    private static final byte[] NONE = {};

    private final Bench bench = new Bench();
    private final Nexus nexus = bench.open(1);

    @AfterEach
    void close() {
        bench.close();
    }

    private ScsiResult ask(Nexus by, int control, int page, int subpage) {
        byte[] cdb = Bench.cdb("5a 08 00 00 00 00 00 04 00 00");
        Be.put8(cdb, 2, control << 6 | page);
        Be.put8(cdb, 3, subpage);
        return bench.run(by, cdb);
    }

    /** A page without the header of the list. */
    private byte[] page(int control, int page, int subpage) {
        byte[] list = bytes(ask(nexus, control, page, subpage));
        assertThat(Be.u16(list, 0)).isEqualTo(list.length - 2);
        return Arrays.copyOfRange(list, 8, list.length);
    }

    /** The pages in an answer, one after the other. */
    private static List<byte[]> split(byte[] pages) {
        List<byte[]> all = new ArrayList<>();
        for (int at = 0; at < pages.length; ) {
            boolean longForm = Be.bit(pages, at, 6);
            int length = longForm ? 4 + Be.u16(pages, at + 2) : 2 + Be.u8(pages, at + 1);
            all.add(Arrays.copyOfRange(pages, at, at + length));
            at += length;
        }
        return all;
    }

    private static int code(byte[] page) {
        return page[0] & 0x3f;
    }

    private static int subcode(byte[] page) {
        return Be.bit(page, 0, 6) ? Be.u8(page, 1) : 0;
    }

    private static int header(byte[] page) {
        return Be.bit(page, 0, 6) ? 4 : 2;
    }

    private ScsiResult select(int lun, byte[] page, boolean save) {
        byte[] list = new byte[8 + page.length];
        System.arraycopy(page, 0, list, 8, page.length);
        list[8] &= 0x7f; // PS is reserved here
        byte[] cdb = Bench.cdb("55 10 00 00 00 00 00 00 00 00");
        cdb[1] |= (byte) (save ? 1 : 0);
        Be.put16(cdb, 7, list.length);
        return bench.run(nexus, lun, cdb, list);
    }

    private List<byte[]> all(int control) {
        return split(page(control, 0x3f, 0xff));
    }

    @Test
    void exactlyTheListedPagesAnswerAloneAndInEveryControl() {
        List<Integer> listed = new ArrayList<>();
        for (byte[] page : all(CURRENT)) {
            listed.add(code(page) << 8 | subcode(page));
        }
        assertThat(listed).isSorted().contains(0x0100, 0x0800, 0x0a00, 0x1c00, 0x1c02);
        for (int control = CURRENT; control <= SAVED; control++) {
            List<byte[]> pages = all(control);
            for (int page = 0; page < 0x3f; page++) {
                for (int subpage = 0; subpage < 0xff; subpage++) {
                    int at = listed.indexOf(page << 8 | subpage);
                    if (at < 0) {
                        assertSense(ask(nexus, control, page, subpage), Sense.invalidFieldInCdb());
                    } else {
                        assertThat(page(control, page, subpage)).isEqualTo(pages.get(at));
                    }
                }
            }
        }
    }

    @Test
    void theListWithoutSubpagesHasTheShortPages() {
        List<byte[]> plain = all(CURRENT).stream().filter(page -> subcode(page) == 0).toList();
        assertThat(split(page(CURRENT, 0x3f, 0))).containsExactlyElementsOf(plain);
    }

    @Test
    void bitsOfTheMaskCanBeChangedAndNoOthers() {
        List<byte[]> pages = all(CURRENT);
        List<byte[]> masks = all(CHANGEABLE);
        List<String> changeable = new ArrayList<>();
        for (int i = 0; i < pages.size(); i++) {
            byte[] page = pages.get(i);
            byte[] mask = masks.get(i);
            assertThat(mask).hasSameSizeAs(page);
            for (int bit = header(page) * 8; bit < page.length * 8; bit++) {
                int shift = 7 - bit % 8;
                byte[] wanted = page.clone();
                wanted[bit / 8] ^= (byte) (1 << shift);
                ScsiResult result = select(0, wanted, false);
                byte[] now = page(CURRENT, code(page), subcode(page));
                if (Be.bit(mask, bit / 8, shift)) {
                    assertGood(result);
                    assertThat(now).isEqualTo(wanted);
                    assertGood(select(0, page, false));
                    changeable.add(
                            String.format(
                                    "%02x/%02x %d.%d", code(page), subcode(page), bit / 8, shift));
                } else {
                    assertSense(result, Sense.invalidFieldInParameterList());
                    assertThat(now).isEqualTo(page);
                }
            }
        }
        assertThat(changeable) // WCE, D_SENSE, SWP
                .containsExactlyInAnyOrder("08/00 2.2", "0a/00 2.2", "0a/00 4.3");
    }

    private byte[] with(int code, int at, int bits) {
        byte[] page = page(CURRENT, code, 0);
        page[at] ^= (byte) bits;
        return page;
    }

    @Test
    void whatIsSavedOutlivesARestartAndWhatIsNotEndsWithAReset() {
        assertGood(select(0, with(0x08, 2, 0x04), true)); // no write cache
        assertGood(select(0, with(0x0a, 4, 0x08), true)); // write protected
        assertGood(select(0, with(0x0a, 2, 0x04), false)); // descriptor sense
        assertThat(page(SAVED, 0x0a, 0)[2] & 0x04).isZero();
        assertThat(page(CURRENT, 0x0a, 0)[2] & 0x04).isEqualTo(0x04);
        bench.server.reset(ResetKind.LUN, bench.unit, nexus);
        Bench.settled(bench.server, nexus);
        assertThat(page(CURRENT, 0x0a, 0)).isEqualTo(page(SAVED, 0x0a, 0));
        assertThat(page(CURRENT, 0x08, 0)[2] & 0x04).isZero();
        assertThat(page(DEFAULT, 0x08, 0)[2] & 0x04).isEqualTo(0x04);
        try (DeviceServer restarted = bench.newServer()) {
            Nexus again = Bench.settled(restarted, restarted.open(Bench.id(1)));
            byte[] cdb = Bench.cdb("5a 08 3f 00 00 00 00 04 00 00");
            ScsiRequest request = Bench.request(0, cdb, 0);
            byte[] list =
                    bytes(bench.finish(again, request, restarted.begin(again, request), NONE));
            assertThat(list[3] & 0x80).isEqualTo(0x80); // WP
            List<byte[]> pages = split(Arrays.copyOfRange(list, 8, list.length));
            List<byte[]> before = split(page(CURRENT, 0x3f, 0));
            assertThat(pages).containsExactlyElementsOf(before);
        }
    }

    @Test
    void whatCannotBeSavedIsNotChangedEither() {
        byte[] before = page(CURRENT, 0x0a, 0);
        bench.stores.broken = true;
        assertSense(select(0, with(0x0a, 4, 0x08), true), Sense.internalTargetFailure());
        assertThat(page(CURRENT, 0x0a, 0)).isEqualTo(before);
        assertThat(page(SAVED, 0x0a, 0)).isEqualTo(before);
    }

    @Test
    void aFaultInOnePageLeavesTheWholeListUndone() {
        byte[] good = with(0x08, 2, 0x04);
        byte[] bad = with(0x0a, 3, 0x80);
        byte[] both = Arrays.copyOf(good, good.length + bad.length);
        System.arraycopy(bad, 0, both, good.length, bad.length);
        both[good.length] &= 0x7f;
        assertSense(select(0, both, false), Sense.invalidFieldInParameterList());
        assertThat(page(CURRENT, 0x08, 0)[2] & 0x04).isEqualTo(0x04);
    }

    @Test
    void senseComesInTheFormatOfTheControlPage() {
        assertThat(bench.run(nexus, "ff").sense()[0] & 0x7f).isEqualTo(0x70);
        assertGood(select(0, with(0x0a, 2, 0x04), false));
        assertThat(bench.run(nexus, "ff").sense()[0] & 0x7f).isEqualTo(0x72);
    }

    @Test
    void softwareWriteProtectRefusesEveryWriterAndIsTold() {
        assertThat(bytes(ask(nexus, CURRENT, 0x08, 0))[3] & 0x80).isZero();
        assertGood(select(0, with(0x0a, 4, 0x08), false));
        Nexus other = bench.open(2);
        byte[] write = Bench.cdb("2a 00 00 00 00 00 00 00 01");
        assertSense(bench.run(other, write, new byte[512]), Sense.softwareWriteProtected());
        assertGood(bench.run(other, "28 00 00 00 00 00 00 00 01"));
        assertThat(bytes(ask(other, CURRENT, 0x08, 0))[3] & 0x80).isEqualTo(0x80);
        assertGood(select(0, with(0x0a, 4, 0x08), false));
        assertSense(bench.run(other, write, new byte[512]), Attention.MODE_CHANGED.sense());
        assertGood(bench.run(other, write, new byte[512]));
    }

    @Test
    void switchingTheWriteCacheOffMakesWhatItHoldsDurable() {
        FaultDevice counted = new FaultDevice(new MemoryDevice("below", Bench.geometry()));
        bench.directory.map(1, Bench.unit(counted, false), false);
        Bench.settled(bench.server, nexus);
        byte[] off = page(CURRENT, 0x08, 0);
        byte[] on = off.clone();
        off[2] &= ~0x04;
        assertGood(select(1, off, false));
        assertThat(counted.calls(FaultDevice.Operation.FLUSH)).isEqualTo(1);
        assertGood(select(1, on, false));
        assertThat(counted.calls(FaultDevice.Operation.FLUSH)).isEqualTo(1);
    }

    @Test
    void aListThatEndsEarlyIsRefused() {
        byte[] page = page(CURRENT, 0x08, 0);
        for (int length = 1; length < page.length; length++) {
            assertThat(select(0, Arrays.copyOf(page, length), false).status())
                    .as("%d bytes", length)
                    .isNotEqualTo(Status.GOOD);
        }
    }
}
