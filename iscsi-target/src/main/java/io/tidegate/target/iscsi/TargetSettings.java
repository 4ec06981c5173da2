package io.tidegate.target.iscsi;

import java.time.Duration;

/**
 * Limits and times of the target. Lengths in bytes.
 *
 * @param loops event loops; 0 for one for each core
 * @param ioWorkers threads for blocking device calls, at least 3
 * @param maxConnections connections at one time, those logging in included
 * @param maxHalfOpenLogins connections that have not finished their login
 * @param maxSessionsPerHost sessions that one initiator name may have on one target
 * @param maxLoginText longest text of one login or text exchange
 * @param maxReceiveSegment MaxRecvDataSegmentLength that is declared
 * @param maxBurst MaxBurstLength that is taken at most
 * @param firstBurst FirstBurstLength that is taken at most
 * @param outstandingR2t MaxOutstandingR2T that is taken at most
 * @param firstWindow commands that a new session may have outstanding
 * @param maxWindow commands that a busy session may have outstanding
 * @param writeBuffers bytes of write data held at one time, over all loops
 * @param readBuffers bytes of read data held for workers at one time, over all loops
 * @param loginDeadline from connect to the full feature phase
 * @param keepAlive silence after which the initiator is pinged
 * @param keepAliveTimeout further silence after which the connection is dropped
 * @param takeOverLimit how long a login waits for started writes of the session it replaces
 * @param logoutGrace what initiators are given to log out when a session is to end
 * @param digests whether CRC32C digests are agreed to when offered
 */
public record TargetSettings(
        int loops,
        int ioWorkers,
        int maxConnections,
        int maxHalfOpenLogins,
        int maxSessionsPerHost,
        int maxLoginText,
        int maxReceiveSegment,
        int maxBurst,
        int firstBurst,
        int outstandingR2t,
        int firstWindow,
        int maxWindow,
        long writeBuffers,
        long readBuffers,
        Duration loginDeadline,
        Duration keepAlive,
        Duration keepAliveTimeout,
        Duration takeOverLimit,
        Duration logoutGrace,
        boolean digests) {

    public static final TargetSettings DEFAULT =
            new TargetSettings(
                    0,
                    8,
                    1024,
                    256,
                    16,
                    64 << 10,
                    256 << 10,
                    1 << 20,
                    256 << 10,
                    4,
                    32,
                    256,
                    256L << 20,
                    256L << 20,
                    Duration.ofSeconds(15),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(40), // some clients do not look at the wire for a minute
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(3),
                    true);

    public TargetSettings {
        if (ioWorkers < 3 || loops < 0 || firstWindow < 1 || maxWindow < firstWindow) {
            throw new IllegalArgumentException("threads or windows too small");
        }
        if (maxReceiveSegment < 8192 || maxBurst < 512 || firstBurst < 512 || maxBurst >= 1 << 24) {
            throw new IllegalArgumentException("data lengths out of range");
        }
    }

    /** The loops to run. */
    int loopCount() {
        return loops > 0 ? loops : Runtime.getRuntime().availableProcessors();
    }
}
