package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.CommandFailure;
import io.tidegate.shell.command.Converters;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import io.tidegate.volume.PoolInfo;
import io.tidegate.volume.PoolSpec;
import io.tidegate.volume.PoolThresholds;
import io.tidegate.volume.PoolTier;
import io.tidegate.volume.StoreStatus;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Verbs that make and change pools. */
final class PoolChanges {

    private PoolChanges() {}

    @Command(name = "create", description = "Makes a pool in an empty directory, or on devices.")
    @About(
            access = Access.ADMINISTER,
            examples = {
                "pool create cap2 --path /srv/tidegate/cap2 --size 2T --tier capacity",
                "pool create fast2 --path /mnt/nvme/pool --size 500GiB --grain 8k",
                "pool create raw --path /srv/tidegate/raw --device /dev/sdb --device /dev/sdc"
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
                paramLabel = "SIZE",
                description = "the most that it may take (default: all of the devices)",
                converter = Converters.Size.class)
        @Nullable Long size;

        @Option(
                names = "--device",
                paramLabel = "DEV",
                description =
                        "a block device for the data, instead of files; may be repeated; what it"
                                + " holds is lost")
        List<Path> devices = List.of();

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

        @Option(
                names = "--no-checksums",
                description = "do not seal data with checksums; a scrub then finds no damage in it")
        boolean noChecksums;

        @Override
        public Plan plan() {
            PoolSpec spec = spec();
            String command = "pool create " + name;
            Plan plan = devices.isEmpty() ? Plan.free(command) : Plan.askName(command, name);
            for (Path device : spec.devices()) {
                plan.line("wipes", device.toString());
            }
            return plan.line("path", spec.path().toString())
                    .line(
                            "size",
                            (size == null ? "all of the devices" : Cell.bytes(size).human())
                                    + ", tier "
                                    + tier.text())
                    .line("grain", Cell.bytes(spec.grainBytes()).human())
                    .line("checksums", spec.checksums() ? "yes" : "no");
        }

        @Override
        public Result apply(Request request) throws Exception {
            var pool = services().pools().create(request, spec());
            return new Result.Done("Pool", pool.name(), "pool " + pool.name() + " created")
                    .with("id", Cell.of(pool.id().toString()));
        }

        private PoolSpec spec() {
            PoolSpec usual =
                    PoolSpec.of(
                                    name,
                                    tier,
                                    Path.of(path).toAbsolutePath(),
                                    Objects.requireNonNullElse(size, 0L))
                            .withDevices(devices)
                            .withChecksums(!noChecksums);
            return grain == null ? usual : usual.withGrainBytes(Math.toIntExact(grain));
        }
    }

    @Command(name = "set", description = "Sets from how full on a pool warns and refuses.")
    @About(
            access = Access.ADMINISTER,
            examples = {
                "pool set fast --warn 70 --critical 80 --refuse 90",
                "pool set fast --refuse 98 --dry-run"
            })
    static final class Set extends Verb.Changing {
        @Parameters(
                paramLabel = "POOL",
                description = "its name",
                completionCandidates = Live.Pools.class)
        String name = "";

        @Option(
                names = "--warn",
                paramLabel = "PERCENT",
                description = "an event, and a unit attention on its thin LUNs")
        @Nullable Integer warn;

        @Option(names = "--critical", paramLabel = "PERCENT", description = "an alarm")
        @Nullable Integer critical;

        @Option(
                names = "--refuse",
                paramLabel = "PERCENT",
                description = "no new snapshots, volumes and clones")
        @Nullable Integer refuse;

        @Override
        public Plan plan() throws Exception {
            PoolInfo pool = services().pools().show(name);
            PoolThresholds to = thresholds(pool);
            Plan plan =
                    Plan.free("pool set " + pool.pool().name())
                            .line("before", words(pool.pool().thresholds()))
                            .line("after", words(to));
            pool.status().ifPresent(s -> plan.line("used", s.usedPercent() + " %"));
            return plan;
        }

        @Override
        public Result apply(Request request) throws Exception {
            PoolThresholds to = thresholds(services().pools().show(name));
            PoolInfo pool = services().pools().setThresholds(request, name, to);
            return new Result.Done(
                            "Pool",
                            pool.pool().name(),
                            "pool " + pool.pool().name() + ": " + words(to))
                    .with("warnPercent", Cell.count(to.warnPercent()))
                    .with("criticalPercent", Cell.count(to.criticalPercent()))
                    .with("refusePercent", Cell.count(to.refusePercent()));
        }

        /** Those that are given, over those that are. */
        private PoolThresholds thresholds(PoolInfo pool) throws CommandFailure {
            PoolThresholds now = pool.pool().thresholds();
            String unset = "pool " + pool.pool().name() + " is not changed";
            if (warn == null && critical == null && refuse == null) {
                throw CommandFailure.usage(
                        unset, "nothing is to be set", "give --warn, --critical or --refuse");
            }
            try {
                return new PoolThresholds(
                        Objects.requireNonNullElse(warn, now.warnPercent()),
                        Objects.requireNonNullElse(critical, now.criticalPercent()),
                        Objects.requireNonNullElse(refuse, now.refusePercent()));
            } catch (IllegalArgumentException e) {
                throw CommandFailure.usage(
                        unset,
                        String.valueOf(e.getMessage()),
                        "pool set " + pool.pool().name() + " --warn N --critical N --refuse N");
            }
        }

        private static String words(PoolThresholds t) {
            return "warns at %d %%, is critical at %d %%, refuses what is new at %d %%"
                    .formatted(t.warnPercent(), t.criticalPercent(), t.refusePercent());
        }
    }

    @Command(name = "grow", description = "Makes a pool larger, while it is in use.")
    @About(
            access = Access.ADMINISTER,
            examples = {
                "pool grow fast --size 2T",
                "pool grow fast --size 2T --dry-run",
                "pool grow raw --device /dev/sdd --yes --confirm raw"
            },
            exits = {ExitCode.CONFLICT, ExitCode.DEVICE})
    static final class Grow extends Verb.Changing {
        @Parameters(
                paramLabel = "POOL",
                description = "its name",
                completionCandidates = Live.Pools.class)
        String name = "";

        @ArgGroup(multiplicity = "1")
        By by = new By();

        static final class By {
            @Option(
                    names = "--size",
                    required = true,
                    paramLabel = "SIZE",
                    description = "the most that it may take from now on; for a pool in files",
                    converter = Converters.Size.class)
            @Nullable Long size;

            @Option(
                    names = "--device",
                    required = true,
                    paramLabel = "DEV",
                    description =
                            "one more block device, for a pool on devices; may be repeated; what"
                                    + " it holds is lost")
            List<Path> devices = List.of();
        }

        @Override
        public Plan plan() throws Exception {
            PoolInfo pool = services().pools().show(name);
            String command = "pool grow " + pool.pool().name();
            Plan plan = by.size != null ? Plan.free(command) : Plan.askName(command, name);
            plan.line("before", Cell.bytes(total(pool)).human());
            if (by.size != null) {
                plan.line("after", Cell.bytes(by.size).human() + ", in whole segments");
            }
            for (Path device : by.devices) {
                plan.line("wipes", device.toString());
            }
            return plan.line("shrink", "never: a pool does not become smaller again");
        }

        @Override
        public Result apply(Request request) throws Exception {
            PoolInfo pool =
                    by.size != null
                            ? services().pools().grow(request, name, by.size)
                            : services().pools().grow(request, name, by.devices);
            return new Result.Done(
                            "Pool",
                            pool.pool().name(),
                            "pool %s has %s"
                                    .formatted(pool.pool().name(), Cell.bytes(total(pool)).human()))
                    .with("total", Cell.bytes(total(pool)));
        }

        private static long total(PoolInfo pool) {
            return pool.status().map(StoreStatus::totalBytes).orElse(pool.pool().sizeBytes());
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
                            "pool " + pool.pool().name() + " is " + PoolCommands.state(pool))
                    .with("state", Cell.of(PoolCommands.state(pool)))
                    .with("problem", Cell.text(pool.problem()));
        }
    }

    @Command(
            name = "adopt",
            description =
                    "Takes over a pool that another catalog, or a later state of this one, has used.")
    @About(
            access = Access.ADMINISTER,
            examples = {"pool adopt fast --dry-run", "pool adopt fast --yes --confirm fast"},
            exits = ExitCode.DEVICE)
    static final class Adopt extends Verb.Changing {
        @Parameters(
                paramLabel = "POOL",
                description = "its name",
                completionCandidates = Live.Pools.class)
        String name = "";

        @Override
        public Plan plan() throws Exception {
            PoolInfo pool = services().pools().show(name);
            return Plan.askName("pool adopt " + name, pool.pool().name())
                    .line("state", pool.problem().orElse("it is this catalog's: nothing to do"))
                    .line("volumes", pool.volumes() + " that this catalog knows")
                    .line(
                            "after",
                            "bins are emptied and retention is applied again, by what this catalog"
                                    + " says");
        }

        @Override
        public Result apply(Request request) throws Exception {
            PoolInfo pool = services().pools().adopt(request, name);
            return new Result.Done(
                            "Pool",
                            pool.pool().name(),
                            "pool " + pool.pool().name() + " is this catalog's")
                    .with("state", Cell.of(PoolCommands.state(pool)));
        }
    }
}
