package io.tidegate.presentation;

import java.util.Optional;

/** Keeps persistent reservations that were registered with APTPL. Calls block. */
public interface ReservationStore {

    /** What was last saved for the unit. */
    Optional<PersistentReservations> load(LogicalUnitId unit);

    /**
     * Returns when it is durable; an empty value forgets what was kept.
     *
     * @throws java.io.IOException when it could not be kept: then nothing changed and the command
     *     must not be answered GOOD
     */
    void save(LogicalUnitId unit, Optional<PersistentReservations> reservations)
            throws java.io.IOException;
}
