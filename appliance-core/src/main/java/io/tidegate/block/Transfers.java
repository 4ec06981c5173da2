package io.tidegate.block;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Reads and writes of an open file that wait for the device. They go on after short counts and
 * interruptions; buffers on the heap go through scratch memory in pieces.
 */
final class Transfers {

    private final Path path;
    private final Descriptor descriptor;

    Transfers(Path path, Descriptor descriptor) {
        this.path = path;
        this.descriptor = descriptor;
    }

    /** As {@link NativeFile#read(long, ByteBuffer)}. */
    int read(long offset, ByteBuffer into) throws IOException {
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

    /** As {@link NativeFile#read(long, MemorySegment)}. */
    long read(long offset, MemorySegment into) throws IOException {
        Scratch s = Scratch.acquire();
        try {
            return fill(s, offset, into);
        } finally {
            s.release();
        }
    }

    private long fill(Scratch s, long offset, MemorySegment into) throws IOException {
        long done = 0;
        int fd = descriptor.enterOpen();
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

    /** As {@link NativeFile#write(long, ByteBuffer)}. */
    void write(long offset, ByteBuffer from) throws IOException {
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

    /** As {@link NativeFile#write(long, MemorySegment)}. */
    void write(long offset, MemorySegment from) throws IOException {
        Scratch s = Scratch.acquire();
        try {
            drain(s, offset, from);
        } finally {
            s.release();
        }
    }

    private void drain(Scratch s, long offset, MemorySegment from) throws IOException {
        long done = 0;
        int fd = descriptor.enterOpen();
        try {
            while (done < from.byteSize()) {
                long n = Libc.pwrite(s, fd, done == 0 ? from : from.asSlice(done), offset + done);
                done += progress(n, "pwrite");
            }
        } finally {
            descriptor.leave();
        }
    }

    /** One pwritev of the first vectors; bytes written, at least 0 (0 = interrupted). */
    long writeVectors(Scratch s, int vectors, long offset) throws IOException {
        int fd = descriptor.enterOpen();
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

    private NativeIOException failure(long result, String operation) {
        return new NativeIOException((int) -result, operation, path);
    }
}
