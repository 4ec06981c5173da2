package io.tidegate.block;

/** A device that can take over extents of another one by reference, without moving their bytes. */
public interface ExtentSharing {

    /** Whether a device's extents can be shared at all. */
    enum Answer {
        /** Yes, as far as whole units and the room for notes go. */
        POSSIBLE,
        /** The source is no device of the same store. */
        OTHER_STORE,
        /** Space is set aside for one of both, so that it must own what it shows. */
        RESERVED
    }

    /**
     * On what terms extents are shared.
     *
     * @param unitBytes only whole units of so many bytes are shared, from a border of the source to
     *     a border of the destination; a power of two, at least 4096
     */
    record Terms(Answer answer, int unitBytes) {}

    /**
     * Says on what terms extents of a device can be shared with this one now. {@link #share} asks
     * anew.
     *
     * @throws DeviceException {@code GONE} when one of both is closed or deleted
     */
    Terms terms(BlockDevice source) throws DeviceException;

    /**
     * Makes a range read as a range of another device does now, holes included, as one write would:
     * visible at once, durable by a flush, never torn within a block. Later writes to either side
     * do not show on the other.
     *
     * <p>Only whole units of allocation can be shared. The answer says how far it went from {@code
     * offset} on; the caller copies the rest of the range, or asks again behind what it copied.
     *
     * @param source any device. One that belongs to another store, or none of its handles, cannot
     *     be shared from
     * @param sourceOffset in bytes, with {@code length} inside the source
     * @param offset in bytes, with {@code length} inside this device
     * @return bytes from {@code offset} on that are shared now, whole units; 0 when the first unit
     *     cannot be: another store, an offset off the units' borders (here or there), less than one
     *     unit, a source that overlaps its destination, or no room to note what is shared
     * @throws DeviceException as a write does; each block of the range holds its old bytes or the
     *     source's. {@code GONE} also when the source is closed or deleted
     */
    long share(BlockDevice source, long sourceOffset, long offset, long length)
            throws DeviceException;
}
