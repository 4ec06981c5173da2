package io.tidegate.scsi;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ParameterListsTest {

    @Test
    void lunAddressesComeBackAndOthersAreRefused() {
        for (int number = 0; number <= LunAddress.MAX_NUMBER; number++) {
            assertThat(LunAddress.number(LunAddress.encode(number))).isEqualTo(number);
        }
        assertThat(LunAddress.encode(255)).isEqualTo(0x00ff_0000_0000_0000L);
        assertThat(LunAddress.encode(256)).isEqualTo(0x4100_0000_0000_0000L);
        assertThat(LunAddress.number(0x4005_0000_0000_0000L)).isEqualTo(5);
        assertThat(LunAddress.number(0x0100_0000_0000_0000L)).isEqualTo(-1);
        assertThat(LunAddress.number(LunAddress.WELL_KNOWN_REPORT_LUNS)).isEqualTo(-1);
        assertThat(LunAddress.number(1)).isEqualTo(-1);
    }

    @Test
    void unmapListsComeBack() {
        UnmapList list =
                new UnmapList(
                        List.of(new UnmapList.Range(0, 8), new UnmapList.Range(-1L, 0xffffffffL)));
        UnmapList.Parsed parsed = UnmapList.parse(ByteBuffer.wrap(list.encode()), 2);
        assertThat(parsed.list()).isEqualTo(list);
        assertThat(UnmapList.parse(ByteBuffer.wrap(list.encode()), 1).fault())
                .matches(s -> s != null && s.is(Sense.invalidFieldInParameterList()));
    }

    @Test
    void unmapListsThatAreCutShortAreFaulty() {
        byte[] whole = new UnmapList(List.of(new UnmapList.Range(1, 1))).encode();
        for (int length = 1; length < whole.length; length++) {
            Sense fault = UnmapList.parse(ByteBuffer.wrap(whole, 0, length), 256).fault();
            assertThat(fault).as("%d bytes", length).isNotNull();
            assertThat(requireNonNull(fault).is(Sense.parameterListLength())).isTrue();
        }
        assertThat(UnmapList.parse(ByteBuffer.allocate(0), 256).list())
                .isEqualTo(new UnmapList(List.of()));
    }

    @Test
    void transportIdsComeBack() {
        TransportId port = new TransportId("iqn.2000-01.example:host", 0x0123456789abL);
        assertThat(TransportId.parse(ByteBuffer.wrap(port.encode()))).isEqualTo(port);
        assertThat(new String(port.encode(), 4, 41, StandardCharsets.UTF_8))
                .isEqualTo("iqn.2000-01.example:host,i,0x0123456789ab");
        assertThat(port.encode().length % 4).isZero();
        TransportId device = new TransportId("iqn.x", -1);
        assertThat(TransportId.parse(ByteBuffer.wrap(device.encode()))).isEqualTo(device);
        assertThat(device.encode()).hasSize(24);
    }

    @Test
    void hostileTransportIdsAreNull() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] good = new TransportId("iqn.2000-01.example:host", 1).encode();
        for (int i = 0; i < 5000; i++) {
            byte[] bad = good.clone();
            for (int n = 0; n < 3; n++) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            ByteBuffer data = ByteBuffer.wrap(bad, 0, random.nextInt(bad.length + 1));
            TransportId parsed = TransportId.parse(data);
            if (parsed != null) {
                assertThat(parsed.isid()).as("seed %d", seed).isBetween(-1L, (1L << 48) - 1);
            }
        }
        assertThat(TransportId.parse(ByteBuffer.wrap(good, 0, 3))).isNull();
    }

    @Test
    void persistentListsComeBack() {
        PersistentList basic = new PersistentList(1, -2, null, true, true, false, 0, null);
        assertThat(PersistentList.basic(ByteBuffer.wrap(basic.encode())).list()).isEqualTo(basic);
        List<TransportId> two = List.of(new TransportId("iqn.a", 7), new TransportId("iqn.bb", 8));
        PersistentList more = new PersistentList(0, 9, two, false, true, false, 0, null);
        assertThat(PersistentList.basic(ByteBuffer.wrap(more.encode())).list()).isEqualTo(more);
        assertThat(PersistentList.basic(ByteBuffer.wrap(more.encode(), 0, 60)).fault())
                .isEqualTo(Sense.parameterListLength());
        PersistentList move =
                new PersistentList(5, 6, null, false, true, true, 1, new TransportId("iqn.a", 7));
        assertThat(PersistentList.move(ByteBuffer.wrap(move.encode()))).isEqualTo(move);
        byte[] lies = move.encode();
        Be.put32(lies, 20, -1);
        assertThat(PersistentList.move(ByteBuffer.wrap(lies)).moveTo()).isNull();
    }

    @Test
    void modePagesTakeWhatTheyTellAndNothingElse() {
        ModeValues now = new ModeValues(true, false, false);
        byte[] pages =
                requireNonNull(ModePages.sense(0x3f, 0xff, ModeCommand.Control.CURRENT, now, null));
        assertThat(ModePages.select(ByteBuffer.wrap(pages), now, () -> null).values())
                .isEqualTo(now);
        byte[] mask =
                requireNonNull(
                        ModePages.sense(0x3f, 0xff, ModeCommand.Control.CHANGEABLE, now, null));
        assertThat(mask).hasSameSizeAs(pages);
        int changeable = 0;
        for (int at = 0; at < pages.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] changed = pages.clone();
                changed[at] ^= (byte) (1 << bit);
                ModeValues values =
                        ModePages.select(ByteBuffer.wrap(changed), now, () -> null).values();
                boolean may = isContent(pages, at) && (mask[at] >>> bit & 1) != 0;
                if (may) {
                    changeable++;
                    assertThat(values).as("byte %d bit %d", at, bit).isNotEqualTo(now);
                } else if (isContent(pages, at)) {
                    assertThat(values).as("byte %d bit %d", at, bit).isNull();
                }
            }
        }
        assertThat(changeable).isEqualTo(3);
    }

    /** Whether a byte is none of a page's header. */
    private static boolean isContent(byte[] pages, int wanted) {
        int at = 0;
        while (at < pages.length) {
            boolean longForm = (pages[at] & 0x40) != 0;
            int header = longForm ? 4 : 2;
            int length = longForm ? Be.u16(pages, at + 2) : Be.u8(pages, at + 1);
            if (wanted < at + header + length) {
                return wanted >= at + header;
            }
            at += header + length;
        }
        throw new AssertionError(wanted);
    }

    @Test
    void answersComeBackAsTheInitiatorReadsThem() {
        Capacity capacity = new Capacity(1L << 33, 512, 3, 0, true, true);
        assertThat(Capacity.parse16(capacity.encode16())).isEqualTo(capacity);
        assertThat(Be.u32(capacity.encode10(), 0)).isEqualTo(0xffffffffL);
        BlockLimits limits =
                new BlockLimits(
                        true,
                        128,
                        16,
                        16384,
                        2048,
                        0,
                        1 << 20,
                        256,
                        16,
                        0,
                        16384,
                        new BlockLimits.Atomic(2048, 8, 8, 0, 0));
        assertThat(BlockLimits.parse(limits.encode(0))).isEqualTo(limits);
        Provisioning thin = new Provisioning(0, true, true, false, true, false, 2);
        assertThat(Provisioning.parse(thin.encode(0))).isEqualTo(thin);
        List<Designator> names =
                List.of(
                        Designator.naa(new byte[16]),
                        Designator.t10("TIDEGATE", "serial"),
                        Designator.relativePort(1),
                        Designator.name(Designator.Association.TARGET_DEVICE, "iqn.x"));
        assertThat(Designator.parsePage(Designator.page(0, names))).isEqualTo(names);
        List<Long> luns = List.of(LunAddress.encode(0), LunAddress.encode(300));
        assertThat(LunList.parse(LunList.encode(luns))).isEqualTo(luns);
    }
}
