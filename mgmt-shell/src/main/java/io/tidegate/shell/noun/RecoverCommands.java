package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.job.JobId;
import io.tidegate.job.JobInfo;
import io.tidegate.recovery.RecoverService;
import io.tidegate.recovery.RecoverService.To;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.CommandFailure;
import io.tidegate.shell.command.Converters;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import io.tidegate.shell.value.Moments;
import io.tidegate.shell.value.Sizes;
import io.tidegate.shell.value.Spans;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code recover}: a volume back to a point in time. */
@Command(
        name = "recover",
        description = "Brings volumes back to a point in time.",
        subcommands = {
            RecoverCommands.PlanOnly.class,
            RecoverCommands.Volume.class,
            RecoverCommands.Undo.class,
            RecoverCommands.Confirm.class
        })
public final class RecoverCommands {

    private RecoverCommands() {}

    /** What is recovered, from where, and where to. */
    static final class What {
        @Parameters(
                paramLabel = "VOLUME",
                description = "its name",
                completionCandidates = Live.Volumes.class)
        String volume = "";

        @Option(
                names = "--at",
                paramLabel = "TIME",
                description = "the newest point at or before this time",
                converter = Converters.Moment.class)
        @Nullable Instant at;

        @Option(
                names = "--from",
                paramLabel = "POINT",
                description = "a snapshot or QRV",
                completionCandidates = Live.Points.class)
        @Nullable String from;

        @Option(
                names = "--to",
                paramLabel = "VOLUME",
                description = "into another volume; a new one if there is none of that name",
                converter = Converters.NewName.class)
        @Nullable String to;

        @Option(
                names = "--pool",
                paramLabel = "POOL",
                description = "pool of a new volume (default: the source's)",
                completionCandidates = Live.Pools.class)
        @Nullable String pool;

        @Option(
                names = "--in-place",
                description = "over the volume's own content; a safety snapshot is taken first")
        boolean inPlace;

        @Option(
                names = "--hosts-stopped",
                description = "your word that no host has the LUN mounted; else the LUN is held")
        boolean hostsStopped;

        RecoverService.Order order() throws CommandFailure {
            if (at == null == (from == null)) {
                throw CommandFailure.usage(
                        "nothing is recovered",
                        "say the point by either --at or --from",
                        "help recover volume");
            }
            if (inPlace == (to != null)) {
                throw CommandFailure.usage(
                        "nothing is recovered",
                        "say where to by either --in-place or --to",
                        "help recover volume");
            }
            To where =
                    to == null
                            ? new To.InPlace(hostsStopped)
                            : new To.Volume(to, Optional.ofNullable(pool));
            return new RecoverService.Order(
                    volume, Optional.ofNullable(at), Optional.ofNullable(from), where);
        }

        String command() {
            return "recover volume "
                    + volume
                    + (at == null ? "" : " --at " + Moments.format(at))
                    + (from == null ? "" : " --from " + from)
                    + (to == null ? "" : " --to " + to)
                    + (inPlace ? " --in-place" : "")
                    + (hostsStopped ? " --hosts-stopped" : "");
        }
    }

    @Command(
            name = "plan",
            description = "Shows which point would be taken and why; changes nothing.")
    @About(
            access = Access.READ,
            examples = {
                "recover plan db01 --at 2026-11-21T01:00Z --in-place",
                "recover plan db01 --from db01-q1 --to db01-copy"
            })
    static final class PlanOnly extends Verb.Reading {
        @picocli.CommandLine.Mixin What what = new What();

        @Override
        public Result read() throws Exception {
            return plan(what, services().recoveries().plan(what.order()));
        }

        private Plan plan(What asked, RecoverService.Plan found) {
            return describe(asked, found, services().clock());
        }
    }

    @Command(
            name = "volume",
            description = "Brings a volume to a snapshot or QRV, in place or into another volume.")
    @About(
            access = Access.OPERATE,
            examples = {
                "recover volume db01 --at 2026-11-21T01:00Z --in-place --hosts-stopped",
                "recover volume db01 --from db01@mon --to db01-copy"
            },
            exits = ExitCode.PARTLY)
    static final class Volume extends Verb.Starting {
        @picocli.CommandLine.Mixin What what = new What();

        @Override
        public Plan plan() throws Exception {
            return describe(what, services().recoveries().plan(what.order()), services().clock());
        }

        @Override
        public JobInfo start(Request request) throws Exception {
            return services().recoveries().recover(request, what.order());
        }

        @Override
        public Result finished(JobInfo job) throws Exception {
            return recovered(job, services().recoveries().result(job.id()));
        }
    }

    @Command(name = "undo", description = "Brings a volume back to before an in-place recovery.")
    @About(
            access = Access.OPERATE,
            examples = {
                "recover undo 4712 --dry-run",
                "recover undo 4712 --hosts-stopped --yes --confirm 4712"
            },
            exits = ExitCode.PARTLY)
    static final class Undo extends Verb.Starting {
        @Parameters(
                paramLabel = "JOB",
                description = "number of the recovery",
                completionCandidates = Live.Jobs.class)
        long id;

        @Option(
                names = "--hosts-stopped",
                description = "your word that no host has the LUN mounted; else the LUN is held")
        boolean hostsStopped;

        @Override
        public Plan plan() throws Exception {
            JobInfo job = services().jobs().show(new JobId(id));
            Plan plan =
                    Plan.askName(
                                    "recover undo " + id + (hostsStopped ? " --hosts-stopped" : ""),
                                    Long.toString(id))
                            .line("volume", job.object() + " goes back to its safety snapshot")
                            .line(
                                    "loses",
                                    "what was written since the recovery; a snapshot of it stays");
            return hostsStopped
                    ? plan
                    : plan.line(
                            "hosts",
                            "--hosts-stopped not given: the LUN will refuse reads and writes until"
                                    + " it is");
        }

        @Override
        public JobInfo start(Request request) throws Exception {
            return services().recoveries().undo(request, new JobId(id), hostsStopped);
        }

        @Override
        public Result finished(JobInfo job) throws Exception {
            return recovered(job, services().recoveries().result(job.id()));
        }
    }

    @Command(
            name = "confirm",
            description =
                    "Opens a LUN that a recovery holds: your word that its hosts are stopped.")
    @About(
            access = Access.OPERATE,
            examples = {
                "recover confirm db01 --hosts-stopped",
                "recover confirm db01 --hosts-stopped --yes --confirm db01"
            })
    static final class Confirm extends Verb.Changing {
        @Parameters(
                paramLabel = "VOLUME",
                description = "its name",
                completionCandidates = Live.Volumes.class)
        String volume = "";

        @Option(
                names = "--hosts-stopped",
                required = true,
                description = "your word that no host has the LUN mounted")
        boolean hostsStopped;

        @Override
        public Plan plan() throws Exception {
            services().volumes().show(volume);
            return Plan.askName("recover confirm " + volume + " --hosts-stopped", volume)
                    .line("after", "hosts read and write the recovered content");
        }

        @Override
        public Result apply(Request request) throws Exception {
            services().recoveries().confirm(request, volume);
            return new Result.Done("Volume", volume, "LUN " + volume + " is open");
        }
    }

    private static Plan describe(What what, RecoverService.Plan p, java.time.Clock clock) {
        Plan plan =
                p.inPlace() ? Plan.askName(what.command(), p.volume()) : Plan.free(what.command());
        String wanted = p.wanted().map(t -> "wanted " + Moments.format(t) + "; ").orElse("");
        plan.line(
                "point",
                wanted + p.sourceKind() + " " + p.source() + " @ " + Moments.format(p.point()));
        p.others().forEach(other -> plan.line("not", other));
        plan.line(
                "into", p.destination() + (p.fullCopy() ? ", full copy" : ", changed blocks only"));
        p.losesTime()
                .ifPresent(
                        t ->
                                plan.line(
                                        "loses",
                                        Spans.format(t)
                                                + " of writes ("
                                                + p.losesBytes()
                                                        .map(b -> Sizes.format(b) + " changed")
                                                        .orElse("bytes not known")
                                                + ")"));
        p.safetySnapshot()
                .ifPresent(s -> plan.line("safety", "snapshot " + s + "; way back: recover undo"));
        if (p.inPlace()) {
            Sessions.describe(plan, p.sessions(), clock);
        }
        if (p.willBeHeld()) {
            plan.line(
                    "hosts",
                    "--hosts-stopped not given: the LUN will refuse reads and writes until it is");
        }
        p.notes().forEach(note -> plan.line("note", note));
        p.obstacles().forEach(o -> plan.line("refused", o));
        return plan;
    }

    private static Result recovered(JobInfo job, RecoverService.Result r) {
        Result.Done done =
                new Result.Done(
                                "Recovery",
                                r.destination(),
                                "%s is as %s at %s: %s changed, %s moved"
                                        .formatted(
                                                r.destination(),
                                                r.source(),
                                                r.point(),
                                                Sizes.format(r.bytesChanged()),
                                                Sizes.format(r.bytesMoved())))
                        .with("job", Cell.count(job.id().value()))
                        .with("volume", Cell.of(r.volume()))
                        .with("source", Cell.of(r.source()))
                        .with("point", Cell.of(r.point()))
                        .with("safetySnapshot", Cell.of(r.safetySnapshot()))
                        .with("held", Cell.of(r.held()))
                        .with("gateMillis", Cell.count(Math.round(r.millisWithoutService())))
                        .with("bytesChanged", Cell.bytes(r.bytesChanged()))
                        .with("bytesMoved", Cell.bytes(r.bytesMoved()))
                        .with("bytesDiscarded", Cell.bytes(r.bytesDiscarded()));
        return r.held()
                ? done.notes(
                                List.of(
                                        "the LUN is held: it refuses reads and writes until no host"
                                                + " has it mounted",
                                        "then: recover confirm " + r.volume() + " --hosts-stopped"))
                        .partly()
                : done;
    }
}
