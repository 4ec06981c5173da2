package io.tidegate.job;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A job as it stood at one moment.
 *
 * @param type such as {@code qrv-refresh}
 * @param object name of what it works on
 * @param phase what it does now; empty before the first
 * @param bytesDone of the present phase
 * @param bytesTotal of the present phase, 0 when not known
 * @param bytesPerSecond mean since the phase began, 0 when not known
 * @param eta of the present phase
 * @param checkpoint JSON from which it would go on after a restart
 * @param result JSON, once it is done
 * @param exitCode exit code of a job that is done; see {@link #exit}
 * @param runs how often it was started: 1, and one more for each restart it went through
 */
public record JobInfo(
        JobId id,
        String type,
        String object,
        String user,
        JobState state,
        String phase,
        long bytesDone,
        long bytesTotal,
        long bytesPerSecond,
        Optional<Duration> eta,
        Instant started,
        Optional<Instant> ended,
        boolean cancelRequested,
        Optional<String> checkpoint,
        Optional<String> result,
        Optional<Failure> failure,
        int exitCode,
        int runs) {

    /**
     * Why it did not end well, in the words of a command's error.
     *
     * @param code such as {@code VOLUME_BUSY}
     * @param exit exit code of a command that waits for it
     */
    public record Failure(String code, String message, String why, List<String> fix, int exit) {}

    private static final int STILL_RUNNING = 8;

    /** The exit code of a command that waited for the job: 0 done, 7 partly, 8 still running. */
    public int exit() {
        return switch (state) {
            case RUNNING -> STILL_RUNNING;
            case DONE -> exitCode;
            case FAILED, CANCELLED, INTERRUPTED -> failure.map(Failure::exit).orElse(1);
        };
    }
}
