package io.tidegate.copy.mover;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A device without abilities that counts the calls under way and the bytes that are written and not
 * durable, and keeps the image that a power loss would leave.
 */
final class WatchedDevice implements BlockDevice {

    private final BlockDevice lower;
    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicInteger mostUnderWay = new AtomicInteger();
    // guarded by this:
    private long written;
    private long durable;
    private long mostDirty;
    private byte[] durableImage = {};

    WatchedDevice(BlockDevice lower) {
        this.lower = lower;
    }

    int underWay() {
        return underWay.get();
    }

    int mostUnderWay() {
        return mostUnderWay.get();
    }

    synchronized long mostDirty() {
        return mostDirty;
    }

    /** What the last flush that ended made durable, at least. */
    synchronized byte[] durableImage() {
        return durableImage;
    }

    private void begin() {
        mostUnderWay.accumulateAndGet(underWay.incrementAndGet(), Math::max);
    }

    @Override
    public Geometry geometry() {
        return lower.geometry();
    }

    @Override
    public void read(long offset, ByteBuffer into) throws DeviceException {
        begin();
        try {
            lower.read(offset, into);
        } finally {
            underWay.decrementAndGet();
        }
    }

    @Override
    public boolean tryRead(long offset, ByteBuffer into) {
        return false;
    }

    @Override
    public void write(long offset, ByteBuffer from) throws DeviceException {
        begin();
        try {
            synchronized (this) {
                written += from.remaining();
                mostDirty = Math.max(mostDirty, written - durable);
            }
            lower.write(offset, from);
        } finally {
            underWay.decrementAndGet();
        }
    }

    @Override
    public void flush() throws DeviceException {
        begin();
        try {
            long covers;
            byte[] image;
            synchronized (this) {
                covers = written;
                image = Bytes.of(lower);
            }
            lower.flush();
            synchronized (this) {
                durable = Math.max(durable, covers);
                durableImage = image;
            }
        } finally {
            underWay.decrementAndGet();
        }
    }

    @Override
    public void close() throws DeviceException {
        lower.close();
    }
}
