package io.tidegate.job;

/**
 * What a job of one type does. Runs on a platform thread of its own that is never interrupted.
 *
 * <p>Every step must be idempotent: after a crash the body is called again with the checkpoint that
 * was last kept, and finds what it did since then already done.
 */
@FunctionalInterface
public interface JobBody {

    /**
     * Does the work.
     *
     * @return the result as JSON
     * @throws JobCancelledException when it saw the cancel flag and has cleaned up
     * @throws JobStoppedException when the appliance shuts down; the job goes on after the restart
     */
    String run(JobContext context) throws Exception;
}
