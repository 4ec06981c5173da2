package io.tidegate.block;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A file or block device used by system calls of Linux, past {@code FileChannel}: an interrupt of a
 * thread does not close it, and it offers what a channel lacks (reads that do not wait, holes,
 * copies inside the kernel, locks of the open file).
 *
 * <p>Safe for concurrent calls. Calls that read, write or sync block their thread in the kernel, a
 * virtual thread with its carrier; {@link #readNowait} does not. Buffers on the heap are copied
 * through native memory in pieces, direct ones are used as they are. Whoever calls leaves a buffer
 * alone, and its memory allocated, until the call has returned.
 *
 * <p>Every call fails with {@link NativeIOException} when the system refuses, and with {@link
 * ClosedChannelException} after {@link #close}.
 */
public final class NativeFile implements AutoCloseable {

    /** How to open. Without {@link #READ_ONLY}, for reading and writing. */
    public enum Flag {
        READ_ONLY(0),
        /** Made with mode 0600 if it is not there. */
        CREATE(Libc.O_CREAT),
        /** As CREATE, and an error if it is there. */
        CREATE_NEW(Libc.O_CREAT | Libc.O_EXCL),
        TRUNCATE(Libc.O_TRUNC),
        /**
         * A block device for this opening alone: refused while it is mounted or part of another.
         */
        EXCLUSIVE(Libc.O_EXCL),
        /**
         * Past the page cache; offsets, lengths and memory must be aligned to the device's block.
         */
        DIRECT(Libc.O_DIRECT),
        /** Each write returns when it is durable. */
        DSYNC(Libc.O_DSYNC);

        private final int bits;

        Flag(int bits) {
            this.bits = bits;
        }
    }

    private static final int MODE = 0600;

    private final Path path;
    private final Descriptor descriptor;
    private final Transfers transfers;
    private final NowaitReads nowait;

    private NativeFile(Path path, int fd) {
        this.path = path;
        this.descriptor = new Descriptor(fd);
        this.transfers = new Transfers(path, descriptor);
        this.nowait = new NowaitReads(path, descriptor);
    }

    /**
     * Opens a file.
     *
     * @throws UnsupportedOperationException when this system is not one that this class can use
     */
    public static NativeFile open(Path path, Flag... flags) throws IOException {
        Set<Flag> set = Set.of(flags);
        int bits = set.contains(Flag.READ_ONLY) ? Libc.O_RDONLY : Libc.O_RDWR;
        for (Flag flag : set) {
            bits |= flag.bits;
        }
        return open(path, bits);
    }

    /**
     * Opens or makes a file and locks it for this process.
     *
     * @return empty when another holds the lock
     */
    public static Optional<NativeFile> openLocked(Path path) throws IOException {
        NativeFile file = open(path, Flag.CREATE);
        boolean locked = false;
        try {
            locked = file.tryLock();
        } finally {
            if (!locked) {
                file.close();
            }
        }
        return locked ? Optional.of(file) : Optional.empty();
    }

    /** Makes names that were made, renamed or removed in a directory durable. */
    public static void syncDirectory(Path directory) throws IOException {
        try (NativeFile d = open(directory, Libc.O_RDONLY | Libc.O_DIRECTORY)) {
            d.sync();
        }
    }

    private static NativeFile open(Path path, int bits) throws IOException {
        Libc.requireUsable();
        Scratch s = Scratch.acquire();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            int fd;
            do {
                fd = Libc.open(s, name, bits | Libc.O_CLOEXEC, MODE);
            } while (fd == -Errno.EINTR);
            if (fd < 0) {
                throw new NativeIOException(-fd, "open", path);
            }
            return new NativeFile(path, fd);
        } finally {
            s.release();
        }
    }

    public Path path() {
        return path;
    }

    public boolean isOpen() {
        return !descriptor.isClosed();
    }

    /**
     * Fills {@code into} as far as the file goes and moves its position.
     *
     * @return bytes read; fewer than asked for only at the end of the file
     */
    public int read(long offset, ByteBuffer into) throws IOException {
        return transfers.read(offset, into);
    }

    /**
     * As {@link #read(long, ByteBuffer)}.
     *
     * @throws EOFException when the file ends before {@code into} is full
     */
    public void readFully(long offset, ByteBuffer into) throws IOException {
        int want = into.remaining();
        int n = read(offset, into);
        if (n < want) {
            throw new EOFException(path + " ends at " + (offset + n) + ", not " + (offset + want));
        }
    }

    /**
     * Fills {@code into} as far as the file goes.
     *
     * @param into native memory
     * @return bytes read; fewer than the segment's size only at the end of the file
     */
    public long read(long offset, MemorySegment into) throws IOException {
        return transfers.read(offset, into);
    }

    /**
     * Fills {@code into} only if the bytes are in memory. Never waits for a device.
     *
     * @return true with the position at the limit; false with position and limit as they were and
     *     the content undefined: not cached, past the end, or not possible on this file system
     */
    public boolean readNowait(long offset, ByteBuffer into) throws IOException {
        return nowait.read(offset, into);
    }

    /** As {@link #readNowait(long, ByteBuffer)}, into native memory. */
    public boolean readNowait(long offset, MemorySegment into) throws IOException {
        return nowait.read(offset, into);
    }

    /** Writes all that {@code from} holds and moves its position to its limit. */
    public void write(long offset, ByteBuffer from) throws IOException {
        transfers.write(offset, from);
    }

    /** Writes the whole segment, which is native memory. */
    public void write(long offset, MemorySegment from) throws IOException {
        transfers.write(offset, from);
    }

    /**
     * Writes several buffers one after another, in as few system calls as may be, and moves each
     * position to its limit. Buffers on the heap cost a copy of all of them.
     */
    public void write(long offset, List<ByteBuffer> from) throws IOException {
        GatherWrite.write(transfers, offset, from);
    }

    /** Makes data durable, and of the file's attributes what is needed to read it back. */
    public void dataSync() throws IOException {
        call("fdatasync", Libc::fdatasync);
    }

    /** Makes data and attributes durable. */
    public void sync() throws IOException {
        call("fsync", Libc::fsync);
    }

    /**
     * Gives the range real space, so that writes there cannot fail for lack of it; may grow the
     * file.
     */
    public void allocate(long offset, long length) throws IOException {
        call("fallocate", (s, fd) -> Libc.fallocate(s, fd, 0, offset, length));
    }

    /** Makes the range read as zeroes and gives its space back; the size stays. */
    public void punchHole(long offset, long length) throws IOException {
        int mode = Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE;
        call("fallocate", (s, fd) -> Libc.fallocate(s, fd, mode, offset, length));
    }

    /** Sets the size; what is cut off is gone, what is added reads as zeroes. */
    public void truncate(long sizeBytes) throws IOException {
        call("ftruncate", (s, fd) -> Libc.ftruncate(s, fd, sizeBytes));
    }

    /** Size in bytes, of a block device too. */
    public long size() throws IOException {
        return call("lseek", (s, fd) -> Libc.lseek(s, fd, 0, Libc.SEEK_END));
    }

    /** Bytes of storage that the file uses; less than its size where it has holes. */
    public long allocatedBytes() throws IOException {
        return status(FileStatus::allocatedBytes);
    }

    /**
     * Looks for data.
     *
     * @return where the first data at or after the offset begins, or empty when only a hole
     *     follows; a file system without holes calls everything data
     */
    public OptionalLong nextData(long offset) throws IOException {
        return seek(offset, Libc.SEEK_DATA);
    }

    /** Where the first hole at or after the offset begins; the end of the file counts as one. */
    public OptionalLong nextHole(long offset) throws IOException {
        return seek(offset, Libc.SEEK_HOLE);
    }

    private OptionalLong seek(long offset, int whence) throws IOException {
        long at =
                call(
                        "lseek",
                        (s, fd) -> {
                            long n = Libc.lseek(s, fd, offset, whence);
                            return n == -Errno.ENXIO ? Long.MAX_VALUE : n;
                        });
        return at == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(at);
    }

    /**
     * Copies a range inside the kernel, which may share the storage instead.
     *
     * @return bytes copied; fewer than asked for at the end of the source
     */
    public long copyTo(NativeFile target, long sourceOffset, long targetOffset, long length)
            throws IOException {
        int to = target.descriptor.enterOpen();
        try {
            long done = 0;
            while (done < length) {
                long at = done;
                long n =
                        call(
                                "copy_file_range",
                                (s, from) -> {
                                    s.struct.set(ValueLayout.JAVA_LONG, 0, sourceOffset + at);
                                    s.struct.set(ValueLayout.JAVA_LONG, 8, targetOffset + at);
                                    return Libc.copyFileRange(s, from, to, length - at);
                                });
                if (n == 0) {
                    break;
                }
                done += n;
            }
            return done;
        } finally {
            target.descriptor.leave();
        }
    }

    /** Drops what of the range is cached and clean; length 0 means to the end. */
    public void dropCache(long offset, long length) throws IOException {
        call("posix_fadvise", (s, fd) -> Libc.fadvise(s, fd, offset, length, Libc.FADV_DONTNEED));
    }

    /** Begins to read the range into the cache; length 0 means to the end. */
    public void prefetch(long offset, long length) throws IOException {
        call("posix_fadvise", (s, fd) -> Libc.fadvise(s, fd, offset, length, Libc.FADV_WILLNEED));
    }

    /**
     * Locks the whole file for writing, as a lock of this open file: it lasts until {@link #close},
     * whatever else in the process opens and closes the same path.
     *
     * @return false when another open file holds a lock
     */
    public boolean tryLock() throws IOException {
        return call("fcntl", NativeFile::lock) == 0;
    }

    private static long lock(Scratch s, int fd) {
        s.struct.fill((byte) 0);
        s.struct.set(ValueLayout.JAVA_SHORT, 0, Libc.F_WRLCK);
        int n = Libc.fcntl(s, fd, Libc.F_OFD_SETLK, s.struct);
        return n == -Errno.EAGAIN || n == -Errno.EACCES ? 1 : n;
    }

    /** What tells this file from others while the system runs. */
    public FileIdentity identity() throws IOException {
        return status(FileStatus::identity);
    }

    /** Whether the file is a block device, whose size is fixed and which has no holes. */
    public boolean isBlockDevice() throws IOException {
        return status(FileStatus::isBlockDevice);
    }

    /** Number of the device that a device's file stands for, as {@code major:minor}. */
    public String deviceNumber() throws IOException {
        return status(FileStatus::deviceNumber);
    }

    private interface StatusReader<T> {
        T read(Scratch s);
    }

    private <T> T status(StatusReader<T> reader) throws IOException {
        Scratch s = Scratch.acquire();
        int fd = enter(s);
        try (Arena arena = Arena.ofConfined()) {
            int mask = Libc.STATX_BASIC_STATS | Libc.STATX_MNT_ID;
            int n = Libc.statx(s, fd, arena.allocateFrom(""), Libc.AT_EMPTY_PATH, mask);
            if (n < 0) {
                throw failure(n, "statx");
            }
            return reader.read(s);
        } finally {
            descriptor.leave();
            s.release();
        }
    }

    private interface Call {
        long on(Scratch s, int fd);
    }

    private long call(String operation, Call call) throws IOException {
        Scratch s = Scratch.acquire();
        int fd = enter(s);
        try {
            long n;
            do {
                n = call.on(s, fd);
            } while (n == -Errno.EINTR);
            if (n < 0) {
                throw failure(n, operation);
            }
            return n;
        } finally {
            descriptor.leave();
            s.release();
        }
    }

    private int enter(Scratch s) throws ClosedChannelException {
        int fd = descriptor.enter();
        if (fd < 0) {
            s.release();
            throw new ClosedChannelException();
        }
        return fd;
    }

    private NativeIOException failure(long result, String operation) {
        return new NativeIOException((int) -result, operation, path);
    }

    /**
     * Lets no new call in. The descriptor is closed, and a lock with it, when the last call that is
     * inside has returned; without such a call, at once. Closing twice does nothing.
     */
    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
