package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.catalog.ServiceException;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import io.tidegate.shell.value.Moments;
import io.tidegate.snapshot.SnapshotService;
import io.tidegate.snapshot.SnapshotState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Verbs that take snapshots away, in two steps with the bin between them. */
final class SnapshotRemoval {

    private SnapshotRemoval() {}

    @Command(
            name = "delete",
            aliases = "rm",
            description =
                    "Puts a snapshot into the bin; it can be taken out until its grace is over.")
    @About(
            access = Access.OPERATE,
            examples = {
                "snapshot delete db01@mon",
                "snapshot delete db01@mon --yes --confirm db01@mon"
            })
    static final class Delete extends Removing {
        Delete() {
            super("delete", "in the bin; snapshot undelete takes it out");
        }

        @Override
        Result remove(Request request) throws Exception {
            return SnapshotChanges.done(
                    services().snapshots().delete(request, name), "is in the bin");
        }
    }

    @Command(name = "undelete", description = "Takes a snapshot out of the bin.")
    @About(
            access = Access.OPERATE,
            examples = {"snapshot undelete db01@mon", "snapshot undelete db01@mon -o json"})
    static final class Undelete extends Verb.Changing {
        @Parameters(paramLabel = "SNAPSHOT", description = "volume@name")
        String name = "";

        @Override
        public Plan plan() throws Exception {
            services().snapshots().show(name);
            return Plan.free("snapshot undelete " + name);
        }

        @Override
        public Result apply(Request request) throws Exception {
            return SnapshotChanges.done(
                    services().snapshots().undelete(request, name), "is out of the bin");
        }
    }

    @Command(name = "purge", description = "Destroys a snapshot now; nothing brings it back.")
    @About(
            access = Access.ADMINISTER,
            examples = {
                "snapshot purge db01@mon",
                "snapshot purge db01@mon --yes --confirm db01@mon"
            })
    static final class Purge extends Removing {
        Purge() {
            super("purge", "gone for good; its row stays as history");
        }

        @Override
        Result remove(Request request) throws Exception {
            return SnapshotChanges.done(services().snapshots().purge(request, name), "is gone");
        }
    }

    /** What both ways of removal have in common. */
    abstract static class Removing extends Verb.Changing {
        @Parameters(
                paramLabel = "SNAPSHOT",
                description = "volume@name",
                completionCandidates = Live.Snapshots.class)
        String name = "";

        @Option(names = "--missing-ok", description = "no error when there never was one")
        boolean missingOk;

        private final String verb;
        private final String after;
        private boolean missing;

        Removing(String verb, String after) {
            this.verb = verb;
            this.after = after;
        }

        abstract Result remove(Request request) throws Exception;

        @Override
        public Plan plan() throws Exception {
            String command = "snapshot " + verb + " " + name;
            SnapshotService.DeletePlan found;
            try {
                found = services().snapshots().planDelete(name);
            } catch (ServiceException e) {
                missing = missingOk && e.code() == ServiceException.Code.NOT_FOUND;
                if (!missing) {
                    throw e;
                }
                return Plan.free(command).line("snapshot", "there is none");
            }
            SnapshotState state = found.snapshot().state();
            boolean gone =
                    state == SnapshotState.DESTROYED
                            || verb.equals("delete") && state == SnapshotState.DELETED;
            Plan plan = gone ? Plan.free(command) : Plan.askName(command, found.snapshot().name());
            plan.line("snapshot", "taken " + Moments.format(found.snapshot().taken()));
            plan.line("frees", Cell.bytes(found.uniqueBytes()).human());
            found.obstacles().forEach(o -> plan.line("refused", o));
            return plan.line("after", after);
        }

        @Override
        public final Result apply(Request request) throws Exception {
            return missing
                    ? new Result.Done("Snapshot", name, "there is no snapshot " + name)
                    : remove(request);
        }
    }
}
