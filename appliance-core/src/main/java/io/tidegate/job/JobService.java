package io.tidegate.job;

import io.tidegate.audit.Request;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Starts, keeps, watches and takes up jobs. Safe for concurrent calls. */
public final class JobService implements AutoCloseable {

    /** What becomes of a job of a type that a restart cut off. */
    public enum AfterRestart {
        /** Its body runs again with the last checkpoint. */
        RESUME,
        /** It is marked interrupted. */
        MARK
    }

    /** Teaches the service a type; before {@link #resume}. */
    public void register(String type, AfterRestart afterRestart, JobBody body) {
        throw new UnsupportedOperationException();
    }

    /**
     * Takes up what a restart cut off. Once, when all types are registered and volumes are open.
     *
     * @return how many jobs go on
     */
    public int resume() {
        throw new UnsupportedOperationException();
    }

    /**
     * Starts a job of a registered type. A repeat with the same request id and type returns the
     * first job.
     *
     * @param object name of what it works on, for lists
     * @param parameters written as JSON, read back by {@link JobContext#parameters}
     */
    public JobInfo start(Request request, String type, String object, Object parameters) {
        throw new UnsupportedOperationException();
    }

    /** Jobs, newest first. */
    public List<JobInfo> list(boolean activeOnly, int limit) {
        throw new UnsupportedOperationException();
    }

    public JobInfo show(JobId id) {
        throw new UnsupportedOperationException();
    }

    /** Waits until the job has ended or the time is over; returns how it stands then. */
    public JobInfo await(JobId id, Duration limit) throws InterruptedException {
        throw new UnsupportedOperationException();
    }

    /**
     * Has the listener told of progress, at most some times a second, and of the end, the last
     * call. It comes on a thread of the service and must not block long.
     *
     * @return ends the watching
     */
    public Watch watch(JobId id, Consumer<JobInfo> listener) {
        throw new UnsupportedOperationException();
    }

    /** A running watch. */
    public interface Watch extends AutoCloseable {
        @Override
        void close();
    }

    public List<JobLine> log(JobId id) {
        throw new UnsupportedOperationException();
    }

    /** Sets the flag that the job looks at; it ends when it has cleaned up. */
    public void cancel(Request request, JobId id) {
        throw new UnsupportedOperationException();
    }

    /** Starts an ended job that was not done again, as a new one, with the same parameters. */
    public JobInfo retry(Request request, JobId id) {
        throw new UnsupportedOperationException();
    }

    /** Numbers for metrics: running jobs by type. */
    public java.util.Map<String, Integer> runningByType() {
        throw new UnsupportedOperationException();
    }

    /** Asks the running jobs to stop where they can go on later, and waits for them. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
