package io.tidegate.scsi;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tidegate.scsi.MediumCommand.CompareAndWrite;
import io.tidegate.scsi.MediumCommand.Read;
import io.tidegate.scsi.MediumCommand.SynchronizeCache;
import io.tidegate.scsi.MediumCommand.Write;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Commands through their CDBs: exact bytes, and round trips through the table. */
class CommandsTest {

    private static ScsiCommand parse(byte[] cdb) {
        Operation row = requireNonNull(Operation.find(cdb));
        assertThat(row.firstReservedBit(cdb)).isEqualTo(-1);
        return row.parse(cdb);
    }

    private static ScsiCommand parse(String hex) {
        byte[] cdb = new byte[16];
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
        System.arraycopy(bytes, 0, cdb, 0, bytes.length);
        return parse(cdb);
    }

    @Test
    void readsTheStandardsLayouts() {
        assertThat(parse("08 1f ff fe 00 00")).isEqualTo(new Read(0x1ffffe, 256, false, false));
        assertThat(parse("28 18 00 00 00 10 00 00 08 00")).isEqualTo(new Read(16, 8, true, true));
        assertThat(parse("a8 08 80 00 00 00 ff ff ff ff 00 00"))
                .isEqualTo(new Read(0x80000000L, 0xffffffffL, false, true));
        assertThat(parse("8a 00 ff ff ff ff ff ff ff ff 00 00 00 01 00 00"))
                .isEqualTo(new Write(-1L, 1, false, false));
        assertThat(parse("5e 03 00 00 00 00 00 01 00 00"))
                .isEqualTo(
                        new ReservationCommand.PersistentIn(
                                ReservationCommand.Query.FULL_STATUS, 256));
        assertThat(parse("5f 06 03 00 00 00 00 00 18 00"))
                .isEqualTo(
                        new ReservationCommand.PersistentOut(
                                ReservationCommand.Action.REGISTER_AND_IGNORE, 0, 3, 24));
        assertThat(parse("1a 08 48 ff fc 00"))
                .isEqualTo(
                        new ModeCommand.Sense(
                                true, false, true, ModeCommand.Control.CHANGEABLE, 8, 0xff, 252));
        assertThat(parse("93 19 00 00 00 00 00 00 00 07 00 00 00 02 00 00"))
                .isEqualTo(new ProvisioningCommand.WriteSame(7, 2, true, true, true));
    }

    @Test
    void takesTheShortestFormThatCanSayIt() {
        assertThat(new Read(0xffffffffL, 65535, false, false).encode()[0]).isEqualTo((byte) 0x28);
        assertThat(new Read(1L << 32, 1, false, false).encode()[0]).isEqualTo((byte) 0x88);
        assertThat(new Write(0, 65536, false, true).encode()[0]).isEqualTo((byte) 0x8a);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Read(0, 1L << 32, false, false).encode());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CompareAndWrite(0, 256, false).encode());
    }

    @Test
    void comeBackFromTheirCdbs() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i++) {
            long lba = random.nextLong() >>> random.nextInt(64);
            long blocks = random.nextInt() & 0xffffffffL >>> random.nextInt(32);
            boolean a = random.nextBoolean();
            boolean b = random.nextBoolean();
            String as = "seed " + seed;
            Read read = new Read(lba, blocks, a, b);
            assertThat(parse(read.encode())).as(as).isEqualTo(read);
            Write write = new Write(lba, blocks, a, b);
            assertThat(parse(write.encode())).as(as).isEqualTo(write);
            SynchronizeCache sync = new SynchronizeCache(lba, blocks, a);
            assertThat(parse(sync.encode())).as(as).isEqualTo(sync);
            CompareAndWrite swap = new CompareAndWrite(lba, blocks & 0xff, a);
            assertThat(parse(swap.encode())).as(as).isEqualTo(swap);
            var same = new ProvisioningCommand.WriteSame(lba, blocks, a, b, a);
            assertThat(parse(same.encode())).as(as).isEqualTo(same);
            var status = new ProvisioningCommand.GetLbaStatus(lba, (int) blocks);
            assertThat(parse(status.encode())).as(as).isEqualTo(status);
            var inquiry =
                    new DiscoveryCommand.Inquiry(a, (int) (blocks & 0xff), (int) (lba & 0xffff));
            assertThat(parse(inquiry.encode())).as(as).isEqualTo(inquiry);
        }
        var luns = new DiscoveryCommand.ReportLuns(2, 4096);
        assertThat(parse(luns.encode())).isEqualTo(luns);
        var unmap = new ProvisioningCommand.Unmap(false, 24);
        assertThat(parse(unmap.encode())).isEqualTo(unmap);
        var capacity = new UnitCommand.ReadCapacity16(32);
        assertThat(parse(capacity.encode())).isEqualTo(capacity);
        assertThat(parse(new UnitCommand.TestUnitReady().encode()))
                .isEqualTo(new UnitCommand.TestUnitReady());
        assertThat(parse(new UnitCommand.ReadCapacity10().encode()))
                .isEqualTo(new UnitCommand.ReadCapacity10());
    }
}
