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
 */
final class RangeCopy {

    private static final int RUNS_AT_ONCE = 64;

    /** A piece of the range, from its start; a hole or data. */
    private record Piece(long from, long to, boolean hole) {}

    private final RangeOrder range;
    private final Ends ends;
    private final PieceMover pieces;
    private final Flight flight;
    private final long step;

    // What is known of the source around the present place; only the copying thread uses it.
    private long knownFrom;
    private List<Run> known = List.of();

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
                started = flight.start(range.length() - left, buffer -> move(pass, piece, buffer));
                left -= piece.to - piece.from;
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
        return flight.start(range.length(), buffer -> new Moved(range.length(), 0, 0));
    }

    private Piece last(long left) {
        long from = Math.max(0, (left - 1) / step * step);
        return new Piece(from, left, false);
    }

    private Piece first(Ends.Pass pass, long from) throws EndException {
        long border = step - (range.destinationOffset() + from) % step;
        long end = Math.min(range.length(), from + Math.max(border, range.unitBytes()));
        if (!(pass.source() instanceof ExtentMapped map)) {
            return new Piece(from, aligned(from, end), false);
        }
        Run run;
        try {
            run = runAt(map, range.sourceOffset() + from);
        } catch (DeviceException e) {
            throw new EndException(true, e);
        }
        long runEnd = Math.min(run.end() - range.sourceOffset(), range.length());
        if (run.mapped()) {
            return new Piece(from, aligned(from, end), false);
        }
        long holeEnd = runEnd == range.length() ? runEnd : runEnd - runEnd % range.unitBytes();
        if (holeEnd <= from) { // ends inside a block of the destination
            return new Piece(from, aligned(from, end), false);
        }
        long limit = range.destinationOffset() + holeEnd;
        long clearEnd =
                pieces.clearEnd(pass.destination(), range.destinationOffset() + from, limit)
                        - range.destinationOffset();
        return new Piece(from, aligned(from, clearEnd), true);
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
            moved = piece.hole ? clear(pass, piece) : copy(pass, piece, buffer);
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
