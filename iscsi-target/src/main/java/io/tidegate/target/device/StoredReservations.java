package io.tidegate.target.device;

import io.tidegate.presentation.PersistentReservations;
import io.tidegate.presentation.PersistentReservations.Registration;
import io.tidegate.presentation.PersistentReservations.Reservation;
import io.tidegate.target.reservation.PersistentState;
import io.tidegate.target.reservation.PersistentState.Held;
import io.tidegate.target.reservation.Registrant;
import io.tidegate.target.reservation.ReservationType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** Reservations as the store keeps them, to and fro. */
final class StoredReservations {

    private static final String SEPARATOR = ",i,0x";

    private StoredReservations() {}

    static PersistentReservations of(PersistentState state) {
        List<Registration> registrations =
                state.keys().entrySet().stream().map(e -> of(e.getKey(), e.getValue())).toList();
        Held held = state.held();
        Optional<Reservation> reservation = Optional.empty();
        if (held != null) {
            long key = state.keys().getOrDefault(held.holder(), 0L);
            reservation = Optional.of(new Reservation(of(held.holder(), key), held.type().code()));
        }
        return new PersistentReservations(state.generation(), registrations, reservation);
    }

    private static Registration of(Registrant registrant, long key) {
        String port =
                registrant.initiatorName()
                        + SEPARATOR
                        + String.format(Locale.ROOT, "%012x", registrant.isid());
        return new Registration(port, registrant.targetPort(), registrant.relativePort(), key);
    }

    /** PRGENERATION starts anew after a power loss (SPC-5, 5.14.1). */
    static PersistentState load(PersistentReservations stored) {
        SequencedMap<Registrant, Long> keys = new LinkedHashMap<>();
        for (Registration registration : stored.registrations()) {
            keys.put(registrant(registration), registration.key());
        }
        return new PersistentState(
                0, true, keys, stored.reservation().map(r -> held(r, keys)).orElse(null));
    }

    private static @Nullable Held held(Reservation stored, Map<Registrant, Long> keys) {
        ReservationType type = ReservationType.of(stored.type());
        Registrant holder = registrant(stored.holder());
        if (type == null || !keys.containsKey(holder)) {
            throw new IllegalStateException(
                    "stored reservation of type " + stored.type() + " without its registration");
        }
        return new Held(holder, type);
    }

    private static Registrant registrant(Registration stored) {
        int cut = stored.initiatorPort().lastIndexOf(SEPARATOR);
        if (cut < 0) {
            throw new IllegalStateException("not an initiator port: " + stored.initiatorPort());
        }
        String name = stored.initiatorPort().substring(0, cut);
        String isid = stored.initiatorPort().substring(cut + SEPARATOR.length());
        return new Registrant(
                name, Long.parseLong(isid, 16), stored.targetPort(), stored.relativePort());
    }
}
