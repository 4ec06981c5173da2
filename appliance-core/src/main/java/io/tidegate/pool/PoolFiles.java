package io.tidegate.pool;

import java.io.IOException;
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

    /** Makes created names durable. */
    void syncDirectory() throws IOException;

    /** What the running system calls this directory: device, inode and mount. */
    String identity() throws IOException;

    /** For messages. */
    String name();

    /** Gives the lock back. Files are closed one by one before. */
    @Override
    void close() throws IOException;
}
