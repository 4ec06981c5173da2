package io.tidegate.appliance.launch;

import io.tidegate.pool.PoolCheck;
import io.tidegate.pool.PoolCheckReport;
import io.tidegate.volume.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code tidegate pool check DIR}: a pool that no process holds, read only. */
@Command(
        name = "pool",
        description = "Looks at pools that no process holds.",
        mixinStandardHelpOptions = true)
final class PoolCommand {

    private static final String SUPERBLOCK = "pool.super";

    @Command(
            name = "check",
            description = "Checks structures, leaks and accounts; changes nothing.",
            mixinStandardHelpOptions = true)
    int check(
            @Parameters(paramLabel = "DIR", description = "the pool's directory") Path directory) {
        try {
            PoolCheckReport report = PoolCheck.check(directory);
            System.out.printf(
                    "superblock %d, %d records replayed; %d volumes, %d snapshots, %d grains, %d"
                            + " nodes: %s%n",
                    report.generation(),
                    report.replayedRecords(),
                    report.volumes(),
                    report.snapshots(),
                    report.grains(),
                    report.nodes(),
                    report.clean() ? "clean" : report.problems().size() + " problems");
            report.problems().forEach(problem -> System.out.println("  " + problem));
            report.notes().forEach(note -> System.out.println("  note: " + note));
            return report.clean() ? 0 : 1;
        } catch (StoreException e) {
            throw new LaunchException(
                    e.kind() == StoreException.Kind.BUSY
                            ? LaunchException.CONFLICT
                            : LaunchException.FAILED,
                    String.valueOf(e.getMessage()),
                    e.kind() == StoreException.Kind.BUSY
                            ? "stop the appliance first, or check it in the shell: pool check NAME"
                            : "see docs/pool-format.md for what can be read by hand");
        }
    }

    /** The check of every pool under a data directory, as findings of the doctor. */
    static List<Finding> examine(Path data, boolean running) {
        List<Finding> found = new ArrayList<>();
        for (Path pool : pools(data)) {
            String what = "pool " + pool.getFileName();
            if (running) {
                found.add(Finding.ok(what, "in use; pool check in the shell looks at it"));
                continue;
            }
            try {
                PoolCheckReport report = PoolCheck.check(pool);
                found.add(
                        report.clean()
                                ? Finding.ok(what, report.grains() + " grains, clean")
                                : Finding.bad(
                                        what,
                                        report.problems().size() + " problems",
                                        "./tidegate pool check " + pool));
            } catch (StoreException e) {
                found.add(
                        Finding.bad(
                                what,
                                String.valueOf(e.getMessage()),
                                "./tidegate pool check " + pool));
            }
        }
        return found;
    }

    private static List<Path> pools(Path data) {
        Path pools = data.resolve("pools");
        if (!Files.isDirectory(pools)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(pools)) {
            return children.filter(p -> Files.exists(p.resolve(SUPERBLOCK))).sorted().toList();
        } catch (IOException e) {
            throw new LaunchException(
                    LaunchException.FAILED,
                    "the pools under " + pools + " cannot be listed: " + e.getMessage(),
                    "check the rights of that directory");
        }
    }
}
