package io.tidegate.copy.manager;

import io.tidegate.block.Geometry;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.copy.CopyLimits;
import io.tidegate.scsi.copy.CscdDescriptor;
import io.tidegate.scsi.copy.ExtendedCopyList;
import io.tidegate.scsi.copy.SegmentDescriptor;
import io.tidegate.scsi.copy.SegmentDescriptor.BlockToBlock;
import io.tidegate.scsi.copy.SegmentDescriptor.OffsetToOffset;
import io.tidegate.scsi.copy.SegmentDescriptor.RegisterKey;
import io.tidegate.scsi.copy.SegmentDescriptor.Verify;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks a whole list against what its nexus sees, before any byte moves.
 *
 * <p>A designator is looked up among the LUNs of the nexus and nowhere else, and a unit that the
 * nexus may not use is answered like one that does not exist.
 */
final class Planner {

    /** A plan, or why there is none. */
    sealed interface Plan {
        record Ready(List<PlannedStep> steps) implements Plan {}

        /**
         * @param access whether it is for want of rights, which goes to the audit log
         */
        record Refused(Sense sense, boolean access) implements Plan {}
    }

    /** One segment's plan, or what is wrong with it. */
    private sealed interface Step {
        record Good(PlannedStep step) implements Step {}

        record Wrong(Sense sense, boolean access) implements Step {
            static Wrong unreachable(int segment) {
                return new Wrong(CopySense.unreachable(segment), true);
            }
        }
    }

    private final CopyNexus nexus;
    private final LogicalUnit receivedBy;
    private final ExtendedCopyList list;
    private final CopyLimits limits;
    private final Set<LogicalUnit> registering = new HashSet<>();
    private Collection<CopyLun> luns = List.of();

    Planner(CopyNexus nexus, LogicalUnit receivedBy, ExtendedCopyList list, CopyLimits limits) {
        this.nexus = nexus;
        this.receivedBy = receivedBy;
        this.list = list;
        this.limits = limits;
    }

    Plan plan() {
        luns = nexus.luns();
        List<PlannedStep> planned = new ArrayList<>();
        for (int i = 0; i < list.segments().size(); i++) {
            Step step =
                    switch (list.segments().get(i)) {
                        case BlockToBlock s -> blocks(i, s);
                        case OffsetToOffset s -> bytes(i, s);
                        case Verify s -> verify(i, s);
                        case RegisterKey s -> register(i, s);
                    };
            switch (step) {
                case Step.Good good -> planned.add(good.step());
                case Step.Wrong wrong -> {
                    return new Plan.Refused(wrong.sense(), wrong.access());
                }
            }
        }
        return new Plan.Ready(planned);
    }

    private Step blocks(int index, BlockToBlock segment) {
        CopyLun source = find(segment.source());
        CopyLun destination = find(segment.destination());
        if (source == null || destination == null || !allowed(source, destination)) {
            return Step.Wrong.unreachable(index);
        }
        Geometry from = geometry(source);
        Geometry to = geometry(destination);
        int counted = (segment.destinationCount() ? to : from).logicalBlockBytes();
        PlannedSegment plan =
                planned(
                        index,
                        source,
                        destination,
                        // wraps when it is out of range, which is checked
                        segment.sourceLba() * from.logicalBlockBytes(),
                        segment.destinationLba() * to.logicalBlockBytes(),
                        (long) segment.blocks() * counted);
        Sense wrong = checkTargets(index, segment.source(), segment.destination(), plan);
        if (wrong == null && plan.lengthBytes() > limits.maxSegmentBytes()) {
            wrong = CopySense.field(index, at(index, BlockToBlock.BLOCKS_OFFSET));
        }
        // With CAT=1 a host asks to keep the rest for the next segment: held data is announced as
        // none, so that an inexact segment is refused all the same.
        if (wrong == null && !plan.wholeBlocks()) {
            wrong = CopySense.inexact(index);
        }
        return checked(plan, wrong, segment.sourceLba(), segment.destinationLba());
    }

    private Step bytes(int index, OffsetToOffset segment) {
        CopyLun source = find(segment.source());
        CopyLun destination = find(segment.destination());
        if (source == null || destination == null || !allowed(source, destination)) {
            return Step.Wrong.unreachable(index);
        }
        int from = geometry(source).logicalBlockBytes();
        int to = geometry(destination).logicalBlockBytes();
        PlannedSegment plan =
                planned(
                        index,
                        source,
                        destination,
                        segment.sourceLba() * from + segment.sourceOffset(),
                        segment.destinationLba() * to + segment.destinationOffset(),
                        segment.bytes());
        Sense wrong = checkTargets(index, segment.source(), segment.destination(), plan);
        if (wrong == null && segment.bytes() > limits.maxSegmentBytes()) {
            wrong = CopySense.field(index, at(index, OffsetToOffset.BYTES_OFFSET));
        }
        if (wrong == null && segment.sourceOffset() >= from) {
            wrong = CopySense.field(index, at(index, OffsetToOffset.SOURCE_OFFSET_OFFSET));
        }
        if (wrong == null && segment.destinationOffset() >= to) {
            wrong = CopySense.field(index, at(index, OffsetToOffset.DESTINATION_OFFSET_OFFSET));
        }
        return checked(plan, wrong, segment.sourceLba(), segment.destinationLba());
    }

    private Step verify(int index, Verify segment) {
        CopyLun lun = find(segment.target());
        if (lun == null) {
            return Step.Wrong.unreachable(index);
        }
        Sense wrong = checkTarget(index, segment.target(), lun);
        return wrong == null
                ? new Step.Good(new PlannedStep.Verify(index, lun, segment.testReady()))
                : new Step.Wrong(wrong, false);
    }

    private Step register(int index, RegisterKey segment) {
        CopyLun lun = find(segment.destination());
        if (lun == null) {
            return Step.Wrong.unreachable(index);
        }
        Sense wrong = checkTarget(index, segment.destination(), lun);
        if (wrong != null) {
            return new Step.Wrong(wrong, false);
        }
        registering.add(lun.unit());
        return new Step.Good(new PlannedStep.Register(index, lun, segment.key(), segment.newKey()));
    }

    /** Where a segment before this one registers a key, the right may come of it: see UnitEnds. */
    private boolean allowed(CopyLun source, CopyLun destination) {
        return (registering.contains(source.unit()) || source.mayRead())
                && (registering.contains(destination.unit()) || destination.mayWrite());
    }

    private int at(int index, int field) {
        return list.segmentOffset(index) + field;
    }

    private static Geometry geometry(CopyLun lun) {
        return lun.unit().shape().geometry();
    }

    /** The one LUN that a segment names; null when there is none, or more than one. */
    private @Nullable CopyLun find(int index) {
        if (index == SegmentDescriptor.RECEIVING_UNIT) {
            return luns.stream().filter(l -> l.unit() == receivedBy).findFirst().orElse(null);
        }
        if (index >= list.targets().size() || list.targets().get(index).nul()) {
            return null;
        }
        CscdDescriptor target = list.targets().get(index);
        CopyLun found = null;
        for (CopyLun lun : luns) {
            if (lun.designators().stream().noneMatch(target::names)) {
                continue;
            }
            // A name that was cut to fit may begin the names of several units: it names none.
            if (found != null && found.unit() != lun.unit()) {
                return null;
            }
            found = found == null ? lun : found;
        }
        return found;
    }

    private @Nullable Sense checkTargets(
            int segment, int source, int destination, PlannedSegment plan) {
        Sense wrong = checkTarget(segment, source, plan.source());
        return wrong != null ? wrong : checkTarget(segment, destination, plan.destination());
    }

    private @Nullable Sense checkTarget(int segment, int index, CopyLun lun) {
        if (index == SegmentDescriptor.RECEIVING_UNIT) {
            return null;
        }
        CscdDescriptor target = list.targets().get(index);
        if (target.deviceType() != CscdDescriptor.DIRECT_ACCESS) {
            return CopySense.wrongDeviceType(segment);
        }
        int block = lun.unit().shape().geometry().logicalBlockBytes();
        return target.blockBytes() == 0 || target.blockBytes() == block
                ? null
                : CopySense.field(segment, list.targetOffset(index) + 29);
    }

    private static PlannedSegment planned(
            int index,
            CopyLun source,
            CopyLun destination,
            long sourceOffset,
            long destinationOffset,
            long lengthBytes) {
        return new PlannedSegment(
                index,
                source,
                destination,
                source.unit().generation(),
                destination.unit().generation(),
                sourceOffset,
                destinationOffset,
                lengthBytes,
                Math.max(
                        geometry(source).logicalBlockBytes(),
                        geometry(destination).logicalBlockBytes()));
    }

    /** The last check: that both ranges are on their devices. */
    private static Step checked(
            PlannedSegment plan, @Nullable Sense wrong, long sourceLba, long destinationLba) {
        int index = plan.index();
        if (wrong != null) {
            return new Step.Wrong(wrong, false);
        }
        if (outside(geometry(plan.source()), sourceLba, plan.sourceOffset(), plan.lengthBytes())) {
            return new Step.Wrong(CopySense.outside(index, true), false);
        }
        Geometry to = geometry(plan.destination());
        if (outside(to, destinationLba, plan.destinationOffset(), plan.lengthBytes())) {
            return new Step.Wrong(CopySense.outside(index, false), false);
        }
        return new Step.Good(plan);
    }

    private static boolean outside(Geometry geometry, long lba, long offset, long lengthBytes) {
        return lba < 0 || lba > geometry.blocks() || lengthBytes > geometry.sizeBytes() - offset;
    }
}
