package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreException.Kind;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pools on devices of fixed size: what is refused, what is labelled, how they grow. */
@NullUnmarked
class PoolDevicesTest {

    private static final int SEGMENT = 64 << 10;
    private static final int A_BYTES = 9 << 20;
    private static final int B_BYTES = (5 << 20) + 1000;

    /** The sizes of pool and files mean nothing here. */
    private static final PoolOptions OPTIONS = PoolHarness.OPTIONS;

    @TempDir Path tokens;

    private SimDevices dir = new SimDevices();
    private Path a;
    private Path b;
    private final Rules rules =
            new Rules() {
                @Override
                boolean background() {
                    return false;
                }
            };

    @BeforeEach
    void twoDevices() throws IOException {
        a = dir.attach("a", A_BYTES);
        b = dir.attach("b", B_BYTES);
    }

    private PoolFactory factory() {
        return new PoolFactory(dir, rules, UUID.randomUUID());
    }

    private Pool create(Path... devices) throws StoreException {
        factory().create(OPTIONS, List.of(devices));
        return open();
    }

    private Pool open() throws StoreException {
        return new Pool(factory(), PoolOpenOptions.standard().withTokenDirectory(tokens));
    }

    private StoreException refusedCreation(Path... devices) {
        return catchThrowableOfType(StoreException.class, () -> create(devices));
    }

    private StoreException refusedOpening() {
        return catchThrowableOfType(StoreException.class, this::open);
    }

    private static VolumeDevice volume(Pool pool) throws StoreException {
        VolumeId id = VolumeId.random();
        pool.createVolume(id, new VolumeShape(Geometry.ofBytes(64 << 20, 512, 4096), 4096));
        return pool.openVolume(id);
    }

    private static ByteBuffer piece(int value) {
        ByteBuffer p = ByteBuffer.allocateDirect(SEGMENT);
        while (p.hasRemaining()) {
            p.putInt(value);
        }
        return p.flip();
    }

    private static int fill(VolumeDevice d, int from) throws DeviceException {
        for (int i = from; ; i++) {
            try {
                d.write((long) i * SEGMENT, piece(i + 1));
            } catch (DeviceException e) {
                assertThat(e.kind()).isEqualTo(DeviceException.Kind.NO_SPACE);
                return i;
            }
        }
    }

    private static void verify(VolumeDevice d, int pieces) throws DeviceException {
        for (int i = 0; i < pieces; i++) {
            ByteBuffer p = ByteBuffer.allocateDirect(SEGMENT);
            d.read((long) i * SEGMENT, p);
            assertThat(p.flip()).as("piece %d", i).isEqualTo(piece(i + 1));
        }
    }

    private void fillBytes(Path device, int offset, int length, int value) throws IOException {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        dir.raw(device).write(offset, ByteBuffer.wrap(bytes));
        dir.raw(device).sync();
    }

    // Use ---------------------------------------------------------------------------------------

    @Test
    void aPoolUsesAllOfItsDevicesAndNoByteMore() throws Exception {
        int pieces;
        VolumeId id;
        try (Pool pool = create(a, b);
                VolumeDevice d = volume(pool)) {
            id = pool.volumes().iterator().next();
            int usable = A_BYTES / SEGMENT + B_BYTES / SEGMENT - 2;
            assertThat(pool.status().totalBytes()).isEqualTo((usable + 1L) * SEGMENT);
            pieces = fill(d, 0);
            assertThat((long) pieces * SEGMENT).isBetween(10L << 20, 14L << 20);
            verify(d, pieces);
            assertThat(pool.check().problems()).isEmpty();
            pool.snapshot(Map.of(id, SnapshotId.random()));
        }
        // The second device's end, which is no whole segment, was left alone.
        byte[] content = dir.content(b);
        assertThat(content).hasSize(B_BYTES);
        for (int i = B_BYTES / SEGMENT * SEGMENT; i < B_BYTES; i++) {
            assertThat(content[i]).isZero();
        }
        assertThat(factory().check().problems()).isEmpty();
        try (Pool pool = open();
                VolumeDevice d = pool.openVolume(id)) {
            verify(d, pieces);
            d.discard(0, 64 << 20);
            pool.deleteSnapshot(pool.snapshots(id).iterator().next());
            pool.core().maintenance.wantCheckpoint();
            while (pool.core().maintenance.step()) {
                pool.core().maintenance.wantCheckpoint();
            }
            assertThat(fill(d, 0)).isGreaterThan(pieces - 8);
            assertThat(pool.check().problems()).isEmpty();
        }
    }

    @Test
    void freeSpaceDependsOnNoFileSystem() throws Exception {
        try (Pool pool = create(a)) {
            assertThat(pool.status().freeBytes()).isGreaterThan(A_BYTES * 3 / 4);
        }
    }

    // Creation ----------------------------------------------------------------------------------

    @Test
    void aDeviceThatHoldsAnythingIsNotTaken() throws Exception {
        for (int at : new int[] {0, 1080, (1 << 20) - 1}) {
            fillBytes(b, at, 1, 7);
            byte[] before = dir.content(a);
            StoreException e = refusedCreation(a, b);
            assertThat(e.kind()).isEqualTo(Kind.EXISTS);
            assertThat(e.getMessage()).contains("/dev/b", "byte " + at, "wipe it: dd");
            assertThat(dir.content(a)).as("nothing was written to the other").isEqualTo(before);
            fillBytes(b, at, 1, 0);
            for (String name : List.of("pool.super", "pool.wal", "data-0000")) {
                assertThat(dir.names()).doesNotContain(name);
            }
        }
        create(a, b).close();
    }

    @Test
    void anotherPoolsDeviceIsNotTakenUntilItIsWiped() throws Exception {
        UUID id;
        try (Pool pool = create(a)) {
            id = pool.id();
        }
        SimDevices fresh = new SimDevices();
        Path again = fresh.attach("a", A_BYTES);
        fresh.raw(again).write(0, ByteBuffer.wrap(Arrays.copyOf(dir.content(a), SEGMENT)));
        dir = fresh;
        StoreException e = refusedCreation(again);
        assertThat(e.kind()).isEqualTo(Kind.EXISTS);
        assertThat(e.getMessage()).contains("/dev/a", "device 0 of pool " + id, "wipe it: dd");
        fillBytes(again, 0, SEGMENT, 0);
        create(again).close();
    }

    @Test
    void devicesThatCannotBeAreRefused() throws Exception {
        assertThat(refusedCreation(a, a).kind()).isEqualTo(Kind.BUSY);
        dir.detach(b);
        assertThat(refusedCreation(a, b).kind()).isEqualTo(Kind.IO);
        Path small = dir.attach("small", SEGMENT);
        assertThat(refusedCreation(a, small).kind()).isEqualTo(Kind.LIMIT);
        assertThat(refusedCreation(dir.attach("few", 10 * SEGMENT)).getMessage())
                .contains("room for 9 segments; a pool needs 16");
        assertThatThrownBy(() -> create()).isInstanceOf(IllegalArgumentException.class);
        create(a).close();
    }

    // Opening -----------------------------------------------------------------------------------

    /** Every device as it was: a refused opening writes nothing. */
    private void refuses(Kind kind, String... says) {
        List<byte[]> before = List.of(dir.content(a), dir.content(b));
        StoreException e = refusedOpening();
        assertThat(e.kind()).isEqualTo(kind);
        assertThat(e.getMessage()).contains(says);
        assertThat(dir.content(a)).isEqualTo(before.get(0));
        assertThat(dir.content(b)).isEqualTo(before.get(1));
    }

    @Test
    void swappedForeignAndAbsentDevicesAreRefused() throws Exception {
        UUID id;
        try (Pool pool = create(a, b)) {
            id = pool.id();
        }
        dir.link("data-0000", b);
        dir.link("data-0001", a);
        refuses(Kind.DAMAGED, "data-0000 is device 1 of the pool, not 0", "swapped");
        dir.link("data-0000", a);
        refuses(Kind.BUSY, "/dev/a is in use");
        dir.link("data-0001", b);
        dir.detach(b);
        refuses(Kind.IO, "/dev/b is not there");
        dir.attachAgain(b);
        open().close();

        Path empty = dir.attach("empty", A_BYTES);
        dir.link("data-0001", empty);
        refuses(Kind.DAMAGED, "data-0001 has no label", "device 1 of pool " + id);
        UUID stranger = UUID.randomUUID();
        new DeviceLabel(stranger, 1, B_BYTES).write(dir.raw(empty));
        refuses(Kind.DAMAGED, "data-0001 is a device of pool " + stranger + ", not of " + id);
        new DeviceLabel(id, 1, A_BYTES + SEGMENT).write(dir.raw(empty));
        refuses(Kind.DAMAGED, "it was made smaller");
        dir.link("data-0001", b);
        fillBytes(b, 100, 1, 1);
        refuses(Kind.DAMAGED, "data-0001 has no label");
        fillBytes(b, 100, 1, 0);
        open().close();
    }

    @Test
    void filesAndDevicesDoNotMix() throws Exception {
        new PoolFactory(dir, rules, UUID.randomUUID()).create(OPTIONS, List.of(a));
        // A file in the place of the device.
        Forwarding plain =
                new Forwarding(dir) {
                    @Override
                    public PoolFile open(String name) throws IOException {
                        return name.startsWith("data-") ? dir.raw(a) : super.open(name);
                    }
                };
        PoolOpenOptions options = PoolOpenOptions.standard().withTokenDirectory(tokens);
        assertThatThrownBy(
                        () -> new Pool(new PoolFactory(plain, rules, UUID.randomUUID()), options))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("data-0000 is an ordinary file, but the pool lies on raw");

        SimDevices ordinary = new SimDevices();
        ordinary.attach("x", A_BYTES);
        SimFiles files = new SimFiles();
        new PoolFactory(files, rules, UUID.randomUUID()).create(OPTIONS);
        Forwarding device =
                new Forwarding(files) {
                    @Override
                    public PoolFile open(String name) throws IOException {
                        return name.startsWith("data-")
                                ? ordinary.openDevice(Path.of("/dev/x"))
                                : super.open(name);
                    }
                };
        assertThatThrownBy(
                        () -> new Pool(new PoolFactory(device, rules, UUID.randomUUID()), options))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("data-0000 is a raw device, but the pool lies in ordinary");
        try (Pool pool = new Pool(new PoolFactory(files, rules, UUID.randomUUID()), options)) {
            assertThatThrownBy(() -> pool.grow(List.of(b)))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("cannot have raw devices too");
        }
    }

    // Growth ------------------------------------------------------------------------------------

    @Test
    void aFullPoolGoesOnWhenADeviceIsAdded() throws Exception {
        int pieces;
        VolumeId id;
        try (Pool pool = create(b);
                VolumeDevice d = volume(pool)) {
            id = pool.volumes().iterator().next();
            int first = fill(d, 0);
            assertThat(catchThrowableOfType(StoreException.class, () -> pool.grow(1L << 30)).kind())
                    .isEqualTo(Kind.LIMIT);
            StoreException large =
                    catchThrowableOfType(StoreException.class, () -> pool.grow(List.of(a)));
            assertThat(large.kind()).isEqualTo(Kind.LIMIT);
            assertThat(large.getMessage()).contains("8388608 bytes at most");
            Path c = dir.attach("c", B_BYTES);
            Path e = dir.attach("e", 3 << 20);
            pool.grow(List.of(c, e));
            pieces = fill(d, first);
            assertThat((long) pieces * SEGMENT).isGreaterThan(10L << 20);
            assertThat(pool.check().problems()).isEmpty();
            assertThat(
                            catchThrowableOfType(StoreException.class, () -> pool.grow(List.of(c)))
                                    .kind())
                    .isEqualTo(Kind.BUSY);
        }
        try (Pool pool = open();
                VolumeDevice d = pool.openVolume(id)) {
            verify(d, pieces);
            int usable = 2 * (B_BYTES / SEGMENT) + (3 << 20) / SEGMENT - 3;
            assertThat(pool.status().totalBytes()).isEqualTo((usable + 1L) * SEGMENT);
        }
    }

    @Test
    void aGrowthThatIsCutOffLeavesAllDevicesOrTheOldOnesAndCanBeRepeated() throws Exception {
        int[] found = new int[2];
        long stops = 1;
        for (long stop = 0; stop < stops; stop++) {
            dir = new SimDevices();
            twoDevices();
            Pool pool = create(a);
            VolumeDevice d = volume(pool);
            VolumeId id = pool.volumes().iterator().next();
            for (int i = 0; i < 20; i++) {
                d.write((long) i * SEGMENT, piece(i + 1));
            }
            d.flush();
            long old = pool.status().totalBytes();
            dir.files.stopAfter(stop);
            boolean grown = false;
            try {
                pool.grow(List.of(b));
                grown = true;
                stops = dir.files.operations();
            } catch (StoreException e) {
                assertThat(dir.files.stopped()).as("only the stop fails: %s", e).isTrue();
                stops = Math.max(stops, stop + 2);
            }
            abandon(pool);
            dir = dir.afterPowerLoss(new Random(stop));
            Pool after = open();
            long size = after.status().totalBytes();
            if (size == old) {
                assertThat(grown).isFalse();
                found[0]++;
                after.grow(List.of(b));
            } else {
                found[1]++;
            }
            assertThat(after.status().totalBytes()).isGreaterThan(old + (4 << 20));
            try (VolumeDevice e = after.openVolume(id)) {
                verify(e, 20);
                int pieces = fill(e, 20);
                verify(e, pieces);
            }
            assertThat(after.check().problems()).isEmpty();
            after.close();
        }
        assertThat(found[0]).as("cut off before it took effect").isGreaterThan(5);
        assertThat(found[1]).as("cut off afterwards").isPositive();
    }

    private static void abandon(Pool pool) {
        try {
            pool.close();
        } catch (StoreException e) {
            assertThat(e.kind()).isIn(Kind.IO, Kind.READ_ONLY);
        }
    }
}
