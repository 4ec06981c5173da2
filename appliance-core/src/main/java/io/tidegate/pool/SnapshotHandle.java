package io.tidegate.pool;

import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A snapshot as a device; while it is open the snapshot cannot be deleted. */
final class SnapshotHandle implements SnapshotDevice, ShareSource.Handle, Reopenable {

    private static final class Ground {
        final PoolCore core;
        final Snapshot s;

        /** Kept once it was read, for as long as the handle is open. */
        private volatile @Nullable MapNode root;

        Ground(PoolCore core, Snapshot s) {
            this.core = core;
            this.s = s;
        }

        MapNode root() throws IOException {
            MapNode known = root;
            if (known == null) {
                known = core.store.node(s.root);
                root = known;
            }
            return known;
        }

        @Nullable MapNode cachedRoot() {
            MapNode known = root;
            return known != null ? known : core.store.cached(s.root);
        }
    }

    private final Pool pool;
    private final SnapshotId id;
    private final VolumeShape shape;
    private final String name;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile @Nullable Ground ground;

    SnapshotHandle(Pool pool, PoolCore core, Snapshot s) {
        this.pool = pool;
        this.id = s.id;
        this.shape = s.shape;
        this.name = "snapshot " + s.id;
        stand(core);
    }

    @Override
    public void stand(PoolCore core) {
        Snapshot s = core.state.snapshots.get(id);
        if (s == null || closed.get()) {
            ground = null;
            return;
        }
        s.opens.incrementAndGet();
        ground = new Ground(core, s);
    }

    @Override
    public void lift() {
        Ground g = ground;
        ground = null;
        if (g != null) {
            g.s.opens.decrementAndGet();
        }
    }

    @Override
    public SnapshotId snapshot() {
        return id;
    }

    @Override
    public VolumeShape shape() {
        return shape;
    }

    @Override
    public Geometry geometry() {
        return shape.geometry();
    }

    private Ground ground(long offset, long length) throws DeviceException {
        shape.geometry().check(offset, length);
        Ground g = ground;
        if (g == null) {
            throw new DeviceException(
                    DeviceException.Kind.GONE, name, offset, length, "closed or deleted");
        }
        return g;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws DeviceException {
        read(offset, into, false);
    }

    @Override
    public boolean tryRead(long offset, ByteBuffer into) throws DeviceException {
        int position = into.position();
        int limit = into.limit();
        if (read(offset, into, true)) {
            return true;
        }
        into.limit(limit).position(position);
        return false;
    }

    private boolean read(long offset, ByteBuffer into, boolean nowait) throws DeviceException {
        int length = into.remaining();
        Ground g = ground(offset, length);
        Guards.Guard guard = g.core.guards.enter();
        try {
            if (ground != g) {
                throw new GoneException("the pool is being reopened or was closed");
            }
            MapNode root = nowait ? g.cachedRoot() : g.root();
            return root != null && g.core.reader.read(root, offset, into, nowait);
        } catch (IOException e) {
            throw Failures.reading(e, name, offset, length);
        } finally {
            g.core.guards.leave(guard);
        }
    }

    @Override
    public void write(long offset, ByteBuffer from) throws DeviceException {
        throw new DeviceException(
                DeviceException.Kind.WRITE_PROTECTED,
                name,
                offset,
                from.remaining(),
                "a snapshot is read-only");
    }

    @Override
    public @Nullable ShareSource shareSource(PoolCore core, long offset, long length)
            throws DeviceException {
        Ground g = ground(offset, length);
        if (g.core != core) {
            return null;
        }
        // Counted before the second look, so the handle's own count covers the time before.
        g.s.opens.incrementAndGet();
        if (ground != g) {
            g.s.opens.decrementAndGet();
            throw new DeviceException(
                    DeviceException.Kind.GONE, name, offset, length, "closed or deleted");
        }
        return new ShareSource(null, g.s.volume.reserved(), g::root, g.s.opens);
    }

    @Override
    public void flush() {}

    @Override
    public List<Run> runs(long offset, long length, int maxRuns) throws DeviceException {
        Ground g = ground(offset, length);
        return Runs.of(g.core, g::root, name, offset, length, maxRuns);
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            pool.forget(this);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
