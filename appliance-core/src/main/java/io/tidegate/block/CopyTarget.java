package io.tidegate.block;

/** A device that can take a large copy apart from the writes of others. */
public interface CopyTarget {

    /**
     * Opens a second way in for one copy. What is written through it is owed to nobody's flush but
     * this device's: so a copy of gigabytes delays no other writer's. Bytes that need new places
     * are not seen until the stream's own {@link BlockDevice#flush} has made them durable; bytes
     * that are written in place are seen at once, and are durable after the stream's flush or the
     * device's. Each byte is written once at most between two flushes; what was not flushed when
     * the stream is closed may be forgotten. Discards take effect at once.
     *
     * @return a device to write, discard and flush; close it after use
     */
    CopyStream openCopyStream() throws DeviceException;

    /** What a copy writes to; {@link #read} shows the device as others see it. */
    interface CopyStream extends BlockDevice, Discardable {}
}
