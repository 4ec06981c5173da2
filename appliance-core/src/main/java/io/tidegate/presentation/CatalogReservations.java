package io.tidegate.presentation;

import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.CatalogException;
import io.tidegate.catalog.Json;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Persistent reservations in the rows of their units, as JSON. */
public final class CatalogReservations implements ReservationStore {

    private final Catalog catalog;

    /** As it stands in the row: absent fields are null. */
    private record Kept(
            int generation,
            List<PersistentReservations.Registration> registrations,
            PersistentReservations.@Nullable Reservation reservation) {}

    public CatalogReservations(Catalog catalog) {
        this.catalog = catalog;
    }

    @Override
    public Optional<PersistentReservations> load(LogicalUnitId unit) {
        return catalog.read(
                        handle ->
                                handle.createQuery(
                                                "select reservations from logical_unit"
                                                        + " where id = ?"
                                                        + " and reservations is not null")
                                        .bind(0, unit.toString())
                                        .mapTo(String.class)
                                        .findOne())
                .map(text -> Json.value(text, Kept.class))
                .map(
                        kept ->
                                new PersistentReservations(
                                        kept.generation(),
                                        List.copyOf(kept.registrations()),
                                        Optional.ofNullable(kept.reservation())));
    }

    @Override
    public void save(LogicalUnitId unit, Optional<PersistentReservations> reservations)
            throws IOException {
        @Nullable String text =
                reservations
                        .map(
                                r ->
                                        Json.text(
                                                new Kept(
                                                        r.generation(),
                                                        r.registrations(),
                                                        r.reservation().orElse(null))))
                        .orElse(null);
        int rows;
        try {
            rows =
                    catalog.housekeeping(
                            tx ->
                                    tx.handle()
                                            .createUpdate(
                                                    "update logical_unit set reservations = :text"
                                                            + " where id = :id")
                                            .bind("text", text)
                                            .bind("id", unit.toString())
                                            .execute());
        } catch (CatalogException e) {
            throw new IOException("the reservations of unit " + unit + " are not kept", e);
        }
        if (rows != 1) {
            throw new IOException("unit " + unit + " is gone");
        }
    }
}
