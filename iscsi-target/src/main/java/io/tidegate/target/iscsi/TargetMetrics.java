package io.tidegate.target.iscsi;

import io.tidegate.presentation.LogicalUnitId;
import java.util.List;
import java.util.Map;

/**
 * What the target has counted since it started, summed over its loops.
 *
 * @param units one row for each logical unit that had commands
 * @param sessions one row for each normal session now, by number
 * @param discoverySessions discovery sessions now
 * @param connections connections now
 * @param logins successful logins
 * @param loginFailures failed logins by the name of their {@code LoginStatus}; each status has a
 *     row
 * @param protocolErrors connections dropped for what they sent
 * @param rejects Reject PDUs sent
 * @param keepAliveDrops connections dropped for their silence
 * @param bytesReceived bytes of PDUs taken
 * @param bytesSent bytes of PDUs given out
 * @param load what is held and granted now
 */
public record TargetMetrics(
        List<Unit> units,
        List<Session> sessions,
        int discoverySessions,
        int connections,
        long logins,
        Map<String, Long> loginFailures,
        long protocolErrors,
        long rejects,
        long keepAliveDrops,
        long bytesReceived,
        long bytesSent,
        Load load) {

    /** Commands of one unit by kind. */
    public record Unit(
            LogicalUnitId id,
            String name,
            Operations reads,
            Operations writes,
            Operations others) {}

    /** Commands of one session by kind. */
    public record Session(
            long id, String initiator, Operations reads, Operations writes, Operations others) {}

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

    /**
     * What the loops hold for commands under way.
     *
     * @param silentLoops loops that did not answer in time: they are stuck, and the rest does not
     *     count what is theirs
     * @param readBufferBytes buffers that workers read into
     * @param writeBufferBytes buffers for data that is written
     * @param windowCommands commands that all sessions may have outstanding
     * @param outstandingCommands commands that have begun and are not answered
     */
    public record Load(
            int silentLoops,
            long readBufferBytes,
            long readBufferLimitBytes,
            long writeBufferBytes,
            long writeBufferLimitBytes,
            long windowCommands,
            long outstandingCommands) {

        Load plus(Load other) {
            return new Load(
                    silentLoops + other.silentLoops,
                    readBufferBytes + other.readBufferBytes,
                    readBufferLimitBytes + other.readBufferLimitBytes,
                    writeBufferBytes + other.writeBufferBytes,
                    writeBufferLimitBytes + other.writeBufferLimitBytes,
                    windowCommands + other.windowCommands,
                    outstandingCommands + other.outstandingCommands);
        }
    }
}
