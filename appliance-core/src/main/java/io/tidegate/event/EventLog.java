package io.tidegate.event;

import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.CatalogException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The last events, in the catalog; the oldest go when there are too many. */
public final class EventLog {

    private static final Logger log = LoggerFactory.getLogger(EventLog.class);

    /** How many events are kept when nothing else is said. */
    public static final int DEFAULT_LIMIT = 10_000;

    private final Catalog catalog;
    private final int limit;
    private final List<Sink> sinks = new CopyOnWriteArrayList<>();

    /**
     * @param limit how many events are kept, at least 1
     */
    public EventLog(Catalog catalog, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit " + limit);
        }
        this.catalog = catalog;
        this.limit = limit;
    }

    public void addSink(Sink sink) {
        sinks.add(sink);
    }

    /**
     * Logs an event and hands it to the sinks. Never fails for the catalog's sake: an event tells
     * of trouble and must not make more.
     */
    public void add(Event.Severity severity, String source, String object, String message) {
        Event event;
        try {
            event = store(severity, source, object, message);
        } catch (CatalogException e) {
            log.error("event not kept: {} {} {}: {}", severity, source, object, message, e);
            return;
        }
        for (Sink sink : sinks) {
            try {
                sink.accept(event);
            } catch (RuntimeException e) {
                log.error("an event sink failed on event {}", event.sequence(), e);
            }
        }
    }

    /** The newest first. */
    public List<Event> newest(int count) {
        return catalog.read(
                handle ->
                        handle.createQuery(
                                        "select seq, at, severity, source, object, message"
                                                + " from event order by seq desc limit ?")
                                .bind(0, count)
                                .map(
                                        (rs, ctx) ->
                                                new Event(
                                                        rs.getLong(1),
                                                        Instant.ofEpochMilli(rs.getLong(2)),
                                                        Event.Severity.of(rs.getString(3)),
                                                        rs.getString(4),
                                                        rs.getString(5),
                                                        rs.getString(6)))
                                .list());
    }

    private Event store(Event.Severity severity, String source, String object, String message) {
        return catalog.housekeeping(
                tx -> {
                    long sequence =
                            tx.handle()
                                            .createQuery("select coalesce(max(seq), 0) from event")
                                            .mapTo(Long.class)
                                            .one()
                                    + 1;
                    tx.handle()
                            .execute(
                                    "insert into event (seq, at, severity, source, object, message)"
                                            + " values (?, ?, ?, ?, ?, ?)",
                                    sequence,
                                    tx.nowMillis(),
                                    severity.text(),
                                    source,
                                    object,
                                    message);
                    tx.handle().execute("delete from event where seq <= ?", sequence - limit);
                    return new Event(sequence, tx.now(), severity, source, object, message);
                });
    }
}
