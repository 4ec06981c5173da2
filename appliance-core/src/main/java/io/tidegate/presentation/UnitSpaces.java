package io.tidegate.presentation;

import java.util.Optional;

/** Tells the space of thin units. Calls block: not for loops. */
@FunctionalInterface
public interface UnitSpaces {

    /**
     * Space in bytes.
     *
     * @param usedBytes what the unit's live content takes
     * @param availableBytes what all thin volumes of its pool together may still take
     * @param warnBytes when less than this is available, hosts are told that the pool fills up
     */
    record Space(long usedBytes, long availableBytes, long warnBytes) {}

    /** Empty when the unit is not thin, or its pool is not open. */
    Optional<Space> of(LogicalUnit unit);
}
