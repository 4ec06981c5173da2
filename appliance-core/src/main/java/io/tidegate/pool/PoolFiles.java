package io.tidegate.pool;

import io.tidegate.volume.StoreException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The directory of a pool. */
interface PoolFiles extends AutoCloseable {

    /** Takes the lock of the pool for this opening; false when another process has it. */
    boolean lock() throws IOException;

    /** Names of the entries, none when the directory does not exist. */
    List<String> names() throws IOException;

    /** Makes a file that must not exist. */
    PoolFile create(String name) throws IOException;

    PoolFile open(String name) throws IOException;

    /**
     * Opens a raw device, for nobody else to use, by its path.
     *
     * @throws RefusedException when it is absent, in use, or no device
     */
    default PoolFile openDevice(Path device) throws IOException {
        throw new RefusedException(
                StoreException.Kind.LIMIT, name() + " cannot have raw devices such as " + device);
    }

    /** Lets a name stand for a raw device from now on, and no more for what it stood for. */
    default void link(String name, Path device) throws IOException {
        throw new RefusedException(
                StoreException.Kind.LIMIT, name() + " cannot have raw devices such as " + device);
    }

    /**
     * How much more the file system below can give to files; {@link Long#MAX_VALUE} when it sets no
     * limit.
     */
    default long freeBytes() throws IOException {
        return Long.MAX_VALUE;
    }

    /** Makes created names durable. */
    void syncDirectory() throws IOException;

    /**
     * What the running system calls this directory: device, inode and mount; then a line for each
     * open raw device.
     */
    String identity() throws IOException;

    /** For messages. */
    String name();

    /** Gives the lock back. Files are closed one by one before. */
    @Override
    void close() throws IOException;
}
