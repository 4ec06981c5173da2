package io.tidegate.copy.mover;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.ExtentSharing;
import io.tidegate.block.ExtentSharing.Terms;

/**
 * Which part of a range can be taken over by reference: the whole units in it. What lies before and
 * behind is copied.
 *
 * <pre>
 *   range       |--|======|======|======|---|
 *              0   from                 to   length
 * </pre>
 *
 * @param from offset in the range, on a border of both devices' units
 * @param to offset in the range, on such a border; as {@code from} when nothing can be shared
 * @param lead bytes from the border of the pieces before the range to the range, so that pieces end
 *     on borders of the destination
 * @param reason why this much, for people
 */
record Shareable(long from, long to, long lead, String reason) {

    /**
     * The longest piece of one share. The pool shares so much in one stay inside a volume's gate,
     * and rights are asked again, and an abort is seen, after as much.
     */
    static final long PIECE_BYTES = 16L << 20;

    static Shareable none(String reason) {
        return new Shareable(0, 0, 0, reason);
    }

    /** What of a range can be shared; nothing when a device of it is gone: a copy says which. */
    static Shareable of(RangeOrder range, BlockDevice source, BlockDevice destination) {
        if (range.overlaps()) {
            return none("source and destination overlap");
        }
        if (!(destination instanceof ExtentSharing sharing)) {
            return none("the destination cannot share extents");
        }
        try {
            Terms terms = sharing.terms(source);
            return switch (terms.answer()) {
                case OTHER_STORE -> none("source and destination lie in different stores");
                case RESERVED -> none("space is reserved for one of both");
                case POSSIBLE -> wholeUnits(range, terms.unitBytes());
            };
        } catch (DeviceException e) {
            return none(String.valueOf(e.getMessage()));
        }
    }

    private static Shareable wholeUnits(RangeOrder range, int unit) {
        if ((range.sourceOffset() - range.destinationOffset()) % unit != 0) {
            return none("source and destination differ in where units of " + unit + " bytes begin");
        }
        long start = range.destinationOffset();
        long first = Math.ceilDiv(start, unit) * unit - start;
        long last = (start + range.length()) / unit * unit - start;
        return last <= first
                ? none("the range holds no whole unit of " + unit + " bytes")
                : new Shareable(first, last, start % PIECE_BYTES, "both lie in one store");
    }

    boolean any() {
        return to > from;
    }

    boolean contains(long offset) {
        return offset >= from && offset < to;
    }

    /** The end of the piece that begins at {@code offset}, which is contained. */
    long pieceEnd(long offset) {
        return Math.min(to, offset + PIECE_BYTES - (lead + offset) % PIECE_BYTES);
    }

    /** How far a copy by bytes goes from {@code offset} on before there is something to share. */
    long copyEnd(long offset, long end) {
        return any() && offset < from ? Math.min(end, from) : end;
    }
}
