package io.tidegate.target.device;

import static io.tidegate.target.device.Bench.BLOCK;
import static io.tidegate.target.device.Bench.BLOCKS;
import static io.tidegate.target.device.Bench.assertGood;
import static io.tidegate.target.device.Bench.assertSense;
import static io.tidegate.target.device.Bench.bytes;
import static io.tidegate.target.device.Bench.pattern;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.FaultDevice;
import io.tidegate.block.Geometry;
import io.tidegate.block.MemoryDevice;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Be;
import io.tidegate.scsi.MediumCommand.CompareAndWrite;
import io.tidegate.scsi.MediumCommand.Read;
import io.tidegate.scsi.MediumCommand.Write;
import io.tidegate.scsi.ProvisioningCommand.GetLbaStatus;
import io.tidegate.scsi.ProvisioningCommand.Unmap;
import io.tidegate.scsi.ProvisioningCommand.WriteSame;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.UnmapList;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MediumTest {

    private final Bench bench = new Bench();
    private final Nexus nexus = bench.open(1);

    @AfterEach
    void close() {
        bench.close();
    }

    private byte[] read(long lba, int blocks) {
        return bytes(bench.run(nexus, new Read(lba, blocks, false, false).encode()));
    }

    private void write(long lba, byte[] data) {
        byte[] cdb = new Write(lba, data.length / BLOCK, false, false).encode();
        assertGood(bench.run(nexus, cdb, data));
    }

    @Test
    void whatIsWrittenIsRead() {
        byte[] data = pattern(20, 1);
        write(100, data);
        assertThat(read(100, 20)).isEqualTo(data);
        assertThat(read(99, 1)).containsOnly(0);
        assertThat(nexus.lastWrites()).containsKey(bench.unit.id());
    }

    @Test
    void aShortWriteTakesWholeBlocksOnly() {
        byte[] data = pattern(2, 2);
        ScsiResult result =
                bench.run(
                        nexus,
                        new Write(0, 2, false, false).encode(),
                        Arrays.copyOf(data, BLOCK + 10));
        assertGood(result);
        assertThat(read(0, 1)).isEqualTo(Arrays.copyOf(data, BLOCK));
        assertThat(read(1, 1)).containsOnly(0);
    }

    @ParameterizedTest
    @ValueSource(longs = {BLOCKS, BLOCKS + 1L, 1L << 31, 1L << 32, Long.MAX_VALUE, -1L, 1L << 63})
    void rangesPastTheEndAreRefusedAlsoWhenEmpty(long lba) {
        for (int blocks : new int[] {0, 1}) {
            assertSense(
                    bench.run(nexus, new Read(lba, blocks, false, false).encode()),
                    Sense.lbaOutOfRange());
            assertSense(
                    bench.run(nexus, new Write(lba, blocks, false, false).encode(), pattern(1, 1)),
                    Sense.lbaOutOfRange());
        }
        byte[] status = new GetLbaStatus(lba, 24).encode();
        assertSense(bench.run(nexus, status), Sense.lbaOutOfRange());
    }

    @Test
    void theLastBlockIsInsideAndOneMoreIsNot() {
        assertThat(read(BLOCKS - 1, 1)).hasSize(BLOCK);
        assertGood(bench.run(nexus, new Read(BLOCKS - 1, 0, false, false).encode()));
        assertSense(
                bench.run(nexus, new Read(BLOCKS - 1, 2, false, false).encode()),
                Sense.lbaOutOfRange());
        assertSense(
                bench.run(nexus, new Read(1, 0xffffffffL, false, false).encode()),
                Sense.lbaOutOfRange());
    }

    @Test
    void comparesAndWrites() {
        byte[] before = pattern(4, 3);
        write(8, before);
        byte[] after = pattern(4, 4);
        byte[] both = Arrays.copyOf(before, 2 * before.length);
        System.arraycopy(after, 0, both, before.length, after.length);
        byte[] cdb = new CompareAndWrite(8, 4, false).encode();

        assertGood(bench.run(nexus, cdb, both));
        assertThat(read(8, 4)).isEqualTo(after);

        both = Arrays.copyOf(after, both.length);
        both[777] ^= 1;
        ScsiResult result = bench.run(nexus, cdb, both);
        assertSense(result, Sense.miscompare(0));
        assertThat(Bench.sense(result).information()).isEqualTo(777L);
        assertThat(read(8, 4)).isEqualTo(after);

        assertSense(
                bench.run(nexus, cdb, Arrays.copyOf(both, both.length - 1)),
                Sense.invalidFieldInCdb());
    }

    @Test
    void verifiesBytes() {
        byte[] data = pattern(4, 5);
        write(0, data);
        assertGood(bench.run(nexus, Bench.cdb("2f 02 00 00 00 00 00 00 04 00"), data));
        data[BLOCK + 5] ^= 1;
        ScsiResult result = bench.run(nexus, Bench.cdb("2f 02 00 00 00 00 00 00 04 00"), data);
        assertSense(result, Sense.miscompare(0));
        assertThat(Bench.sense(result).information()).isEqualTo(BLOCK + 5L);
        assertGood(bench.run(nexus, "2f 00 00 00 00 00 00 00 04 00"));
        assertSense(
                bench.run(nexus, Bench.cdb("2f 04 00 00 00 00 00 00 04 00"), data),
                Sense.invalidFieldInCdb());
        assertSense( // less data than blocks to compare proves nothing
                bench.run(nexus, Bench.cdb("2f 02 00 00 00 00 00 00 04 00"), pattern(3, 5)),
                Sense.dataPhaseError());
        byte[] one = pattern(1, 6);
        write(0, one);
        write(1, one);
        assertGood(bench.run(nexus, Bench.cdb("2f 06 00 00 00 00 00 00 02 00"), one));
        assertSense(
                bench.run(nexus, Bench.cdb("2f 06 00 00 00 00 00 00 03 00"), one),
                Sense.miscompare(0));
    }

    @Test
    void orWritesAndWritesAtomically() {
        byte[] low = new byte[BLOCK];
        Arrays.fill(low, (byte) 0x0f);
        byte[] high = new byte[BLOCK];
        Arrays.fill(high, (byte) 0x30);
        write(5, low);
        assertGood(bench.run(nexus, Bench.cdb("8b 00 00 00 00 00 00 00 00 05 00 00 00 01"), high));
        assertThat(read(5, 1)).containsOnly(0x3f);
        byte[] data = pattern(8, 7);
        assertGood(bench.run(nexus, Bench.cdb("9c 00 00 00 00 00 00 00 00 08 00 00 00 08"), data));
        assertThat(read(8, 8)).isEqualTo(data);
        assertSense( // not at a multiple of the announced alignment
                bench.run(nexus, Bench.cdb("9c 00 00 00 00 00 00 00 00 09 00 00 00 08"), data),
                Sense.invalidFieldInCdb());
    }

    private ScsiResult unmap(long lba, long blocks) {
        byte[] list = new UnmapList(List.of(new UnmapList.Range(lba, blocks))).encode();
        return bench.run(nexus, new Unmap(false, list.length).encode(), list);
    }

    @Test
    void unmapsAndSaysWhatIsMapped() {
        write(0, pattern(16, 8));
        assertGood(unmap(8, 8));
        assertThat(read(8, 8)).containsOnly(0);
        write(4000, pattern(200, 8));
        byte[] status = bytes(bench.run(nexus, new GetLbaStatus(4100, 24).encode()));
        assertThat(Be.i64(status, 8)).isEqualTo(4100);
        assertThat(status[20]).isZero();
        assertGood(unmap(2048, 4096)); // whole chunks of the device
        status = bytes(bench.run(nexus, new GetLbaStatus(4100, 24).encode()));
        assertThat(Be.i64(status, 8)).isEqualTo(4100);
        assertThat(status[20]).isEqualTo((byte) 1);
        assertGood(unmap(BLOCKS, 0));
        assertSense(unmap(BLOCKS, 1), Sense.lbaOutOfRange());
        assertSense(unmap(-1, 0), Sense.lbaOutOfRange());
        assertSense(unmap(0, 0xffffffffL), Sense.lbaOutOfRange());
    }

    @Test
    void aFaultyRangeLeavesTheWholeListUndone() {
        byte[] data = pattern(8, 9);
        write(0, data);
        byte[] list =
                new UnmapList(List.of(new UnmapList.Range(0, 8), new UnmapList.Range(BLOCKS, 1)))
                        .encode();
        assertSense(
                bench.run(nexus, new Unmap(false, list.length).encode(), list),
                Sense.lbaOutOfRange());
        assertThat(read(0, 8)).isEqualTo(data);
    }

    @Test
    void writesTheSame() {
        byte[] one = pattern(1, 10);
        assertGood(bench.run(nexus, new WriteSame(3, 5, false, false, false).encode(), one));
        assertThat(read(7, 1)).isEqualTo(one);
        assertThat(read(8, 1)).containsOnly(0);
        // A pattern other than zeroes is written although UNMAP is set: it could not be read back.
        assertGood(bench.run(nexus, new WriteSame(3, 5, false, true, false).encode(), one));
        assertThat(read(3, 1)).isEqualTo(one);
        assertGood(bench.run(nexus, new WriteSame(3, 5, false, true, true).encode()));
        assertThat(read(3, 5)).containsOnly(0);
        byte[] two = pattern(2, 10);
        assertSense(
                bench.run(nexus, new WriteSame(3, 5, false, false, false).encode(), two),
                Sense.invalidFieldInCdb());
    }

    @Test
    void writeSameOfNoBlocksGoesToTheEndOfTheMediumWhereItsSpaceIsSetAside() {
        bench.directory.map(0, Bench.thick(bench.memory), false);
        Bench.settled(bench.server, nexus);
        byte[] block = pattern(1, 12);
        write(0, pattern(8, 11));
        byte[] before = read(0, 5);
        assertGood(bench.run(nexus, new WriteSame(5, 0, false, false, false).encode(), block));
        assertThat(read(0, 5)).isEqualTo(before);
        assertThat(read(5, 1)).isEqualTo(block);
        assertThat(read(BLOCKS / 2, 1)).isEqualTo(block);
        assertThat(read(BLOCKS - 1, 1)).isEqualTo(block);
        byte[] ten = Bench.cdb("41 00 00 00 7f ff 00 00 00 00"); // from the last block on
        assertGood(bench.run(nexus, ten, pattern(1, 13)));
        assertThat(read(BLOCKS - 2, 1)).isEqualTo(block);
        assertThat(read(BLOCKS - 1, 1)).isEqualTo(pattern(1, 13));
        assertGood(bench.run(nexus, new WriteSame(6, 0, false, false, true).encode()));
        assertThat(read(5, 1)).isEqualTo(block);
        assertThat(read(6, 8)).containsOnly(0);
        assertThat(read(BLOCKS - 1, 1)).containsOnly(0);
        assertSense(
                bench.run(nexus, new WriteSame(BLOCKS, 0, false, false, false).encode(), block),
                Sense.lbaOutOfRange());
    }

    @Test
    void aLongWriteSameEndsAtItsNextPieceWhenGivenUp() {
        byte[] block = pattern(1, 12);
        int[] asked = {0};
        bench.givenUp = () -> asked[0]++ == 1;
        assertSense(
                bench.run(nexus, new WriteSame(0, BLOCKS, false, false, false).encode(), block),
                Sense.aborted());
        int piece = (int) (Pieces.FILL_BYTES / BLOCK);
        assertThat(read(piece - 1, 1)).isEqualTo(block);
        assertThat(read(piece, 1)).containsOnly(0);
    }

    @Test
    void aLongWriteSameNeverGoesOnInAnotherGeneration() {
        MemoryDevice next = new MemoryDevice("next", Bench.geometry());
        int[] asked = {0};
        bench.givenUp =
                () -> {
                    if (asked[0]++ == 1) {
                        bench.unit.closeGate();
                        bench.unit.swap(next, 2, LogicalUnit.State.OPEN);
                    }
                    return false;
                };
        assertSense(
                bench.run(
                        nexus,
                        new WriteSame(0, BLOCKS, false, false, false).encode(),
                        pattern(1, 12)),
                Sense.aborted());
        assertThat(read(0, 8)).containsOnly(0);
        assertThat(read((int) (Pieces.FILL_BYTES / BLOCK), 8)).containsOnly(0);
    }

    @Test
    void anchorsAreNotAnnouncedAndRefused() {
        assertSense(
                bench.run(nexus, new WriteSame(0, 8, true, true, true).encode()),
                Sense.invalidFieldInCdb());
        assertSense(
                bench.run(nexus, Bench.cdb("42 01 00 00 00 00 00 00 18"), new byte[24]),
                Sense.invalidFieldInCdb());
    }

    @Test
    void devicesFailWithTheRightSense() {
        FaultDevice faulty = new FaultDevice(new MemoryDevice("below", Bench.geometry()));
        bench.directory.map(1, Bench.unit(faulty, false), false);
        Bench.settled(bench.server, nexus);
        faulty.add(
                FaultDevice.Fault.fail(FaultDevice.Operation.READ, DeviceException.Kind.READ)
                        .in(5 * BLOCK, BLOCK));
        ScsiResult read = bench.run(nexus, 1, new Read(5, 1, false, false).encode(), new byte[0]);
        assertSense(read, Sense.unrecoveredRead(0));
        assertThat(Bench.sense(read).information()).isEqualTo(5L);
        byte[] write = new Write(9, 1, false, false).encode();
        for (DeviceException.Kind kind : DeviceException.Kind.values()) {
            faulty.clear();
            faulty.add(FaultDevice.Fault.fail(FaultDevice.Operation.WRITE, kind));
            ScsiResult result = bench.run(nexus, 1, write, pattern(1, 1));
            switch (kind) {
                case NO_SPACE -> assertSense(result, Sense.spaceAllocationFailed());
                case WRITE, SYNC -> assertSense(result, Sense.writeError());
                case WRITE_PROTECTED -> assertSense(result, Sense.writeProtected());
                case GONE -> assertSense(result, Sense.internalTargetFailure());
                case READ -> assertSense(result, Sense.unrecoveredRead(0));
                case BUSY -> assertThat(result).isSameAs(ScsiResult.BUSY);
            }
        }
        faulty.clear();
        faulty.add(FaultDevice.Fault.fail(FaultDevice.Operation.FLUSH, DeviceException.Kind.SYNC));
        assertSense(bench.run(nexus, 1, Bench.cdb("35"), new byte[0]), Sense.writeError());
    }

    /**
     * A device whose checksums cover more than a block: the grain that begins at block 8 is bad.
     */
    private record BadGrain(MemoryDevice below) implements BlockDevice {
        private static final long AT = 8 * BLOCK;

        @Override
        public Geometry geometry() {
            return below.geometry();
        }

        @Override
        public void read(long offset, ByteBuffer into) throws DeviceException {
            if (offset < AT + 4096 && offset + into.remaining() > AT) {
                throw new DeviceException(
                        DeviceException.Kind.READ, "pool", AT, 4096, "bad checksum");
            }
            below.read(offset, into);
        }

        @Override
        public boolean tryRead(long offset, ByteBuffer into) {
            return false;
        }

        @Override
        public void write(long offset, ByteBuffer from) throws DeviceException {
            below.write(offset, from);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            below.close();
        }
    }

    @Test
    void damageIsNamedByItsFirstBlockInTheRangeOfTheCommand() {
        bench.directory.map(
                1, Bench.unit(new BadGrain(new MemoryDevice("d", Bench.geometry())), false), false);
        Bench.settled(bench.server, nexus);
        for (int mode : new int[] {0, 0x04}) { // fixed, then descriptor format
            byte[] control = new byte[16];
            System.arraycopy(new byte[] {0x0a, 0x0a, (byte) mode, 0x10}, 0, control, 4, 4);
            assertGood(bench.run(nexus, 1, Bench.cdb("15 10 00 00 10 00"), control));
            damaged(new Read(0, 32, false, false).encode(), 8); // the damage lies inside
            damaged(new Read(11, 2, false, false).encode(), 11); // it began before
            damaged(Bench.cdb("8f 00 00 00 00 00 00 00 00 0b 00 00 00 02 00 00"), 11);
            assertGood(bench.run(nexus, 1, new Read(16, 8, false, false).encode(), new byte[0]));
        }
    }

    private void damaged(byte[] cdb, long lba) {
        ScsiResult result = bench.run(nexus, 1, cdb, new byte[0]);
        assertSense(result, Sense.unrecoveredRead(0));
        assertThat(Bench.sense(result).information()).isEqualTo(lba);
    }

    @Test
    void writesAreFlushedWithoutWriteCacheAndWithFua() {
        FaultDevice counted = new FaultDevice(new MemoryDevice("below", Bench.geometry()));
        bench.directory.map(1, Bench.unit(counted, false), false);
        Bench.settled(bench.server, nexus);
        byte[] data = pattern(1, 1);
        assertGood(bench.run(nexus, 1, new Write(0, 1, false, false).encode(), data));
        assertThat(counted.calls(FaultDevice.Operation.FLUSH)).isZero();
        assertGood(bench.run(nexus, 1, new Write(0, 1, false, true).encode(), data));
        assertThat(counted.calls(FaultDevice.Operation.FLUSH)).isEqualTo(1);
        byte[] caching = new byte[24];
        caching[4] = 0x08;
        caching[5] = 0x12;
        assertGood(bench.run(nexus, 1, Bench.cdb("15 10 00 00 18 00"), caching));
        long before = counted.calls(FaultDevice.Operation.FLUSH);
        assertGood(bench.run(nexus, 1, new Write(0, 1, false, false).encode(), data));
        assertThat(counted.calls(FaultDevice.Operation.FLUSH)).isEqualTo(before + 1);
    }

    /** A device that can do nothing but the least. */
    private record Least(MemoryDevice below) implements BlockDevice {
        @Override
        public Geometry geometry() {
            return below.geometry();
        }

        @Override
        public void read(long offset, ByteBuffer into) throws DeviceException {
            below.read(offset, into);
        }

        @Override
        public boolean tryRead(long offset, ByteBuffer into) throws DeviceException {
            return below.tryRead(offset, into);
        }

        @Override
        public void write(long offset, ByteBuffer from) throws DeviceException {
            below.write(offset, from);
        }

        @Override
        public void flush() throws DeviceException {
            below.flush();
        }

        @Override
        public void close() {
            below.close();
        }
    }

    @Test
    void devicesWithoutAbilitiesWorkByFallback() {
        bench.directory.map(0, Bench.unit(new Least(bench.memory), false), false);
        Bench.settled(bench.server, nexus);
        comparesAndWrites();
        orWritesAndWritesAtomically();
        write(0, pattern(16, 8));
        assertGood(unmap(8, 8));
        assertThat(read(8, 8)).containsOnly(0);
        byte[] status = bytes(bench.run(nexus, new GetLbaStatus(8, 24).encode()));
        assertThat(Be.i64(status, 8)).isEqualTo(8);
        assertThat(status[20]).isZero();
    }
}
