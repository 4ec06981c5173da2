package io.tidegate.shell.noun;

import io.tidegate.recovery.CopyPlans;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import io.tidegate.shell.value.Sizes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code copy}: copies that hosts order from volume to volume. */
@Command(
        name = "copy",
        description = "Copies from volume to volume that no host carries.",
        subcommands = CopyCommands.PlanOnly.class)
public final class CopyCommands {

    private CopyCommands() {}

    @Command(
            name = "plan",
            description =
                    "Shows which way a host's copy of all of a volume would go, and why no faster"
                            + " one; changes nothing.")
    @About(
            access = Access.READ,
            examples = {
                "copy plan --from db01 --to db02",
                "copy plan --from db01@mon --to db02 -o json"
            })
    static final class PlanOnly extends Verb.Reading {
        @Option(
                names = "--from",
                required = true,
                paramLabel = "SOURCE",
                description = "a volume, or a snapshot as VOLUME@NAME",
                completionCandidates = Live.Volumes.class)
        String from = "";

        @Option(
                names = "--to",
                required = true,
                paramLabel = "VOLUME",
                description = "the destination, at least as large",
                completionCandidates = Live.Volumes.class)
        String to = "";

        @Override
        public Result read() throws Exception {
            CopyPlans.Plan plan = services().copyPlans().plan(from, to);
            return Plan.free("copy from " + plan.from() + " to " + plan.to())
                    .line("copy", Sizes.format(plan.bytes()))
                    .line("engine", plan.ways().engine())
                    .line("by reference", Sizes.format(plan.ways().sharedBytes()))
                    .line("by bytes", Sizes.format(plan.ways().movedBytes()))
                    .line("because", plan.ways().reason());
        }
    }
}
