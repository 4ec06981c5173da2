package io.tidegate.copy.mover;

/**
 * What was done, in bytes of the destination.
 *
 * @param written as data
 * @param cleared discarded or zeroed because the order said so: holes and discarded ranges
 * @param zeroes discarded because the source's data were zeroes
 * @param shared taken over by reference, holes of the source among them
 */
public record Moved(long written, long cleared, long zeroes, long shared) {

    public static final Moved NOTHING = new Moved(0, 0, 0, 0);

    /** All bytes of the destination that are now as they should be. */
    public long total() {
        return written + cleared + zeroes + shared;
    }

    Moved plus(Moved other) {
        return new Moved(
                written + other.written,
                cleared + other.cleared,
                zeroes + other.zeroes,
                shared + other.shared);
    }
}
