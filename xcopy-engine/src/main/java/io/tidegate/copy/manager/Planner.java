package io.tidegate.copy.manager;

import io.tidegate.block.Geometry;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.copy.CopyLimits;
import io.tidegate.scsi.copy.CscdDescriptor;
import io.tidegate.scsi.copy.ExtendedCopyList;
import io.tidegate.scsi.copy.SegmentDescriptor;
import io.tidegate.scsi.copy.SegmentDescriptor.BlockToBlock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
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
        record Ready(List<PlannedSegment> segments) implements Plan {}

        /**
         * @param access whether it is for want of rights, which goes to the audit log
         */
        record Refused(Sense sense, boolean access) implements Plan {}
    }

    private final CopyNexus nexus;
    private final LogicalUnit receivedBy;
    private final ExtendedCopyList list;
    private final CopyLimits limits;

    Planner(CopyNexus nexus, LogicalUnit receivedBy, ExtendedCopyList list, CopyLimits limits) {
        this.nexus = nexus;
        this.receivedBy = receivedBy;
        this.list = list;
        this.limits = limits;
    }

    Plan plan() {
        Collection<CopyLun> luns = nexus.luns();
        List<PlannedSegment> planned = new ArrayList<>();
        for (int i = 0; i < list.segments().size(); i++) {
            switch (list.segments().get(i)) {
                case BlockToBlock segment -> {
                    CopyLun source = find(luns, segment.source());
                    CopyLun destination = find(luns, segment.destination());
                    if (source == null
                            || destination == null
                            || !source.mayRead()
                            || !destination.mayWrite()) {
                        return new Plan.Refused(CopySense.unreachable(i), true);
                    }
                    Sense wrong = checkTarget(i, segment.source(), source);
                    wrong =
                            wrong != null
                                    ? wrong
                                    : checkTarget(i, segment.destination(), destination);
                    PlannedSegment plan = planned(i, segment, source, destination);
                    wrong = wrong != null ? wrong : check(i, segment, plan);
                    if (wrong != null) {
                        return new Plan.Refused(wrong, false);
                    }
                    planned.add(plan);
                }
            }
        }
        return new Plan.Ready(planned);
    }

    private @Nullable CopyLun find(Collection<CopyLun> luns, int index) {
        if (index == SegmentDescriptor.RECEIVING_UNIT) {
            return luns.stream().filter(l -> l.unit() == receivedBy).findFirst().orElse(null);
        }
        if (index >= list.targets().size() || list.targets().get(index).nul()) {
            return null;
        }
        CscdDescriptor target = list.targets().get(index);
        return luns.stream()
                .filter(l -> l.designators().stream().anyMatch(target::names))
                .findFirst()
                .orElse(null);
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
                : CopySense.field(segment, ExtendedCopyList.targetOffset(index) + 29);
    }

    private static PlannedSegment planned(
            int index, BlockToBlock segment, CopyLun source, CopyLun destination) {
        int from = source.unit().shape().geometry().logicalBlockBytes();
        int to = destination.unit().shape().geometry().logicalBlockBytes();
        return new PlannedSegment(
                index,
                source,
                destination,
                source.unit().generation(),
                destination.unit().generation(),
                segment.sourceLba() * from, // wraps when it is out of range, which is checked
                segment.destinationLba() * to,
                (long) segment.blocks() * (segment.destinationCount() ? to : from),
                Math.max(from, to));
    }

    private @Nullable Sense check(int index, BlockToBlock segment, PlannedSegment plan) {
        long length = plan.lengthBytes();
        if (length > limits.maxSegmentBytes()) {
            return CopySense.field(index, list.segmentOffset(index) + BlockToBlock.BLOCKS_OFFSET);
        }
        // With CAT=1 a host asks to keep the rest for the next segment: held data is announced as
        // none, so that an inexact segment is refused all the same.
        Geometry source = plan.sourceUnit().shape().geometry();
        Geometry destination = plan.destinationUnit().shape().geometry();
        if (length % source.logicalBlockBytes() != 0
                || length % destination.logicalBlockBytes() != 0) {
            return CopySense.inexact(index);
        }
        if (outside(source, segment.sourceLba(), length)) {
            return CopySense.outside(index, true);
        }
        if (outside(destination, segment.destinationLba(), length)) {
            return CopySense.outside(index, false);
        }
        return null;
    }

    private static boolean outside(Geometry geometry, long lba, long lengthBytes) {
        long blocks = lengthBytes / geometry.logicalBlockBytes();
        return lba < 0 || lba > geometry.blocks() || blocks > geometry.blocks() - lba;
    }
}
