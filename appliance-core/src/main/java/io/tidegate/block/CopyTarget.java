package io.tidegate.block;

/** A device that can take a large copy apart from the writes of others. */
public interface CopyTarget {

    /**
     * Opens a second way in for one copy. What is written through it is not seen, and is owed to
     * nobody's flush, until the stream's own {@link BlockDevice#flush} has made it durable: so a
     * copy of gigabytes delays no other writer's flush and no snapshot. Each byte is written once
     * at most between two flushes; what was not flushed when the stream is closed is forgotten.
     * Discards take effect at once.
     *
     * @return a device to write, discard and flush; close it after use
     */
    CopyStream openCopyStream() throws DeviceException;

    /** What a copy writes to; {@link #read} shows the device as others see it. */
    interface CopyStream extends BlockDevice, Discardable {}
}
