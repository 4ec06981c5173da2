package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.catalog.ServiceException;
import io.tidegate.shell.Access;
import io.tidegate.shell.ShellServices;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import io.tidegate.volume.VolumeInfo;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeUsage;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Verbs that take volumes away, in two steps with the bin between them. */
final class VolumeRemoval {

    private VolumeRemoval() {}

    @Command(
            name = "delete",
            aliases = "rm",
            description = "Puts a volume into the bin; nothing is freed until its grace is over.")
    @About(
            access = Access.OPERATE,
            examples = {
                "volume delete db01",
                "volume delete db01 --yes --confirm db01 --reason retired"
            })
    static final class Delete extends Verb.Changing {
        @Parameters(
                paramLabel = "VOLUME",
                description = "its name",
                completionCandidates = Live.Volumes.class)
        String name = "";

        @Option(names = "--missing-ok", description = "no error when there never was one")
        boolean missingOk;

        private boolean missing;

        @Override
        public Plan plan() throws Exception {
            Optional<VolumeInfo> found = find(services(), name, missingOk);
            missing = found.isEmpty();
            if (missing) {
                return Plan.free("volume delete " + name).line("volume", "there is none");
            }
            VolumeInfo v = found.get();
            if (v.volume().deletedAt().isPresent()) {
                return Plan.free("volume delete " + name)
                        .line("volume", "it is in the bin already");
            }
            Plan plan = Plan.askName("volume delete " + name, v.volume().name());
            return describe(plan, v).line("after", "in the bin; volume undelete takes it out");
        }

        @Override
        public Result apply(Request request) throws Exception {
            if (missing) {
                return new Result.Done("Volume", name, "there is no volume " + name);
            }
            VolumeRecord v = services().volumeBin().delete(request, name);
            return VolumeChanges.done(v, "is in the bin")
                    .with("purgeAfter", Cell.time(v.purgeAfter()));
        }
    }

    @Command(name = "undelete", description = "Takes a volume out of the bin.")
    @About(
            access = Access.OPERATE,
            examples = {"volume undelete db01", "volume undelete db01 -o json"})
    static final class Undelete extends Verb.Changing {
        @Parameters(
                paramLabel = "VOLUME",
                description = "its name",
                completionCandidates = Live.DeletedVolumes.class)
        String name = "";

        @Override
        public Plan plan() {
            return Plan.free("volume undelete " + name);
        }

        @Override
        public Result apply(Request request) throws Exception {
            return VolumeChanges.done(
                    services().volumeBin().undelete(request, name), "is out of the bin");
        }
    }

    @Command(name = "purge", description = "Frees a volume now; nothing brings it back.")
    @About(
            access = Access.ADMINISTER,
            examples = {"volume purge db01", "volume purge db01 --yes --confirm db01"})
    static final class Purge extends Verb.Changing {
        @Parameters(
                paramLabel = "VOLUME",
                description = "its name",
                completionCandidates = Live.DeletedVolumes.class)
        String name = "";

        @Option(names = "--missing-ok", description = "no error when there never was one")
        boolean missingOk;

        private boolean missing;

        @Override
        public Plan plan() throws Exception {
            Optional<VolumeInfo> found = find(services(), name, missingOk);
            missing = found.isEmpty();
            if (missing) {
                return Plan.free("volume purge " + name).line("volume", "there is none");
            }
            Plan plan = Plan.askName("volume purge " + name, found.get().volume().name());
            return describe(plan, found.get()).line("after", "gone for good, with its snapshots");
        }

        @Override
        public Result apply(Request request) throws Exception {
            if (missing) {
                return new Result.Done("Volume", name, "there is no volume " + name);
            }
            services().volumeBin().purge(request, name);
            return new Result.Done("Volume", name, "volume " + name + " is gone");
        }
    }

    private static Optional<VolumeInfo> find(ShellServices services, String name, boolean missingOk)
            throws ServiceException {
        try {
            return Optional.of(services.volumes().show(name));
        } catch (ServiceException e) {
            if (missingOk && e.code() == ServiceException.Code.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static Plan describe(Plan plan, VolumeInfo v) {
        plan.line(
                "volume", Cell.bytes(v.volume().sizeBytes()).human() + " in pool " + v.poolName());
        v.usage()
                .map(VolumeUsage::mappedBytes)
                .ifPresent(used -> plan.line("holds", Cell.bytes(used).human() + " of data"));
        v.heldBy().forEach(holder -> plan.line("held by", holder));
        return plan;
    }
}
