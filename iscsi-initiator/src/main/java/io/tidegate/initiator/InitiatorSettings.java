package io.tidegate.initiator;

import io.tidegate.iscsi.wire.IscsiName;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a target and what to ask of it. Make one with {@link #of} and change it with the
 * {@code with} methods.
 *
 * @param portal where the target listens
 * @param initiatorName iSCSI name of this side
 * @param targetName iSCSI name of the target; null for discovery
 * @param isid session identifier, 48 bits; two sessions of one initiator to one target need two
 * @param own proves this side by CHAP; null for none
 * @param peer what the target has to prove itself with (mutual CHAP); null for none
 * @param digests which digests to ask for
 * @param data lengths to offer
 * @param connectTimeout for connection and login together
 * @param commandTimeout for each command, from its submission
 * @param keepAlive after that much silence the target is pinged; unanswered for as long again, the
 *     connection is dropped
 */
public record InitiatorSettings(
        InetSocketAddress portal,
        String initiatorName,
        @Nullable String targetName,
        long isid,
        @Nullable Credentials own,
        @Nullable Credentials peer,
        DigestChoice digests,
        DataLimits data,
        Duration connectTimeout,
        Duration commandTimeout,
        Duration keepAlive) {

    /** Whether CRC32C must be used ({@code true}) or no digest at all. */
    public record DigestChoice(boolean header, boolean data) {
        public static final DigestChoice NONE = new DigestChoice(false, false);
    }

    /**
     * What is offered in the negotiation, in bytes.
     *
     * @param maxSegment longest data segment taken, 512 to 2^24-1
     * @param maxBurst longest burst, 512 to 2^24-1
     * @param firstBurst most data sent unasked, 512 to maxBurst
     * @param immediateData whether data may come with the command
     * @param initialR2t whether all other data must be asked for
     */
    public record DataLimits(
            int maxSegment,
            int maxBurst,
            int firstBurst,
            boolean immediateData,
            boolean initialR2t) {

        public static final DataLimits USUAL = new DataLimits(262144, 1048576, 262144, true, false);

        public DataLimits {
            if (Math.min(maxSegment, firstBurst) < 512
                    || maxBurst < firstBurst
                    || Math.max(maxSegment, maxBurst) > 0xffffff) {
                throw new IllegalArgumentException(
                        "segment " + maxSegment + ", bursts " + maxBurst + " and " + firstBurst);
            }
        }
    }

    public InitiatorSettings {
        initiatorName = name(initiatorName);
        targetName = targetName == null ? null : name(targetName);
        if (isid >>> 48 != 0) {
            throw new IllegalArgumentException("ISID of more than 48 bits");
        }
        if (peer != null && (own == null || own.sameSecret(peer))) {
            throw new IllegalArgumentException(
                    "mutual CHAP needs a name and secret of this side, and another secret for the"
                            + " target");
        }
    }

    private static String name(String name) {
        return IscsiName.normalise(name)
                .orElseThrow(() -> new IllegalArgumentException("no iSCSI name: " + name));
    }

    /** Usual settings with a random session identifier, no CHAP and no digests. */
    public static InitiatorSettings of(
            InetSocketAddress portal, String initiatorName, @Nullable String targetName) {
        // Format 10b: a random identifier of the qualifier's own choice (RFC 7143, 11.12.5).
        long isid = 0x8000_0000_0000L | ThreadLocalRandom.current().nextLong(1L << 40);
        return new InitiatorSettings(
                portal,
                initiatorName,
                targetName,
                isid,
                null,
                null,
                DigestChoice.NONE,
                DataLimits.USUAL,
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                Duration.ofSeconds(10));
    }

    public InitiatorSettings withTarget(String name) {
        return new InitiatorSettings(
                portal,
                initiatorName,
                name,
                isid,
                own,
                peer,
                digests,
                data,
                connectTimeout,
                commandTimeout,
                keepAlive);
    }

    public InitiatorSettings withIsid(long newIsid) {
        return new InitiatorSettings(
                portal,
                initiatorName,
                targetName,
                newIsid,
                own,
                peer,
                digests,
                data,
                connectTimeout,
                commandTimeout,
                keepAlive);
    }

    /** Proves this side; with {@code target} not null, the target has to prove itself too. */
    public InitiatorSettings withChap(Credentials initiator, @Nullable Credentials target) {
        return new InitiatorSettings(
                portal,
                initiatorName,
                targetName,
                isid,
                initiator,
                target,
                digests,
                data,
                connectTimeout,
                commandTimeout,
                keepAlive);
    }

    public InitiatorSettings withDigests(boolean header, boolean ofData) {
        return new InitiatorSettings(
                portal,
                initiatorName,
                targetName,
                isid,
                own,
                peer,
                new DigestChoice(header, ofData),
                data,
                connectTimeout,
                commandTimeout,
                keepAlive);
    }

    public InitiatorSettings withData(DataLimits limits) {
        return new InitiatorSettings(
                portal,
                initiatorName,
                targetName,
                isid,
                own,
                peer,
                digests,
                limits,
                connectTimeout,
                commandTimeout,
                keepAlive);
    }

    public InitiatorSettings withTimeouts(Duration connect, Duration command, Duration silence) {
        return new InitiatorSettings(
                portal,
                initiatorName,
                targetName,
                isid,
                own,
                peer,
                digests,
                data,
                connect,
                command,
                silence);
    }
}
