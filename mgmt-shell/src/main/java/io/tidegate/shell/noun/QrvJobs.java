package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.job.JobInfo;
import io.tidegate.recovery.QrvInfo;
import io.tidegate.recovery.QrvService;
import io.tidegate.recovery.QrvService.RefreshResult;
import io.tidegate.recovery.QrvService.VerifyResult;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Converters;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import io.tidegate.shell.value.Moments;
import io.tidegate.shell.value.Sizes;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Verbs of QRVs that copy or read much. */
final class QrvJobs {

    private QrvJobs() {}

    @Command(name = "create", description = "Makes a full replica of a volume from a snapshot.")
    @About(
            access = Access.OPERATE,
            examples = {
                "qrv create db01",
                "qrv create db01 --pool capacity --name db01-q1 --async"
            })
    static final class Create extends Verb.Starting {
        @Parameters(
                paramLabel = "VOLUME",
                description = "the source",
                completionCandidates = Live.Volumes.class)
        String volume = "";

        @Option(
                names = "--name",
                paramLabel = "NAME",
                description = "of the QRV (default: VOLUME-qN)",
                converter = Converters.NewName.class)
        @Nullable String name;

        @Option(
                names = "--pool",
                paramLabel = "POOL",
                description = "where to (default: another pool than the source's)",
                completionCandidates = Live.Pools.class)
        @Nullable String pool;

        @Option(
                names = "--from-snapshot",
                paramLabel = "SNAPSHOT",
                description = "the point to begin with (default: a new snapshot)",
                completionCandidates = Live.Snapshots.class)
        @Nullable String snapshot;

        private QrvService.Create order() {
            return new QrvService.Create(
                    volume,
                    Optional.ofNullable(name),
                    Optional.ofNullable(pool),
                    Optional.ofNullable(snapshot));
        }

        @Override
        public Plan plan() throws Exception {
            QrvService.CreatePlan p = services().qrvs().planCreate(order());
            Plan plan =
                    Plan.free("qrv create " + volume)
                            .line("snapshot", p.snapshot())
                            .line(
                                    "destination",
                                    p.name()
                                            + " in pool "
                                            + p.pool()
                                            + ", "
                                            + Sizes.format(p.poolFreeBytes())
                                            + " free")
                            .line(
                                    "copy",
                                    "full, "
                                            + Sizes.format(p.bytesToCopy())
                                            + " of "
                                            + Sizes.format(p.sizeBytes()));
            p.warnings().forEach(w -> plan.line("warning", w));
            return plan;
        }

        @Override
        public JobInfo start(Request request) throws Exception {
            return services().qrvs().create(request, order());
        }

        @Override
        public Result finished(JobInfo job) throws Exception {
            return moved(job, services().jobs().result(job.id(), RefreshResult.class), "is ready");
        }
    }

    @Command(name = "refresh", description = "Brings a QRV to now; only what changed is copied.")
    @About(
            access = Access.OPERATE,
            examples = {"qrv refresh db01-q1", "qrv refresh db01-q1 --wait=10m -o json"})
    static final class Refresh extends Verb.Starting {
        @Parameters(
                paramLabel = "QRV",
                description = "its name",
                completionCandidates = Live.Qrvs.class)
        String name = "";

        @Override
        public Plan plan() throws Exception {
            QrvInfo q = services().qrvs().show(name);
            return Plan.free("qrv refresh " + name)
                    .line("point", q.point().map(Moments::format).orElse("none yet") + " to now")
                    .line("copy", "only what changed since; mounts show the old point meanwhile");
        }

        @Override
        public JobInfo start(Request request) throws Exception {
            return services().qrvs().refresh(request, name);
        }

        @Override
        public Result finished(JobInfo job) throws Exception {
            return moved(
                    job, services().jobs().result(job.id(), RefreshResult.class), "is refreshed");
        }
    }

    @Command(
            name = "verify",
            description = "Compares a QRV's point with its snapshot, byte by byte.")
    @About(
            access = Access.OPERATE,
            examples = {"qrv verify db01-q1", "qrv verify db01-q1 --all-bytes"},
            exits = ExitCode.DEVICE)
    static final class Verify extends Verb.Starting {
        @Parameters(
                paramLabel = "QRV",
                description = "its name",
                completionCandidates = Live.Qrvs.class)
        String name = "";

        @Option(names = "--all-bytes", description = "read what holds no data, too")
        boolean allBytes;

        @Override
        public Plan plan() throws Exception {
            QrvInfo q = services().qrvs().show(name);
            return Plan.free("qrv verify " + name)
                    .line("point", q.point().map(Moments::format).orElse("none yet"))
                    .line("reads", "both sides, up to " + Sizes.format(q.sizeBytes()));
        }

        @Override
        public JobInfo start(Request request) throws Exception {
            return services().qrvs().verify(request, name, allBytes);
        }

        @Override
        public Result finished(JobInfo job) throws Exception {
            VerifyResult r = services().jobs().result(job.id(), VerifyResult.class);
            return new Result.Done(
                            "QrvVerify",
                            r.qrv(),
                            "qrv "
                                    + r.qrv()
                                    + " equals its snapshot ("
                                    + Sizes.format(r.bytesCompared())
                                    + " compared)")
                    .with("job", Cell.count(job.id().value()))
                    .with("equal", Cell.of(r.equal()))
                    .with("bytesCompared", Cell.bytes(r.bytesCompared()))
                    .with("differentBlocks", Cell.count(r.differentBlocks()))
                    .with("sourceSha256", Cell.of(r.sourceSha256()))
                    .with("qrvSha256", Cell.of(r.qrvSha256()));
        }
    }

    private static Result moved(JobInfo job, RefreshResult r, String what) {
        return new Result.Done(
                        "QrvRefresh",
                        r.qrv(),
                        "qrv %s %s at %s: %s changed, %s moved in %d ms"
                                .formatted(
                                        r.qrv(),
                                        what,
                                        r.pointAt(),
                                        Sizes.format(r.bytesChanged()),
                                        Sizes.format(r.bytesMoved()),
                                        r.millis()))
                .with("job", Cell.count(job.id().value()))
                .with("point", Cell.of(r.pointAt()))
                .with("bytesChanged", Cell.bytes(r.bytesChanged()))
                .with("bytesMoved", Cell.bytes(r.bytesMoved()))
                .with("bytesDiscarded", Cell.bytes(r.bytesDiscarded()))
                .with("duration", Cell.of(Duration.ofMillis(r.millis())))
                .with("engine", Cell.of(r.engine()));
    }
}
