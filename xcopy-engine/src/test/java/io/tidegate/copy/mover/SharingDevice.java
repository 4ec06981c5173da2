package io.tidegate.copy.mover;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.ExtentSharing;
import io.tidegate.block.Geometry;
import io.tidegate.block.MemoryDevice;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A device in memory that pretends to share, as far and as well as a test wants. */
public final class SharingDevice implements BlockDevice, ExtentSharing {

    static final int UNIT = 4096;

    private final MemoryDevice lower;

    /** Bytes that may still be shared. */
    public final AtomicLong room = new AtomicLong(Long.MAX_VALUE);

    /** Thrown by the next shares; what was shared before that stays half done. */
    volatile @Nullable DeviceException failure;

    /** Bytes that came by writes. */
    final AtomicLong written = new AtomicLong();

    public SharingDevice(MemoryDevice lower) {
        this.lower = lower;
    }

    @Override
    public Terms terms(BlockDevice source) {
        return new Terms(Answer.POSSIBLE, UNIT);
    }

    @Override
    public long share(BlockDevice source, long sourceOffset, long offset, long length)
            throws DeviceException {
        if (sourceOffset % UNIT != 0 || offset % UNIT != 0 || length % UNIT != 0) {
            throw new AssertionError("not whole units: " + sourceOffset + ", " + offset);
        }
        DeviceException wrong = failure;
        long done = wrong == null ? Math.min(length, room.get()) : length / 2 / UNIT * UNIT;
        ByteBuffer bytes = ByteBuffer.allocate((int) done);
        source.read(sourceOffset, bytes);
        lower.write(offset, bytes.flip());
        if (wrong != null) {
            throw wrong;
        }
        room.addAndGet(-done);
        return done;
    }

    @Override
    public Geometry geometry() {
        return lower.geometry();
    }

    @Override
    public void read(long offset, ByteBuffer into) throws DeviceException {
        lower.read(offset, into);
    }

    @Override
    public boolean tryRead(long offset, ByteBuffer into) throws DeviceException {
        return lower.tryRead(offset, into);
    }

    @Override
    public void write(long offset, ByteBuffer from) throws DeviceException {
        written.addAndGet(from.remaining());
        lower.write(offset, from);
    }

    @Override
    public void flush() throws DeviceException {
        lower.flush();
    }

    @Override
    public void close() throws DeviceException {
        lower.close();
    }
}
