package io.tidegate.copy.mover;

/**
 * A range of bytes and where it goes. All are multiples of {@code unitBytes}, or a multiple of it
 * apart from where the range begins.
 *
 * @param length at least 1
 * @param unitBytes the larger logical block of both devices: the border between pieces, counted
 *     from the start of the range
 * @param oneDevice whether source and destination are the same bytes
 */
public record RangeOrder(
        long sourceOffset, long destinationOffset, long length, int unitBytes, boolean oneDevice) {

    public RangeOrder {
        if (sourceOffset < 0 || destinationOffset < 0 || length < 1 || length % unitBytes != 0) {
            throw new IllegalArgumentException(
                    sourceOffset + " to " + destinationOffset + ", " + length + "/" + unitBytes);
        }
    }

    /** Whether some bytes are both read and written. */
    boolean overlaps() {
        return oneDevice && Math.abs(sourceOffset - destinationOffset) < length;
    }

    /** Whether the last piece goes first, so that nothing is read after it was overwritten. */
    boolean backwards() {
        return overlaps() && destinationOffset > sourceOffset;
    }
}
