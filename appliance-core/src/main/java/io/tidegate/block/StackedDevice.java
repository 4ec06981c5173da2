package io.tidegate.block;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A device on top of another, with all abilities whatever lies below: an ability that the lower
 * device lacks is done by plain reads and writes. An update is then atomic among those who go
 * through this device.
 */
abstract class StackedDevice implements BlockDevice, Discardable, AtomicUpdatable, ExtentMapped {

    private static final int ZEROES = 256 << 10;

    final BlockDevice lower;
    private final ReentrantReadWriteLock updates = new ReentrantReadWriteLock();

    StackedDevice(BlockDevice lower) {
        this.lower = lower;
    }

    @Override
    public Geometry geometry() {
        return lower.geometry();
    }

    @Override
    public void read(long offset, ByteBuffer into) throws DeviceException {
        updates.readLock().lock();
        try {
            lower.read(offset, into);
        } finally {
            updates.readLock().unlock();
        }
    }

    @Override
    public boolean tryRead(long offset, ByteBuffer into) throws DeviceException {
        if (!updates.readLock().tryLock()) {
            return false;
        }
        try {
            return lower.tryRead(offset, into);
        } finally {
            updates.readLock().unlock();
        }
    }

    @Override
    public void write(long offset, ByteBuffer from) throws DeviceException {
        updates.readLock().lock();
        try {
            lower.write(offset, from);
        } finally {
            updates.readLock().unlock();
        }
    }

    @Override
    public void discard(long offset, long length) throws DeviceException {
        geometry().check(offset, length);
        updates.readLock().lock();
        try {
            if (lower instanceof Discardable d) {
                d.discard(offset, length);
                return;
            }
            ByteBuffer zeroes = ByteBuffer.allocateDirect((int) Math.min(ZEROES, length));
            for (long done = 0; done < length; done += zeroes.limit()) {
                zeroes.clear().limit((int) Math.min(ZEROES, length - done));
                lower.write(offset + done, zeroes);
            }
        } finally {
            updates.readLock().unlock();
        }
    }

    @Override
    public boolean update(long offset, int length, Change change) throws DeviceException {
        if (lower instanceof AtomicUpdatable a) {
            return a.update(offset, length, change);
        }
        if (length > MAX_UPDATE_BYTES) {
            throw new IllegalArgumentException("update of " + length + " bytes");
        }
        ByteBuffer current = ByteBuffer.allocateDirect(length);
        updates.writeLock().lock();
        try {
            lower.read(offset, current);
            if (!change.apply(current.flip())) {
                return false;
            }
            lower.write(offset, current.position(0).limit(length));
            return true;
        } finally {
            updates.writeLock().unlock();
        }
    }

    @Override
    public List<Run> runs(long offset, long length, int maxRuns) throws DeviceException {
        if (lower instanceof ExtentMapped e) {
            return e.runs(offset, length, maxRuns);
        }
        geometry().check(offset, length);
        RunList runs = new RunList(maxRuns);
        runs.add(offset, offset + length, true);
        return runs.list();
    }

    @Override
    public void flush() throws DeviceException {
        lower.flush();
    }

    @Override
    public void close() throws DeviceException {
        lower.close();
    }

    @Override
    public String toString() {
        return lower.toString();
    }
}
