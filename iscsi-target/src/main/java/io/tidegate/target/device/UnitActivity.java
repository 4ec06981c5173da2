package io.tidegate.target.device;

import io.tidegate.presentation.LogicalUnitId;

/**
 * What the transport has counted for units since it started. Counted where commands end, without
 * anything shared between loops; summed only when somebody asks.
 */
@FunctionalInterface
public interface UnitActivity {

    /**
     * Commands of one unit.
     *
     * @param reads commands that read the medium
     * @param writes commands with data from the host
     * @param bytesRead data sent to hosts by reads
     * @param bytesWritten data taken from hosts
     * @param readNanos sum of their times from receipt to answer
     * @param writeNanos as {@code readNanos}
     */
    record Counts(
            long reads,
            long writes,
            long bytesRead,
            long bytesWritten,
            long readNanos,
            long writeNanos) {

        public static final Counts NONE = new Counts(0, 0, 0, 0, 0, 0);
    }

    /** Never blocks; all zero for a unit that had no command. */
    Counts of(LogicalUnitId unit);
}
