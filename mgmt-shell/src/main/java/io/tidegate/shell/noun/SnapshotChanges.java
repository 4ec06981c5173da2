package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.catalog.ServiceException;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.CommandFailure;
import io.tidegate.shell.command.Converters;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import io.tidegate.shell.value.Moments;
import io.tidegate.shell.value.Spans;
import io.tidegate.snapshot.MountInfo;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.SnapshotService;
import io.tidegate.volume.VolumeRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Verbs that make, mount and change snapshots. */
final class SnapshotChanges {

    private SnapshotChanges() {}

    @Command(
            name = "create",
            description = "Snapshots a volume, or several at one instant; takes no time.")
    @About(
            access = Access.OPERATE,
            examples = {
                "snapshot create db01 --name before-upgrade --keep 7d",
                "snapshot create db01 db01-log --name consistent"
            })
    static final class Create extends Verb.Changing {
        @Parameters(
                paramLabel = "VOLUME",
                arity = "1..*",
                description = "volumes that are taken at one instant",
                completionCandidates = Live.Volumes.class)
        List<String> volumes = new ArrayList<>();

        @Option(
                names = "--name",
                paramLabel = "NAME",
                description = "the part after the @ (default: the time)",
                converter = Converters.NewName.class)
        @Nullable String name;

        @Option(
                names = "--keep",
                paramLabel = "SPAN",
                description = "how long it is kept (default: until deleted by hand)",
                converter = Converters.Span.class)
        @Nullable Duration keep;

        @Option(
                names = "--label",
                paramLabel = "TEXT",
                defaultValue = "",
                description = "free text")
        String label = "";

        @Override
        public Plan plan() throws Exception {
            Plan plan = Plan.free("snapshot create " + String.join(" ", volumes));
            for (String volume : volumes) {
                VolumeRecord found = services().volumes().find(volume);
                plan.line("volume", found.name());
                try {
                    services().volumes().admit(found, "no snapshot is taken");
                } catch (ServiceException e) { // said here, refused when it is done
                    plan.line("refused", e.why());
                }
            }
            return plan.line("keep", keep == null ? "until deleted by hand" : Spans.format(keep));
        }

        @Override
        public Result apply(Request request) throws Exception {
            List<SnapshotInfo> made =
                    services()
                            .snapshots()
                            .create(
                                    request,
                                    new SnapshotService.Create(
                                            volumes,
                                            Optional.ofNullable(name),
                                            Optional.ofNullable(keep),
                                            label));
            List<String> names = made.stream().map(SnapshotInfo::name).toList();
            String all = String.join(", ", names);
            return new Result.Done("Snapshot", names.getFirst(), "snapshot " + all + " is ready")
                    .with("snapshots", Cell.list(names))
                    .with("taken", Cell.of(made.getFirst().taken()))
                    .with("set", Cell.of(made.getFirst().set().toString()));
        }
    }

    @Command(name = "set", description = "Changes how long a snapshot is kept, or its label.")
    @About(
            access = Access.OPERATE,
            examples = {
                "snapshot set db01@mon --keep 4w",
                "snapshot set db01@mon --label 'before the upgrade'"
            })
    static final class Set extends OnSnapshot {
        @Option(
                names = "--keep",
                paramLabel = "SPAN",
                description = "keep it so long from now on",
                converter = Converters.Span.class)
        @Nullable Duration keep;

        @Option(names = "--label", paramLabel = "TEXT", description = "free text")
        @Nullable String label;

        @Override
        public Plan plan() throws Exception {
            if (keep == null && label == null) {
                throw CommandFailure.usage(
                        "nothing was set", "no option says what to set", "help snapshot set");
            }
            SnapshotInfo s = services().snapshots().show(name);
            Optional<Instant> until = until();
            boolean sooner =
                    until.isPresent()
                            && s.keepUntil().map(now -> until.get().isBefore(now)).orElse(true);
            Plan plan =
                    sooner ? Plan.ask("snapshot set " + name) : Plan.free("snapshot set " + name);
            until.ifPresent(
                    t ->
                            plan.line(
                                    "keep",
                                    s.keepUntil()
                                                    .map(Moments::format)
                                                    .orElse("until deleted by hand")
                                            + " to "
                                            + Moments.format(t)));
            if (label != null) {
                plan.line("label", label);
            }
            return plan;
        }

        private Optional<Instant> until() {
            return Optional.ofNullable(keep).map(k -> services().clock().instant().plus(k));
        }

        @Override
        public Result apply(Request request) throws Exception {
            SnapshotInfo s =
                    services().snapshots().set(request, name, until(), Optional.ofNullable(label));
            return done(s, "changed").with("keepUntil", Cell.time(s.keepUntil()));
        }
    }

    @Command(
            name = "mount",
            description = "Shows a snapshot to a host as a LUN, read-only or as a writable clone.")
    @About(
            access = Access.OPERATE,
            examples = {
                "snapshot mount db01@mon --host backup1",
                "snapshot mount db01@mon --host test1 --writable-clone --lun 12"
            })
    static final class Mount extends OnSnapshot {
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
            SnapshotInfo s = services().snapshots().show(name);
            return Plan.free("snapshot mount " + name)
                    .line("snapshot", s.name() + ", taken " + Moments.format(s.taken()))
                    .line("host", host + (writable ? ", writable clone" : ", read-only"));
        }

        @Override
        public Result apply(Request request) throws Exception {
            return mounted(
                    services()
                            .snapshots()
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
            description =
                    "Takes a mounted snapshot away from a host; a clone goes with its writes.")
    @About(
            access = Access.OPERATE,
            examples = {
                "snapshot unmount db01@mon --host backup1",
                "snapshot unmount db01@mon --host test1 --yes"
            })
    static final class Unmount extends OnSnapshot {
        @Option(
                names = "--host",
                required = true,
                paramLabel = "HOST",
                description = "who sees it now",
                completionCandidates = Hosts.Names.class)
        String host = "";

        @Override
        public Plan plan() throws Exception {
            Plan plan = Plan.ask("snapshot unmount " + name + " --host " + host);
            SnapshotInfo s = services().snapshots().show(name);
            for (MountInfo m : services().snapshots().mounts()) {
                if (m.what().equals(s.name()) && m.host().equals(host)) {
                    plan.line(
                            "lun",
                            m.lun()
                                    + " at "
                                    + m.target()
                                    + (m.writable() ? ", its writes are lost" : ""));
                }
            }
            return plan;
        }

        @Override
        public Result apply(Request request) throws Exception {
            services().snapshots().unmount(request, name, host);
            return new Result.Done("Mount", name, name + " is no longer mounted at " + host);
        }
    }

    /** A change of one snapshot. */
    abstract static class OnSnapshot extends Verb.Changing {
        @Parameters(
                paramLabel = "SNAPSHOT",
                description = "volume@name",
                completionCandidates = Live.Snapshots.class)
        String name = "";
    }

    static Result mounted(MountInfo m) {
        return new Result.Done(
                        "Mount",
                        m.what(),
                        m.what()
                                + " is LUN "
                                + m.lun()
                                + " of host "
                                + m.host()
                                + " at "
                                + m.target())
                .with("host", Cell.of(m.host()))
                .with("target", Cell.of(m.target()))
                .with("lun", Cell.count(m.lun()))
                .with("writable", Cell.of(m.writable()))
                .with("unit", Cell.of(m.unitName()));
    }

    static Result.Done done(SnapshotInfo s, String what) {
        return new Result.Done("Snapshot", s.name(), "snapshot " + s.name() + " " + what)
                .with("id", Cell.of(s.id().toString()))
                .with("state", Cell.of(s.state()));
    }
}
