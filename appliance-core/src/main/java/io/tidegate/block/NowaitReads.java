package io.tidegate.block;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Reads of what is in memory; the first that the file system cannot do is the last tried. */
final class NowaitReads {

    private final Path path;
    private final Descriptor descriptor;
    private volatile boolean unsupported;

    NowaitReads(Path path, Descriptor descriptor) {
        this.path = path;
        this.descriptor = descriptor;
    }

    /** As {@link NativeFile#readNowait(long, ByteBuffer)}. */
    boolean read(long offset, ByteBuffer into) throws IOException {
        if (unsupported) {
            return false;
        }
        int length = into.remaining();
        Scratch s = Scratch.acquire();
        try {
            if (into.isDirect()) {
                if (!read(s, offset, MemorySegment.ofBuffer(into))) {
                    return false;
                }
                into.position(into.limit());
                return true;
            }
            if (length > Scratch.BOUNCE_BYTES) {
                return false;
            }
            MemorySegment piece = s.bounce().asSlice(0, length);
            if (!read(s, offset, piece)) {
                return false;
            }
            into.put(piece.asByteBuffer());
            return true;
        } finally {
            Reference.reachabilityFence(into);
            s.release();
        }
    }

    /** As {@link NativeFile#readNowait(long, MemorySegment)}. */
    boolean read(long offset, MemorySegment into) throws IOException {
        if (unsupported) {
            return false;
        }
        Scratch s = Scratch.acquire();
        try {
            return read(s, offset, into);
        } finally {
            Reference.reachabilityFence(into);
            s.release();
        }
    }

    private boolean read(Scratch s, long offset, MemorySegment into) throws IOException {
        long length = into.byteSize();
        if (length == 0) {
            return true;
        }
        if (!into.isNative()) {
            throw new IllegalArgumentException("memory on the heap");
        }
        s.vector(0, into);
        int fd = descriptor.enterOpen();
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
            unsupported = true;
        } else if (errno != Errno.EAGAIN && errno != Errno.EINTR) {
            throw new NativeIOException(errno, "preadv2", path);
        }
        return false;
    }
}
