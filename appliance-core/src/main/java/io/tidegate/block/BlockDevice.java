package io.tidegate.block;

import java.nio.ByteBuffer;

/**
 * A fixed-size array of bytes in logical blocks.
 *
 * <p>Safe for concurrent calls. Offsets and lengths are in bytes and multiples of the logical
 * block; a range that leaves the device is a bug of the caller ({@link IllegalArgumentException}),
 * since everything from outside is checked before it comes here. A write is visible to every read
 * that begins after it returned, and durable once a later {@link #flush} has returned.
 *
 * <p>Calls may block and must not come from an event loop, {@link #tryRead} and {@link #geometry}
 * excepted. The calling thread is never interrupted. The caller leaves a buffer alone until the
 * call has returned.
 */
public interface BlockDevice extends AutoCloseable {

    /** Size and block sizes; may grow while the device is open, never shrinks. */
    Geometry geometry();

    /**
     * Fills {@code into} from its position to its limit and moves its position there.
     *
     * @throws DeviceException when the bytes cannot be had; {@code into} then holds nothing of use
     */
    void read(long offset, ByteBuffer into) throws DeviceException;

    /**
     * As {@link #read}, but only if that needs no waiting. When it answers false, position and
     * limit of {@code into} are as they were and its content between them is undefined.
     */
    boolean tryRead(long offset, ByteBuffer into) throws DeviceException;

    /**
     * Writes what {@code from} holds between its position and its limit, and moves its position
     * there. After a failure each logical block of the range holds its old or its new bytes.
     */
    void write(long offset, ByteBuffer from) throws DeviceException;

    /** Returns when all writes that returned before this call are durable. */
    void flush() throws DeviceException;

    /** Gives up this handle; what lies below stays. Closing twice does nothing. */
    @Override
    void close() throws DeviceException;
}
