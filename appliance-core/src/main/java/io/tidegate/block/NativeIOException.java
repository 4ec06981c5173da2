package io.tidegate.block;

import java.io.IOException;
import java.nio.file.Path;

/** A system call on a file failed. */
public final class NativeIOException extends IOException {

    private static final long serialVersionUID = 1L;

    private final int errno;
    private final String operation;
    private final String path;

    /**
     * @param errno the positive error number of the system
     * @param operation the system call's name
     * @param path the file that it was for
     */
    public NativeIOException(int errno, String operation, Path path) {
        super(operation + " of " + path + ": " + Errno.name(errno));
        this.errno = errno;
        this.operation = operation;
        this.path = path.toString();
    }

    /** The error number of the system, positive. */
    public int errno() {
        return errno;
    }

    /** The system call's name, for example {@code pwrite}. */
    public String operation() {
        return operation;
    }

    public String path() {
        return path;
    }

    /** No space or no quota left for what a write needs; reads and writes in place still work. */
    public boolean isNoSpace() {
        return errno == Errno.ENOSPC || errno == Errno.EDQUOT;
    }

    /** Somebody else uses the device. */
    public boolean isBusy() {
        return errno == Errno.EBUSY;
    }

    /** There is nothing of that name, or nothing behind it. */
    public boolean isAbsent() {
        return errno == Errno.ENOENT || errno == Errno.ENXIO || errno == Errno.ENODEV;
    }

    /** The file system or the kernel cannot do this at all; asking again is no use. */
    public boolean isUnsupported() {
        return errno == Errno.EOPNOTSUPP || errno == Errno.ENOSYS || errno == Errno.ENODEV;
    }
}
