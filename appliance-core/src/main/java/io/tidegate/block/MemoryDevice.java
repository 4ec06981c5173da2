package io.tidegate.block;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * A device in memory, sparse: the plain reference that other devices are compared with, and the
 * bottom of a stack in tests. Nothing is durable.
 *
 * <p>Writers go one at a time; readers wait only for the copying of bytes, never for a writer's
 * thinking, so {@link #tryRead} always reads.
 */
public final class MemoryDevice implements BlockDevice, Discardable, AtomicUpdatable, ExtentMapped {

    private static final int CHUNK = 64 << 10;

    private final String name;
    private final ConcurrentHashMap<Long, byte[]> chunks = new ConcurrentHashMap<>();
    private final ReentrantLock writers = new ReentrantLock();
    private final ReentrantReadWriteLock bytes = new ReentrantReadWriteLock();
    private volatile Geometry geometry;
    private volatile boolean closed;

    /**
     * @param name for error messages
     */
    public MemoryDevice(String name, Geometry geometry) {
        this.name = name;
        this.geometry = geometry;
    }

    /** A device of 512-byte blocks on 4 KiB physical ones. */
    public static MemoryDevice ofBytes(long sizeBytes) {
        return new MemoryDevice("memory", Geometry.ofBytes(sizeBytes, 512, 4096));
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    /** Makes the device larger; what is new reads as zeroes. */
    public void grow(Geometry larger) {
        Geometry now = geometry;
        if (larger.logicalBlockBytes() != now.logicalBlockBytes()
                || larger.blocks() < now.blocks()) {
            throw new IllegalArgumentException(now + " cannot become " + larger);
        }
        geometry = larger;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws DeviceException {
        check(offset, into.remaining());
        bytes.readLock().lock();
        try {
            copyOut(offset, into);
        } finally {
            bytes.readLock().unlock();
        }
    }

    @Override
    public boolean tryRead(long offset, ByteBuffer into) throws DeviceException {
        read(offset, into);
        return true;
    }

    private void copyOut(long offset, ByteBuffer into) {
        long at = offset;
        while (into.hasRemaining()) {
            int in = (int) (at % CHUNK);
            int n = Math.min(CHUNK - in, into.remaining());
            byte @Nullable [] chunk = chunks.get(at / CHUNK);
            if (chunk != null) {
                into.put(chunk, in, n);
            } else {
                into.put(new byte[n]);
            }
            at += n;
        }
    }

    @Override
    public void write(long offset, ByteBuffer from) throws DeviceException {
        check(offset, from.remaining());
        writers.lock();
        try {
            copyIn(offset, from);
        } finally {
            writers.unlock();
        }
    }

    private void copyIn(long offset, ByteBuffer from) {
        bytes.writeLock().lock();
        try {
            long at = offset;
            while (from.hasRemaining()) {
                int in = (int) (at % CHUNK);
                int n = Math.min(CHUNK - in, from.remaining());
                from.get(chunks.computeIfAbsent(at / CHUNK, k -> new byte[CHUNK]), in, n);
                at += n;
            }
        } finally {
            bytes.writeLock().unlock();
        }
    }

    @Override
    public void discard(long offset, long length) throws DeviceException {
        check(offset, length);
        writers.lock();
        bytes.writeLock().lock();
        try {
            long end = offset + length;
            long at = offset;
            while (at < end) {
                int in = (int) (at % CHUNK);
                int n = (int) Math.min(CHUNK - in, end - at);
                zero(at / CHUNK, in, n);
                at += n;
            }
        } finally {
            bytes.writeLock().unlock();
            writers.unlock();
        }
    }

    private void zero(long chunk, int in, int n) {
        if (n == CHUNK) {
            chunks.remove(chunk);
            return;
        }
        byte @Nullable [] data = chunks.get(chunk);
        if (data != null) {
            Arrays.fill(data, in, in + n, (byte) 0);
        }
    }

    @Override
    public boolean update(long offset, int length, Change change) throws DeviceException {
        if (length > MAX_UPDATE_BYTES) {
            throw new IllegalArgumentException("update of " + length + " bytes");
        }
        check(offset, length);
        ByteBuffer current = ByteBuffer.allocateDirect(length);
        writers.lock();
        try {
            bytes.readLock().lock();
            try {
                copyOut(offset, current);
            } finally {
                bytes.readLock().unlock();
            }
            if (!change.apply(current.flip())) {
                return false;
            }
            copyIn(offset, current.position(0).limit(length));
            return true;
        } finally {
            writers.unlock();
        }
    }

    @Override
    public List<Run> runs(long offset, long length, int maxRuns) throws DeviceException {
        check(offset, length);
        RunList runs = new RunList(maxRuns);
        long end = offset + length;
        long at = offset;
        while (at < end) {
            long next = Math.min((at / CHUNK + 1) * CHUNK, end);
            if (!runs.add(at, next, chunks.containsKey(at / CHUNK))) {
                break;
            }
            at = next;
        }
        return runs.list();
    }

    @Override
    public void flush() throws DeviceException {
        requireOpen(0, 0);
    }

    private void check(long offset, long length) throws DeviceException {
        geometry.check(offset, length);
        requireOpen(offset, length);
    }

    private void requireOpen(long offset, long length) throws DeviceException {
        if (closed) {
            throw new DeviceException(
                    DeviceException.Kind.GONE, name, offset, length, "the device is closed");
        }
    }

    @Override
    public void close() {
        closed = true;
    }

    @Override
    public String toString() {
        return name;
    }
}
