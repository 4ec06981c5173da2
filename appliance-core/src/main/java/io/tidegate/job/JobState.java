package io.tidegate.job;

/**
 * Where a job stands.
 *
 * <pre>
 *   RUNNING --> DONE | FAILED | CANCELLED
 *   RUNNING --restart--> RUNNING (from its checkpoint) | INTERRUPTED (its type cannot go on)
 * </pre>
 */
public enum JobState {
    RUNNING,
    DONE,
    FAILED,
    /** It saw the cancel flag and stopped. */
    CANCELLED,
    /** Cut off by a restart, and of a type that is not taken up again. */
    INTERRUPTED;

    /** Whether it will not change any more. */
    public boolean ended() {
        return this != RUNNING;
    }
}
