package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidegate.block.Geometry;
import io.tidegate.block.NativeFile;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreException.Kind;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pools on block devices of the kernel: loop devices over files. Skipped where a process may not
 * make them, as in most containers; {@link PoolDevicesTest} checks the same rules everywhere.
 */
@NullUnmarked
class BlockDevicePoolTest {

    private static final int PIECE = 64 << 10;
    private static final PoolOptions OPTIONS = PoolHarness.OPTIONS;

    @TempDir Path dir;

    private final List<String> loops = new ArrayList<>();

    private static String run(String... command) throws Exception {
        Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (p.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + said);
        }
        return said;
    }

    /** A loop device of so many bytes over a file of zeroes. */
    private Path device(String name, long size) throws Exception {
        Path file = dir.resolve(name + ".img");
        if (!Files.exists(file)) {
            try (NativeFile f = NativeFile.open(file, NativeFile.Flag.CREATE_NEW)) {
                f.truncate(size);
            }
        }
        return attach(file);
    }

    private Path attach(Path file) {
        String loop;
        try {
            loop = run("losetup", "--find", "--show", file.toString());
        } catch (Exception e) {
            assumeTrue(false, "no loop devices here: " + e.getMessage());
            throw new AssertionError(e);
        }
        loops.add(loop);
        return Path.of(loop);
    }

    private void detach(Path loop) throws Exception {
        run("losetup", "--detach", loop.toString());
        loops.remove(loop.toString());
    }

    @AfterEach
    void endLoops() throws Exception {
        for (String loop : List.copyOf(loops)) {
            detach(Path.of(loop));
        }
    }

    private PoolOpenOptions open() {
        return PoolOpenOptions.standard().withTokenDirectory(dir);
    }

    private Path path() {
        return dir.resolve("pool");
    }

    private static VolumeDevice volume(Pool pool) throws StoreException {
        VolumeId id = VolumeId.random();
        pool.createVolume(id, new VolumeShape(Geometry.ofBytes(64 << 20, 512, 4096), 4096));
        return pool.openVolume(id);
    }

    private static ByteBuffer piece(int value) {
        ByteBuffer p = ByteBuffer.allocateDirect(PIECE);
        while (p.hasRemaining()) {
            p.putInt(value);
        }
        return p.flip();
    }

    private static void write(VolumeDevice d, int from, int to) throws Exception {
        for (int i = from; i < to; i++) {
            d.write((long) i * PIECE, piece(i + 1));
        }
    }

    private static void verify(VolumeDevice d, int pieces) throws Exception {
        for (int i = 0; i < pieces; i++) {
            ByteBuffer p = ByteBuffer.allocateDirect(PIECE);
            d.read((long) i * PIECE, p);
            assertThat(p.flip()).as("piece %d", i).isEqualTo(piece(i + 1));
        }
    }

    private StoreException refusedOpening() {
        return catchThrowableOfType(StoreException.class, () -> Pool.open(path(), open()));
    }

    @Test
    void aPoolOnDevicesKeepsWhatWasWrittenAndGrows() throws Exception {
        Path a = device("a", 8 << 20);
        Path b = device("b", 6 << 20);
        VolumeId id;
        try (Pool pool = Pool.create(path(), OPTIONS, List.of(a, b), open());
                VolumeDevice d = volume(pool)) {
            id = pool.volumes().iterator().next();
            assertThat(Files.readSymbolicLink(path().resolve("data-0001"))).isEqualTo(b);
            assertThat(pool.status().freeBytes()).isGreaterThan(10 << 20);
            write(d, 0, 150);
            d.flush();
            pool.snapshot(Map.of(id, SnapshotId.random()));
            Path c = device("c", 8 << 20);
            Path token = dir.resolve("tidegate-pool-" + pool.id());
            assertThat(Files.readAllLines(token)).hasSize(5);
            pool.grow(List.of(c));
            // A kill from here on is answered with all three devices.
            assertThat(Files.readAllLines(token)).hasSize(6);
            write(d, 150, 250);
            verify(d, 250);
            assertThat(pool.check().problems()).isEmpty();
        }
        try (Pool pool = Pool.open(path(), open());
                VolumeDevice d = pool.openVolume(id)) {
            verify(d, 250);
            assertThat(pool.status().totalBytes()).isEqualTo((22 << 20) - 2 * PIECE);
            pool.deleteSnapshot(pool.snapshots(id).iterator().next());
            d.discard(0, 64 << 20);
            assertThat(pool.check().problems()).isEmpty();
        }
    }

    @Test
    void freedSegmentsAreDiscarded() throws Exception {
        Path a = device("a", 32 << 20);
        Path image = dir.resolve("a.img");
        try (Pool pool = Pool.create(path(), OPTIONS, List.of(a), open());
                VolumeDevice d = volume(pool)) {
            write(d, 0, 300);
            d.flush();
            long full = allocated(image);
            d.discard(0, 64 << 20);
            d.flush();
            // By hand what the background thread does as well, so that nothing has to be awaited.
            PoolCore core = pool.core();
            core.maintenance.stop();
            core.checkpointer.run(false);
            core.retirement.poll();
            for (int s = core.space.beginPunch(); s >= 0; s = core.space.beginPunch()) {
                core.files.punch(s);
                core.space.endPunch(s, true);
            }
            core.files.syncAll();
            assertThat(full).isGreaterThan(18 << 20);
            assertThat(allocated(image)).isLessThan(full - (10 << 20));
            write(d, 0, 300);
            verify(d, 300);
        }
    }

    private static long allocated(Path image) throws IOException {
        try (NativeFile f = NativeFile.open(image, NativeFile.Flag.READ_ONLY)) {
            return f.allocatedBytes();
        }
    }

    @Test
    void aDeviceThatIsInUseOrNotEmptyIsNotTaken() throws Exception {
        Path a = device("a", 8 << 20);
        Path b = device("b", 8 << 20);
        try (NativeFile held = NativeFile.open(b, NativeFile.Flag.EXCLUSIVE)) {
            assertThat(held.isBlockDevice()).isTrue();
            assertThat(refusedCreation(a, b).kind()).isEqualTo(Kind.BUSY);
        }
        assertThat(refusedCreation(a, a).kind()).isEqualTo(Kind.BUSY);
        assertThat(refusedCreation(a, dir.resolve("a.img")).getMessage())
                .contains("is no block device");
        assertThat(refusedCreation(a, Path.of("/dev/no-such-device")).getMessage())
                .contains("is not there");
        // The magic of an ext4 superblock, and nothing else.
        put(b, 1080, 0x53, 0xEF);
        StoreException e = refusedCreation(a, b);
        assertThat(e.kind()).isEqualTo(Kind.EXISTS);
        assertThat(e.getMessage())
                .contains(b + " is not empty, byte 1080", "wipe it: dd if=/dev/zero of=" + b);
        put(b, 1080, 0, 0);
        Pool.create(path(), OPTIONS, List.of(a, b), open()).close();
        assertThat(refusedCreation(a, b).kind()).isEqualTo(Kind.EXISTS);
        Path second = dir.resolve("second");
        StoreException taken =
                catchThrowableOfType(
                        StoreException.class,
                        () -> Pool.create(second, OPTIONS, List.of(a), open()));
        assertThat(taken.kind()).isEqualTo(Kind.EXISTS);
        assertThat(taken.getMessage()).contains("is device 0 of pool ");
    }

    private static void put(Path device, long offset, int... bytes) throws IOException {
        try (NativeFile f = NativeFile.open(device)) {
            ByteBuffer b = ByteBuffer.allocateDirect(bytes.length);
            for (int value : bytes) {
                b.put((byte) value);
            }
            f.write(offset, b.flip());
            f.sync();
        }
    }

    private StoreException refusedCreation(Path... devices) {
        return catchThrowableOfType(
                StoreException.class,
                () -> Pool.create(path(), OPTIONS, List.of(devices), open()).close());
    }

    @Test
    void swappedAndAbsentDevicesAreRefused() throws Exception {
        Path a = device("a", 8 << 20);
        Path b = device("b", 8 << 20);
        Pool.create(path(), OPTIONS, List.of(a, b), open()).close();
        Path first = path().resolve("data-0000");
        Path second = path().resolve("data-0001");
        Files.delete(first);
        assertThat(refusedOpening().getMessage())
                .contains("data-0000 is missing: make it a symbolic link to device 0");
        Files.delete(second);
        Files.createSymbolicLink(first, b);
        Files.createSymbolicLink(second, a);
        assertThat(refusedOpening().getMessage()).contains("is device 1 of the pool, not 0");
        Files.delete(first);
        Files.createSymbolicLink(first, a);
        assertThat(refusedOpening().kind()).isEqualTo(Kind.BUSY);
        Files.delete(second);
        Files.createSymbolicLink(second, Path.of("/dev/no-such-device"));
        assertThat(refusedOpening().getMessage())
                .contains("data-0001, /dev/no-such-device, is not there: attach the device");
        Files.delete(second);
        Files.createSymbolicLink(second, b);
        Pool.open(path(), open()).close();
    }

    /** A device that was taken away and came back has lost what its cache held. */
    @Test
    void aDeviceThatWasAttachedAnewIsNotTheSameBootAnyMore() throws Exception {
        Path a = device("a", 8 << 20);
        Path sequence = Path.of("/sys/class/block", a.getFileName().toString(), "diskseq");
        assumeTrue(Files.exists(sequence), "this kernel does not number what it attaches");
        String before = identity(a);
        assertThat(identity(a)).isEqualTo(before);
        Path image = dir.resolve("a.img");
        detach(a);
        Path again = attach(image);
        assertThat(identity(again)).isNotEqualTo(before);
        UUID boot = UUID.randomUUID();
        UUID pool = UUID.randomUUID();
        BootToken token = BootToken.of(open().tokenDirectory(), pool, boot, "place\n" + before);
        token.make();
        assertThat(token.present()).isTrue();
        assertThat(token.over("place\n" + identity(again)).present()).isFalse();
        assertThat(token.over("place").present()).as("a growth that was cut off").isTrue();
    }

    private String identity(Path device) throws IOException {
        try (NativePoolFiles files = new NativePoolFiles(dir);
                PoolFile file = files.openDevice(device)) {
            assertThat(file.isDevice()).isTrue();
            return files.identity().lines().skip(1).findFirst().orElseThrow();
        }
    }
}
