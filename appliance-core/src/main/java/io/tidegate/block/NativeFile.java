package io.tidegate.block;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
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
    private volatile boolean nowaitUnsupported;

    private NativeFile(Path path, int fd) {
        this.path = path;
        this.descriptor = new Descriptor(fd);
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
        int start = into.position();
        if (into.isDirect()) {
            int n = (int) read(offset, MemorySegment.ofBuffer(into));
            into.position(start + n);
            return n;
        }
        Scratch s = Scratch.acquire();
        try {
            while (into.hasRemaining()) {
                int want = Math.min(into.remaining(), Scratch.BOUNCE_BYTES);
                MemorySegment piece = s.bounce().asSlice(0, want);
                int n = (int) fill(s, offset + into.position() - start, piece);
                into.put(piece.asSlice(0, n).asByteBuffer());
                if (n < want) {
                    break;
                }
            }
        } finally {
            s.release();
        }
        return into.position() - start;
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
        Scratch s = Scratch.acquire();
        try {
            return fill(s, offset, into);
        } finally {
            s.release();
        }
    }

    private long fill(Scratch s, long offset, MemorySegment into) throws IOException {
        long done = 0;
        int fd = enter();
        try {
            while (done < into.byteSize()) {
                long n = Libc.pread(s, fd, done == 0 ? into : into.asSlice(done), offset + done);
                if (n == 0) {
                    break;
                }
                if (n > 0) {
                    done += n;
                } else if (n != -Errno.EINTR) {
                    throw failure(n, "pread");
                }
            }
            return done;
        } finally {
            descriptor.leave();
        }
    }

    /**
     * Fills {@code into} only if the bytes are in memory. Never waits for a device.
     *
     * @return true with the position at the limit; false with position and limit as they were and
     *     the content undefined: not cached, past the end, or not possible on this file system
     */
    public boolean readNowait(long offset, ByteBuffer into) throws IOException {
        if (nowaitUnsupported) {
            return false;
        }
        int length = into.remaining();
        Scratch s = Scratch.acquire();
        try {
            if (into.isDirect()) {
                if (!readNowait(s, offset, MemorySegment.ofBuffer(into))) {
                    return false;
                }
                into.position(into.limit());
                return true;
            }
            if (length > Scratch.BOUNCE_BYTES) {
                return false;
            }
            MemorySegment piece = s.bounce().asSlice(0, length);
            if (!readNowait(s, offset, piece)) {
                return false;
            }
            into.put(piece.asByteBuffer());
            return true;
        } finally {
            Reference.reachabilityFence(into);
            s.release();
        }
    }

    /** As {@link #readNowait(long, ByteBuffer)}, into native memory. */
    public boolean readNowait(long offset, MemorySegment into) throws IOException {
        if (nowaitUnsupported) {
            return false;
        }
        Scratch s = Scratch.acquire();
        try {
            return readNowait(s, offset, into);
        } finally {
            Reference.reachabilityFence(into);
            s.release();
        }
    }

    private boolean readNowait(Scratch s, long offset, MemorySegment into) throws IOException {
        long length = into.byteSize();
        if (length == 0) {
            return true;
        }
        s.vector(0, requireNative(into));
        int fd = enter();
        long n;
        try {
            n = Libc.preadv2(s, fd, 1, offset, Libc.RWF_NOWAIT);
        } finally {
            descriptor.leave();
        }
        if (n >= 0) {
            return n == length;
        }
        int errno = (int) -n;
        if (errno == Errno.EOPNOTSUPP || errno == Errno.EINVAL || errno == Errno.ENOSYS) {
            nowaitUnsupported = true;
        } else if (errno != Errno.EAGAIN && errno != Errno.EINTR) {
            throw failure(n, "preadv2");
        }
        return false;
    }

    /** Writes all that {@code from} holds and moves its position to its limit. */
    public void write(long offset, ByteBuffer from) throws IOException {
        if (from.isDirect()) {
            write(offset, MemorySegment.ofBuffer(from));
            from.position(from.limit());
            return;
        }
        int start = from.position();
        Scratch s = Scratch.acquire();
        try {
            while (from.hasRemaining()) {
                long at = offset + from.position() - start;
                int n = Math.min(from.remaining(), Scratch.BOUNCE_BYTES);
                MemorySegment piece = s.bounce().asSlice(0, n);
                MemorySegment.copy(MemorySegment.ofBuffer(from), 0, piece, 0, n);
                drain(s, at, piece);
                from.position(from.position() + n);
            }
        } finally {
            s.release();
        }
    }

    /** Writes the whole segment, which is native memory. */
    public void write(long offset, MemorySegment from) throws IOException {
        Scratch s = Scratch.acquire();
        try {
            drain(s, offset, from);
        } finally {
            s.release();
        }
    }

    private void drain(Scratch s, long offset, MemorySegment from) throws IOException {
        long done = 0;
        int fd = enter();
        try {
            while (done < from.byteSize()) {
                long n = Libc.pwrite(s, fd, done == 0 ? from : from.asSlice(done), offset + done);
                done += progress(n, "pwrite");
            }
        } finally {
            descriptor.leave();
        }
    }

    /**
     * Writes several buffers one after another, in as few system calls as may be, and moves each
     * position to its limit. Buffers on the heap cost a copy of all of them.
     */
    public void write(long offset, List<ByteBuffer> from) throws IOException {
        GatherWrite.write(this, offset, from);
    }

    /** One pwritev of the first vectors; bytes written, at least 0 (0 = interrupted). */
    long writeVectors(Scratch s, int vectors, long offset) throws IOException {
        int fd = enter();
        try {
            return progress(Libc.pwritev(s, fd, vectors, offset), "pwritev");
        } finally {
            descriptor.leave();
        }
    }

    private long progress(long n, String operation) throws NativeIOException {
        if (n > 0) {
            return n;
        }
        if (n == 0) {
            // A write of nothing for a length above nothing would turn the loop for ever.
            throw new NativeIOException(Errno.EIO, operation, path);
        }
        if (n == -Errno.EINTR) {
            return 0;
        }
        throw failure(n, operation);
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
        return status(s -> s.struct.get(ValueLayout.JAVA_LONG, 48) * 512);
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
        int to = target.enter();
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
        return status(NativeFile::identity);
    }

    private static FileIdentity identity(Scratch s) {
        // struct statx: mask 0, inode 32, device 136 and 140, mount id 144.
        int mask = s.struct.get(ValueLayout.JAVA_INT, 0);
        long major = Integer.toUnsignedLong(s.struct.get(ValueLayout.JAVA_INT, 136));
        long minor = Integer.toUnsignedLong(s.struct.get(ValueLayout.JAVA_INT, 140));
        long mount = s.struct.get(ValueLayout.JAVA_LONG, 144);
        return new FileIdentity(
                major << 32 | minor,
                s.struct.get(ValueLayout.JAVA_LONG, 32),
                (mask & Libc.STATX_MNT_ID) != 0 ? OptionalLong.of(mount) : OptionalLong.empty());
    }

    /** Whether the file is a block device, whose size is fixed and which has no holes. */
    public boolean isBlockDevice() throws IOException {
        return status(s -> (s.struct.get(ValueLayout.JAVA_SHORT, 28) & 0170000) == 0060000);
    }

    /** Number of the device that a device's file stands for, as {@code major:minor}. */
    public String deviceNumber() throws IOException {
        // struct statx: major and minor at 128 and 132.
        return status(
                s ->
                        Integer.toUnsignedString(s.struct.get(ValueLayout.JAVA_INT, 128))
                                + ":"
                                + Integer.toUnsignedString(
                                        s.struct.get(ValueLayout.JAVA_INT, 132)));
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

    private int enter() throws ClosedChannelException {
        int fd = descriptor.enter();
        if (fd < 0) {
            throw new ClosedChannelException();
        }
        return fd;
    }

    private NativeIOException failure(long result, String operation) {
        return new NativeIOException((int) -result, operation, path);
    }

    static MemorySegment requireNative(MemorySegment segment) {
        if (!segment.isNative()) {
            throw new IllegalArgumentException("memory on the heap");
        }
        return segment;
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
