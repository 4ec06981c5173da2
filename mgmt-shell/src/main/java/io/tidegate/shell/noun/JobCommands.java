package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.job.JobId;
import io.tidegate.job.JobInfo;
import io.tidegate.job.JobLine;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Converters;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code job}: long work, running and past. */
@Command(
        name = "job",
        description = "Long work: progress, result, log.",
        subcommands = {
            JobCommands.ListJobs.class,
            JobCommands.Show.class,
            JobCommands.Watch.class,
            JobCommands.Wait.class,
            JobCommands.Cancel.class,
            JobCommands.Retry.class,
            JobCommands.Log.class
        })
public final class JobCommands {

    private JobCommands() {}

    @Command(name = "list", aliases = "ls", description = "Lists jobs, newest first.")
    @About(
            access = Access.READ,
            examples = {"job list --active", "job list --filter state=failed"})
    static final class ListJobs extends Verb.Reading {
        private static final int MOST = 1000;

        @Option(names = "--active", description = "only those that run")
        boolean active;

        @Override
        public Result read() {
            return Listing.<JobInfo>of("JobList", services().jobs().list(active, MOST))
                    .column("id", j -> Cell.count(j.id().value()))
                    .column("type", j -> Cell.of(j.type()))
                    .column("object", j -> Cell.of(j.object()))
                    .column("state", j -> Cell.of(j.state()))
                    .column("phase", j -> Cell.of(j.phase()))
                    .column("done", j -> percent(j))
                    .column("user", j -> Cell.of(j.user()))
                    .column("started", "STARTED (UTC)", j -> Cell.of(j.started()))
                    .wide("ended", j -> Cell.time(j.ended()))
                    .wide("bytesDone", j -> Cell.bytes(j.bytesDone()))
                    .wide("bytesTotal", j -> Cell.bytes(j.bytesTotal()))
                    .wide("bytesPerSecond", j -> Cell.bytes(j.bytesPerSecond()))
                    .build();
        }
    }

    @Command(name = "show", description = "Shows a job: phase, progress, result or failure.")
    @About(
            access = Access.READ,
            examples = {"job show 17", "job show 17 -o json"})
    static final class Show extends Verb.Reading {
        @Parameters(
                paramLabel = "JOB",
                description = "its number",
                completionCandidates = Live.Jobs.class)
        long id;

        @Override
        public Result read() throws Exception {
            return details(services().jobs().show(new JobId(id)));
        }
    }

    @Command(
            name = "watch",
            description = "Shows the progress of a job until it ends; its exit code is the job's.")
    @About(
            access = Access.READ,
            examples = {"job watch 17", "job watch 17 -o json"},
            exits = {ExitCode.CONFLICT, ExitCode.DEVICE, ExitCode.INTERRUPTED})
    static final class Watch extends Verb.Reading {
        @Parameters(
                paramLabel = "JOB",
                description = "its number",
                completionCandidates = Live.ActiveJobs.class)
        long id;

        @Override
        public Result read() throws Exception {
            return done(attend(new JobId(id), Optional.empty(), true));
        }
    }

    @Command(name = "wait", description = "Waits for a job silently; its exit code is the job's.")
    @About(
            access = Access.READ,
            examples = {"job wait 17", "job wait 17 --timeout 10m"},
            exits = {ExitCode.CONFLICT, ExitCode.TIMEOUT, ExitCode.DEVICE, ExitCode.INTERRUPTED})
    static final class Wait extends Verb.Reading {
        @Parameters(
                paramLabel = "JOB",
                description = "its number",
                completionCandidates = Live.ActiveJobs.class)
        long id;

        @Option(
                names = "--timeout",
                paramLabel = "SPAN",
                description = "at most so long (default: to its end)",
                converter = Converters.Span.class)
        @Nullable Duration timeout;

        @Override
        public Result read() throws Exception {
            return done(attend(new JobId(id), Optional.ofNullable(timeout), false));
        }
    }

    @Command(name = "cancel", description = "Has a job stop when it next looks, and clean up.")
    @About(
            access = Access.OPERATE,
            examples = {"job cancel 17", "job cancel 17 --yes"})
    static final class Cancel extends Verb.Changing {
        @Parameters(
                paramLabel = "JOB",
                description = "its number",
                completionCandidates = Live.ActiveJobs.class)
        long id;

        @Override
        public Plan plan() throws Exception {
            JobInfo job = services().jobs().show(new JobId(id));
            return Plan.ask("job cancel " + id)
                    .line(
                            "job",
                            job.type() + " " + job.object() + ", " + Cell.of(job.state()).raw())
                    .line("after", "it stops at its next piece of work and cleans up");
        }

        @Override
        public Result apply(Request request) throws Exception {
            services().jobs().cancel(request, new JobId(id));
            return new Result.Done("Job", Long.toString(id), "job " + id + " was told to stop")
                    .with("id", Cell.count(id));
        }
    }

    @Command(
            name = "retry",
            description = "Starts a job that did not end well again, with the same parameters.")
    @About(
            access = Access.OPERATE,
            examples = {"job retry 17", "job retry 17 --async"})
    static final class Retry extends Verb.Starting {
        @Parameters(
                paramLabel = "JOB",
                description = "its number",
                completionCandidates = Live.Jobs.class)
        long id;

        @Override
        public Plan plan() throws Exception {
            JobInfo job = services().jobs().show(new JobId(id));
            return Plan.free("job retry " + id)
                    .line("job", job.type() + " " + job.object() + ", as a new job");
        }

        @Override
        public JobInfo start(Request request) throws Exception {
            return services().jobs().retry(request, new JobId(id));
        }

        @Override
        public Result finished(JobInfo job) {
            return done(job);
        }
    }

    @Command(name = "log", description = "Shows what a job wrote into its log.")
    @About(
            access = Access.READ,
            examples = {"job log 17", "job log 17 --limit 20"})
    static final class Log extends Verb.Reading {
        @Parameters(
                paramLabel = "JOB",
                description = "its number",
                completionCandidates = Live.Jobs.class)
        long id;

        @Override
        public Result read() throws Exception {
            return Listing.<JobLine>of("JobLog", services().jobs().log(new JobId(id)))
                    .column("at", "AT (UTC)", line -> Cell.of(line.at()))
                    .column("text", line -> Cell.of(line.text()))
                    .build();
        }
    }

    /** What is said of a job that ended well. */
    static Result.Done done(JobInfo job) {
        Result.Done done =
                new Result.Done(
                                "Job",
                                job.id().toString(),
                                "job %s done (%s %s)".formatted(job.id(), job.type(), job.object()))
                        .with("id", Cell.count(job.id().value()))
                        .with("state", Cell.of(job.state()));
        // Done, but not all is as it should be: a promotion whose LUN is held, for one.
        return job.exit() == ExitCode.PARTLY.code() ? done.partly() : done;
    }

    private static Cell percent(JobInfo job) {
        return job.bytesTotal() > 0
                ? Cell.of(100 * job.bytesDone() / job.bytesTotal() + "%")
                : Cell.absent();
    }

    private static Result details(JobInfo job) {
        Result.Details details =
                new Result.Details("Job", job.id().toString())
                        .with("id", Cell.count(job.id().value()))
                        .with("type", job.type())
                        .with("object", job.object())
                        .with("user", job.user())
                        .with("state", Cell.of(job.state()))
                        .with("phase", job.phase())
                        .with("bytesDone", Cell.bytes(job.bytesDone()))
                        .with("bytesTotal", Cell.bytes(job.bytesTotal()))
                        .with("bytesPerSecond", Cell.bytes(job.bytesPerSecond()))
                        .with("eta", job.eta().<Cell>map(Cell::of).orElse(Cell.absent()))
                        .with("started", Cell.of(job.started()))
                        .with("ended", Cell.time(job.ended()))
                        .with("cancelRequested", Cell.of(job.cancelRequested()))
                        .with("runs", Cell.count(job.runs()))
                        .with("result", Cell.text(job.result()));
        job.failure()
                .ifPresent(
                        f ->
                                details.with("failure", f.code() + ": " + f.message())
                                        .with("why", f.why())
                                        .with("fix", Cell.list(f.fix())));
        return details;
    }
}
