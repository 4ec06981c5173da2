package io.tidegate.pool;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A file as the pool uses it; tests put one in its place that loses what was not synced. Safe for
 * concurrent calls. Offsets and lengths in bytes.
 */
interface PoolFile extends AutoCloseable {

    /** Fills the buffer to its limit. Fails with EOFException when the file ends before. */
    void read(long offset, ByteBuffer into) throws IOException;

    /** As read if the bytes are in memory; else false, with position and limit unchanged. */
    boolean tryRead(long offset, ByteBuffer into) throws IOException;

    /** Writes the buffer from its position to its limit. */
    void write(long offset, ByteBuffer from) throws IOException;

    /** Makes everything that was written before the call durable. */
    void sync() throws IOException;

    /**
     * Gives a range's space back; what it reads afterwards is undefined. Does nothing where the
     * system below cannot do it.
     */
    void punch(long offset, long length) throws IOException;

    /** Gives a range real space, growing the file if need be; a device has to have it. */
    void allocate(long offset, long length) throws IOException;

    long size() throws IOException;

    /** Whether it is a raw device: its size is fixed, and all of its space is real. */
    default boolean isDevice() {
        return false;
    }

    /** Forgets cached pages, so that the next read comes from the medium. */
    void dropCache() throws IOException;

    @Override
    void close() throws IOException;
}
