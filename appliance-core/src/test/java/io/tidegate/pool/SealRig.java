package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;

/** A small pool over simulated files whose sealing and checkpoints a test drives. */
@NullUnmarked
final class SealRig {

    static final int GRAIN = 4096;
    static final PoolOptions OPTIONS =
            new PoolOptions(8 << 20, GRAIN, 64 << 10, 2 << 20, 256 << 10, true);
    static final VolumeShape SHAPE = new VolumeShape(Geometry.ofBytes(4 << 20, 512, 4096), 4096);

    /** Rules without background threads. */
    static class Driven extends Rules {
        @Override
        boolean background() {
            return false;
        }
    }

    final UUID boot = UUID.randomUUID();
    final Rules rules;
    private final Path tokens;
    SimFiles files = new SimFiles();
    Pool pool;

    SealRig(Path tokens, Rules rules, PoolOptions options) throws StoreException {
        this.tokens = tokens;
        this.rules = rules;
        new PoolFactory(files, rules, boot).create(options);
        open();
    }

    SealRig(Path tokens) throws StoreException {
        this(tokens, new Driven(), OPTIONS);
    }

    void open() throws StoreException {
        pool =
                new Pool(
                        new PoolFactory(files, rules, boot),
                        PoolOpenOptions.standard()
                                .withTokenDirectory(tokens)
                                .withDrainLimit(Duration.ofSeconds(10))
                                .withCheckpointEvery(Duration.ZERO));
    }

    void reopen() throws StoreException {
        pool.close();
        open();
    }

    VolumeDevice volume() throws StoreException {
        VolumeId id = VolumeId.random();
        pool.createVolume(id, SHAPE);
        return pool.openVolume(id);
    }

    SnapshotId snapshot(VolumeDevice v) throws StoreException {
        SnapshotId id = SnapshotId.random();
        pool.snapshot(Map.of(v.volume(), id));
        return id;
    }

    /** Seals until nothing is left, with checkpoints as it asks for them. */
    void sealAll() throws IOException {
        PoolCore core = pool.core();
        while (core.sealer.step() || core.seals.dirtyPages() > 0) {
            if (core.seals.dirtyPages() > 0 && !core.sealer.step()) {
                checkpoint();
            }
        }
    }

    void checkpoint() throws IOException {
        pool.core().maintenance.wantCheckpoint();
        while (pool.core().maintenance.step()) {
            pool.core().maintenance.wantCheckpoint();
        }
    }

    /** The snapshot, as the pool holds it. */
    Snapshot held(SnapshotId id) {
        return pool.core().state.snapshots.get(id);
    }

    /** Where a volume's grain stands. */
    long address(VolumeDevice v, long offset) throws IOException {
        return Slot.address(pool.core().state.volumes.get(v.volume()).map.slot(offset / GRAIN));
    }

    boolean checked(VolumeDevice v, long offset) throws IOException {
        return pool.core().seals.checked(address(v, offset));
    }

    /** Flips a bit of a grain on the medium. */
    void damage(long address) {
        Layout l = pool.core().layout;
        files.damageInMemory(
                DataFiles.name(l.fileOf(address)), (int) l.offsetInFile(address) + 1234, 5);
    }

    static ByteBuffer pattern(int length, int value) {
        ByteBuffer b = ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
        while (b.hasRemaining()) {
            b.putInt(value);
        }
        return b.flip();
    }

    static void write(BlockDevice d, long offset, int length, int value) throws DeviceException {
        d.write(offset, pattern(length, value));
    }

    /** What the range holds, which has to be one value. */
    static int read(BlockDevice d, long offset, int length) throws DeviceException {
        ByteBuffer b = ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
        d.read(offset, b);
        int value = b.flip().getInt();
        while (b.hasRemaining()) {
            assertThat(b.getInt()).isEqualTo(value);
        }
        return value;
    }

    /** A read that must end at a damaged range. */
    static void refused(BlockDevice d, long offset, int length, long badOffset, long badLength) {
        DeviceException e =
                catchThrowableOfType(DeviceException.class, () -> read(d, offset, length));
        damaged(e, badOffset, badLength);
        ByteBuffer b = ByteBuffer.allocateDirect(length + 8).position(4).limit(length + 4);
        try {
            assertThat(d.tryRead(offset, b)).as("the quick way leaves it to the slow").isFalse();
            assertThat(b.position()).isEqualTo(4);
            assertThat(b.limit()).isEqualTo(length + 4);
        } catch (DeviceException unexpected) {
            throw new AssertionError(unexpected);
        }
    }

    static void damaged(DeviceException e, long badOffset, long badLength) {
        assertThat(e).as("damage is noticed").isNotNull();
        assertThat(e.kind()).isEqualTo(DeviceException.Kind.READ);
        assertThat(e.offset()).isEqualTo(badOffset);
        assertThat(e.length()).isEqualTo(badLength);
        assertThat(e).hasMessageContaining("checksum").hasMessageContaining("data-000");
    }
}
