package io.tidegate.presentation;

import java.util.List;
import java.util.Optional;

/**
 * Persistent reservations of a logical unit as they are kept over a power loss (SPC-5, 5.14).
 *
 * @param generation PRGENERATION, unsigned 32 bits
 * @param registrations registered I_T nexuses
 * @param reservation the reservation, if there is one
 */
public record PersistentReservations(
        int generation, List<Registration> registrations, Optional<Reservation> reservation) {

    /**
     * @param initiatorPort iSCSI name, comma, "i", comma, ISID in hex (RFC 7143, 4.4.3)
     * @param targetPort iSCSI name, comma, "t", comma, portal group tag in hex
     * @param relativePort relative target port identifier
     * @param key reservation key, not 0
     */
    public record Registration(
            String initiatorPort, String targetPort, int relativePort, long key) {}

    /**
     * @param holder the registration that holds it; for the all-registrants types any of them
     * @param type 1, 3, 5, 6, 7 or 8
     */
    public record Reservation(Registration holder, int type) {}
}
