package io.tidegate.copy.manager;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.copy.manager.CopyCounters.Measure;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.copy.mover.Moved;
import io.tidegate.copy.mover.RangeResult;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Sense;
import io.tidegate.volume.VolumeDevice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A planned copy on its way, segment after segment, since one may read what another wrote. */
final class CopyRun {

    /** Label of bytes that were discarded at the destination instead of being written. */
    static final String DISCARD = "discard";

    private final RunningCopy copy;
    private final CopyNexus nexus;
    private final List<PlannedSegment> segments;
    private final DataMover mover;
    private final DirtyUnits dirty;
    private final CopyCounters counters;
    private final List<CopyAudit.Range> ranges = new ArrayList<>();
    private long moved;

    CopyRun(
            RunningCopy copy,
            CopyNexus nexus,
            List<PlannedSegment> segments,
            DataMover mover,
            DirtyUnits dirty,
            CopyCounters counters) {
        this.copy = copy;
        this.nexus = nexus;
        this.segments = segments;
        this.mover = mover;
        this.dirty = dirty;
        this.counters = counters;
    }

    /** Moves all segments; answers what went wrong, or null. */
    @Nullable Sense run() {
        for (int i = 0; i < segments.size(); i++) {
            PlannedSegment segment = segments.get(i);
            Sense wrong = segment.lengthBytes() == 0 ? null : move(segment, i);
            String result = wrong == null ? "done" : "failed";
            counters.add(Measure.SEGMENTS, segment.destinationUnit().name(), result, 1);
            if (wrong != null) {
                return wrong;
            }
            copy.progress(i + 1, moved);
        }
        return null;
    }

    private @Nullable Sense move(PlannedSegment segment, int whole) {
        UnitEnds ends = new UnitEnds(copy, nexus, segment, dirty);
        boolean oneDevice =
                oneDevice(segment.sourceUnit().device(), segment.destinationUnit().device());
        RangeResult result = mover.copy(segment.order(oneDevice), ends);
        count(segment, result.moved(), whole);
        Sense wrong = failure(segment, ends, result);
        return wrong == null && !segment.destination().writeCache()
                ? makeDurable(segment, ends)
                : wrong;
    }

    private void count(PlannedSegment segment, Moved done, int whole) {
        moved += done.total();
        copy.progress(whole, moved);
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

    private static @Nullable Sense failure(
            PlannedSegment segment, UnitEnds ends, RangeResult result) {
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
        return stop == null ? CopySense.ended(segment.index()) : stop;
    }

    /** With the write cache off a copy is answered like a write: when it is durable. */
    private @Nullable Sense makeDurable(PlannedSegment segment, UnitEnds ends) {
        UnitEnds.Pass pass = ends.enter();
        if (pass == null) {
            Sense stop = ends.stop();
            return stop == null ? CopySense.ended(segment.index()) : stop;
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
