package io.tidegate.copy.mover;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.ChangeStream;
import io.tidegate.block.ChangeStream.Change;
import io.tidegate.block.ChangeStream.Kind;
import io.tidegate.block.DeviceException;
import io.tidegate.recovery.Mover;
import java.util.Optional;
import java.util.function.LongSupplier;

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

    /** A discard or a share costs the destination some bytes of notes, not its length. */
    private static final int NOTES_WEIGHT_LOG2 = 6;

    private static final Shareable COPIED = Shareable.none("bytes are to be moved");

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
        boolean piped = moved.total() > moved.shared() || moved.shared() == 0;
        return new Mover.Result(
                complete,
                moved.written(),
                moved.cleared(),
                moved.zeroes(),
                moved.shared(),
                RangePlan.engine(moved.shared() > 0, piped));
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
        boolean clear = change.kind() == Kind.DISCARDED;
        Shareable parts = clear ? COPIED : shareable(change);
        while (at < change.end()) {
            long offset = at - change.offset();
            long end;
            if (parts.contains(offset)) {
                SharePiece share = new SharePiece(parts.pieceEnd(offset) - offset);
                if (!share(at, share)) {
                    return false;
                }
                end = at + share.shared();
                parts = share.whole() ? parts : COPIED;
            } else {
                long stop = change.offset() + parts.copyEnd(offset, change.length());
                end = clear ? pieces.clearEnd(destination, at, stop) : pieces.pieceEnd(at, stop);
                if (!move(at, end, clear)) {
                    return false;
                }
            }
            at = end;
        }
        return true;
    }

    /** What of a change can be shared; the stream for copies is no way to share. */
    private Shareable shareable(Change change) {
        if (!order.byReference()) {
            return COPIED;
        }
        RangeOrder range =
                new RangeOrder(change.offset(), change.offset(), change.length(), 1, false);
        return Shareable.of(range, order.source(), order.destination());
    }

    private boolean share(long at, SharePiece share) {
        boolean started =
                start(
                        () -> at + share.shared(),
                        share.length() >> NOTES_WEIGHT_LOG2,
                        buffer -> share.run(order.source(), at, order.destination(), at));
        flight.settle();
        return started;
    }

    private boolean move(long at, long end, boolean clear) {
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
        return start(() -> end, clear ? (end - at) >> NOTES_WEIGHT_LOG2 : end - at, work);
    }

    private boolean start(LongSupplier end, long weight, Flight.Work work) {
        if (!pacer.await(weight, control::cancelled)) {
            return false;
        }
        syncs.makeRoom(weight, flight::doneUpTo);
        syncs.checkpoint().ifPresent(control::checkpoint);
        if (syncs.failed()) {
            return false;
        }
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
        control.progress(
                moved.written() + moved.zeroes() + moved.shared(),
                moved.cleared(),
                flight.doneUpTo());
    }
}
