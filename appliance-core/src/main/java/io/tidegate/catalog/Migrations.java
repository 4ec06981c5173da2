package io.tidegate.catalog;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/** Brings the schema up to date; a catalog of a newer version is refused. */
final class Migrations {

    private Migrations() {}

    static void run(DataSource source) {
        try {
            Flyway.configure(Migrations.class.getClassLoader())
                    .dataSource(source)
                    .locations("classpath:db/migration/common", "classpath:db/migration/sqlite")
                    .failOnMissingLocations(true)
                    .ignoreMigrationPatterns(new String[0])
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            throw new CatalogException("the catalog's schema cannot be brought up to date", e);
        }
    }
}
