package io.tidegate.job;

import io.tidegate.audit.Request;
import java.util.Optional;

/** A running job's way to tell how far it is and to hear that it should stop. Thread-safe. */
public interface JobContext {

    JobId id();

    /**
     * Who asked for it; after a restart, too. Without the request's id, which the job itself
     * answers for: acts of the job are no answers to it.
     */
    Request request();

    /** Whether a restart of the appliance had it taken up, and nobody's order. */
    boolean restarted();

    /** The parameters it was started with, read from JSON. */
    <T> T parameters(Class<T> type);

    /** The last checkpoint, of an earlier run of this job or of this one. */
    <T> Optional<T> checkpoint(Class<T> type);

    /** Whether to stop soon: cancelled, or the appliance shuts down. */
    boolean stopping();

    /** Throws when the job is to stop. */
    void check() throws JobCancelledException, JobStoppedException;

    /** Enters a phase; progress starts anew. */
    void phase(String name);

    /** Tells progress of the phase in bytes; cheap, for every piece. */
    void progress(long done, long total);

    /** Keeps, durably, where a restart may go on; at most a few times a second. */
    void checkpoint(Object value);

    /** Adds a line to the job's log. */
    void log(String text);
}
