package io.tidegate.iscsi.wire;

/**
 * What two sides agreed on. Lengths in bytes, times in seconds.
 *
 * @param headerDigest whether headers carry CRC32C
 * @param dataDigest whether data segments carry CRC32C
 * @param initialR2t whether no data may come unasked beside immediate data
 * @param firstBurstLength most bytes that come unasked for one command, at most maxBurstLength
 * @param ownMaxSegment longest data segment that this side takes
 * @param peerMaxSegment longest data segment that the peer takes
 */
public record SessionParameters(
        boolean headerDigest,
        boolean dataDigest,
        boolean initialR2t,
        boolean immediateData,
        int maxBurstLength,
        int firstBurstLength,
        int maxOutstandingR2t,
        int timeToWait,
        int timeToRetain,
        int maxConnections,
        int errorRecoveryLevel,
        boolean dataPduInOrder,
        boolean dataSequenceInOrder,
        int ownMaxSegment,
        int peerMaxSegment) {}
