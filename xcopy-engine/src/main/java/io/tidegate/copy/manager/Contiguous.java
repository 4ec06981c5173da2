package io.tidegate.copy.manager;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How many bytes of a segment are at the destination without a gap from its start, while several of
 * its pieces are under way. A host that goes on after a failed copy starts there: what has come
 * after a gap must not be counted (SPC-4, 6.24). Not thread-safe.
 */
final class Contiguous {

    /** A piece, in the order of the segment. */
    static final class Piece {
        private long bytes;
        private boolean done;
    }

    private final Deque<Piece> open = new ArrayDeque<>(); // the first one is not done, or failed
    private long bytes;

    /** The next piece of the segment. */
    Piece begin() {
        Piece piece = new Piece();
        open.add(piece);
        return piece;
    }

    /** All of a piece is at the destination. A piece that fails is never done. */
    void done(Piece piece, long pieceBytes) {
        piece.bytes = pieceBytes;
        piece.done = true;
        while (!open.isEmpty() && open.getFirst().done) {
            bytes += open.removeFirst().bytes;
        }
    }

    long bytes() {
        return bytes;
    }
}
