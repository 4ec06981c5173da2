package io.tidegate.pool;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.CopyTarget;
import io.tidegate.block.DeviceException;
import io.tidegate.block.ExtentSharing;
import io.tidegate.block.Geometry;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A handle on the live content of a volume. A reopening of the pool gives it new ground. */
final class VolumeHandle
        implements VolumeDevice, CopyTarget, ExtentSharing, ShareSource.Handle, Reopenable {

    private record Ground(PoolCore core, Volume v, VolumeWriter writer, VolumeShape shape) {}

    private final Pool pool;
    private final VolumeId id;
    private final String name;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile @Nullable Ground ground;
    private volatile VolumeShape lastShape;
    private volatile long changesBefore;

    VolumeHandle(Pool pool, PoolCore core, Volume v) {
        this.pool = pool;
        this.id = v.id;
        this.name = "volume " + v.id;
        this.lastShape = v.shape;
        stand(core);
    }

    @Override
    public void stand(PoolCore core) {
        Volume v = core.state.volumes.get(id);
        if (v == null || closed.get()) {
            ground = null;
            return;
        }
        v.handles.incrementAndGet();
        ground = new Ground(core, v, new VolumeWriter(core, v), v.shape);
    }

    @Override
    public void lift() {
        Ground g = ground;
        ground = null;
        if (g != null) {
            lastShape = g.v.shape;
            // What was dropped by a recovery is a change as well.
            changesBefore += g.v.changes.sum() + 1;
            g.v.handles.decrementAndGet();
        }
    }

    @Override
    public VolumeId volume() {
        return id;
    }

    @Override
    public VolumeShape shape() {
        Ground g = ground;
        return g == null ? lastShape : g.v.shape;
    }

    @Override
    public Geometry geometry() {
        return shape().geometry();
    }

    @Override
    public long changeCount() {
        Ground g = ground;
        return changesBefore + (g == null ? 0 : g.v.changes.sum());
    }

    private Ground ground(long offset, long length) throws DeviceException {
        Ground g = ground;
        if (g == null) {
            throw new DeviceException(
                    DeviceException.Kind.GONE, name, offset, length, "closed or deleted");
        }
        g.v.shape.geometry().check(offset, length);
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
            return g.core.reader.read(g.v.map.root(), offset, into, nowait);
        } catch (IOException e) {
            throw Failures.reading(e, name, offset, length);
        } finally {
            g.core.guards.leave(guard);
        }
    }

    @Override
    public void write(long offset, ByteBuffer from) throws DeviceException {
        int length = from.remaining();
        Ground g = ground(offset, length);
        try {
            g.writer.write(offset, from);
        } catch (IOException e) {
            throw Failures.writing(e, g.core, name, offset, length);
        }
    }

    @Override
    public void discard(long offset, long length) throws DeviceException {
        Ground g = ground(offset, length);
        try {
            g.writer.discard(offset, length);
        } catch (IOException e) {
            throw Failures.writing(e, g.core, name, offset, length);
        }
    }

    @Override
    public boolean update(long offset, int length, Change change) throws DeviceException {
        if (length > MAX_UPDATE_BYTES) {
            throw new IllegalArgumentException("update of " + length + " bytes");
        }
        Ground g = ground(offset, length);
        try {
            return g.writer.update(offset, length, change);
        } catch (IOException e) {
            throw Failures.writing(e, g.core, name, offset, length);
        }
    }

    @Override
    public Terms terms(BlockDevice source) throws DeviceException {
        Ground g = ground(0, 0);
        return new Terms(answer(g, source), g.core.layout.grainBytes());
    }

    private static Answer answer(Ground g, BlockDevice source) throws DeviceException {
        if (!(source instanceof ShareSource.Handle handle)) {
            return Answer.OTHER_STORE;
        }
        try (ShareSource from = handle.shareSource(g.core, 0, 0)) {
            if (from == null) {
                return Answer.OTHER_STORE;
            }
            return g.v.reserved() || from.reserved() ? Answer.RESERVED : Answer.POSSIBLE;
        }
    }

    @Override
    public void writeWhole(long offset, ByteBuffer from) throws DeviceException {
        int length = from.remaining();
        if (length > MAX_UPDATE_BYTES) {
            throw new IllegalArgumentException("update of " + length + " bytes");
        }
        Ground g = ground(offset, length);
        try {
            new WholeWriter(g.core, g.v, g.writer).write(offset, from);
        } catch (IOException e) {
            throw Failures.writing(e, g.core, name, offset, length);
        }
    }

    @Override
    public long share(BlockDevice source, long sourceOffset, long offset, long length)
            throws DeviceException {
        Ground g = ground(offset, length);
        if (!(source instanceof ShareSource.Handle handle)) {
            return 0;
        }
        try (ShareSource from = handle.shareSource(g.core, sourceOffset, length)) {
            return from == null
                    ? 0
                    : new Sharer(g.core, g.v, g.writer).share(from, sourceOffset, offset, length);
        } catch (IOException e) {
            throw Failures.writing(e, g.core, name, offset, length);
        }
    }

    @Override
    public @Nullable ShareSource shareSource(PoolCore core, long offset, long length)
            throws DeviceException {
        Ground g = ground(offset, length);
        if (g.core != core) {
            return null;
        }
        // Counted before the second look, so the handle's own count covers the time before.
        g.v.handles.incrementAndGet();
        if (ground != g) {
            g.v.handles.decrementAndGet();
            throw new DeviceException(
                    DeviceException.Kind.GONE, name, offset, length, "closed or deleted");
        }
        return new ShareSource(g.v, g.v.reserved(), g.v.map::root, g.v.handles);
    }

    @Override
    public void flush() throws DeviceException {
        Ground g = ground(0, 0);
        try {
            g.writer.flush();
        } catch (IOException e) {
            throw Failures.writing(e, g.core, name, 0, 0);
        }
    }

    @Override
    public CopyStream openCopyStream() throws DeviceException {
        Ground g = ground(0, 0);
        return new PoolCopyStream(this, g.core, g.v, g.writer);
    }

    @Override
    public List<Run> runs(long offset, long length, int maxRuns) throws DeviceException {
        Ground g = ground(offset, length);
        return Runs.of(g.core, () -> g.v.map.root(), name, offset, length, maxRuns);
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
