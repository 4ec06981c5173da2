package io.tidegate.shell.noun;

import io.tidegate.audit.AuditResult;
import io.tidegate.audit.Request;
import io.tidegate.catalog.ServiceException;
import io.tidegate.presentation.SessionControl;
import io.tidegate.presentation.SessionControl.SessionInfo;
import io.tidegate.shell.Access;
import io.tidegate.shell.AdminSession;
import io.tidegate.shell.ShellServer;
import io.tidegate.shell.ShellServices;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code session}: who is connected, hosts and administrators. */
@Command(
        name = "session",
        description = "Who is connected: hosts over iSCSI, administrators over SSH.",
        subcommands = {SessionCommands.ListSessions.class, SessionCommands.Kill.class})
public final class SessionCommands {

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
            long commands) {}

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
            return Listing.<Line>of("SessionList", lines(services()))
                    .column("id", l -> Cell.of(l.id()))
                    .column("kind", l -> Cell.of(l.kind()))
                    .column("who", l -> Cell.of(l.who()))
                    .column("peer", l -> Cell.of(l.peer()))
                    .column("target", l -> Cell.of(l.target()))
                    .column("since", "SINCE (UTC)", l -> Cell.of(l.since()))
                    .column("lastAct", "LAST WRITE OR KEY", l -> Cell.time(l.last()))
                    .wide("commands", l -> Cell.count(l.commands()))
                    .build();
        }
    }

    @Command(name = "kill", description = "Ends a session; a host logs in again by itself.")
    @About(
            access = Access.ADMINISTER,
            examples = {"session kill iscsi-7", "session kill ssh-3 --yes"})
    static final class Kill extends Verb.Changing {
        @Parameters(paramLabel = "SESSION", description = "its id, as in session list")
        String id = "";

        @Override
        public Plan plan() throws Exception {
            Line line = find();
            return Plan.ask("session kill " + id)
                    .line("session", line.who() + " from " + line.peer())
                    .line("after", "a host logs in again; lun unmap keeps it out");
        }

        @Override
        public Result apply(Request request) throws Exception {
            Line line = find();
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

        private Line find() throws ServiceException {
            return lines(services()).stream()
                    .filter(l -> l.id().equals(id))
                    .findFirst()
                    .orElseThrow(() -> ServiceException.notFound("session", id));
        }
    }

    private static List<Line> lines(ShellServices services) {
        List<Line> lines = new ArrayList<>();
        for (SessionInfo s : services.sessions().map(SessionControl::sessions).orElse(List.of())) {
            lines.add(
                    new Line(
                            "iscsi-" + s.id(),
                            "iscsi",
                            s.initiator(),
                            s.peer(),
                            s.target(),
                            s.since(),
                            s.lastWrites().values().stream().max(Comparator.naturalOrder()),
                            s.commands()));
        }
        for (AdminSession a :
                services.server().get().map(ShellServer::sessions).orElse(List.of())) {
            lines.add(
                    new Line(
                            "ssh-" + a.id(),
                            "ssh",
                            a.user(),
                            a.peer(),
                            "",
                            a.since(),
                            Optional.of(a.lastInput()),
                            0));
        }
        return lines;
    }
}
