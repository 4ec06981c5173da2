package io.tidegate.recovery;

import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** The live content of a volume of a {@link FakeStore}. */
final class FakeVolumeDevice implements VolumeDevice {
    private final FakeStore store;
    private final VolumeId volume;
    private boolean closed;

    FakeVolumeDevice(FakeStore store, VolumeId volume) {
        this.store = store;
        this.volume = volume;
    }

    private FakeStore.Vol live() throws DeviceException {
        FakeStore.Vol vol = store.volumes.get(volume);
        if (vol == null || closed) {
            throw new DeviceException(
                    DeviceException.Kind.GONE, volume.toString(), 0, 0, "closed or deleted");
        }
        return vol;
    }

    @Override
    public VolumeId volume() {
        return volume;
    }

    @Override
    public VolumeShape shape() {
        synchronized (store) {
            return Objects.requireNonNull(store.volumes.get(volume)).shape;
        }
    }

    @Override
    public Geometry geometry() {
        return shape().geometry();
    }

    @Override
    public long changeCount() {
        synchronized (store) {
            return Objects.requireNonNull(store.volumes.get(volume)).changes;
        }
    }

    @Override
    public void read(long offset, ByteBuffer into) throws DeviceException {
        if (volume.toString().equals(store.unreadable)) {
            throw new DeviceException(
                    DeviceException.Kind.READ, volume.toString(), offset, 1, "lost");
        }
        synchronized (store) {
            FakeGrains.copyOut(live().grains, offset, into);
        }
    }

    @Override
    public boolean tryRead(long offset, ByteBuffer into) {
        return false;
    }

    @Override
    public void write(long offset, ByteBuffer from) throws DeviceException {
        store.hook.writing(volume, offset);
        synchronized (store) {
            FakeStore.Vol vol = live();
            geometry().check(offset, from.remaining());
            vol.changes++;
            long at = offset;
            while (from.hasRemaining()) {
                int inside = (int) (at % FakeStore.GRAIN);
                int length = Math.min(FakeStore.GRAIN - inside, from.remaining());
                byte[] old = vol.grains.get(at / FakeStore.GRAIN);
                byte[] grain = old == null ? new byte[FakeStore.GRAIN] : old.clone();
                from.get(grain, inside, length);
                vol.grains.put(at / FakeStore.GRAIN, grain);
                at += length;
            }
        }
    }

    @Override
    public void discard(long offset, long length) throws DeviceException {
        synchronized (store) {
            FakeStore.Vol vol = live();
            vol.changes++;
            long at = offset;
            while (at < offset + length) {
                int inside = (int) (at % FakeStore.GRAIN);
                int part = (int) Math.min(FakeStore.GRAIN - inside, offset + length - at);
                byte[] old = vol.grains.get(at / FakeStore.GRAIN);
                if (part == FakeStore.GRAIN) {
                    vol.grains.remove(at / FakeStore.GRAIN);
                } else if (old != null) {
                    byte[] grain = old.clone();
                    Arrays.fill(grain, inside, inside + part, (byte) 0);
                    vol.grains.put(at / FakeStore.GRAIN, grain);
                }
                at += part;
            }
        }
    }

    @Override
    public boolean update(long offset, int length, Change change) throws DeviceException {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<Run> runs(long offset, long length, int maxRuns) throws DeviceException {
        synchronized (store) {
            return FakeGrains.runsOf(live().grains, offset, length, maxRuns);
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        synchronized (store) {
            FakeStore.Vol vol = store.volumes.get(volume);
            if (!closed && vol != null) {
                vol.handles--;
            }
            closed = true;
        }
    }
}
