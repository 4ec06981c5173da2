package io.tidegate.copy.manager;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.copy.mover.Ends;
import io.tidegate.copy.mover.Moved;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnit.State;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Status;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The leave for each piece of a segment: the copy is not fenced, the nexus may still read and
 * write, and both units point where they did when the copy was planned. A piece is inside both
 * units while it moves, so that a gate that closes waits for it.
 */
final class UnitEnds implements Ends {

    /** Longer than any gate stays closed. */
    private static final Duration GATE_LIMIT = Duration.ofSeconds(15);

    private final RunningCopy copy;
    private final CopyNexus nexus;
    private final PlannedSegment segment;
    private final DirtyUnits dirty;
    private final boolean inOrder;
    private final Contiguous contiguous = new Contiguous(); // guarded by itself
    private volatile @Nullable Sense stop;

    /**
     * @param inOrder whether the first piece is the start of the segment; if not, nothing of it
     *     counts before all of it is done
     */
    UnitEnds(
            RunningCopy copy,
            CopyNexus nexus,
            PlannedSegment segment,
            DirtyUnits dirty,
            boolean inOrder) {
        this.copy = copy;
        this.nexus = nexus;
        this.segment = segment;
        this.dirty = dirty;
        this.inOrder = inOrder;
    }

    /** Bytes of the segment that are at the destination without a gap. */
    long contiguousBytes() {
        synchronized (contiguous) {
            return inOrder ? contiguous.bytes() : 0;
        }
    }

    /** Why a copy that is fenced ends at a segment. */
    static Sense ended(RunningCopy copy, int segment) {
        return copy.aborted() ? CopySense.cleared(segment) : CopySense.ended(segment);
    }

    /** Why no more pieces were let pass; null when there was no reason to. */
    @Nullable Sense stop() {
        return stop;
    }

    @Override
    public @Nullable Pass enter() {
        while (true) {
            Sense no = refusal();
            if (no != null) {
                stop = no;
                return null;
            }
            LogicalUnit.Entry source = segment.sourceUnit().enter();
            if (source == null) {
                stop = await(segment.sourceUnit(), true);
            } else {
                LogicalUnit.Entry destination = segment.destinationUnit().enter();
                if (destination != null) {
                    return pass(source, destination);
                }
                source.exit(); // nobody may wait inside: a gate could not drain
                stop = await(segment.destinationUnit(), false);
            }
            if (stop != null) {
                return null;
            }
        }
    }

    private @Nullable Sense refusal() {
        int index = segment.index();
        if (copy.fenced()) {
            return ended(copy, index);
        }
        if (!segment.source().mayRead()) {
            return lost(segment.source(), true);
        }
        return segment.destination().mayWrite() ? null : lost(segment.destination(), false);
    }

    private Sense lost(CopyLun lun, boolean source) {
        boolean mapped = nexus.luns().stream().anyMatch(l -> l.unit() == lun.unit());
        return mapped
                ? CopySense.forwarded(
                        segment.index(), source, Status.RESERVATION_CONFLICT, Sense.noSense())
                : CopySense.unreachable(segment.index());
    }

    private @Nullable Sense await(LogicalUnit unit, boolean source) {
        if (unit.state() == State.HELD) {
            return CopySense.forwarded(segment.index(), source, Sense.logicalUnitNotSupported());
        }
        return copy.awaitGate(unit, GATE_LIMIT)
                ? null
                : CopySense.forwarded(segment.index(), source, Status.BUSY, Sense.noSense());
    }

    private @Nullable Pass pass(LogicalUnit.Entry source, LogicalUnit.Entry destination) {
        boolean same =
                source.generation() == segment.sourceGeneration()
                        && destination.generation() == segment.destinationGeneration();
        if (!same || !copy.pieceStarts()) {
            source.exit();
            destination.exit();
            stop = ended(copy, segment.index());
            return null;
        }
        synchronized (contiguous) {
            return new EntryPass(source, destination, contiguous.begin());
        }
    }

    /** Both units entered. */
    private final class EntryPass implements Pass {
        private final LogicalUnit.Entry source;
        private final LogicalUnit.Entry destination;
        private final Contiguous.Piece piece;
        private long movedBytes = -1; // only the thread that moves the piece

        EntryPass(LogicalUnit.Entry source, LogicalUnit.Entry destination, Contiguous.Piece piece) {
            this.source = source;
            this.destination = destination;
            this.piece = piece;
        }

        @Override
        public BlockDevice source() {
            return source.device();
        }

        @Override
        public BlockDevice destination() {
            return destination.device();
        }

        @Override
        public void changed(Moved moved) throws DeviceException {
            dirty.wrote(segment.destinationUnit(), destination.device(), moved.written());
            movedBytes = moved.total();
        }

        @Override
        public boolean exit() {
            boolean current = source.current() && destination.current();
            if (!current) {
                stop = CopySense.ended(segment.index());
            } else if (movedBytes >= 0) {
                counted();
            }
            source.exit();
            destination.exit();
            copy.pieceEnds();
            return current;
        }

        private void counted() {
            synchronized (contiguous) {
                contiguous.done(piece, movedBytes);
                copy.pieceCounts(contiguousBytes());
            }
        }
    }
}
