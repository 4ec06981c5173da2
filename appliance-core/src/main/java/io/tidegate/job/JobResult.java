package io.tidegate.job;

/**
 * What a job body returns.
 *
 * @param value a record, which is kept as JSON
 * @param exit exit code of a command that waits for it: 0, or 7 when a part is still to be done
 */
public record JobResult(Object value, int exit) {

    private static final int PARTLY = 7;

    public static JobResult done(Object value) {
        return new JobResult(value, 0);
    }

    /** Done, but something remains, which the value says. */
    public static JobResult partly(Object value) {
        return new JobResult(value, PARTLY);
    }
}
