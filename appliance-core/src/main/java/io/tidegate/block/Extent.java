package io.tidegate.block;

/**
 * A run of bytes of a device.
 *
 * @param offset in bytes, not negative
 * @param length in bytes, at least 1
 */
public record Extent(long offset, long length) {

    public Extent {
        if (offset < 0 || length < 1 || offset > Long.MAX_VALUE - length) {
            throw new IllegalArgumentException("extent " + offset + "+" + length);
        }
    }

    /** The first offset after this run. */
    public long end() {
        return offset + length;
    }
}
