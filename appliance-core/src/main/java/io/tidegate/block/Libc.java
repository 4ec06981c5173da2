package io.tidegate.block;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The functions of the C library that files need, bound once. Each answers as the kernel does: 0 or
 * more, or the error number made negative. Constants are those of x86_64 Linux.
 */
final class Libc {

    static final int O_RDONLY = 0;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0x40;
    static final int O_EXCL = 0x80;
    static final int O_TRUNC = 0x200;
    static final int O_DSYNC = 0x1000;
    static final int O_DIRECT = 0x4000;
    static final int O_DIRECTORY = 0x10000;
    static final int O_CLOEXEC = 0x80000;
    static final int RWF_NOWAIT = 8;
    static final int FALLOC_FL_KEEP_SIZE = 1;
    static final int FALLOC_FL_PUNCH_HOLE = 2;
    static final int FALLOC_FL_ZERO_RANGE = 0x10;
    static final int F_OFD_SETLK = 37;
    static final short F_WRLCK = 1;
    static final int FADV_WILLNEED = 3;
    static final int FADV_DONTNEED = 4;
    static final int SEEK_END = 2;
    static final int SEEK_DATA = 3;
    static final int SEEK_HOLE = 4;
    static final int AT_EMPTY_PATH = 0x1000;
    static final int STATX_BASIC_STATS = 0x7ff;
    static final int STATX_MNT_ID = 0x1000;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout PTR = ValueLayout.ADDRESS;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LOOKUP = LINKER.defaultLookup();
    private static final List<String> MISSING = new CopyOnWriteArrayList<>();

    // open and fcntl take their last argument as a variadic one.
    private static final MethodHandle OPEN =
            bind("open", INT, List.of(PTR, INT, INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle FCNTL =
            bind("fcntl", INT, List.of(INT, INT, PTR), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = bind("close", INT, List.of(INT));
    private static final MethodHandle PREAD = bind("pread", LONG, List.of(INT, PTR, LONG, LONG));
    private static final MethodHandle PWRITE = bind("pwrite", LONG, List.of(INT, PTR, LONG, LONG));
    private static final MethodHandle PREADV2 =
            bind("preadv2", LONG, List.of(INT, PTR, INT, LONG, INT));
    private static final MethodHandle PWRITEV = bind("pwritev", LONG, List.of(INT, PTR, INT, LONG));
    private static final MethodHandle FSYNC = bind("fsync", INT, List.of(INT));
    private static final MethodHandle FDATASYNC = bind("fdatasync", INT, List.of(INT));
    private static final MethodHandle FALLOCATE =
            bind("fallocate", INT, List.of(INT, INT, LONG, LONG));
    private static final MethodHandle FTRUNCATE = bind("ftruncate", INT, List.of(INT, LONG));
    private static final MethodHandle LSEEK = bind("lseek", LONG, List.of(INT, LONG, INT));
    private static final MethodHandle COPY_FILE_RANGE =
            bind("copy_file_range", LONG, List.of(INT, PTR, INT, PTR, LONG, INT));
    private static final MethodHandle FADVISE =
            bind("posix_fadvise", INT, List.of(INT, LONG, LONG, INT));
    private static final MethodHandle STATX = bind("statx", INT, List.of(INT, PTR, INT, INT, PTR));

    private Libc() {}

    /**
     * @throws UnsupportedOperationException when this system lacks what files need
     */
    static void requireUsable() {
        String os = System.getProperty("os.name", "");
        String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        if (!os.equals("Linux") || !(arch.equals("amd64") || arch.equals("x86_64"))) {
            throw new UnsupportedOperationException(
                    "files are used by system calls of Linux on x86_64; this is "
                            + os
                            + "/"
                            + arch);
        }
        if (!MISSING.isEmpty()) {
            throw new UnsupportedOperationException(
                    "this C library has no "
                            + String.join(", ", MISSING)
                            + "; glibc 2.28 or newer"
                            + " is needed");
        }
    }

    private static MethodHandle bind(
            String name, MemoryLayout result, List<MemoryLayout> args, Linker.Option... more) {
        FunctionDescriptor descriptor =
                FunctionDescriptor.of(result, args.toArray(MemoryLayout[]::new));
        var options = new Linker.Option[more.length + 1];
        options[0] = Linker.Option.captureCallState("errno");
        System.arraycopy(more, 0, options, 1, more.length);
        var symbol = LOOKUP.find(name);
        if (symbol.isPresent()) {
            return LINKER.downcallHandle(symbol.get(), descriptor, options);
        }
        MISSING.add(name);
        MethodType type = descriptor.toMethodType().insertParameterTypes(0, MemorySegment.class);
        MethodHandle thrower =
                MethodHandles.throwException(
                        type.returnType(), UnsupportedOperationException.class);
        return MethodHandles.dropArguments(
                thrower.bindTo(new UnsupportedOperationException("no " + name)),
                0,
                type.parameterList());
    }

    static int open(Scratch s, MemorySegment path, int flags, int mode) {
        try {
            return result(s, (int) OPEN.invokeExact(s.state, path, flags, mode));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int fcntl(Scratch s, int fd, int command, MemorySegment argument) {
        try {
            return result(s, (int) FCNTL.invokeExact(s.state, fd, command, argument));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int close(Scratch s, int fd) {
        try {
            return result(s, (int) CLOSE.invokeExact(s.state, fd));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static long pread(Scratch s, int fd, MemorySegment into, long offset) {
        try {
            return result(s, (long) PREAD.invokeExact(s.state, fd, into, into.byteSize(), offset));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static long pwrite(Scratch s, int fd, MemorySegment from, long offset) {
        try {
            return result(s, (long) PWRITE.invokeExact(s.state, fd, from, from.byteSize(), offset));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static long preadv2(Scratch s, int fd, int vectors, long offset, int flags) {
        try {
            return result(
                    s,
                    (long) PREADV2.invokeExact(s.state, fd, s.vectors(), vectors, offset, flags));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static long pwritev(Scratch s, int fd, int vectors, long offset) {
        try {
            return result(s, (long) PWRITEV.invokeExact(s.state, fd, s.vectors(), vectors, offset));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int fsync(Scratch s, int fd) {
        try {
            return result(s, (int) FSYNC.invokeExact(s.state, fd));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int fdatasync(Scratch s, int fd) {
        try {
            return result(s, (int) FDATASYNC.invokeExact(s.state, fd));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int fallocate(Scratch s, int fd, int mode, long offset, long length) {
        try {
            return result(s, (int) FALLOCATE.invokeExact(s.state, fd, mode, offset, length));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int ftruncate(Scratch s, int fd, long length) {
        try {
            return result(s, (int) FTRUNCATE.invokeExact(s.state, fd, length));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static long lseek(Scratch s, int fd, long offset, int whence) {
        try {
            return result(s, (long) LSEEK.invokeExact(s.state, fd, offset, whence));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Offsets stand in the first two words of the scratch structure and move on there. */
    static long copyFileRange(Scratch s, int from, int to, long length) {
        try {
            return result(
                    s,
                    (long)
                            COPY_FILE_RANGE.invokeExact(
                                    s.state,
                                    from,
                                    s.struct.asSlice(0, 8),
                                    to,
                                    s.struct.asSlice(8, 8),
                                    length,
                                    0));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int fadvise(Scratch s, int fd, long offset, long length, int advice) {
        try {
            // Answers the error number itself and leaves errno alone.
            return -(int) FADVISE.invokeExact(s.state, fd, offset, length, advice);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int statx(Scratch s, int fd, MemorySegment path, int flags, int mask) {
        try {
            return result(s, (int) STATX.invokeExact(s.state, fd, path, flags, mask, s.struct));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static int result(Scratch s, int answer) {
        return answer >= 0 ? answer : -s.errno();
    }

    private static long result(Scratch s, long answer) {
        return answer >= 0 ? answer : -s.errno();
    }

    /** A method handle declares Throwable; nothing checked can come out of these. */
    private static RuntimeException unexpected(Throwable t) {
        if (t instanceof RuntimeException r) {
            return r;
        }
        if (t instanceof Error e) {
            throw e;
        }
        return new IllegalStateException("a system call's handle failed", t);
    }
}
