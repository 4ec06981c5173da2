package io.tidegate.shell.noun;

import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.CommandFailure;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Result;
import io.tidegate.volume.PoolInfo;
import io.tidegate.volume.PoolThresholds;
import io.tidegate.volume.StoreCheck;
import io.tidegate.volume.StoreStatus;
import io.tidegate.volume.VolumeSpace;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code pool}: where volumes get their space from. */
@Command(
        name = "pool",
        description = "Allocators of volumes.",
        subcommands = {
            PoolCommands.ListPools.class,
            PoolCommands.Show.class,
            PoolChanges.Create.class,
            PoolChanges.Set.class,
            PoolChanges.Grow.class,
            PoolCommands.Check.class,
            PoolScrub.class,
            PoolChanges.Reopen.class,
            PoolChanges.Adopt.class
        })
public final class PoolCommands {

    /** How many volumes {@code pool show} names. */
    private static final int LARGEST = 5;

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
                    .column("usedPercent", "USED %", p -> used(p))
                    .column("allocated", p -> bytes(p, StoreStatus::allocatedBytes))
                    .column("volumes", p -> Cell.count(p.volumes()))
                    .wide("reserved", p -> bytes(p, StoreStatus::reservedBytes))
                    .wide("shared", p -> bytes(p, StoreStatus::sharedBytes))
                    .wide("pendingFree", p -> bytes(p, StoreStatus::pendingFreeBytes))
                    .wide("grain", p -> Cell.bytes(p.pool().grainBytes()))
                    .wide("path", p -> Cell.of(p.pool().path().toString()))
                    .wide("problem", p -> Cell.text(p.problem()))
                    .build();
        }
    }

    @Command(name = "show", description = "Shows a pool: space, thresholds, health.")
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
            PoolInfo pool = services().pools().show(name);
            return details(pool, services().pools().spaces(pool.pool()));
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
            StoreCheck found = services().pools().check(name);
            List<String> problems = found.problems();
            if (!found.clean()) {
                throw new CommandFailure(
                        ExitCode.FAILED,
                        "POOL_DAMAGED",
                        "pool " + name + " has " + problems.size() + " problems",
                        String.join("; ", problems.subList(0, Math.min(10, problems.size())))
                                + " (looked at "
                                + counts(found)
                                + ")",
                        List.of("keep copies of its volumes elsewhere", "report the problems"));
            }
            Result.Done done =
                    new Result.Done("Pool", name, "pool " + name + " is sound: " + counts(found))
                            .with("problems", Cell.count(0));
            found.counts().forEach((key, value) -> done.with(key, Cell.count(value)));
            return done;
        }

        private static String counts(StoreCheck found) {
            return found.counts().entrySet().stream()
                    .map(e -> e.getValue() + " " + words(e.getKey()))
                    .collect(Collectors.joining(", "));
        }

        /** {@code metadataPages} as {@code metadata pages}. */
        private static String words(String key) {
            return key.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT);
        }
    }

    private static Result details(PoolInfo p, List<VolumeSpace> spaces) {
        PoolThresholds thresholds = p.pool().thresholds();
        long kept = spaces.stream().mapToLong(s -> s.usage().keptBySnapshotsBytes()).sum();
        return new Result.Details("Pool", p.pool().name())
                .with("name", p.pool().name())
                .with("tier", Cell.of(p.pool().tier()))
                .with("state", state(p))
                .with("problem", Cell.text(p.problem()))
                .with("trouble", Cell.text(p.trouble()))
                .with("total", bytes(p, StoreStatus::totalBytes))
                .with("free", bytes(p, StoreStatus::freeBytes))
                .with("usedPercent", used(p))
                .with("allocated", bytes(p, StoreStatus::allocatedBytes))
                .with("pendingFree", bytes(p, StoreStatus::pendingFreeBytes))
                .with("reserve", bytes(p, StoreStatus::reserveBytes))
                .with("reserved", bytes(p, StoreStatus::reservedBytes))
                .with("maps", bytes(p, StoreStatus::mapBytes))
                .with("shared", bytes(p, StoreStatus::sharedBytes))
                .with("keptBySnapshots", p.status().isPresent() ? Cell.bytes(kept) : Cell.absent())
                .with("warnPercent", Cell.count(thresholds.warnPercent()))
                .with("criticalPercent", Cell.count(thresholds.criticalPercent()))
                .with("refusePercent", Cell.count(thresholds.refusePercent()))
                .with("checksums", Cell.of(checksums(p)))
                .with("grain", Cell.bytes(p.pool().grainBytes()))
                .with("volumes", Cell.count(p.volumes()))
                .with("path", p.pool().path().toString())
                .with(
                        "devices",
                        Cell.list(p.pool().devices().stream().map(Path::toString).toList()))
                .with("created", Cell.of(p.pool().createdAt()))
                .with("id", p.pool().id().toString())
                .part("largestVolumes", largest(spaces));
    }

    private static Listing largest(List<VolumeSpace> spaces) {
        return Listing.<VolumeSpace>of(
                        "VolumeSpaceList", spaces.subList(0, Math.min(LARGEST, spaces.size())))
                .column("name", s -> Cell.of(s.volume().name()))
                .column("kind", s -> Cell.of(s.volume().kind()))
                .column("size", s -> Cell.bytes(s.volume().sizeBytes()))
                .column("used", s -> Cell.bytes(s.usage().mappedBytes()))
                .column("snapshots", s -> Cell.bytes(s.usage().keptBySnapshotsBytes()))
                .column("reserved", s -> Cell.bytes(s.usage().reservedBytes()))
                .column("state", s -> Cell.of(s.volume().state()))
                .build();
    }

    /** What the store has; what was ordered while it is not open. */
    private static boolean checksums(PoolInfo pool) {
        return pool.status().map(StoreStatus::checksums).orElse(pool.pool().checksums());
    }

    private static Cell used(PoolInfo pool) {
        return pool.status().<Cell>map(s -> Cell.count(s.usedPercent())).orElse(Cell.absent());
    }

    static String state(PoolInfo pool) {
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
