package io.tidegate.catalog;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * What is peculiar to SQLite: how a connection is set up, how transactions begin and end, where its
 * native library goes.
 */
final class Sqlite {

    private static final int BUSY_TIMEOUT_MILLIS = 5000;

    private final Path file;

    private Sqlite(Path file) {
        this.file = file;
    }

    /** Makes the file, readable by its owner alone, if there is none. */
    static Sqlite at(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
            if (System.getProperty("org.sqlite.tmpdir") == null) {
                // the common temporary folder may be mounted noexec
                System.setProperty("org.sqlite.tmpdir", folder.toString());
            }
        }
        try {
            Files.createFile(
                    file,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
        } catch (FileAlreadyExistsException e) {
            // opened below, whatever it is; SQLite itself says when it is no catalog
        }
        return new Sqlite(file);
    }

    DataSource dataSource() {
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.enforceForeignKeys(true);
        config.setBusyTimeout(BUSY_TIMEOUT_MILLIS);
        SQLiteDataSource source = new SQLiteDataSource(config);
        source.setUrl("jdbc:sqlite:" + file);
        return source;
    }

    Connection connect() throws SQLException {
        return dataSource().getConnection();
    }

    Connection connectToRead() throws SQLException {
        Connection connection = connect();
        execute(connection, "pragma query_only = on");
        return connection;
    }

    /** Takes the write lock at once, so that no change fails half-way for want of it. */
    static void beginWrite(Connection connection) throws SQLException {
        execute(connection, "begin immediate");
    }

    static void beginRead(Connection connection) throws SQLException {
        execute(connection, "begin");
    }

    static void commit(Connection connection) throws SQLException {
        execute(connection, "commit");
    }

    static void rollback(Connection connection) throws SQLException {
        execute(connection, "rollback");
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
