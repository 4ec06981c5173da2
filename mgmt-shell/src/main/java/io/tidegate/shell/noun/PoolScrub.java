package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.job.JobInfo;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Converters;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import io.tidegate.shell.value.Sizes;
import io.tidegate.upkeep.PoolScrubs;
import io.tidegate.volume.PoolInfo;
import io.tidegate.volume.StoreStatus;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Reads all of a pool, to find damage before a host does. */
@Command(
        name = "scrub",
        description = "Reads all that a checksum of a pool vouches for, and reports damage.")
@About(
        access = Access.OPERATE,
        examples = {"pool scrub fast", "pool scrub capacity --rate 100MiB --async"},
        exits = ExitCode.DEVICE)
final class PoolScrub extends Verb.Starting {

    @Parameters(
            paramLabel = "POOL",
            description = "its name",
            completionCandidates = Live.Pools.class)
    String name = "";

    @Option(
            names = "--rate",
            paramLabel = "SIZE",
            description = "the most that it reads in a second (default: no limit)",
            converter = Converters.Size.class)
    @Nullable Long rate;

    @Override
    public Plan plan() throws Exception {
        PoolInfo pool = services().pools().show(name);
        Plan plan =
                Plan.free("pool scrub " + pool.pool().name())
                        .line(
                                "reads",
                                pool.status()
                                                .map(StoreStatus::allocatedBytes)
                                                .map(Sizes::format)
                                                .orElse("nothing: it is not open")
                                        + (rate == null
                                                ? ", as fast as it can"
                                                : ", at most " + Sizes.format(rate) + " a second"))
                        .line("changes", "nothing: damage is reported, not repaired")
                        .line("restart", "cut off by a restart, it begins anew");
        if (pool.status().isPresent() && !pool.status().get().checksums()) {
            plan.line("warning", "the pool has no checksums: only its metadata can be checked");
        }
        return plan;
    }

    @Override
    public JobInfo start(Request request) throws Exception {
        return services().scrubs().start(request, name, Objects.requireNonNullElse(rate, 0L));
    }

    @Override
    public Result finished(JobInfo job) throws Exception {
        PoolScrubs.Result r = services().jobs().result(job.id(), PoolScrubs.Result.class);
        return new Result.Done(
                        "PoolScrub",
                        r.pool(),
                        "pool %s is good: %s of data and %d metadata pages; %s has no checksum yet"
                                .formatted(
                                        r.pool(),
                                        Sizes.format(r.goodBytes()),
                                        r.metadataPages(),
                                        Sizes.format(r.uncheckedBytes())))
                .with("job", Cell.count(job.id().value()))
                .with("metadataPages", Cell.count(r.metadataPages()))
                .with("good", Cell.bytes(r.goodBytes()))
                .with("unchecked", Cell.bytes(r.uncheckedBytes()));
    }
}
