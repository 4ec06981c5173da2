package io.tidegate.block;

/**
 * Size and block sizes of a device.
 *
 * @param logicalBlockBytes 512 or 4096
 * @param physicalBlockBytes a power of two, at least the logical block, at most 1 MiB
 * @param blocks number of logical blocks, at least 1
 */
public record Geometry(int logicalBlockBytes, int physicalBlockBytes, long blocks) {

    /** A geometry that no device may exceed: 1 PiB. */
    public static final long MAX_SIZE_BYTES = 1L << 50;

    public Geometry {
        if (logicalBlockBytes != 512 && logicalBlockBytes != 4096) {
            throw new IllegalArgumentException("logical block of " + logicalBlockBytes + " bytes");
        }
        if (Integer.bitCount(physicalBlockBytes) != 1
                || physicalBlockBytes < logicalBlockBytes
                || physicalBlockBytes > 1 << 20) {
            throw new IllegalArgumentException("physical block of " + physicalBlockBytes);
        }
        if (blocks < 1 || blocks > MAX_SIZE_BYTES / logicalBlockBytes) {
            throw new IllegalArgumentException(blocks + " blocks of " + logicalBlockBytes);
        }
    }

    /** The geometry of a device of {@code sizeBytes}, which must be whole logical blocks. */
    public static Geometry ofBytes(long sizeBytes, int logicalBlockBytes, int physicalBlockBytes) {
        if (sizeBytes % logicalBlockBytes != 0) {
            throw new IllegalArgumentException(
                    sizeBytes + " bytes are not whole blocks of " + logicalBlockBytes);
        }
        return new Geometry(logicalBlockBytes, physicalBlockBytes, sizeBytes / logicalBlockBytes);
    }

    public long sizeBytes() {
        return blocks * logicalBlockBytes;
    }

    /**
     * Checks that a range is block-aligned and inside the device.
     *
     * @throws IllegalArgumentException when it is not
     */
    public void check(long offset, long length) {
        if (offset < 0
                || length < 0
                || length > sizeBytes() - offset
                || offset % logicalBlockBytes != 0
                || length % logicalBlockBytes != 0) {
            throw new IllegalArgumentException(
                    "range " + offset + "+" + length + " on a device of " + sizeBytes() + " bytes");
        }
    }
}
