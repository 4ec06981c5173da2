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
     * @throws JobCancelledException when it saw the cancel flag and has cleaned up
     * @throws JobStoppedException when the appliance shuts down; the job goes on after the restart
     * @throws io.tidegate.catalog.ServiceException when it failed for a reason to be told
     */
    JobResult run(JobContext context) throws Exception;
}
