package io.tidegate.recovery;

import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeShape;
import java.nio.ByteBuffer;
import java.util.List;

/** A snapshot of a {@link FakeStore}. */
final class FakeSnapshotDevice implements SnapshotDevice {
    private final FakeStore store;
    private final SnapshotId snapshot;
    private final FakeStore.Snap snap;
    private boolean closed;

    FakeSnapshotDevice(FakeStore store, SnapshotId snapshot, FakeStore.Snap snap) {
        this.store = store;
        this.snapshot = snapshot;
        this.snap = snap;
    }

    @Override
    public SnapshotId snapshot() {
        return snapshot;
    }

    @Override
    public VolumeShape shape() {
        return snap.shape;
    }

    @Override
    public Geometry geometry() {
        return snap.shape.geometry();
    }

    @Override
    public void read(long offset, ByteBuffer into) {
        FakeGrains.copyOut(snap.grains, offset, into);
    }

    @Override
    public boolean tryRead(long offset, ByteBuffer into) {
        read(offset, into);
        return true;
    }

    @Override
    public void write(long offset, ByteBuffer from) throws DeviceException {
        throw new DeviceException(
                DeviceException.Kind.WRITE_PROTECTED,
                snapshot.toString(),
                offset,
                from.remaining(),
                "a snapshot");
    }

    @Override
    public List<Run> runs(long offset, long length, int maxRuns) {
        return FakeGrains.runsOf(snap.grains, offset, length, maxRuns);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        synchronized (store) {
            if (!closed) {
                snap.handles--;
            }
            closed = true;
        }
    }
}
