package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.job.JobInfo;
import io.tidegate.recovery.PromotionService;
import io.tidegate.recovery.PromotionService.Mode;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import io.tidegate.shell.value.Moments;
import io.tidegate.shell.value.Sizes;
import io.tidegate.shell.value.Spans;
import java.util.List;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code qrv promote}: the QRV takes the primary's place; the LUN keeps its identity. */
@Command(
        name = "promote",
        description = "Puts a QRV in its primary's place; the LUN's identity stays.")
@About(
        access = Access.OPERATE,
        examples = {
            "qrv promote db01-q1 --planned --dry-run",
            "qrv promote db01-q1 --unplanned --hosts-stopped --yes --confirm db01-q1"
        },
        exits = ExitCode.PARTLY)
final class QrvPromote extends Verb.Starting {

    /** One of both. */
    static final class How {
        @Option(
                names = "--planned",
                description = "hold writes and copy the last difference: nothing is lost (default)")
        boolean planned;

        @Option(
                names = "--unplanned",
                description = "the QRV as it is at its point: the primary is lost or not trusted")
        boolean unplanned;
    }

    @Parameters(
            paramLabel = "QRV",
            description = "its name",
            completionCandidates = Live.Qrvs.class)
    String name = "";

    @ArgGroup How how = new How();

    @Option(
            names = "--hosts-stopped",
            description = "your word that no host has the LUN mounted; without it the LUN is held")
    boolean hostsStopped;

    private PromotionService.Order order() {
        return new PromotionService.Order(
                name, how.unplanned ? Mode.UNPLANNED : Mode.PLANNED, hostsStopped);
    }

    private String command() {
        return "qrv promote "
                + name
                + (how.unplanned ? " --unplanned" : "")
                + (hostsStopped ? " --hosts-stopped" : "");
    }

    @Override
    public Plan plan() throws Exception {
        PromotionService.Plan p = services().promotions().plan(order());
        Plan plan = Plan.askName(command(), p.qrv());
        if (p.confirmsHeld()) {
            plan.line("confirms", "LUN " + p.primary() + " is promoted and held; it opens now");
        }
        plan.line("point", point(p));
        plan.line(
                "identity",
                "LUN %s: NAA %s, serial %s, %s, %d-byte blocks stay; the old one becomes %s"
                        .formatted(
                                p.primary(),
                                p.naa(),
                                p.serial(),
                                Sizes.format(p.sizeBytes()),
                                p.logicalBlockBytes(),
                                p.oldName()));
        if (p.grows() > 0) {
            plan.line("size", "the QRV grows by " + Sizes.format(p.grows()) + ", which reads zero");
        }
        plan.line("safety", "snapshot " + p.safetySnapshot() + ", kept until deleted by hand");
        Sessions.describe(plan, p.sessions(), services().clock());
        plan.line("reservations", p.registrations() + " registrations stay");
        if (p.willBeHeld()) {
            plan.line(
                    "hosts",
                    "--hosts-stopped not given: the LUN will refuse reads and writes until it is");
        }
        p.notes().forEach(note -> plan.line("note", note));
        p.obstacles().forEach(o -> plan.line("refused", o));
        return plan;
    }

    private static String point(PromotionService.Plan p) {
        if (p.mode() == Mode.PLANNED) {
            return "brought to the last write first; nothing is lost";
        }
        return Moments.format(p.point())
                + "; loses "
                + Spans.format(p.losesTime())
                + " of writes ("
                + p.losesBytes().map(Sizes::format).orElse("bytes not known")
                + ")";
    }

    @Override
    public JobInfo start(Request request) throws Exception {
        return services().promotions().promote(request, order());
    }

    @Override
    public Result finished(JobInfo job) throws Exception {
        PromotionService.Result r = services().promotions().result(job.id());
        Result.Done done =
                new Result.Done(
                                "QrvPromote",
                                r.qrv(),
                                "%s is LUN %s now, without service for %.0f ms; the old one is %s"
                                        .formatted(
                                                r.qrv(),
                                                r.primary(),
                                                r.millisWithoutService(),
                                                r.oldPrimary()))
                        .with("job", Cell.count(job.id().value()))
                        .with("primary", Cell.of(r.primary()))
                        .with("oldPrimary", Cell.of(r.oldPrimary()))
                        .with("safetySnapshot", Cell.of(r.safetySnapshot()))
                        .with("point", Cell.of(r.point()))
                        .with("held", Cell.of(r.held()))
                        .with("gateMillis", Cell.count(Math.round(r.millisWithoutService())))
                        .with("abandonedWrites", Cell.of(r.abandonedWrites()))
                        .with("bytesMoved", Cell.bytes(r.bytesMoved()))
                        .with("generation", Cell.count(r.generation()));
        return r.held()
                ? done.notes(
                                List.of(
                                        "the LUN is held: it refuses reads and writes until no host"
                                                + " has it mounted",
                                        "then: qrv promote " + r.qrv() + " --hosts-stopped"))
                        .partly()
                : done;
    }
}
