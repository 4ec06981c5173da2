package io.tidegate.recovery;

import io.tidegate.block.DeviceException;
import io.tidegate.job.JobCancelledException;
import io.tidegate.job.JobContext;
import io.tidegate.job.JobStoppedException;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/** One use of the mover by a job: progress to the job, and a reason to stop besides the job's. */
final class Move implements Mover.Control {

    private final JobContext job;
    private final long totalBytes;
    private final BooleanSupplier late;
    private final LongConsumer checkpoints;

    private Move(JobContext job, long totalBytes, BooleanSupplier late, LongConsumer checkpoints) {
        this.job = job;
        this.totalBytes = totalBytes;
        this.late = late;
        this.checkpoints = checkpoints;
    }

    /**
     * Moves and returns what was done. A job that is told to stop ends here.
     *
     * @param late when it says true the move ends, and its result is not complete
     * @param checkpoints told what is durable
     */
    static Mover.Result run(
            Mover mover,
            JobContext job,
            Mover.Order order,
            BooleanSupplier late,
            LongConsumer checkpoints)
            throws DeviceException, JobCancelledException, JobStoppedException {
        Mover.Result result =
                mover.move(order, new Move(job, order.totalBytes(), late, checkpoints));
        if (!result.complete() && !late.getAsBoolean()) {
            job.check();
            throw new IllegalStateException("the mover stopped, and nobody told it to");
        }
        return result;
    }

    @Override
    public boolean cancelled() {
        return job.stopping() || late.getAsBoolean();
    }

    @Override
    public void progress(long copiedBytes, long discardedBytes, long resumeOffset) {
        job.progress(copiedBytes + discardedBytes, totalBytes);
    }

    @Override
    public void checkpoint(long resumeOffset) {
        checkpoints.accept(resumeOffset);
    }
}
