package io.tidegate.presentation;

import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.CatalogException;
import io.tidegate.catalog.Json;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Sanitizes that are not over, in the rows of their units, as JSON. */
public final class CatalogSanitizes implements SanitizeStore {

    private final Catalog catalog;

    public CatalogSanitizes(Catalog catalog) {
        this.catalog = catalog;
    }

    @Override
    public Optional<Unfinished> load(LogicalUnitId unit) {
        return catalog.read(
                        handle ->
                                handle.createQuery(
                                                "select sanitize from logical_unit where id = ?"
                                                        + " and sanitize is not null")
                                        .bind(0, unit.toString())
                                        .mapTo(String.class)
                                        .findOne())
                .map(text -> Json.value(text, Unfinished.class));
    }

    @Override
    public void save(LogicalUnitId unit, Optional<Unfinished> sanitize) throws IOException {
        @Nullable String text = sanitize.map(Json::text).orElse(null);
        int rows;
        try {
            rows =
                    catalog.housekeeping(
                            tx ->
                                    tx.handle()
                                            .createUpdate(
                                                    "update logical_unit set sanitize = :text"
                                                            + " where id = :id")
                                            .bind("text", text)
                                            .bind("id", unit.toString())
                                            .execute());
        } catch (CatalogException e) {
            throw new IOException("the sanitize of unit " + unit + " is not kept", e);
        }
        if (rows != 1) {
            throw new IOException("unit " + unit + " is gone");
        }
    }
}
