package io.tidegate.presentation;

import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.CatalogException;
import java.io.IOException;
import java.util.Optional;

/** Mode parameters in the rows of their units. */
public final class CatalogModePages implements ModePageStore {

    private final Catalog catalog;

    public CatalogModePages(Catalog catalog) {
        this.catalog = catalog;
    }

    @Override
    public Optional<SavedModes> load(LogicalUnitId unit) {
        return catalog.read(
                handle ->
                        handle.createQuery(
                                        "select write_cache, software_write_protect,"
                                                + " descriptor_sense from logical_unit"
                                                + " where id = ?")
                                .bind(0, unit.toString())
                                .map(
                                        (rs, ctx) ->
                                                new SavedModes(
                                                        rs.getInt(1) == 1,
                                                        rs.getInt(2) == 1,
                                                        rs.getInt(3) == 1))
                                .findOne());
    }

    @Override
    public void save(LogicalUnitId unit, SavedModes modes) throws IOException {
        int rows;
        try {
            rows =
                    catalog.housekeeping(
                            tx ->
                                    tx.handle()
                                            .execute(
                                                    "update logical_unit set write_cache = ?,"
                                                            + " software_write_protect = ?,"
                                                            + " descriptor_sense = ? where id = ?",
                                                    UnitRows.flag(modes.writeCache()),
                                                    UnitRows.flag(modes.softwareWriteProtect()),
                                                    UnitRows.flag(modes.descriptorSense()),
                                                    unit.toString()));
        } catch (CatalogException e) {
            throw new IOException("the modes of unit " + unit + " are not kept", e);
        }
        if (rows != 1) {
            throw new IOException("unit " + unit + " is gone");
        }
    }
}
