package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.presentation.LunInfo;
import io.tidegate.presentation.LunSpec;
import io.tidegate.presentation.SessionControl;
import io.tidegate.presentation.SessionControl.SessionInfo;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Converters;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import io.tidegate.shell.value.Spans;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lun}: which host sees which volume under which number. */
@Command(
        name = "lun",
        description = "LUNs: which host sees which volume under which number.",
        subcommands = {
            LunCommands.ListLuns.class,
            LunCommands.Show.class,
            LunCommands.Map.class,
            LunCommands.Unmap.class,
            LunCommands.Set.class
        })
public final class LunCommands {

    private LunCommands() {}

    @Command(name = "list", aliases = "ls", description = "Lists LUNs by host, target and number.")
    @About(
            access = Access.READ,
            examples = {"lun list --host esx7", "lun list --volume db01 -o json"})
    static final class ListLuns extends Verb.Reading {
        @Option(
                names = "--host",
                paramLabel = "HOST",
                description = "only what this host sees",
                completionCandidates = Hosts.Names.class)
        @Nullable String host;

        @Option(
                names = "--volume",
                paramLabel = "VOLUME",
                description = "only of this volume or mounted snapshot",
                completionCandidates = Hosts.Mapped.class)
        @Nullable String volume;

        @Override
        public Result read() {
            return listing(
                    services().luns().list(Optional.ofNullable(host), Optional.ofNullable(volume)));
        }
    }

    @Command(name = "show", description = "Shows a LUN: identity, state, who wrote last.")
    @About(
            access = Access.READ,
            examples = {"lun show db01 --host esx7", "lun show db01 --host esx7 -o json"})
    static final class Show extends Verb.Reading {
        @Parameters(
                paramLabel = "VOLUME",
                description = "of a volume or mounted snapshot",
                completionCandidates = Hosts.Mapped.class)
        String name = "";

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
                description = "at which target, where it has several",
                completionCandidates = Hosts.TargetNames.class)
        @Nullable String target;

        @Override
        public Result read() throws Exception {
            LunInfo l = services().luns().show(name, host, Optional.ofNullable(target));
            return new Result.Details("Lun", l.name())
                    .with("name", l.name())
                    .with("host", l.host())
                    .with("target", l.target())
                    .with("lun", Cell.count(l.number()))
                    .with("kind", Cell.of(l.kind()))
                    .with("access", access(l))
                    .with("state", l.held() ? "held" : "open")
                    .with("size", Cell.bytes(l.sizeBytes()))
                    .with("naa", l.identity().naa())
                    .with("serial", l.identity().serial())
                    .with("unit", l.unit().toString())
                    .part(
                            "sessions",
                            Listing.<SessionInfo>of("SessionList", writers(l))
                                    .column("initiator", s -> Cell.of(s.initiator()))
                                    .column("peer", s -> Cell.of(s.peer()))
                                    .column(
                                            "lastWrite",
                                            s ->
                                                    Cell.time(
                                                            Optional.ofNullable(
                                                                    s.lastWrites().get(l.unit()))))
                                    .build());
        }

        private List<SessionInfo> writers(LunInfo lun) {
            return services().sessions().map(SessionControl::sessions).orElse(List.of()).stream()
                    .filter(s -> s.lastWrites().containsKey(lun.unit()))
                    .toList();
        }
    }

    @Command(name = "map", description = "Shows a volume to a host as a LUN.")
    @About(
            access = Access.OPERATE,
            examples = {
                "lun map db01 --host esx7",
                "lun map db01 --host esx7 --lun 12 --read-only"
            })
    static final class Map extends Verb.Changing {
        @Parameters(
                paramLabel = "VOLUME",
                description = "its name",
                completionCandidates = Live.Volumes.class)
        String name = "";

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

        @Option(
                names = "--lun",
                paramLabel = "N",
                description = "number, 0 to 16383 (default: the lowest that is free)")
        @Nullable Integer number;

        @Option(names = "--read-only", description = "the host may not write")
        boolean readOnly;

        @Override
        public Plan plan() throws Exception {
            services().hosts().show(host);
            return Plan.free("lun map " + name + " --host " + host)
                    .line("lun", number == null ? "the lowest free number" : number.toString())
                    .line("access", readOnly ? "read-only" : "read and write");
        }

        @Override
        public Result apply(Request request) throws Exception {
            LunInfo l =
                    services()
                            .luns()
                            .map(
                                    request,
                                    name,
                                    new LunSpec(
                                            host,
                                            Optional.ofNullable(target),
                                            Optional.ofNullable(number),
                                            readOnly));
            return done(l, "%s is LUN %d of host %s".formatted(l.name(), l.number(), l.host()));
        }
    }

    @Command(
            name = "unmap",
            description = "Takes a LUN from a host, once what is under way has ended.")
    @About(
            access = Access.OPERATE,
            examples = {"lun unmap db01 --host esx7", "lun unmap db01 --host esx7 --force --yes"})
    static final class Unmap extends Verb.Changing {
        @Parameters(
                paramLabel = "VOLUME",
                description = "of a volume or mounted snapshot",
                completionCandidates = Hosts.Mapped.class)
        String name = "";

        @Option(
                names = "--host",
                required = true,
                paramLabel = "HOST",
                description = "who sees it now",
                completionCandidates = Hosts.Names.class)
        String host = "";

        @Option(
                names = "--target",
                paramLabel = "TARGET",
                description = "at which target, where it has several",
                completionCandidates = Hosts.TargetNames.class)
        @Nullable String target;

        @Option(names = "--force", description = "also when commands do not end in time")
        boolean force;

        @Override
        public Plan plan() throws Exception {
            LunInfo l = services().luns().show(name, host, Optional.ofNullable(target));
            Plan plan =
                    Plan.ask("lun unmap " + name + " --host " + host + (force ? " --force" : ""))
                            .line("lun", l.number() + " at " + l.target() + ", " + access(l));
            Instant now = services().clock().instant();
            for (SessionInfo s :
                    services().sessions().map(SessionControl::sessions).orElse(List.of())) {
                Instant last = s.lastWrites().get(l.unit());
                if (last != null) {
                    plan.line(
                            "session",
                            s.initiator()
                                    + ", last write "
                                    + Spans.format(Duration.between(last, now))
                                    + " ago");
                }
            }
            return plan.line("after", "the number rests for a while before another volume has it");
        }

        @Override
        public Result apply(Request request) throws Exception {
            services().luns().unmap(request, name, host, Optional.ofNullable(target), force);
            return new Result.Done("Lun", name, name + " is no LUN of host " + host + " any more");
        }
    }

    @Command(name = "set", description = "Changes whether a host may write to a LUN.")
    @About(
            access = Access.OPERATE,
            examples = {
                "lun set db01 --host esx7 --read-only on",
                "lun set db01 --host esx7 --read-only off -q"
            })
    static final class Set extends Verb.Changing {
        @Parameters(
                paramLabel = "VOLUME",
                description = "of a volume or mounted snapshot",
                completionCandidates = Hosts.Mapped.class)
        String name = "";

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
                description = "at which target, where it has several",
                completionCandidates = Hosts.TargetNames.class)
        @Nullable String target;

        @Option(
                names = "--read-only",
                required = true,
                paramLabel = "on|off",
                description = "whether the host may not write",
                arity = "1",
                converter = Converters.OnOff.class)
        boolean readOnly;

        @Override
        public Plan plan() throws Exception {
            LunInfo l = services().luns().show(name, host, Optional.ofNullable(target));
            String command = "lun set " + name + " --host " + host;
            return (readOnly && !l.readOnly() ? Plan.ask(command) : Plan.free(command))
                    .line("access", access(l) + " to " + (readOnly ? "read-only" : "read-write"));
        }

        @Override
        public Result apply(Request request) throws Exception {
            LunInfo l =
                    services()
                            .luns()
                            .setReadOnly(
                                    request, name, host, Optional.ofNullable(target), readOnly);
            return done(l, l.name() + " is " + access(l) + " for host " + l.host());
        }
    }

    static Listing listing(List<LunInfo> luns) {
        return Listing.<LunInfo>of("LunList", luns)
                .column("name", l -> Cell.of(l.name()))
                .column("host", l -> Cell.of(l.host()))
                .column("lun", l -> Cell.count(l.number()))
                .column("access", l -> Cell.of(access(l)))
                .column("state", l -> Cell.of(l.held() ? "held" : "open"))
                .column("size", l -> Cell.bytes(l.sizeBytes()))
                .column("target", l -> Cell.of(l.target()))
                .wide("kind", l -> Cell.of(l.kind()))
                .wide("naa", l -> Cell.of(l.identity().naa()))
                .wide("serial", l -> Cell.of(l.identity().serial()))
                .wide("unit", l -> Cell.of(l.unit().toString()))
                .build();
    }

    private static String access(LunInfo lun) {
        return lun.readOnly() ? "read-only" : "read-write";
    }

    private static Result done(LunInfo l, String message) {
        return new Result.Done("Lun", l.name(), message)
                .with("host", Cell.of(l.host()))
                .with("target", Cell.of(l.target()))
                .with("lun", Cell.count(l.number()))
                .with("readOnly", Cell.of(l.readOnly()))
                .with("naa", Cell.of(l.identity().naa()));
    }
}
