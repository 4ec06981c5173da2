package io.tidegate.recovery;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.ChangeStream;
import io.tidegate.block.DeviceException;

/** Moves extents from device to device. Implemented by the data mover. */
public interface Mover {

    /**
     * What is to be moved.
     *
     * @param source read only
     * @param destination at least as large as every extent's end
     * @param extents ranges that are to be equal afterwards, ascending: WRITTEN ones are copied,
     *     DISCARDED ones are discarded or zeroed at the destination. The mover closes it
     * @param totalBytes of the extents, for progress; 0 when not known
     * @param bytesPerSecond 0 for no limit
     * @param byReference whether the destination may come to refer to the source's own bytes where
     *     both lie in one store. Not for a replica: it would be lost with what it stands in for
     */
    record Order(
            BlockDevice source,
            BlockDevice destination,
            ChangeStream extents,
            long totalBytes,
            long bytesPerSecond,
            boolean byReference) {

        /** The bytes themselves, as fast as they go. */
        public static Order copy(
                BlockDevice source,
                BlockDevice destination,
                ChangeStream extents,
                long totalBytes) {
            return new Order(source, destination, extents, totalBytes, 0, false);
        }

        /** The same, by reference or not. */
        public Order byReference(boolean allowed) {
            return new Order(source, destination, extents, totalBytes, bytesPerSecond, allowed);
        }
    }

    /** Asked and told while a copy runs, from the mover's own threads. */
    interface Control {

        /** Whether to stop; looked at between pieces. */
        boolean cancelled();

        /**
         * @param copiedBytes written, shared, or found to be zeroes so far
         * @param discardedBytes discarded or zeroed so far
         * @param resumeOffset everything below it is written, not necessarily durable
         */
        void progress(long copiedBytes, long discardedBytes, long resumeOffset);

        /**
         * Everything below the offset is durable at the destination: a restart may go on from
         * there.
         */
        void checkpoint(long resumeOffset);
    }

    /**
     * What was done. {@code complete} is false when it was cancelled.
     *
     * @param zeroBytes of the copied ranges that held only zeroes and were not written as data
     * @param sharedBytes of the copied ranges that the destination now refers to at the source
     * @param engine the ways that bytes went, joined by {@code +}
     */
    record Result(
            boolean complete,
            long copiedBytes,
            long discardedBytes,
            long zeroBytes,
            long sharedBytes,
            String engine) {

        /** An order that had nothing to move. */
        public static final Result NOTHING = new Result(true, 0, 0, 0, 0, "none");
    }

    /**
     * The ways that bytes would go, and why.
     *
     * @param sharedBytes taken over by reference
     * @param movedBytes read and written, apart from holes and zeroes
     * @param engine the ways, joined by {@code +}
     * @param reason part of a sentence
     */
    record Ways(long sharedBytes, long movedBytes, String engine, String reason) {}

    /**
     * Says how a copy of the first bytes of a device would go where sharing is allowed. Moves
     * nothing; the copy itself looks again.
     *
     * @param length in bytes, inside both devices
     */
    Ways ways(BlockDevice source, BlockDevice destination, long length);

    /** Copies, flushes the destination, and returns. Blocks; call it from a job's thread. */
    Result move(Order order, Control control) throws DeviceException;
}
