package io.tidegate.shell.command;

import io.tidegate.audit.Request;
import io.tidegate.job.JobId;
import io.tidegate.job.JobInfo;
import io.tidegate.job.JobState;
import io.tidegate.shell.Caller;
import io.tidegate.shell.ShellServices;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;

/**
 * A verb of a noun. One of three kinds; an object is made for each call, filled by picocli, then
 * run once. Verbs say what they found or did as a {@link Result} and print nothing.
 */
public abstract sealed class Verb {

    @Mixin Globals globals = new Globals();

    private @Nullable Invocation invocation;

    void enter(Invocation call) {
        invocation = call;
    }

    protected final Invocation call() {
        if (invocation == null) {
            throw new IllegalStateException("a verb outside a call");
        }
        return invocation;
    }

    protected final ShellServices services() {
        return call().services();
    }

    protected final Caller caller() {
        return call().caller();
    }

    /** {@code --limit}, for verbs that had better not collect more than is shown; 0 for none. */
    protected final int limit() {
        return globals.limit;
    }

    /**
     * Waits for a job that ends well.
     *
     * @param limit empty waits to the end
     * @param show whether progress is shown where there is a terminal
     * @throws CommandFailure the job ended otherwise, or goes on without us
     */
    protected final JobInfo attend(JobId id, Optional<Duration> limit, boolean show)
            throws Exception {
        JobWait.Waited waited =
                new JobWait(services().jobs(), call().console()).await(id, limit, show);
        JobInfo job = waited.job();
        return switch (waited.end()) {
            case ENDED -> {
                if (job.state() != JobState.DONE) {
                    throw Failures.ofJob(job);
                }
                yield job;
            }
            case LATE -> throw goesOn(job, ExitCode.TIMEOUT, "the time to wait is over");
            case DETACHED -> throw goesOn(job, ExitCode.INTERRUPTED, "the waiting was interrupted");
        };
    }

    private static CommandFailure goesOn(JobInfo job, ExitCode exit, String why) {
        return new CommandFailure(
                exit,
                exit == ExitCode.TIMEOUT ? "TIMEOUT" : "DETACHED",
                "job %s (%s %s) goes on".formatted(job.id(), job.type(), job.object()),
                why,
                List.of("job watch " + job.id(), "job cancel " + job.id()));
    }

    /** Looks and changes nothing. */
    public abstract static non-sealed class Reading extends Verb {

        public abstract Result read() throws Exception;
    }

    /** Changes something at once. */
    public abstract static non-sealed class Changing extends Verb {

        /** Checks everything that can be checked and says what would happen; changes nothing. */
        public abstract Plan plan() throws Exception;

        public abstract Result apply(Request request) throws Exception;
    }

    /** Starts a job and shows its result. */
    public abstract static non-sealed class Starting extends Verb {

        /** As for a change. */
        public abstract Plan plan() throws Exception;

        public abstract JobInfo start(Request request) throws Exception;

        /** What the job did, once it is done. */
        public abstract Result finished(JobInfo job) throws Exception;
    }
}
