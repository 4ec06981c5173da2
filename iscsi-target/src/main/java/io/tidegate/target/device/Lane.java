package io.tidegate.target.device;

/** Which kind of thread blocking work needs. */
public enum Lane {
    /** An I/O worker: ends in the time of a few device calls. */
    IO,
    /** A virtual thread: may take seconds to hours, or wait for other tasks. */
    LONG
}
