package io.tidegate.catalog;

import io.tidegate.audit.AuditChain;
import io.tidegate.audit.AuditRecord;
import io.tidegate.audit.AuditResult;
import io.tidegate.audit.Request;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that changes the catalog, with its connection.
 *
 * <p>When a commit fails, the connection is thrown away and the catalog read back: the audit record
 * of the change is in it, or it is not. A frame of a failed commit may still lie in the log and
 * would count after a crash, so "it is not" is only believed once a later commit has taken its
 * place; else the outcome is unknown.
 */
final class Writer {

    private static final Logger log = LoggerFactory.getLogger(Writer.class);

    /** How a transaction is committed. */
    @FunctionalInterface
    interface Commit {
        void commit(Connection connection) throws SQLException;
    }

    record Audited(Request who, String object) {}

    private final Sqlite database;
    private final Commit commit;
    private final ExecutorService thread;
    private volatile @Nullable Thread current;
    private @Nullable Connection connection; // of the writer thread alone

    Writer(Sqlite database, Commit commit) {
        this.database = database;
        this.commit = commit;
        this.thread =
                Executors.newSingleThreadExecutor(
                        task -> {
                            Thread made =
                                    Thread.ofPlatform()
                                            .name("catalog-writer")
                                            .daemon()
                                            .unstarted(task);
                            current = made;
                            return made;
                        });
    }

    void checkOutside() {
        if (Thread.currentThread() == current) {
            throw new IllegalStateException("the catalog is called from inside one of its changes");
        }
    }

    /** A change of the catalog's own, without an audit record unless it makes one. */
    <T> T run(Query<T, RuntimeException> change) {
        return call(() -> transaction(change, Optional.empty()));
    }

    <T, X extends Exception> T change(Instant now, Optional<Audited> audited, Change<T, X> change)
            throws X {
        return this.<T, X>call(() -> audited(now, audited, change));
    }

    private <T, X extends Exception> T audited(
            Instant now, Optional<Audited> audited, Change<T, X> change) throws X {
        Tx[] made = new Tx[1];
        AuditRecord[] written = new AuditRecord[1];
        T result =
                transaction(
                        handle -> {
                            Tx tx = new Tx(handle, now);
                            made[0] = tx;
                            T value = change.run(tx);
                            audited.ifPresent(a -> written[0] = append(tx, a));
                            return value;
                        },
                        Optional.of(written));
        for (Runnable act : made[0].afterCommitActs()) {
            try {
                act.run();
            } catch (RuntimeException e) {
                log.error("an act after a commit of the catalog failed", e);
            }
        }
        return result;
    }

    private static AuditRecord append(Tx tx, Audited audited) {
        return AuditChain.append(
                tx.handle(),
                tx.now(),
                audited.who(),
                audited.object(),
                AuditResult.OK,
                Json.text(tx.notes()));
    }

    private <T, X extends Exception> T transaction(
            Query<T, X> change, Optional<AuditRecord[]> written) throws X {
        Connection open = connection();
        try {
            Sqlite.beginWrite(open);
        } catch (SQLException e) {
            discard();
            throw new CatalogException("the catalog cannot be written", e);
        }
        T result;
        boolean done = false;
        try (Handle handle = Readers.Handles.on(open)) {
            result = change.run(handle);
            done = true;
        } finally {
            if (!done) {
                rollback(open);
            }
        }
        try {
            commit.commit(open);
        } catch (SQLException e) {
            settle(e, written.map(w -> w[0]));
        }
        return result;
    }

    /** Returns when the change turns out to be there; throws when it is not, or may be. */
    private void settle(SQLException cause, Optional<AuditRecord> record) {
        log.error("a commit of the catalog failed; reading back", cause);
        rollback(connection());
        discard();
        try {
            Connection again = connection();
            if (record.isPresent() && present(again, record.get())) {
                return;
            }
            if (record.isPresent()) {
                overwrite(again, record.get(), cause);
                throw new CatalogException("the catalog did not take the change", cause);
            }
        } catch (SQLException e) {
            cause.addSuppressed(e);
            discard();
        }
        throw new OutcomeUnknownException(
                "the catalog failed in a commit, and what became of it is not known", cause);
    }

    private static boolean present(Connection again, AuditRecord record) {
        try (Handle handle = Readers.Handles.on(again)) {
            return AuditChain.contains(handle, record);
        }
    }

    /** Commits a record of the failure where the failed transaction would have been. */
    private void overwrite(Connection again, AuditRecord lost, SQLException cause)
            throws SQLException {
        Sqlite.beginWrite(again);
        try (Handle handle = Readers.Handles.on(again)) {
            AuditChain.append(
                    handle,
                    lost.at(),
                    lost.request(),
                    lost.object(),
                    AuditResult.FAILED,
                    Json.fact("detail", "the catalog failed: " + cause.getMessage()));
        }
        commit.commit(again);
    }

    private Connection connection() {
        Connection open = connection;
        if (open == null) {
            try {
                open = database.connect();
                connection = open;
            } catch (SQLException e) {
                throw new CatalogException("the catalog cannot be opened to write", e);
            }
        }
        return open;
    }

    private void rollback(Connection open) {
        try {
            Sqlite.rollback(open);
        } catch (SQLException e) {
            log.warn("a transaction of the catalog ended before its rollback", e);
            discard();
        }
    }

    private void discard() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                log.warn("the writing connection of the catalog did not close", e);
            }
        }
    }

    void close() {
        checkOutside();
        CompletableFuture<Void> closed = CompletableFuture.runAsync(this::discard, thread);
        closed.join();
        thread.shutdown();
    }

    @FunctionalInterface
    private interface Call<T, X extends Exception> {
        T run() throws X;
    }

    private void execute(Runnable work) {
        try {
            thread.execute(work);
        } catch (RejectedExecutionException e) {
            throw new CatalogException("the catalog is closed", e);
        }
    }

    /** What a call came to: a value, or what it threw. */
    private record Outcome<T>(@Nullable T value, @Nullable Throwable thrown) {}

    /** Runs on the writer thread and waits, whether the caller is interrupted or not. */
    @SuppressWarnings({"unchecked", "NullAway"}) // thrown is X, an Error or unchecked; T as it came
    private <T, X extends Exception> T call(Call<T, X> call) throws X {
        checkOutside();
        CompletableFuture<Outcome<T>> answer = new CompletableFuture<>();
        execute(
                () -> {
                    try {
                        answer.complete(new Outcome<>(call.run(), null));
                    } catch (Throwable e) {
                        answer.complete(new Outcome<>(null, e));
                    }
                });
        Outcome<T> outcome = answer.join();
        switch (outcome.thrown()) {
            case null -> {
                return outcome.value();
            }
            case Error error -> throw error;
            case Throwable thrown -> throw (X) thrown;
        }
    }
}
