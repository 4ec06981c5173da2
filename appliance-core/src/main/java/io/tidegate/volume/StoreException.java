package io.tidegate.volume;

/** A store could not do an administrative act; nothing of it has happened. */
public class StoreException extends Exception {

    /** What is wrong. */
    public enum Kind {
        NOT_FOUND,
        EXISTS,
        /** Held, mapped, or a clone depends on it. */
        BUSY,
        /** Writes under way did not end within the time that the gate may be closed. */
        NOT_DRAINED,
        NO_SPACE,
        /** A limit of the format (epochs, size, volumes). */
        LIMIT,
        /** After a failed sync: reads only until reopened. */
        READ_ONLY,
        /** The structures on disk are damaged; the message names the place. */
        DAMAGED,
        IO
    }

    private static final long serialVersionUID = 1L;

    private final Kind kind;

    public StoreException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public StoreException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
