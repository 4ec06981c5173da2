package io.tidegate.pool;

import io.tidegate.block.CopyTarget;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A copy into a volume. Whole grains that would need new places are staged. Grains that may be
 * written in place are, and are seen at once, but are owed to this volume's flushes alone. Parts of
 * grains that need new places go the usual way.
 */
final class PoolCopyStream implements CopyTarget.CopyStream {

    /** As much as rule 9 allows before a sync; of what is written in place as well. */
    static final long MOST_STAGED_BYTES = 64L << 20;

    private final VolumeHandle volume;
    private final PoolCore core;
    private final VolumeWriter writer;
    private final Volume v;
    private final StagedGrains staged;
    private final AtomicLong inPlace = new AtomicLong();
    private final AtomicBoolean closed = new AtomicBoolean();

    PoolCopyStream(VolumeHandle volume, PoolCore core, Volume v, VolumeWriter writer) {
        this.volume = volume;
        this.core = core;
        this.v = v;
        this.writer = writer;
        this.staged = new StagedGrains(core, v);
    }

    @Override
    public Geometry geometry() {
        return volume.geometry();
    }

    @Override
    public void read(long offset, ByteBuffer into) throws DeviceException {
        volume.read(offset, into);
    }

    @Override
    public boolean tryRead(long offset, ByteBuffer into) throws DeviceException {
        return volume.tryRead(offset, into);
    }

    @Override
    public void write(long offset, ByteBuffer from) throws DeviceException {
        int length = from.remaining();
        geometry().check(offset, length);
        requireSame(offset, length);
        int grain = core.layout.grainBytes();
        long first = (offset + grain - 1) & -grain;
        long end = (offset + length) & -grain;
        try {
            if (end <= first || writer.wouldStay(first, end)) {
                part(from, offset, offset, offset + length);
            } else {
                part(from, offset, offset, first);
                stage(from, offset, first, end);
                part(from, offset, end, offset + length);
            }
        } catch (IOException e) {
            throw Failures.writing(e, core, toString(), offset, length);
        }
        from.position(from.limit());
        if (staged.bytes() + inPlace.get() >= MOST_STAGED_BYTES) {
            publish();
        }
    }

    private void part(ByteBuffer from, long offset, long start, long stop) throws IOException {
        if (stop > start) {
            writer.copy(start, slice(from, offset, start, stop));
            inPlace.addAndGet(stop - start);
        }
    }

    private static ByteBuffer slice(ByteBuffer from, long offset, long start, long stop) {
        return from.slice(from.position() + (int) (start - offset), (int) (stop - start));
    }

    private void stage(ByteBuffer from, long offset, long start, long stop)
            throws IOException, DeviceException {
        Guards.Guard guard = core.guards.enter();
        try {
            requireSame(start, stop - start);
            staged.stage(start >>> core.layout.grainShift(), slice(from, offset, start, stop));
        } finally {
            core.guards.leave(guard);
        }
    }

    /** After a reopening of the pool the grains that were taken before are nobody's. */
    private void requireSame(long offset, long length) throws DeviceException {
        if (closed.get() || core.closed) {
            throw new DeviceException(
                    DeviceException.Kind.GONE,
                    toString(),
                    offset,
                    length,
                    "the copy's stream ended when the pool was reopened or closed; begin it anew");
        }
    }

    private void publish() throws DeviceException {
        requireSame(0, 0);
        try {
            staged.publish(writer);
            inPlace.set(0);
            v.copied.sync(core.files, core.health);
        } catch (IOException e) {
            throw Failures.writing(e, core, toString(), 0, 0);
        }
    }

    @Override
    public void discard(long offset, long length) throws DeviceException {
        volume.discard(offset, length);
    }

    @Override
    public void flush() throws DeviceException {
        publish();
        volume.flush();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true) && !core.closed) {
            staged.close();
        }
    }

    @Override
    public String toString() {
        return "copy into " + volume;
    }
}
