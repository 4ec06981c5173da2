package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.catalog.ServiceException;
import io.tidegate.recovery.QrvInfo;
import io.tidegate.recovery.QrvService;
import io.tidegate.recovery.QrvState;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import io.tidegate.shell.value.Moments;
import io.tidegate.shell.value.Sizes;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Verbs of QRVs that take no time. */
final class QrvChanges {

    private QrvChanges() {}

    @Command(
            name = "mount",
            description =
                    "Shows a QRV's point to a host as a LUN, read-only or as a writable clone.")
    @About(
            access = Access.OPERATE,
            examples = {
                "qrv mount db01-q1 --host backup1",
                "qrv mount db01-q1 --host test1 --writable-clone"
            })
    static final class Mount extends OnQrv {
        @Option(
                names = "--host",
                required = true,
                paramLabel = "HOST",
                description = "who sees it",
                completionCandidates = Hosts.Names.class)
        String host = "";

        @Option(
                names = "--target",
                paramLabel = "TARGET",
                description = "at which target (default: the first)",
                completionCandidates = Hosts.TargetNames.class)
        @Nullable String target;

        @Option(names = "--lun", paramLabel = "N", description = "number (default: the next free)")
        @Nullable Integer lun;

        @Option(
                names = "--writable-clone",
                description = "a clone that the host may write; unmount throws its writes away")
        boolean writable;

        @Override
        public Plan plan() throws Exception {
            QrvInfo q = services().qrvs().show(name);
            return Plan.free("qrv mount " + name)
                    .line("point", q.point().map(Moments::format).orElse("none yet"))
                    .line("host", host + (writable ? ", writable clone" : ", read-only"));
        }

        @Override
        public Result apply(Request request) throws Exception {
            return SnapshotChanges.mounted(
                    services()
                            .qrvs()
                            .mount(
                                    request,
                                    name,
                                    host,
                                    Optional.ofNullable(target),
                                    Optional.ofNullable(lun),
                                    writable));
        }
    }

    @Command(
            name = "unmount",
            description = "Takes a mounted point away from a host; a clone goes with its writes.")
    @About(
            access = Access.OPERATE,
            examples = {
                "qrv unmount db01-q1 --host backup1",
                "qrv unmount db01-q1 --host test1 --yes"
            })
    static final class Unmount extends OnQrv {
        @Option(
                names = "--host",
                required = true,
                paramLabel = "HOST",
                description = "who sees it now",
                completionCandidates = Hosts.Names.class)
        String host = "";

        @Override
        public Plan plan() throws Exception {
            QrvInfo q = services().qrvs().show(name);
            return Plan.ask("qrv unmount " + name + " --host " + host)
                    .line("point", q.name() + " goes away from " + host);
        }

        @Override
        public Result apply(Request request) throws Exception {
            services().qrvs().unmount(request, name, host);
            return new Result.Done("Mount", name, name + " is no longer mounted at " + host);
        }
    }

    @Command(
            name = "delete",
            aliases = "rm",
            description = "Puts a QRV into the bin; it can be taken out until its grace is over.")
    @About(
            access = Access.OPERATE,
            examples = {"qrv delete db01-q1", "qrv delete db01-q1 --yes --confirm db01-q1"})
    static final class Delete extends Removing {
        Delete() {
            super("delete", "in the bin; qrv undelete takes it out");
        }

        @Override
        Result remove(Request request) throws Exception {
            return done(services().qrvs().delete(request, name), "is in the bin");
        }
    }

    @Command(name = "undelete", description = "Takes a QRV out of the bin.")
    @About(
            access = Access.OPERATE,
            examples = {"qrv undelete db01-q1", "qrv undelete db01-q1 -o json"})
    static final class Undelete extends OnQrv {
        @Override
        public Plan plan() throws Exception {
            services().qrvs().show(name);
            return Plan.free("qrv undelete " + name);
        }

        @Override
        public Result apply(Request request) throws Exception {
            return done(services().qrvs().undelete(request, name), "is out of the bin");
        }
    }

    @Command(name = "purge", description = "Destroys a QRV and its volume now.")
    @About(
            access = Access.ADMINISTER,
            examples = {"qrv purge db01-q1", "qrv purge db01-q1 --yes --confirm db01-q1"})
    static final class Purge extends Removing {
        Purge() {
            super("purge", "gone for good, with its volume");
        }

        @Override
        Result remove(Request request) throws Exception {
            services().qrvs().purge(request, name);
            return new Result.Done("Qrv", name, "qrv " + name + " is gone");
        }
    }

    /** A change of one QRV. */
    abstract static class OnQrv extends Verb.Changing {
        @Parameters(
                paramLabel = "QRV",
                description = "its name",
                completionCandidates = Live.Qrvs.class)
        String name = "";
    }

    /** What both ways of removal have in common. */
    abstract static class Removing extends OnQrv {
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
            String command = "qrv " + verb + " " + name;
            QrvService.DeletePlan found;
            try {
                found = services().qrvs().planDelete(name);
            } catch (ServiceException e) {
                missing = missingOk && e.code() == ServiceException.Code.NOT_FOUND;
                if (!missing) {
                    throw e;
                }
                return Plan.free(command).line("qrv", "there is none");
            }
            QrvInfo q = found.qrv();
            boolean gone =
                    q.state() == QrvState.DESTROYED
                            || verb.equals("delete") && q.state() == QrvState.DELETED;
            Plan plan = gone ? Plan.free(command) : Plan.askName(command, q.name());
            plan.line(
                    "qrv",
                    "of "
                            + q.source()
                            + ", point "
                            + q.point().map(Moments::format).orElse("none"));
            plan.line("frees", Sizes.format(found.allocatedBytes()));
            found.obstacles().forEach(o -> plan.line("refused", o));
            return plan.line("after", after);
        }

        @Override
        public final Result apply(Request request) throws Exception {
            return missing
                    ? new Result.Done("Qrv", name, "there is no qrv " + name)
                    : remove(request);
        }
    }

    private static Result done(QrvInfo q, String what) {
        return new Result.Done("Qrv", q.name(), "qrv " + q.name() + " " + what)
                .with("id", Cell.of(q.id().toString()))
                .with("state", Cell.of(q.state()));
    }
}
