package io.tidegate.copy.manager;

import java.util.List;

/** Hears of each copy that has ended, or that was refused for want of rights. */
@FunctionalInterface
public interface CopyAudit {

    /** Nobody listens. */
    CopyAudit NONE = copy -> {};

    /** How a copy ended. */
    enum Outcome {
        DONE,
        /** An error at one of its ends, or in its list once bytes had moved. */
        FAILED,
        /** The host ended it. */
        ABORTED,
        /** The nexus lost its right, or the unit points elsewhere now. */
        FENCED,
        /** The list names what the nexus may not touch; nothing moved. */
        REFUSED
    }

    /**
     * A range that was moved, or was to be.
     *
     * @param sourceLun LUN number as the host sees it
     * @param sourceUnit name of the logical unit
     * @param bytes of the range
     * @param movedBytes of it that are at the destination
     */
    record Range(
            int sourceLun,
            String sourceUnit,
            long sourceOffset,
            int destinationLun,
            String destinationUnit,
            long destinationOffset,
            long bytes,
            long movedBytes) {}

    /**
     * One copy.
     *
     * @param nexus key of the nexus that ordered it
     * @param host name of the host
     * @param movedBytes over all ranges
     */
    record Copy(String nexus, String host, Outcome outcome, List<Range> ranges, long movedBytes) {}

    /**
     * Called once at the end of each copy, before its command is answered unless it goes on in the
     * background. Must not block and must not throw: what is slow goes to a queue.
     */
    void copied(Copy copy);
}
