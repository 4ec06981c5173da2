package io.tidegate.catalog;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/** The transaction of one change: its rows, and what its audit record is to say. */
public final class Tx {

    private final Handle handle;
    private final Instant now;
    private final Map<String, Object> notes = new LinkedHashMap<>();
    private final List<Runnable> afterCommit = new ArrayList<>();

    Tx(Handle handle, Instant now) {
        this.handle = handle;
        this.now = now;
    }

    /** For statements; valid until the change returns. */
    public Handle handle() {
        return handle;
    }

    /** The time of the transaction, for all its rows; whole milliseconds. */
    public Instant now() {
        return now;
    }

    /** {@link #now} as it stands in rows. */
    public long nowMillis() {
        return now.toEpochMilli();
    }

    /**
     * Adds a fact to the audit record, such as {@code before} and {@code after}. Never a secret.
     *
     * @param value a string, number, boolean, or a record or collection of such
     */
    public Tx note(String key, Object value) {
        notes.put(key, value);
        return this;
    }

    /**
     * Runs an act once the transaction is durable, on the writer thread and before the change
     * returns to its caller. It must be short and must not fail.
     */
    public Tx afterCommit(Runnable act) {
        afterCommit.add(act);
        return this;
    }

    Map<String, Object> notes() {
        return notes;
    }

    List<Runnable> afterCommitActs() {
        return afterCommit;
    }
}
