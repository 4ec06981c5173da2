package io.tidegate.copy.manager;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.copy.manager.CopyCounters.Measure;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.copy.mover.Moved;
import io.tidegate.copy.mover.RangeResult;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Status;
import io.tidegate.volume.VolumeDevice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A planned copy on its way, step after step, since one may read what another wrote. */
final class CopyRun {

    /** Label of bytes that were discarded at the destination instead of being written. */
    static final String DISCARD = "discard";

    private final RunningCopy copy;
    private final CopyNexus nexus;
    private final List<PlannedStep> steps;
    private final DataMover mover;
    private final DirtyUnits dirty;
    private final CopyCounters counters;
    private final List<CopyAudit.Range> ranges = new ArrayList<>();
    private long moved;

    CopyRun(
            RunningCopy copy,
            CopyNexus nexus,
            List<PlannedStep> steps,
            DataMover mover,
            DirtyUnits dirty,
            CopyCounters counters) {
        this.copy = copy;
        this.nexus = nexus;
        this.steps = steps;
        this.mover = mover;
        this.dirty = dirty;
        this.counters = counters;
    }

    /** Does all steps; answers what went wrong, or null. */
    @Nullable Sense run() {
        for (PlannedStep step : steps) {
            copy.segmentBegins();
            Sense wrong = run(step);
            String result = wrong == null ? "done" : "failed";
            counters.add(Measure.SEGMENTS, step.destinationUnit().name(), result, 1);
            if (wrong != null) {
                return wrong;
            }
            copy.segmentDone(step.lengthBytes());
        }
        return null;
    }

    private @Nullable Sense run(PlannedStep step) {
        if (copy.fenced()) { // what moves nothing has no piece that would ask
            return UnitEnds.ended(copy, step.index());
        }
        return switch (step) {
            case PlannedSegment segment -> segment.lengthBytes() == 0 ? null : move(segment);
            case PlannedStep.Verify verify -> verify(verify);
            case PlannedStep.Register register -> register(register);
        };
    }

    private @Nullable Sense verify(PlannedStep.Verify step) {
        if (!seen(step.lun())) {
            return CopySense.unreachable(step.index());
        }
        return step.testReady() ? failure(step.index(), true, step.lun().testReady()) : null;
    }

    /** Like a piece: who preempts the nexus waits for its end, and it does not start afterwards. */
    private @Nullable Sense register(PlannedStep.Register step) {
        if (!copy.pieceStarts()) {
            return UnitEnds.ended(copy, step.index());
        }
        try {
            return seen(step.lun())
                    ? failure(step.index(), false, step.lun().register(step.key(), step.newKey()))
                    : CopySense.unreachable(step.index());
        } finally {
            copy.pieceEnds();
        }
    }

    private boolean seen(CopyLun lun) {
        return nexus.luns().stream().anyMatch(l -> l.unit() == lun.unit());
    }

    private static @Nullable Sense failure(int segment, boolean source, CopyReply reply) {
        if (reply.status() == Status.GOOD) {
            return null;
        }
        Sense sense = reply.sense();
        return CopySense.forwarded(
                segment, source, reply.status(), sense == null ? Sense.noSense() : sense);
    }

    private @Nullable Sense move(PlannedSegment segment) {
        boolean oneDevice =
                oneDevice(segment.sourceUnit().device(), segment.destinationUnit().device());
        boolean backwards = segment.backwards(oneDevice);
        UnitEnds ends = new UnitEnds(copy, nexus, segment, dirty, !backwards);
        RangeResult result =
                segment.wholeBlocks()
                        ? mover.copy(segment.order(oneDevice), ends)
                        : new ByteMove(segment, ends, backwards).run();
        count(segment, result.moved());
        Sense wrong = failure(segment, ends, result);
        if (wrong != null) {
            return result.moved().total() == 0 ? wrong : withResidual(wrong, segment, ends);
        }
        return segment.destination().writeCache() ? null : makeDurable(segment, ends);
    }

    /** The blocks that are missing, counted from the first gap (SPC-4, 5.17.7.4). */
    private static Sense withResidual(Sense wrong, PlannedSegment segment, UnitEnds ends) {
        int block = segment.destinationBlockBytes();
        long missing = segment.lengthBytes() - ends.contiguousBytes();
        return wrong.withInformation((missing + block - 1) / block);
    }

    private void count(PlannedSegment segment, Moved done) {
        moved += done.total();
        ranges.add(segment.audit(done.total()));
        String to = segment.destinationUnit().name();
        counters.add(
                Measure.BYTES_READ,
                segment.sourceUnit().name(),
                DataMover.PIPELINE,
                done.written() + done.zeroes());
        counters.add(Measure.BYTES_WRITTEN, to, DataMover.PIPELINE, done.written());
        counters.add(Measure.BYTES_WRITTEN, to, DISCARD, done.cleared() + done.zeroes());
        counters.add(
                Measure.BYTES_READ, segment.sourceUnit().name(), DataMover.SHARE, done.shared());
        counters.add(Measure.BYTES_WRITTEN, to, DataMover.SHARE, done.shared());
    }

    private Sense ended(PlannedSegment segment) {
        return UnitEnds.ended(copy, segment.index());
    }

    private @Nullable Sense failure(PlannedSegment segment, UnitEnds ends, RangeResult result) {
        RangeResult.Failure failure = result.failure();
        if (failure != null) {
            LogicalUnit unit = failure.source() ? segment.sourceUnit() : segment.destinationUnit();
            int block = unit.shape().geometry().logicalBlockBytes();
            return CopySense.forwarded(
                    segment.index(), failure.source(), CopySense.of(failure.cause(), block));
        }
        if (result.complete()) {
            return null;
        }
        Sense stop = ends.stop();
        return stop == null ? ended(segment) : stop;
    }

    /** With the write cache off a copy is answered like a write: when it is durable. */
    private @Nullable Sense makeDurable(PlannedSegment segment, UnitEnds ends) {
        UnitEnds.Pass pass = ends.enter();
        if (pass == null) {
            Sense stop = ends.stop();
            return stop == null ? ended(segment) : stop;
        }
        try {
            pass.destination().flush();
        } catch (DeviceException e) {
            int block = segment.destinationUnit().shape().geometry().logicalBlockBytes();
            return CopySense.forwarded(segment.index(), false, CopySense.of(e, block));
        } finally {
            pass.exit();
        }
        return null;
    }

    /** Whether two handles show the same bytes. */
    private static boolean oneDevice(BlockDevice a, BlockDevice b) {
        return a == b
                || (a instanceof VolumeDevice v
                        && b instanceof VolumeDevice w
                        && v.volume().equals(w.volume()));
    }

    /** All ranges that were begun, with what was moved of each. */
    List<CopyAudit.Range> ranges() {
        return List.copyOf(ranges);
    }

    long movedBytes() {
        return moved;
    }
}
