package io.tidegate.pool;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/**
 * A pool whose data files are sparse, for benchmarks of large maps on small disks: segments get no
 * real space, and a thread that fills writes no data. Everything else of a write is as always:
 * admission, gate, records, map, free map. What was filled reads as zeroes, which is also what was
 * said to be written, so checksums are right too.
 */
@NullMarked
public final class SparseFill {

    private static final int PIECE = 1 << 20;
    private static final long STRIDE = 1L << 30;

    /** Set on a thread while it fills; what else the pool writes meanwhile is written. */
    private static final ThreadLocal<Boolean> FILLING = ThreadLocal.withInitial(() -> false);

    private static final LongAdder SYNCS = new LongAdder();

    private SparseFill() {}

    /** Syncs of files of all pools that this class made or opened so far. */
    public static long syncs() {
        return SYNCS.sum();
    }

    /** Makes a sparse pool and opens it. */
    public static Pool create(Path directory, PoolOptions options, PoolOpenOptions open)
            throws StoreException {
        PoolFactory.makeDirectory(directory);
        factory(directory, true).create(options);
        return open(directory, open);
    }

    /** Makes an ordinary pool, with real space, whose syncs are counted. */
    public static Pool createCounted(Path directory, PoolOptions options, PoolOpenOptions open)
            throws StoreException {
        PoolFactory.makeDirectory(directory);
        PoolFactory factory = factory(directory, false);
        factory.create(options);
        return new Pool(factory, open);
    }

    public static Pool open(Path directory, PoolOpenOptions open) throws StoreException {
        return new Pool(factory(directory, true), open);
    }

    private static PoolFactory factory(Path directory, boolean sparse) throws StoreException {
        try {
            UUID boot = BootToken.bootId();
            PoolFiles files = new SparseFiles(new NativePoolFiles(directory), sparse);
            return new PoolFactory(files, Rules.IN_FORCE, boot);
        } catch (IOException e) {
            throw Failures.opening(e);
        }
    }

    /** Maps a range of a volume of a sparse pool, without data. */
    public static void map(Pool pool, VolumeId volume, long offset, long length)
            throws StoreException, DeviceException {
        ByteBuffer zeroes = ByteBuffer.allocateDirect(PIECE);
        FILLING.set(true);
        try (BlockDevice device = pool.openVolume(volume)) {
            for (long at = offset; at < offset + length; at += PIECE) {
                int n = (int) Math.min(PIECE, offset + length - at);
                device.write(at, zeroes.clear().limit(n));
            }
        } finally {
            FILLING.remove();
        }
    }

    private record SparseFiles(PoolFiles below, boolean sparse) implements PoolFiles {

        private PoolFile sparse(String name, PoolFile file) {
            return new SparseFile(file, sparse && name.startsWith("data-"));
        }

        @Override
        public boolean lock() throws IOException {
            return below.lock();
        }

        @Override
        public List<String> names() throws IOException {
            return below.names();
        }

        @Override
        public PoolFile create(String name) throws IOException {
            return sparse(name, below.create(name));
        }

        @Override
        public PoolFile open(String name) throws IOException {
            return sparse(name, below.open(name));
        }

        @Override
        public void syncDirectory() throws IOException {
            below.syncDirectory();
        }

        @Override
        public String identity() throws IOException {
            return below.identity();
        }

        @Override
        public String name() {
            return below.name();
        }

        @Override
        public void close() throws IOException {
            below.close();
        }
    }

    private record SparseFile(PoolFile below, boolean sparse) implements PoolFile {

        @Override
        public void read(long offset, ByteBuffer into) throws IOException {
            below.read(offset, into);
        }

        @Override
        public boolean tryRead(long offset, ByteBuffer into) throws IOException {
            return below.tryRead(offset, into);
        }

        @Override
        public void write(long offset, ByteBuffer from) throws IOException {
            if (sparse && FILLING.get()) {
                from.position(from.limit());
            } else {
                below.write(offset, from);
            }
        }

        @Override
        public void sync() throws IOException {
            SYNCS.increment();
            below.sync();
        }

        @Override
        public void punch(long offset, long length) throws IOException {
            below.punch(offset, length);
        }

        /** Grows the file by a hole, in large strides, past which nothing stands yet. */
        @Override
        public void allocate(long offset, long length) throws IOException {
            if (!sparse) {
                below.allocate(offset, length);
                return;
            }
            long end = offset + length;
            if (below.size() < end) {
                long until = (end + STRIDE - 1) / STRIDE * STRIDE;
                below.write(until - 1, ByteBuffer.allocateDirect(1));
            }
        }

        @Override
        public long size() throws IOException {
            return below.size();
        }

        @Override
        public void dropCache() throws IOException {
            below.dropCache();
        }

        @Override
        public void close() throws IOException {
            below.close();
        }
    }

    /** What a benchmark wants to know of a pool from inside. */
    public static final class Probe {

        private final Pool pool;

        public Probe(Pool pool) {
            this.pool = pool;
        }

        /** Makes a checkpoint now, on this thread. */
        public void checkpoint() throws IOException {
            if (!pool.core().checkpointer.run(false)) {
                throw new IOException("writes under way did not drain");
            }
        }

        /** Map nodes that are in memory only. */
        public long unwrittenBytes() {
            return pool.core().store.unwrittenBytes();
        }

        /** The last record that was queued. */
        public long lastLsn() {
            return pool.core().wal.queuedLsn();
        }

        /** The last record that a replay would not need. */
        public long checkpointLsn() {
            return pool.core().checkpointer.current().checkpointLsn();
        }

        /** Asks for a checkpoint in the background. */
        public void wantCheckpoint() {
            pool.core().maintenance.wantCheckpoint();
        }

        /** Whether deletions are still being worked off, or freed space waits to be usable. */
        public boolean freeing() {
            PoolCore core = pool.core();
            return !core.state.jobs.isEmpty() || core.retirement.anythingPending();
        }

        /** The budget of map nodes in memory only. */
        public static long dirtyNodeBytes(PoolOptions options, PoolOpenOptions open) {
            return Reserve.dirtyNodeBytes(Layout.of(options), open);
        }

        /** The reason why the pool takes no writes, if it does not. */
        public @Nullable String readOnlyReason() {
            return pool.core().health.readOnlyReason();
        }
    }
}
