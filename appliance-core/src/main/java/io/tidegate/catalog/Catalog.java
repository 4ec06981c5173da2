package io.tidegate.catalog;

import io.tidegate.audit.AuditChain;
import io.tidegate.audit.AuditFilter;
import io.tidegate.audit.AuditRecord;
import io.tidegate.audit.AuditResult;
import io.tidegate.audit.AuditVerdict;
import io.tidegate.audit.Request;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jdbi.v3.core.Handle;

/**
 * The catalog. Reads run on the caller's thread, a few at a time, each on one state; changes run
 * one after another on a thread of their own that nobody can interrupt, so an interrupted caller
 * never leaves a connection half-way.
 *
 * <p>A change is one transaction with its audit record: both are durable when it returns, or
 * neither has happened. Inside a change use its {@link Tx}; calling the catalog from there is a bug
 * and refused ({@link IllegalStateException}).
 */
public final class Catalog implements AutoCloseable {

    private static final int READERS = 4;

    private final Clock clock;
    private final Writer writer;
    private final Readers readers;
    private final UUID uuid;
    private final long generation;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Catalog(Clock clock, Writer writer, Readers readers) {
        this.clock = clock;
        this.writer = writer;
        this.readers = readers;
        Identity identity = writer.run(handle -> Identity.next(handle, now()));
        this.uuid = identity.uuid();
        this.generation = identity.generation();
    }

    /**
     * Opens the catalog, makes or migrates it, and counts its generation up.
     *
     * @param file made with mode 0600 when it is missing
     * @throws CatalogException when it cannot be opened, or is of a newer version
     */
    public static Catalog open(Path file, Clock clock) {
        return open(file, clock, Sqlite::commit);
    }

    /** As {@link #open(Path, Clock)}, with the commit in the hands of a test. */
    static Catalog open(Path file, Clock clock, Writer.Commit commit) {
        try {
            Sqlite database = Sqlite.at(file);
            Migrations.run(database.dataSource());
            return new Catalog(clock, new Writer(database, commit), new Readers(database, READERS));
        } catch (IOException e) {
            throw new CatalogException("the catalog " + file + " cannot be made", e);
        }
    }

    /** Made with the catalog, the same for life; pools carry it too. */
    public UUID uuid() {
        return uuid;
    }

    /**
     * Counts the openings of the catalog. A pool that saw a higher one was used with a later state
     * of the catalog than this: nothing may then be deleted as unknown.
     */
    public long generation() {
        return generation;
    }

    public Clock clock() {
        return clock;
    }

    /** Runs a query on one state of the catalog. */
    public <T, X extends Exception> T read(Query<T, X> query) throws X {
        writer.checkOutside();
        if (closed.get()) {
            throw new CatalogException("the catalog is closed");
        }
        return readers.read(query);
    }

    /**
     * Runs a change and writes its audit record ({@code ok}), as one transaction.
     *
     * @param object what it is about, such as {@code volume:db01}
     * @throws X what the change threw: nothing has happened, and no record was written (see {@link
     *     #record})
     * @throws CatalogException nothing has happened
     * @throws OutcomeUnknownException it may have happened
     */
    public <T, X extends Exception> T change(Request who, String object, Change<T, X> change)
            throws X {
        return writer.change(now(), Optional.of(new Writer.Audited(who, object)), change);
    }

    /**
     * As {@link #change}, at most once for the request's id: a repeat returns the first result and
     * changes nothing. Without an id it is a plain change.
     *
     * @param type a record or simple value, which is kept as JSON
     * @throws ServiceException the id was used before by another user or for another command; and
     *     what the change threw
     */
    public <T> T changeOnce(
            Request who, String object, Class<T> type, Change<T, ServiceException> change)
            throws ServiceException {
        return change(
                who,
                object,
                tx -> {
                    Optional<T> first = FirstResults.find(tx.handle(), who, type);
                    if (first.isPresent()) {
                        tx.note("repeat", true);
                        return first.get();
                    }
                    T result = change.run(tx);
                    FirstResults.keep(tx, who, result);
                    return result;
                });
    }

    /** The result that the request's id was answered with before, if it was. */
    public <T> Optional<T> firstResult(Request who, Class<T> type) throws ServiceException {
        return this.<Optional<T>, ServiceException>read(
                handle -> FirstResults.find(handle, who, type));
    }

    /** Keeps a result for repeats of the request, inside the transaction that ends the act. */
    public static void keepResult(Tx tx, Request who, Object result) {
        FirstResults.keep(tx, who, result);
    }

    /**
     * A transaction without an audit record: for intents that an audited change follows, and for
     * what nobody asked for (checkpoints, events, reservations of hosts).
     */
    public <T, X extends Exception> T housekeeping(Change<T, X> change) throws X {
        return writer.change(now(), Optional.empty(), change);
    }

    /**
     * Records what did not happen, in a transaction of its own: a refusal, a failure, a log-in.
     *
     * @param detail one sentence; never a secret
     */
    public void record(Request who, String object, AuditResult result, String detail) {
        writer.run(
                handle ->
                        AuditChain.append(
                                handle, now(), who, object, result, Json.fact("detail", detail)));
    }

    /** Records a service's refusal or failure and gives it back, to be thrown. */
    public ServiceException recorded(Request who, String object, ServiceException failure) {
        AuditResult result =
                switch (failure.code()) {
                    case DEVICE, FAILED, NO_SPACE, PARTLY_DONE, TIMEOUT -> AuditResult.FAILED;
                    case INVALID, NOT_FOUND, CONFLICT, BUSY, CONFIRMATION_NEEDED, DENIED ->
                            AuditResult.REFUSED;
                };
        record(who, object, result, failure.code() + ": " + failure.getMessage());
        return failure;
    }

    /** Audit records, newest first. */
    public List<AuditRecord> audit(AuditFilter filter) {
        return read(handle -> AuditChain.list(handle, filter));
    }

    /** Walks the chain of audit records. */
    public AuditVerdict verifyAudit() {
        return read(AuditChain::verify);
    }

    /** Ends the change under way and the reads, and closes the file. Closing twice does nothing. */
    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        writer.close();
        readers.close();
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    /** The catalog's own row. */
    private record Identity(UUID uuid, long generation) {

        static Identity next(Handle handle, Instant now) {
            handle.createUpdate(
                            "insert into catalog_identity (id, uuid, generation, created_at)"
                                    + " values (1, :uuid, 1, :at) on conflict (id) do update"
                                    + " set generation = catalog_identity.generation + 1")
                    .bind("uuid", UUID.randomUUID().toString())
                    .bind("at", now.toEpochMilli())
                    .execute();
            return handle.createQuery("select uuid, generation from catalog_identity where id = 1")
                    .map((rs, ctx) -> new Identity(UUID.fromString(rs.getString(1)), rs.getLong(2)))
                    .one();
        }
    }
}
