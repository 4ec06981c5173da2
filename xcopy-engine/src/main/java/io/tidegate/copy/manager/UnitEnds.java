package io.tidegate.copy.manager;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.copy.mover.Ends;
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
    private volatile @Nullable Sense stop;

    UnitEnds(RunningCopy copy, CopyNexus nexus, PlannedSegment segment, DirtyUnits dirty) {
        this.copy = copy;
        this.nexus = nexus;
        this.segment = segment;
        this.dirty = dirty;
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
            return CopySense.ended(index);
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
            stop = CopySense.ended(segment.index());
            return null;
        }
        return new EntryPass(source, destination);
    }

    /** Both units entered. */
    private final class EntryPass implements Pass {
        private final LogicalUnit.Entry source;
        private final LogicalUnit.Entry destination;

        EntryPass(LogicalUnit.Entry source, LogicalUnit.Entry destination) {
            this.source = source;
            this.destination = destination;
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
        public void changed(long bytes) throws DeviceException {
            dirty.wrote(segment.destinationUnit(), destination.device(), bytes);
        }

        @Override
        public boolean exit() {
            boolean current = source.current() && destination.current();
            if (!current) {
                stop = CopySense.ended(segment.index());
            }
            source.exit();
            destination.exit();
            copy.pieceEnds();
            return current;
        }
    }
}
