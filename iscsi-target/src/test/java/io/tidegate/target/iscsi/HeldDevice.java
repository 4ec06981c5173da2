package io.tidegate.target.iscsi;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import java.nio.ByteBuffer;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/** A device whose writes wait until the test lets them go, and that says when one has begun. */
final class HeldDevice implements BlockDevice {
    private final BlockDevice below;
    private final Semaphore begun = new Semaphore(0);
    private final Semaphore mayEnd = new Semaphore(0);
    private final AtomicBoolean holdNext = new AtomicBoolean();
    private volatile boolean holding;
    private volatile boolean cached = true;

    HeldDevice(BlockDevice below) {
        this.below = below;
    }

    void hold() {
        holding = true;
    }

    /** Holds the next write only. */
    void holdOne() {
        holdNext.set(true);
    }

    /** Nothing is in the page cache from here on. */
    void cold() {
        cached = false;
    }

    void awaitBegun() {
        begun.acquireUninterruptibly();
    }

    void letGo() {
        holding = false;
        mayEnd.release(1000);
    }

    @Override
    public Geometry geometry() {
        return below.geometry();
    }

    @Override
    public void read(long offset, ByteBuffer into) throws DeviceException {
        below.read(offset, into);
    }

    @Override
    public boolean tryRead(long offset, ByteBuffer into) throws DeviceException {
        return cached && below.tryRead(offset, into);
    }

    @Override
    public void write(long offset, ByteBuffer from) throws DeviceException {
        if (holdNext.getAndSet(false) || holding) {
            begun.release();
            mayEnd.acquireUninterruptibly();
        }
        below.write(offset, from);
    }

    @Override
    public void flush() throws DeviceException {
        below.flush();
    }

    @Override
    public void close() throws DeviceException {
        below.close();
    }
}
