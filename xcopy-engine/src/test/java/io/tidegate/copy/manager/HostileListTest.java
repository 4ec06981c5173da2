package io.tidegate.copy.manager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.DeviceException;
import io.tidegate.block.MemoryDevice;
import io.tidegate.copy.mover.Bytes;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.SenseKey;
import io.tidegate.scsi.Status;
import io.tidegate.scsi.copy.ExtendedCopyList;
import io.tidegate.scsi.copy.ExtendedCopyList.Format;
import io.tidegate.scsi.copy.ExtendedCopyList.ListIdUsage;
import io.tidegate.scsi.copy.SegmentDescriptor.BlockToBlock;
import io.tidegate.scsi.copy.SegmentDescriptor.OffsetToOffset;
import io.tidegate.scsi.copy.SegmentDescriptor.RegisterKey;
import io.tidegate.scsi.copy.SegmentDescriptor.Verify;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Lists with wrong bytes anywhere: each ends in a status, and nobody else's unit is touched. */
class HostileListTest {

    private static final int SIZE = 2 << 20;

    private final Lab lab = new Lab();
    private final Lab.Host host = new Lab.Host("h1");
    private final MemoryDevice from = MemoryDevice.ofBytes(SIZE);
    private final LogicalUnit source = lab.unit(from);
    private final LogicalUnit destination = lab.unit(MemoryDevice.ofBytes(SIZE));

    HostileListTest() {
        host.sees(source);
        host.sees(destination);
    }

    @AfterEach
    void close() {
        lab.close();
    }

    private static Sense sense(CopyReply reply) {
        return Objects.requireNonNull(reply.sense());
    }

    @Test
    void shortLists() throws DeviceException {
        long seed = System.nanoTime();
        System.out.println("HostileListTest.shortLists seed " + seed);
        Random random = new Random(seed);
        Bytes.fill(from, 1);
        LogicalUnit untouched = lab.unit(Bytes.fill(MemoryDevice.ofBytes(SIZE), 0x5e));
        byte[] good =
                Lab.list(
                                1,
                                ListIdUsage.HOLD,
                                List.of(source, destination, untouched),
                                BlockToBlock.of(0, 1, 64, 0, 0),
                                BlockToBlock.of(1, 0, 64, 0, 0))
                        .encode();
        for (int i = 0; i < 3000; i++) {
            byte[] data = good.clone();
            for (int flips = random.nextInt(6); flips >= 0; flips--) {
                data[random.nextInt(data.length)] = (byte) random.nextInt(256);
            }
            CopyReply reply = lab.copy(host, destination, data);
            assertThat(reply.status()).isIn(Status.GOOD, Status.CHECK_CONDITION);
            if (reply.status() == Status.CHECK_CONDITION) {
                assertThat(sense(reply).key())
                        .isIn(SenseKey.ILLEGAL_REQUEST, SenseKey.COPY_ABORTED);
                assertThat(sense(reply).encode(false).length).isLessThanOrEqualTo(252);
            }
        }
        assertThat(Bytes.of(untouched.device())).containsOnly(0x5e);
    }

    @Test
    void longLists() throws DeviceException {
        long seed = System.nanoTime();
        System.out.println("HostileListTest.longLists seed " + seed);
        Random random = new Random(seed);
        LogicalUnit untouched = lab.unit(Bytes.fill(MemoryDevice.ofBytes(SIZE), 0x5e));
        byte[] good =
                new ExtendedCopyList(
                                Format.LID4,
                                0xdeadbeefL,
                                false,
                                ListIdUsage.DISCARD,
                                0,
                                false,
                                false,
                                List.of(
                                        Lab.target(source),
                                        Lab.target(destination),
                                        Lab.target(untouched)),
                                List.of(
                                        BlockToBlock.of(0, 1, 64, 0, 0),
                                        new OffsetToOffset(false, 1, 0, 5000, 3, 2, 100, 7),
                                        new Verify(true, 1),
                                        new RegisterKey(0, 0, 1)))
                        .encode();
        for (int i = 0; i < 3000; i++) {
            byte[] data = good.clone();
            for (int flips = random.nextInt(6); flips >= 0; flips--) {
                data[random.nextInt(data.length)] = (byte) random.nextInt(256);
            }
            CopyReply reply = lab.copy(host, destination, 1, data);
            // Copies that a flip has sent to the background may be as many as may be at once.
            assertThat(reply.status()).isIn(Status.GOOD, Status.CHECK_CONDITION, Status.BUSY);
            if (reply.status() == Status.CHECK_CONDITION) {
                assertThat(sense(reply).key())
                        .isIn(SenseKey.ILLEGAL_REQUEST, SenseKey.COPY_ABORTED);
            }
        }
        lab.manager.close(); // waits for those
        assertThat(Bytes.of(untouched.device())).containsOnly(0x5e);
    }
}
