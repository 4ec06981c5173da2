package io.tidegate.block;

import java.util.Map;

/** Error numbers of x86_64 Linux, as far as files meet them. */
final class Errno {

    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int EIO = 5;
    static final int EAGAIN = 11;
    static final int EACCES = 13;
    static final int EBUSY = 16;
    static final int ENODEV = 19;
    static final int EINVAL = 22;
    static final int ENXIO = 6;
    static final int EFBIG = 27;
    static final int ENOSPC = 28;
    static final int ENOSYS = 38;
    static final int EOPNOTSUPP = 95;
    static final int EDQUOT = 122;

    private static final Map<Integer, String> NAMES =
            Map.ofEntries(
                    Map.entry(1, "EPERM (operation not permitted)"),
                    Map.entry(ENOENT, "ENOENT (no such file or directory)"),
                    Map.entry(EINTR, "EINTR (interrupted)"),
                    Map.entry(EIO, "EIO (input/output error)"),
                    Map.entry(ENXIO, "ENXIO (no such device or address)"),
                    Map.entry(9, "EBADF (bad file descriptor)"),
                    Map.entry(EAGAIN, "EAGAIN (would wait)"),
                    Map.entry(12, "ENOMEM (out of memory)"),
                    Map.entry(EACCES, "EACCES (permission denied)"),
                    Map.entry(14, "EFAULT (bad address)"),
                    Map.entry(EBUSY, "EBUSY (busy)"),
                    Map.entry(17, "EEXIST (file exists)"),
                    Map.entry(18, "EXDEV (different file systems)"),
                    Map.entry(ENODEV, "ENODEV (no such device)"),
                    Map.entry(20, "ENOTDIR (not a directory)"),
                    Map.entry(21, "EISDIR (is a directory)"),
                    Map.entry(EINVAL, "EINVAL (invalid argument)"),
                    Map.entry(23, "ENFILE (too many open files in the system)"),
                    Map.entry(24, "EMFILE (too many open files)"),
                    Map.entry(26, "ETXTBSY (file is being run)"),
                    Map.entry(EFBIG, "EFBIG (file too large)"),
                    Map.entry(ENOSPC, "ENOSPC (no space left on the file system)"),
                    Map.entry(29, "ESPIPE (not seekable)"),
                    Map.entry(30, "EROFS (read-only file system)"),
                    Map.entry(36, "ENAMETOOLONG (file name too long)"),
                    Map.entry(ENOSYS, "ENOSYS (no such system call)"),
                    Map.entry(40, "ELOOP (too many symbolic links)"),
                    Map.entry(75, "EOVERFLOW (value too large)"),
                    Map.entry(EOPNOTSUPP, "EOPNOTSUPP (not supported)"),
                    Map.entry(110, "ETIMEDOUT (timed out)"),
                    Map.entry(116, "ESTALE (stale file handle)"),
                    Map.entry(117, "EUCLEAN (file system needs repair)"),
                    Map.entry(EDQUOT, "EDQUOT (quota exceeded)"));

    private Errno() {}

    static String name(int errno) {
        return NAMES.getOrDefault(errno, "errno " + errno);
    }
}
