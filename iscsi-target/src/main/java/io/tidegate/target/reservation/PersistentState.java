package io.tidegate.target.reservation;

import io.tidegate.scsi.Conflict;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Registrations and the reservation of one logical unit at one time. Immutable.
 *
 * @param generation PRGENERATION, unsigned 32 bits
 * @param persist APTPL of the last registration: the state survives a power loss
 * @param keys by registrant, in the order of registering
 * @param held the reservation; null when there is none
 */
public record PersistentState(
        int generation, boolean persist, SequencedMap<Registrant, Long> keys, @Nullable Held held) {

    public static final PersistentState EMPTY =
            new PersistentState(0, false, new LinkedHashMap<>(), null);

    /**
     * @param holder who made it; any registrant for the types that all registrants hold
     */
    public record Held(Registrant holder, ReservationType type) {}

    public boolean isRegistered(Registrant registrant) {
        return keys.containsKey(registrant);
    }

    /** Whether the registrant holds the reservation. */
    public boolean isHolder(Registrant registrant) {
        return held != null
                && (held.type.heldByAll()
                        ? isRegistered(registrant)
                        : held.holder.equals(registrant));
    }

    /** Whether the reservation lets a command of this class and nexus through (SPC-5, 5.14.3). */
    public boolean allows(Registrant registrant, Conflict conflict) {
        if (held == null || isHolder(registrant)) {
            return true;
        }
        if (held.type.sharedByRegistrants() && isRegistered(registrant)) {
            return true;
        }
        return switch (conflict) {
            case NEVER, LEGACY_ONLY, PERSISTENT -> true;
            case READ -> !held.type.exclusiveAccess();
            case WRITE, RESERVE -> false;
        };
    }

    PersistentState with(SequencedMap<Registrant, Long> newKeys, @Nullable Held newHeld) {
        return new PersistentState(generation, persist, newKeys, newHeld);
    }

    PersistentState next(SequencedMap<Registrant, Long> newKeys, @Nullable Held newHeld) {
        return new PersistentState(generation + 1, persist, newKeys, newHeld);
    }

    SequencedMap<Registrant, Long> without(Registrant registrant) {
        SequencedMap<Registrant, Long> left = copy(keys);
        left.remove(registrant);
        return left;
    }

    static SequencedMap<Registrant, Long> copy(Map<Registrant, Long> keys) {
        return new LinkedHashMap<>(keys);
    }
}
