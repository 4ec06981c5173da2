package io.tidegate.block;

import io.tidegate.block.DeviceException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.List;

/**
 * A file, or a raw block device of the system, as a device. Holes of the file are its unmapped
 * ranges. While it is open for writing the file is locked against other processes that lock it.
 *
 * <p>A failed sync is final: from then on writes and flushes fail with {@link Kind#SYNC} until the
 * device is opened anew.
 */
public final class FileDevice implements BlockDevice, Discardable, AtomicUpdatable, ExtentMapped {

    private static final int ZEROES = 1 << 20;

    private final NativeFile file;
    private final boolean readOnly;
    private final GroupSync sync;
    private final RegionLocks regions = new RegionLocks();
    private volatile Geometry geometry;
    private volatile boolean holesUnknown;
    private volatile boolean punchUnsupported;

    private FileDevice(NativeFile file, Geometry geometry, boolean readOnly) {
        this.file = file;
        this.geometry = geometry;
        this.readOnly = readOnly;
        this.sync = new GroupSync(file::dataSync);
    }

    /**
     * Makes a new, sparse file of the geometry's size.
     *
     * @throws DeviceException when the path is taken or the file cannot be made
     */
    public static FileDevice create(Path path, Geometry geometry) throws DeviceException {
        try {
            NativeFile file = NativeFile.open(path, NativeFile.Flag.CREATE_NEW);
            return guarded(
                    file,
                    () -> {
                        lock(file, path);
                        file.truncate(geometry.sizeBytes());
                        return new FileDevice(file, geometry, false);
                    });
        } catch (IOException e) {
            throw new DeviceException(
                    e instanceof NativeIOException n && n.isNoSpace() ? Kind.NO_SPACE : Kind.GONE,
                    path.toString(),
                    0,
                    0,
                    "cannot be made",
                    e);
        }
    }

    /** Opens a file or block device for reading and writing; its size gives the blocks. */
    public static FileDevice open(Path path, int logicalBlockBytes, int physicalBlockBytes)
            throws DeviceException {
        return open(path, logicalBlockBytes, physicalBlockBytes, false);
    }

    /** As {@link #open}, without a lock; writes fail with {@link Kind#WRITE_PROTECTED}. */
    public static FileDevice openReadOnly(Path path, int logicalBlockBytes, int physicalBlockBytes)
            throws DeviceException {
        return open(path, logicalBlockBytes, physicalBlockBytes, true);
    }

    private static FileDevice open(Path path, int logical, int physical, boolean readOnly)
            throws DeviceException {
        try {
            NativeFile file =
                    readOnly
                            ? NativeFile.open(path, NativeFile.Flag.READ_ONLY)
                            : NativeFile.open(path);
            return guarded(
                    file,
                    () -> {
                        if (!readOnly) {
                            lock(file, path);
                        }
                        long size = file.size();
                        if (size < logical || size % logical != 0) {
                            throw new IOException(
                                    size + " bytes are not whole blocks of " + logical);
                        }
                        return new FileDevice(
                                file, Geometry.ofBytes(size, logical, physical), readOnly);
                    });
        } catch (IOException e) {
            throw new DeviceException(
                    Kind.GONE, path.toString(), 0, 0, "cannot be opened: " + e.getMessage(), e);
        }
    }

    private interface Opening {
        FileDevice run() throws IOException, DeviceException;
    }

    /** Closes the file again unless the device was made. */
    private static FileDevice guarded(NativeFile file, Opening opening)
            throws IOException, DeviceException {
        boolean done = false;
        try {
            FileDevice device = opening.run();
            done = true;
            return device;
        } finally {
            if (!done) {
                file.close();
            }
        }
    }

    private static void lock(NativeFile file, Path path) throws IOException, DeviceException {
        if (!file.tryLock()) {
            throw new DeviceException(
                    Kind.BUSY, path.toString(), 0, 0, "another process holds its lock");
        }
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    /** Makes the file larger; what is new reads as zeroes. The size is durable after a flush. */
    public void grow(Geometry larger) throws DeviceException {
        Geometry now = geometry;
        if (larger.logicalBlockBytes() != now.logicalBlockBytes()
                || larger.blocks() < now.blocks()) {
            throw new IllegalArgumentException(now + " cannot become " + larger);
        }
        checkWritable(0, 0);
        try {
            file.truncate(larger.sizeBytes());
        } catch (IOException e) {
            throw failed(Kind.WRITE, now.sizeBytes(), 0, e);
        }
        geometry = larger;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws DeviceException {
        int length = into.remaining();
        geometry.check(offset, length);
        long mask = RegionLocks.mask(offset, length);
        regions.lockShared(mask);
        try {
            file.readFully(offset, into);
        } catch (IOException e) {
            throw failed(Kind.READ, offset, length, e);
        } finally {
            regions.unlockShared(mask);
        }
    }

    @Override
    public boolean tryRead(long offset, ByteBuffer into) throws DeviceException {
        int length = into.remaining();
        geometry.check(offset, length);
        long mask = RegionLocks.mask(offset, length);
        if (!regions.tryLockShared(mask)) {
            return false;
        }
        try {
            return file.readNowait(offset, into);
        } catch (IOException e) {
            throw failed(Kind.READ, offset, length, e);
        } finally {
            regions.unlockShared(mask);
        }
    }

    @Override
    public void write(long offset, ByteBuffer from) throws DeviceException {
        int length = from.remaining();
        geometry.check(offset, length);
        checkWritable(offset, length);
        long mask = RegionLocks.mask(offset, length);
        regions.lockShared(mask);
        try {
            file.write(offset, from);
        } catch (IOException e) {
            throw failed(Kind.WRITE, offset, length, e);
        } finally {
            regions.unlockShared(mask);
        }
    }

    @Override
    public void discard(long offset, long length) throws DeviceException {
        geometry.check(offset, length);
        checkWritable(offset, length);
        if (length == 0) {
            return;
        }
        long mask = RegionLocks.mask(offset, length);
        regions.lockShared(mask);
        try {
            if (!punch(offset, length)) {
                writeZeroes(offset, length);
            }
        } catch (IOException e) {
            throw failed(Kind.WRITE, offset, length, e);
        } finally {
            regions.unlockShared(mask);
        }
    }

    private boolean punch(long offset, long length) throws IOException {
        if (punchUnsupported) {
            return false;
        }
        try {
            file.punchHole(offset, length);
            return true;
        } catch (NativeIOException e) {
            if (!e.isUnsupported()) {
                throw e;
            }
            punchUnsupported = true;
            return false;
        }
    }

    private void writeZeroes(long offset, long length) throws IOException {
        ByteBuffer zeroes = ByteBuffer.allocateDirect((int) Math.min(ZEROES, length));
        for (long done = 0; done < length; done += zeroes.limit()) {
            file.write(offset + done, zeroes.clear().limit((int) Math.min(ZEROES, length - done)));
        }
    }

    @Override
    public boolean update(long offset, int length, Change change) throws DeviceException {
        if (length > MAX_UPDATE_BYTES) {
            throw new IllegalArgumentException("update of " + length + " bytes");
        }
        geometry.check(offset, length);
        checkWritable(offset, length);
        ByteBuffer current = ByteBuffer.allocateDirect(length);
        long mask = RegionLocks.mask(offset, length);
        Kind kind = Kind.READ;
        regions.lockAlone(mask);
        try {
            file.readFully(offset, current);
            if (!change.apply(current.flip())) {
                return false;
            }
            kind = Kind.WRITE;
            file.write(offset, current.position(0).limit(length));
            return true;
        } catch (IOException e) {
            throw failed(kind, offset, length, e);
        } finally {
            regions.unlockAlone(mask);
        }
    }

    @Override
    public List<Run> runs(long offset, long length, int maxRuns) throws DeviceException {
        geometry.check(offset, length);
        RunList runs = new RunList(maxRuns);
        long end = offset + length;
        int block = geometry.logicalBlockBytes();
        try {
            long at = offset;
            while (at < end) {
                long data = Math.min(end, nextData(at) / block * block);
                if (!runs.add(at, data, false)) {
                    break;
                }
                at = Math.max(at, data);
                if (at == end) {
                    break;
                }
                long hole = Math.min(end, (nextHole(at) + block - 1) / block * block);
                if (!runs.add(at, hole, true)) {
                    break;
                }
                at = hole;
            }
        } catch (IOException e) {
            throw failed(Kind.READ, offset, length, e);
        }
        return runs.list();
    }

    private long nextData(long at) throws IOException {
        if (holesUnknown) {
            return at;
        }
        try {
            return file.nextData(at).orElse(geometry.sizeBytes());
        } catch (NativeIOException e) {
            // Block devices and some file systems do not know: then all is data.
            if (e.errno() != Errno.EINVAL && !e.isUnsupported()) {
                throw e;
            }
            holesUnknown = true;
            return at;
        }
    }

    /** Past the data that was found at {@code at}, and always past {@code at}. */
    private long nextHole(long at) throws IOException {
        long hole = holesUnknown ? geometry.sizeBytes() : file.nextHole(at).orElse(0);
        // The hole may have been made, or the file's tail dropped, since the data was found.
        return Math.max(hole, at + 1);
    }

    @Override
    public void flush() throws DeviceException {
        if (readOnly) {
            return;
        }
        try {
            sync.await();
        } catch (IOException e) {
            throw failed(Kind.SYNC, 0, 0, e);
        }
    }

    private void checkWritable(long offset, long length) throws DeviceException {
        if (readOnly) {
            throw new DeviceException(
                    Kind.WRITE_PROTECTED, toString(), offset, length, "open for reading only");
        }
        IOException broken = sync.failure();
        if (broken != null) {
            throw new DeviceException(
                    Kind.SYNC, toString(), offset, length, "an earlier sync failed", broken);
        }
    }

    private DeviceException failed(Kind kind, long offset, long length, IOException e) {
        Kind actual = kind;
        if (e instanceof ClosedChannelException) {
            actual = Kind.GONE;
        } else if (kind == Kind.WRITE && e instanceof NativeIOException n && n.isNoSpace()) {
            actual = Kind.NO_SPACE;
        }
        String why = e.getMessage();
        return new DeviceException(
                actual, toString(), offset, length, why == null ? "closed" : why, e);
    }

    @Override
    public void close() {
        file.close();
    }

    @Override
    public String toString() {
        return file.path().toString();
    }
}
