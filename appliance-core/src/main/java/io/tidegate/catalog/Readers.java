package io.tidegate.catalog;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A few connections that only read, shared by all; waiting for one cannot be interrupted. */
final class Readers {

    private static final Logger log = LoggerFactory.getLogger(Readers.class);

    private final Sqlite database;
    private final Semaphore permits;
    private final int limit;
    private final ConcurrentLinkedDeque<Connection> idle = new ConcurrentLinkedDeque<>();

    Readers(Sqlite database, int limit) {
        this.database = database;
        this.limit = limit;
        this.permits = new Semaphore(limit, true);
    }

    <T, X extends Exception> T read(Query<T, X> query) throws X {
        permits.acquireUninterruptibly();
        try {
            Connection connection = take();
            boolean sound = false;
            try {
                T result = run(connection, query);
                sound = true;
                return result;
            } finally {
                giveBack(connection, sound);
            }
        } finally {
            permits.release();
        }
    }

    private static <T, X extends Exception> T run(Connection connection, Query<T, X> query)
            throws X {
        try {
            Sqlite.beginRead(connection);
        } catch (SQLException e) {
            throw new CatalogException("the catalog cannot be read", e);
        }
        try (Handle handle = Handles.on(connection)) {
            return query.run(handle);
        }
    }

    private Connection take() {
        Connection connection = idle.pollFirst();
        if (connection != null) {
            return connection;
        }
        try {
            return database.connectToRead();
        } catch (SQLException e) {
            throw new CatalogException("the catalog cannot be opened to read", e);
        }
    }

    private void giveBack(Connection connection, boolean sound) {
        try {
            Sqlite.rollback(connection);
            if (sound) {
                idle.addFirst(connection);
            } else {
                connection.close();
            }
        } catch (SQLException e) {
            log.warn("a reading connection of the catalog is given up", e);
            close(connection);
        }
    }

    /** Waits for all readers to end. */
    void close() {
        permits.acquireUninterruptibly(limit);
        Connection connection;
        while ((connection = idle.pollFirst()) != null) {
            close(connection);
        }
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            log.warn("a reading connection of the catalog did not close", e);
        }
    }

    /** Handles on connections that outlive them. */
    static final class Handles {
        private Handles() {}

        static Handle on(Connection connection) {
            return Jdbi.create(
                            new org.jdbi.v3.core.ConnectionFactory() {
                                @Override
                                public Connection openConnection() {
                                    return connection;
                                }

                                @Override
                                public void closeConnection(Connection kept) {
                                    // stays with its pool
                                }
                            })
                    .open();
        }
    }
}
