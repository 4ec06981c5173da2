package io.tidegate.scsi;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * All that comes from hosts and devices as bytes, third-party copy aside. Runs the inputs that are
 * kept under the test resources; set JAZZER_FUZZ=1 to look for more.
 */
class ScsiFuzzTest {

    @FuzzTest(maxDuration = "30s")
    void command(byte[] data) {
        byte[] cdb = Arrays.copyOf(data, 16);
        Operation row = Operation.find(cdb);
        if (row != null) {
            assertThat(row.parse(cdb)).isInstanceOf(row.family().root());
            assertThat(row.firstReservedBit(cdb)).isBetween(-1, row.cdbLength() * 8 - 1);
            assertThat(row.conflict(cdb)).isNotNull();
        }
    }

    @FuzzTest(maxDuration = "30s")
    void parameterList(byte[] data) {
        ByteBuffer list = ByteBuffer.wrap(data);
        UnmapList.Parsed unmap = UnmapList.parse(list.duplicate(), 256);
        assertThat(unmap.list() == null).isNotEqualTo(unmap.fault() == null);
        TransportId id = TransportId.parse(list.duplicate());
        if (id != null) {
            assertThat(id.initiatorName()).isNotEmpty();
        }
        if (data.length >= PersistentList.BASIC_LENGTH) {
            PersistentList.basic(list.duplicate());
            PersistentList.move(list.duplicate());
        }
        ModeList.Medium medium = new ModeList.Medium(false, 1000, 512);
        for (boolean six : new boolean[] {true, false}) {
            ModeList.Opened opened = ModeList.open(six, list.duplicate(), medium);
            if (opened.pages() != null) {
                ModePages.Selected selected =
                        ModePages.select(opened.pages(), ModeValues.DEFAULT, () -> null);
                assertThat(selected.values() == null).isNotEqualTo(selected.fault() == null);
            }
        }
    }

    @FuzzTest(maxDuration = "30s")
    void answers(byte[] data) {
        Sense sense = Sense.parse(data);
        if (sense != null) {
            assertThat(Sense.parse(sense.encode(true))).isNotNull();
        }
        StandardInquiry.parse(data);
        BlockLimits.parse(data);
        Provisioning.parse(data);
        Designator.parsePage(data);
        Capacity.parse16(data);
        Capacity.parse10(data);
        LunList.parse(data);
    }
}
