package io.tidegate.copy.manager;

import io.tidegate.presentation.LogicalUnit;

/** A segment of a list that was found to be allowed when it was planned. */
sealed interface PlannedStep permits PlannedSegment, PlannedStep.Verify, PlannedStep.Register {

    /** Its place in the parameter list. */
    int index();

    /** The unit that it changes, or asks. */
    LogicalUnit destinationUnit();

    /** Bytes that it is to move. */
    default long lengthBytes() {
        return 0;
    }

    /**
     * Asks whether a unit is there.
     *
     * @param testReady also whether it is ready
     */
    record Verify(int index, CopyLun lun, boolean testReady) implements PlannedStep {
        @Override
        public LogicalUnit destinationUnit() {
            return lun.unit();
        }
    }

    /** Registers a reservation key for the nexus of the copy. */
    record Register(int index, CopyLun lun, long key, long newKey) implements PlannedStep {
        @Override
        public LogicalUnit destinationUnit() {
            return lun.unit();
        }
    }
}
