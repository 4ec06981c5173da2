package io.tidegate.copy.mover;

import io.tidegate.block.DeviceException;
import io.tidegate.block.ExtentMapped;
import io.tidegate.block.ExtentMapped.Run;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One range on its way. Ranges that overlap themselves go one piece at a time and in the direction
 * in which nothing is overwritten before it was read; a piece is staged whole, so overlap inside a
 * piece does no harm. All others have several pieces under way.
 *
 * <p>What can be shared is shared, one piece at a time. Where the store does not go as far as it
 * was asked, the rest of the range is copied: it had no room for notes, and would hardly have some
 * for the next piece.
 */
final class RangeCopy {

    private static final int RUNS_AT_ONCE = 64;

    private enum Kind {
        DATA,
        HOLE,
        SHARE
    }

    /** A piece of the range, from its start. */
    private record Piece(long from, long to, Kind kind) {
        long length() {
            return to - from;
        }
    }

    private final RangeOrder range;
    private final Ends ends;
    private final PieceMover pieces;
    private final Flight flight;
    private final long step;

    // What is known of the source around the present place; only the copying thread uses it.
    private long knownFrom;
    private List<Run> known = List.of();
    private @Nullable Shareable shareable; // null before the first piece

    RangeCopy(
            RangeOrder range,
            Ends ends,
            MoverSettings settings,
            Workers workers,
            PieceMover pieces) {
        this.range = range;
        this.ends = ends;
        this.pieces = pieces;
        this.step = Math.max(settings.pieceBytes(), range.unitBytes());
        this.flight = new Flight(workers, range.overlaps() ? 1 : settings.inFlight(), 0);
    }

    RangeResult run() {
        boolean started = false;
        EndException failure = null;
        try {
            started = startAll();
        } catch (EndException e) {
            failure = e; // of looking for holes; pieces may have failed before it
        } finally {
            flight.settle();
        }
        EndException earlier = flight.failure();
        EndException first = earlier == null ? failure : earlier;
        return new RangeResult(
                flight.moved(),
                started && first == null && !flight.stopped(),
                first == null ? null : new RangeResult.Failure(first.source(), first.device()));
    }

    private boolean startAll() throws EndException {
        if (range.oneDevice() && range.sourceOffset() == range.destinationOffset()) {
            return leaveInPlace();
        }
        long left = range.length();
        while (left > 0) {
            // Leave is asked for when there is room: nobody is inside a unit only to wait.
            Ends.Pass pass = flight.awaitRoom() ? ends.enter() : null;
            if (pass == null) {
                return false;
            }
            boolean started = false;
            try {
                Piece piece = range.backwards() ? last(left) : first(pass, range.length() - left);
                if (piece.kind == Kind.SHARE) {
                    SharePiece share = new SharePiece(piece.length());
                    started = flight.start(piece.to, buffer -> share(pass, piece, share));
                    flight.settle();
                    left -= share.shared();
                    if (!share.whole()) {
                        shareable = Shareable.none("the store shared less than it was asked");
                    }
                } else {
                    started = flight.start(piece.to, buffer -> move(pass, piece, buffer));
                    left -= piece.length();
                }
            } finally {
                if (!started) {
                    pass.exit();
                }
            }
            if (!started) {
                return false;
            }
        }
        return true;
    }

    /** A copy onto itself: nothing to move, but the leave to do so is asked all the same. */
    private boolean leaveInPlace() {
        Ends.Pass pass = ends.enter();
        if (pass == null || !pass.exit()) {
            return false;
        }
        return flight.start(range.length(), buffer -> new Moved(range.length(), 0, 0, 0));
    }

    private Piece last(long left) {
        long from = Math.max(0, (left - 1) / step * step);
        return new Piece(from, left, Kind.DATA);
    }

    private Piece first(Ends.Pass pass, long from) throws EndException {
        Shareable parts = shareable;
        if (parts == null) {
            parts = Shareable.of(range, pass.source(), pass.destination());
            shareable = parts;
        }
        if (parts.contains(from)) {
            return new Piece(from, parts.pieceEnd(from), Kind.SHARE);
        }
        long stop = parts.copyEnd(from, range.length());
        long hole = pass.source() instanceof ExtentMapped map ? holeEnd(map, from, stop) : from;
        if (hole > from) {
            long limit = range.destinationOffset() + hole;
            long end =
                    pieces.clearEnd(pass.destination(), range.destinationOffset() + from, limit)
                            - range.destinationOffset();
            return new Piece(from, aligned(from, end), Kind.HOLE);
        }
        long border = step - (range.destinationOffset() + from) % step;
        long end = Math.min(stop, from + Math.max(border, range.unitBytes()));
        return new Piece(from, aligned(from, end), Kind.DATA);
    }

    /**
     * The end of the hole at an offset, on a border of blocks; {@code from} when there is none, or
     * when it ends inside a block of the destination.
     */
    private long holeEnd(ExtentMapped map, long from, long stop) throws EndException {
        Run run;
        try {
            run = runAt(map, range.sourceOffset() + from);
        } catch (DeviceException e) {
            throw new EndException(true, e);
        }
        long end = Math.min(run.end() - range.sourceOffset(), stop);
        if (run.mapped()) {
            return from;
        }
        return end == range.length() ? end : Math.max(from, end - end % range.unitBytes());
    }

    /** An end that is on a border of both devices' blocks, and after {@code from}. */
    private long aligned(long from, long end) {
        long to = end == range.length() ? end : end - end % range.unitBytes();
        return to > from ? to : Math.min(range.length(), from + range.unitBytes());
    }

    private Run runAt(ExtentMapped map, long offset) throws DeviceException {
        boolean ahead = !range.overlaps(); // an overlapping copy maps what it has yet to read
        if (known.isEmpty() || offset < knownFrom || offset >= known.getLast().end()) {
            long length = range.sourceOffset() + range.length() - offset;
            known = map.runs(offset, length, RUNS_AT_ONCE);
            knownFrom = offset;
        }
        for (Run run : known) {
            if (offset < run.end()) {
                if (!ahead) {
                    known = List.of();
                }
                return run;
            }
        }
        throw new IllegalStateException("no run at " + offset + " of " + map);
    }

    private @Nullable Moved move(Ends.Pass pass, Piece piece, ByteBuffer buffer)
            throws EndException {
        boolean counts;
        Moved moved;
        try {
            moved = piece.kind == Kind.HOLE ? clear(pass, piece) : copy(pass, piece, buffer);
            changed(pass, moved);
        } finally {
            counts = pass.exit();
        }
        return counts ? moved : null;
    }

    private @Nullable Moved share(Ends.Pass pass, Piece piece, SharePiece share)
            throws EndException {
        boolean counts;
        Moved moved;
        try {
            moved =
                    share.run(
                            pass.source(),
                            range.sourceOffset() + piece.from,
                            pass.destination(),
                            range.destinationOffset() + piece.from);
            changed(pass, moved);
        } finally {
            counts = pass.exit();
        }
        return counts ? moved : null;
    }

    private Moved copy(Ends.Pass pass, Piece piece, ByteBuffer buffer) throws EndException {
        return pieces.copy(
                pass.source(),
                range.sourceOffset() + piece.from,
                pass.destination(),
                range.destinationOffset() + piece.from,
                (int) (piece.to - piece.from),
                buffer);
    }

    private Moved clear(Ends.Pass pass, Piece piece) throws EndException {
        return pieces.clear(
                pass.destination(), range.destinationOffset() + piece.from, piece.to - piece.from);
    }

    private static void changed(Ends.Pass pass, Moved moved) throws EndException {
        try {
            pass.changed(moved);
        } catch (DeviceException e) {
            throw new EndException(false, e);
        }
    }
}
