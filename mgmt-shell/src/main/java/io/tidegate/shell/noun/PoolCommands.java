package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Converters;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import io.tidegate.volume.PoolInfo;
import io.tidegate.volume.PoolSpec;
import io.tidegate.volume.PoolTier;
import io.tidegate.volume.StoreStatus;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pool}: where volumes get their space from. */
@Command(
        name = "pool",
        description = "Allocators of volumes.",
        subcommands = {
            PoolCommands.ListPools.class,
            PoolCommands.Show.class,
            PoolCommands.Create.class,
            PoolCommands.Check.class,
            PoolCommands.Reopen.class
        })
public final class PoolCommands {

    private PoolCommands() {}

    @Command(name = "list", aliases = "ls", description = "Lists pools with their space.")
    @About(
            access = Access.READ,
            examples = {"pool list", "pool list -o json"})
    static final class ListPools extends Verb.Reading {
        @Override
        public Result read() {
            return Listing.<PoolInfo>of("PoolList", services().pools().list())
                    .column("name", p -> Cell.of(p.pool().name()))
                    .column("tier", p -> Cell.of(p.pool().tier()))
                    .column("state", p -> Cell.of(state(p)))
                    .column("total", p -> bytes(p, StoreStatus::totalBytes))
                    .column("free", p -> bytes(p, StoreStatus::freeBytes))
                    .column("allocated", p -> bytes(p, StoreStatus::allocatedBytes))
                    .column("volumes", p -> Cell.count(p.volumes()))
                    .wide("pendingFree", p -> bytes(p, StoreStatus::pendingFreeBytes))
                    .wide("grain", p -> Cell.bytes(p.pool().grainBytes()))
                    .wide("path", p -> Cell.of(p.pool().path().toString()))
                    .wide("problem", p -> Cell.text(p.problem()))
                    .build();
        }
    }

    @Command(name = "show", description = "Shows a pool: space, reserve, health.")
    @About(
            access = Access.READ,
            examples = {"pool show fast", "pool show fast --raw"})
    static final class Show extends Verb.Reading {
        @Parameters(
                paramLabel = "POOL",
                description = "its name",
                completionCandidates = Live.Pools.class)
        String name = "";

        @Override
        public Result read() throws Exception {
            return details(services().pools().show(name));
        }
    }

    @Command(name = "create", description = "Makes a pool in an empty directory.")
    @About(
            access = Access.ADMINISTER,
            examples = {
                "pool create cap2 --path /srv/tidegate/cap2 --size 2T --tier capacity",
                "pool create fast2 --path /mnt/nvme/pool --size 500GiB --grain 8k"
            })
    static final class Create extends Verb.Changing {
        @Parameters(
                paramLabel = "POOL",
                description = "its name",
                converter = Converters.NewName.class)
        String name = "";

        @Option(
                names = "--path",
                required = true,
                paramLabel = "DIR",
                description = "an empty or absent directory of the appliance")
        String path = "";

        @Option(
                names = "--size",
                required = true,
                paramLabel = "SIZE",
                description = "the most that it may take",
                converter = Converters.Size.class)
        long size;

        @Option(
                names = "--tier",
                paramLabel = "TIER",
                defaultValue = "fast",
                description = "what it is meant for: fast or capacity")
        PoolTier tier = PoolTier.FAST;

        @Option(
                names = "--grain",
                paramLabel = "SIZE",
                description = "unit of allocation, 4k to 64k (default: 4k fast, 16k capacity)",
                converter = Converters.Size.class)
        @Nullable Long grain;

        @Override
        public Plan plan() {
            PoolSpec spec = spec();
            return Plan.free("pool create " + name)
                    .line("path", spec.path().toString())
                    .line("size", Cell.bytes(size).human() + ", tier " + tier.text())
                    .line("grain", Cell.bytes(spec.grainBytes()).human());
        }

        @Override
        public Result apply(Request request) throws Exception {
            var pool = services().pools().create(request, spec());
            return new Result.Done("Pool", pool.name(), "pool " + pool.name() + " created")
                    .with("id", Cell.of(pool.id().toString()));
        }

        private PoolSpec spec() {
            PoolSpec usual = PoolSpec.of(name, tier, Path.of(path).toAbsolutePath(), size);
            return grain == null
                    ? usual
                    : new PoolSpec(name, tier, usual.path(), Math.toIntExact(grain), size);
        }
    }

    @Command(
            name = "check",
            description = "Checks the structures of an open pool: leaks, references, accounts.")
    @About(
            access = Access.OPERATE,
            examples = {"pool check fast", "pool check fast -o json"},
            exits = ExitCode.DEVICE)
    static final class Check extends Verb.Reading {
        @Parameters(
                paramLabel = "POOL",
                description = "its name",
                completionCandidates = Live.Pools.class)
        String name = "";

        @Override
        public Result read() throws Exception {
            List<String> problems = services().pools().check(name);
            if (!problems.isEmpty()) {
                throw new io.tidegate.shell.command.CommandFailure(
                        ExitCode.FAILED,
                        "POOL_DAMAGED",
                        "pool " + name + " has " + problems.size() + " problems",
                        String.join("; ", problems.subList(0, Math.min(10, problems.size()))),
                        List.of("keep copies of its volumes elsewhere", "report the problems"));
            }
            return new Result.Done("Pool", name, "pool " + name + " is sound")
                    .with("problems", Cell.count(0));
        }
    }

    @Command(
            name = "reopen",
            description =
                    "Recovers a pool after a failed sync; says since when writes may be lost.")
    @About(
            access = Access.ADMINISTER,
            examples = {
                "pool reopen fast --dry-run",
                "pool reopen fast --acknowledge-loss --yes --confirm fast"
            },
            exits = ExitCode.DEVICE)
    static final class Reopen extends Verb.Changing {
        @Parameters(
                paramLabel = "POOL",
                description = "its name",
                completionCandidates = Live.Pools.class)
        String name = "";

        @Option(
                names = "--acknowledge-loss",
                description = "take writes again although writes since the last sync may be lost")
        boolean acknowledge;

        @Override
        public Plan plan() throws Exception {
            PoolInfo pool = services().pools().show(name);
            return Plan.askName(
                            "pool reopen " + name + (acknowledge ? " --acknowledge-loss" : ""),
                            pool.pool().name())
                    .line("state", pool.problem().orElse("open and writable: nothing to do"))
                    .line("volumes", pool.volumes() + " on it")
                    .line(
                            "after",
                            acknowledge
                                    ? "it takes writes again; what was lost stays lost"
                                    : "it stays read-only until --acknowledge-loss is given");
        }

        @Override
        public Result apply(Request request) throws Exception {
            PoolInfo pool = services().pools().reopen(request, name, acknowledge);
            return new Result.Done(
                            "Pool",
                            pool.pool().name(),
                            "pool " + pool.pool().name() + " is " + state(pool))
                    .with("state", Cell.of(state(pool)))
                    .with("problem", Cell.text(pool.problem()));
        }
    }

    private static Result details(PoolInfo p) {
        return new Result.Details("Pool", p.pool().name())
                .with("name", p.pool().name())
                .with("tier", Cell.of(p.pool().tier()))
                .with("state", state(p))
                .with("problem", Cell.text(p.problem()))
                .with("total", bytes(p, StoreStatus::totalBytes))
                .with("free", bytes(p, StoreStatus::freeBytes))
                .with("allocated", bytes(p, StoreStatus::allocatedBytes))
                .with("pendingFree", bytes(p, StoreStatus::pendingFreeBytes))
                .with("reserve", bytes(p, StoreStatus::reserveBytes))
                .with("maps", bytes(p, StoreStatus::mapBytes))
                .with("grain", Cell.bytes(p.pool().grainBytes()))
                .with("volumes", Cell.count(p.volumes()))
                .with("path", p.pool().path().toString())
                .with("created", Cell.of(p.pool().createdAt()))
                .with("id", p.pool().id().toString());
    }

    private static String state(PoolInfo pool) {
        Optional<StoreStatus> status = pool.status();
        if (status.isEmpty()) {
            return "closed";
        }
        return status.get().readOnlyReason().isPresent() ? "read-only" : "writable";
    }

    private static Cell bytes(PoolInfo pool, ToLongFunction<StoreStatus> value) {
        return pool.status().<Cell>map(s -> Cell.bytes(value.applyAsLong(s))).orElse(Cell.absent());
    }
}
