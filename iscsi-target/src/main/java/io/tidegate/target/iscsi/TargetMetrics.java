package io.tidegate.target.iscsi;

import io.tidegate.presentation.LogicalUnitId;
import java.util.List;
import java.util.Map;

/**
 * What the target has counted since it started, summed over its loops.
 *
 * @param units one row for each logical unit that had commands
 * @param sessions normal sessions now
 * @param discoverySessions discovery sessions now
 * @param connections connections now
 * @param logins successful logins
 * @param loginFailures failed logins by the name of their {@code LoginStatus}
 * @param protocolErrors connections dropped for what they sent
 * @param rejects Reject PDUs sent
 * @param bytesReceived bytes of PDUs taken
 * @param bytesSent bytes of PDUs given out
 */
public record TargetMetrics(
        List<Unit> units,
        int sessions,
        int discoverySessions,
        int connections,
        long logins,
        Map<String, Long> loginFailures,
        long protocolErrors,
        long rejects,
        long bytesReceived,
        long bytesSent) {

    /** Commands of one unit by kind. */
    public record Unit(
            LogicalUnitId id,
            String name,
            Operations reads,
            Operations writes,
            Operations others) {}

    /**
     * Commands of one kind.
     *
     * @param count commands answered
     * @param errors those that did not end in GOOD
     * @param bytes data moved
     * @param totalNanos sum of the times from receipt to answer
     * @param buckets number of commands by time: bucket n holds those of less than 2^n microseconds
     *     and at least half of that; the last holds all longer ones
     */
    public record Operations(
            long count, long errors, long bytes, long totalNanos, List<Long> buckets) {}
}
