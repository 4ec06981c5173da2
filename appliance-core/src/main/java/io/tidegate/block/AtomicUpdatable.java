package io.tidegate.block;

import java.nio.ByteBuffer;

/** A device on which read, change and write of a range can be one step for all other writers. */
public interface AtomicUpdatable {

    /** Changes bytes in place. */
    @FunctionalInterface
    interface Change {
        /**
         * Looks at, and may change, the current bytes of the range.
         *
         * @param current position 0, limit at the length of the range; direct, valid for this call
         * @return whether the bytes are to be written back
         */
        boolean apply(ByteBuffer current);
    }

    /** The longest range of one update, in bytes. */
    int MAX_UPDATE_BYTES = 1 << 20;

    /**
     * Reads the range, applies the change and writes the result if it says so. No other write to
     * the range happens in between; readers see all old or all new blocks.
     *
     * @param length in bytes, at most {@link #MAX_UPDATE_BYTES}
     * @return what the change returned
     */
    boolean update(long offset, int length, Change change) throws DeviceException;

    /**
     * Writes a range in one step, as {@link #update} does. A device that outlives a loss of power
     * keeps to more: after one, all of the range is new or nothing of it.
     *
     * @param from position to limit, at most {@link #MAX_UPDATE_BYTES}
     */
    default void writeWhole(long offset, ByteBuffer from) throws DeviceException {
        update(
                offset,
                from.remaining(),
                current -> {
                    current.put(from.duplicate());
                    return true;
                });
    }
}
