package io.tidegate.copy.mover;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.ChangeStream;
import io.tidegate.block.ChangeStream.Change;
import io.tidegate.block.ChangeStream.Kind;
import io.tidegate.block.DeviceException;
import io.tidegate.recovery.Mover;
import java.util.Optional;

/**
 * One order of a job, from the thread that gave it.
 *
 * <pre>
 *   extents --cut--> pieces --start--> Flight (read, write on workers)
 *                       |                 |
 *                 Syncs: at most so many bytes written and not durable;
 *                 a sync that ends is a checkpoint
 * </pre>
 */
final class JobCopy {

    /** A discard costs the destination some bytes of notes, not its length. */
    private static final int DISCARD_WEIGHT_LOG2 = 6;

    private final Mover.Order order;
    private final BlockDevice destination;
    private final Mover.Control control;
    private final PieceMover pieces;
    private final Pacer pacer;
    private final Flight flight;
    private final Syncs syncs;

    /**
     * @param destination what is written to in place of the order's destination
     */
    JobCopy(
            Mover.Order order,
            BlockDevice destination,
            Mover.Control control,
            MoverSettings settings,
            Workers workers,
            PieceMover pieces,
            Pacer pacer) {
        this.order = order;
        this.destination = destination;
        this.control = control;
        this.pieces = pieces;
        this.pacer = pacer;
        this.flight = new Flight(workers, settings.inFlight(), 0);
        this.syncs = new Syncs(destination, workers, settings.dirtyBytes());
    }

    Mover.Result run(ChangeStream extents) throws DeviceException {
        boolean complete = false;
        try {
            complete = startAll(extents);
        } finally {
            flight.settle();
            syncs.settle();
        }
        EndException failure = flight.failure();
        if (failure != null) {
            throw failure.device();
        }
        syncs.throwIfFailed();
        destination.flush();
        report();
        if (flight.doneUpTo() > 0) { // else nothing was done, and a later resume point stays
            control.checkpoint(flight.doneUpTo());
        }
        Moved moved = flight.moved();
        return new Mover.Result(
                complete, moved.written(), moved.cleared(), moved.zeroes(), DataMover.PIPELINE);
    }

    private boolean startAll(ChangeStream extents) throws DeviceException {
        while (!control.cancelled()) {
            Optional<Change> next = extents.next();
            if (next.isEmpty()) {
                return true;
            }
            if (!start(next.get())) {
                return false;
            }
        }
        return false;
    }

    private boolean start(Change change) {
        long at = change.offset();
        while (at < change.end()) {
            boolean clear = change.kind() == Kind.DISCARDED;
            long end =
                    clear
                            ? pieces.clearEnd(destination, at, change.end())
                            : pieces.pieceEnd(at, change.end());
            long weight = clear ? (end - at) >> DISCARD_WEIGHT_LOG2 : end - at;
            if (!pacer.await(weight, control::cancelled) || !startPiece(at, end, clear, weight)) {
                return false;
            }
            at = end;
        }
        return true;
    }

    private boolean startPiece(long at, long end, boolean clear, long weight) {
        syncs.makeRoom(weight, flight::doneUpTo);
        syncs.checkpoint().ifPresent(control::checkpoint);
        if (syncs.failed()) {
            return false;
        }
        Flight.Work work =
                clear
                        ? buffer -> pieces.clear(destination, at, end - at)
                        : buffer ->
                                pieces.copy(
                                        order.source(),
                                        at,
                                        destination,
                                        at,
                                        (int) (end - at),
                                        buffer);
        boolean started =
                flight.start(
                        end,
                        buffer -> {
                            try {
                                return work.run(buffer);
                            } finally {
                                syncs.ended(weight); // also of a piece that failed: it may wait
                            }
                        });
        report();
        return started;
    }

    private void report() {
        Moved moved = flight.moved();
        control.progress(moved.written() + moved.zeroes(), moved.cleared(), flight.doneUpTo());
    }
}
