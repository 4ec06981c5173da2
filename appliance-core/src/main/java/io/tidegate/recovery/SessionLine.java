package io.tidegate.recovery;

import java.time.Instant;
import java.util.Optional;

/**
 * A session that is in the way of a swap.
 *
 * @param host name of the host, or the initiator when no host has it
 * @param lastWrite last write to the unit that is concerned
 */
public record SessionLine(
        String host, String initiator, String peer, Optional<Instant> lastWrite) {}
