package io.tidegate.shell.noun;

import io.tidegate.audit.AuditResult;
import io.tidegate.audit.Request;
import io.tidegate.catalog.ServiceException;
import io.tidegate.presentation.SessionControl;
import io.tidegate.presentation.SessionControl.SessionDetails;
import io.tidegate.presentation.SessionControl.SessionInfo;
import io.tidegate.presentation.SessionControl.Traffic;
import io.tidegate.shell.Access;
import io.tidegate.shell.AdminSession;
import io.tidegate.shell.ShellServer;
import io.tidegate.shell.ShellServices;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.LiveNames;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import io.tidegate.shell.value.Spans;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code session}: who is connected, hosts and administrators. */
@Command(
        name = "session",
        description = "Who is connected: hosts over iSCSI, administrators over SSH.",
        subcommands = {
            SessionCommands.ListSessions.class,
            SessionCommands.Show.class,
            SessionCommands.Kill.class,
            SessionTraceCommands.class
        })
public final class SessionCommands {

    /** A session of a host tells what its event loop knows, or that does not answer. */
    private static final long LIMIT_SECONDS = 5;

    private SessionCommands() {}

    /** Both kinds in one list; the id says which. */
    private record Line(
            String id,
            String kind,
            String who,
            String peer,
            String target,
            Instant since,
            Optional<Instant> last,
            Optional<SessionInfo> iscsi) {

        static Line of(SessionInfo s) {
            return new Line(
                    "iscsi-" + s.id(),
                    "iscsi",
                    s.initiator(),
                    s.peer(),
                    s.target(),
                    s.since(),
                    s.lastWrites().values().stream().max(Comparator.naturalOrder()),
                    Optional.of(s));
        }

        static Line of(AdminSession a) {
            return new Line(
                    "ssh-" + a.id(),
                    "ssh",
                    a.user(),
                    a.peer(),
                    "",
                    a.since(),
                    Optional.of(a.lastInput()),
                    Optional.empty());
        }

        /** A fact of a host's session; absent for administrators. */
        Cell cell(Function<SessionInfo, Cell> of) {
            return iscsi.map(of).orElse(Cell.absent());
        }

        Cell traffic(Function<Traffic, Cell> of) {
            return cell(s -> of.apply(s.use().traffic()));
        }
    }

    @Command(
            name = "list",
            aliases = "ls",
            description = "Lists sessions of hosts and administrators.")
    @About(
            access = Access.READ,
            examples = {"session list", "session list --filter kind=iscsi -o json"})
    static final class ListSessions extends Verb.Reading {
        @Override
        public Result read() {
            Instant now = services().clock().instant();
            return Listing.<Line>of("SessionList", lines(services()))
                    .column("id", l -> Cell.of(l.id()))
                    .column("kind", l -> Cell.of(l.kind()))
                    .column("who", l -> Cell.of(l.who()))
                    .column("host", l -> l.cell(s -> Cell.of(s.use().host())))
                    .column("peer", l -> Cell.of(l.peer()))
                    .column("age", l -> Cell.of(age(l.since(), now)))
                    .column("luns", l -> l.cell(s -> Cell.count(s.use().luns())))
                    .column("reads", l -> l.traffic(t -> Cell.count(t.reads().count())))
                    .column("writes", l -> l.traffic(t -> Cell.count(t.writes().count())))
                    .column("read", l -> l.traffic(t -> Cell.bytes(t.reads().bytes())))
                    .column("written", l -> l.traffic(t -> Cell.bytes(t.writes().bytes())))
                    .column("lastAct", "LAST WRITE OR KEY", l -> Cell.time(l.last()))
                    .wide("target", l -> Cell.of(l.target()))
                    .wide("portal", l -> l.cell(s -> Cell.of(s.use().portal())))
                    .wide("since", l -> Cell.of(l.since()))
                    .wide("commands", l -> l.cell(s -> Cell.count(s.commands())))
                    .wide("errors", l -> l.traffic(t -> Cell.count(errors(t))))
                    .wide("isid", l -> l.cell(s -> Cell.of(s.isid())))
                    .build();
        }
    }

    private static Duration age(Instant since, Instant now) {
        Duration age = Duration.between(since, now);
        return age.isNegative() ? Duration.ZERO : age;
    }

    private static long errors(Traffic traffic) {
        return traffic.reads().errors() + traffic.writes().errors() + traffic.others().errors();
    }

    @Command(
            name = "show",
            description = "Shows a session: what was negotiated, its window, its LUNs.")
    @About(
            access = Access.READ,
            examples = {"session show iscsi-7", "session show iscsi-7 -o json"})
    static final class Show extends Verb.Reading {
        @Parameters(
                paramLabel = "SESSION",
                description = "its id, as in session list",
                completionCandidates = Ids.class)
        String id = "";

        @Override
        public Result read() throws Exception {
            Line line = find(services(), id);
            Instant now = services().clock().instant();
            Result.Details shown =
                    new Result.Details("Session", line.id())
                            .with("id", line.id())
                            .with("kind", line.kind())
                            .with("who", line.who())
                            .with("peer", line.peer())
                            .with("since", Cell.of(line.since()))
                            .with("age", Cell.of(age(line.since(), now)));
            if (line.iscsi().isEmpty()) {
                return shown.with("lastInput", Cell.time(line.last()));
            }
            Optional<SessionDetails> details = details(line.iscsi().get().id());
            facts(shown, details.map(SessionDetails::info).orElse(line.iscsi().get()));
            details.ifPresent(d -> full(shown, d));
            return shown;
        }

        private Optional<SessionDetails> details(long number) throws Exception {
            Optional<SessionControl> control = services().sessions();
            if (control.isEmpty()) {
                return Optional.empty();
            }
            try {
                return control.get()
                        .details(number)
                        .toCompletableFuture()
                        .get(LIMIT_SECONDS, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                throw ServiceException.busy(
                        "session " + id + " cannot be shown",
                        "its event loop has not answered in " + LIMIT_SECONDS + " s",
                        "session list",
                        "system log show");
            }
        }
    }

    private static void facts(Result.Details shown, SessionInfo s) {
        Traffic t = s.use().traffic();
        shown.with("host", s.use().host())
                .with("target", s.target())
                .with("portal", s.use().portal())
                .with("isid", s.isid())
                .with("commands", Cell.count(s.commands()))
                .with("reads", Cell.count(t.reads().count()))
                .with("read", Cell.bytes(t.reads().bytes()))
                .with("writes", Cell.count(t.writes().count()))
                .with("written", Cell.bytes(t.writes().bytes()))
                .with("errors", Cell.count(errors(t)));
    }

    private static void full(Result.Details shown, SessionDetails d) {
        d.window()
                .ifPresent(
                        w ->
                                shown.with("expCmdSn", Cell.count(w.expCmdSn()))
                                        .with("maxCmdSn", Cell.count(w.maxCmdSn()))
                                        .with("window", Cell.count(w.size()))
                                        .with("outstanding", Cell.count(w.outstanding()))
                                        .with(
                                                "idle",
                                                w.idle()
                                                        .<Cell>map(Cell::of)
                                                        .orElse(Cell.absent())));
        shown.part(
                "parameters",
                Listing.<Map.Entry<String, String>>of(
                                "ParameterList", d.parameters().sequencedEntrySet())
                        .column("name", e -> Cell.of(e.getKey()))
                        .column("value", e -> Cell.of(e.getValue()))
                        .build());
        shown.part("luns", luns(d));
    }

    private static Listing luns(SessionDetails d) {
        return Listing.<SessionControl.LunUse>of("SessionLunList", d.luns())
                .column("lun", l -> Cell.count(l.number()))
                .column("volume", l -> Cell.of(l.unit()))
                .column("readOnly", l -> Cell.of(l.readOnly()))
                .column("reads", l -> Cell.count(l.traffic().reads().count()))
                .column("read", l -> Cell.bytes(l.traffic().reads().bytes()))
                .column("writes", l -> Cell.count(l.traffic().writes().count()))
                .column("written", l -> Cell.bytes(l.traffic().writes().bytes()))
                .column("errors", l -> Cell.count(errors(l.traffic())))
                .column("lastWrite", l -> Cell.time(l.lastWrite()))
                .column("attentions", l -> Cell.list(l.attentions()))
                .build();
    }

    @Command(
            name = "kill",
            description =
                    "Asks a host to log out and ends the session; it logs in again by itself.")
    @About(
            access = Access.ADMINISTER,
            examples = {"session kill iscsi-7", "session kill ssh-3 --yes"})
    static final class Kill extends Verb.Changing {
        @Parameters(
                paramLabel = "SESSION",
                description = "its id, as in session list",
                completionCandidates = Ids.class)
        String id = "";

        @Override
        public Plan plan() throws Exception {
            Line line = find(services(), id);
            Plan plan =
                    Plan.ask("session kill " + id)
                            .line("session", line.who() + " from " + line.peer());
            line.iscsi()
                    .ifPresent(
                            s ->
                                    plan.line("luns", s.use().luns() + " seen by this session")
                                            .line("last write", lastWrite(line)));
            return plan.line("after", "a host logs in again; lun unmap keeps it out");
        }

        private String lastWrite(Line line) {
            Instant now = services().clock().instant();
            return line.last().map(t -> Spans.format(age(t, now)) + " ago").orElse("none seen");
        }

        @Override
        public Result apply(Request request) throws Exception {
            Line line = find(services(), id);
            long number = Long.parseLong(id.substring(id.indexOf('-') + 1));
            boolean ended =
                    line.kind().equals("ssh")
                            ? services().server().get().map(s -> s.end(number)).orElse(false)
                            : services()
                                    .sessions()
                                    .map(s -> s.end(number, "ended by an administrator"))
                                    .orElse(false);
            services()
                    .catalog()
                    .record(
                            request,
                            "session:" + id,
                            AuditResult.OK,
                            line.who() + " " + line.peer());
            return new Result.Done(
                    "Session", id, ended ? "session " + id + " is ended" : "it had ended already");
        }
    }

    private static Line find(ShellServices services, String id) throws ServiceException {
        return lines(services).stream()
                .filter(l -> l.id().equals(id))
                .findFirst()
                .orElseThrow(() -> ServiceException.notFound("session", id));
    }

    private static List<Line> lines(ShellServices services) {
        List<Line> lines = new ArrayList<>();
        services.sessions()
                .map(SessionControl::sessions)
                .orElse(List.of())
                .forEach(s -> lines.add(Line.of(s)));
        services.server()
                .get()
                .map(ShellServer::sessions)
                .orElse(List.of())
                .forEach(a -> lines.add(Line.of(a)));
        return lines;
    }

    /** Ids of all sessions. */
    static final class Ids extends LiveNames {
        Ids(ShellServices services) {
            super(services);
        }

        @Override
        protected List<String> names(ShellServices all) {
            return lines(all).stream().map(Line::id).toList();
        }
    }
}
