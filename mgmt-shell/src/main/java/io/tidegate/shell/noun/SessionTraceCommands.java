package io.tidegate.shell.noun;

import io.tidegate.audit.AuditResult;
import io.tidegate.audit.Request;
import io.tidegate.catalog.ServiceException;
import io.tidegate.presentation.SessionControl;
import io.tidegate.presentation.SessionTraces;
import io.tidegate.presentation.SessionTraces.TraceInfo;
import io.tidegate.shell.Access;
import io.tidegate.shell.ShellServices;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Converters;
import io.tidegate.shell.command.LiveNames;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code session trace}: recordings of what sessions carry, for packet analysers. */
@Command(
        name = "trace",
        description = "Recordings of sessions, as pcap files in the data directory.",
        subcommands = {
            SessionTraceCommands.ListTraces.class,
            SessionTraceCommands.Start.class,
            SessionTraceCommands.Stop.class,
            SessionTraceCommands.Delete.class
        })
final class SessionTraceCommands {

    private static final String PREFIX = "iscsi-";

    private SessionTraceCommands() {}

    @Command(name = "list", aliases = "ls", description = "Lists recordings since the start.")
    @About(
            access = Access.READ,
            examples = {"session trace list", "session trace list -o json"})
    static final class ListTraces extends Verb.Reading {
        @Override
        public Result read() throws Exception {
            return Listing.<TraceInfo>of("TraceList", traces(services()).list())
                    .column("name", t -> Cell.of(t.name()))
                    .column("of", t -> Cell.of(t.of()))
                    .column("running", t -> Cell.of(t.running()))
                    .column("began", "BEGAN (UTC)", t -> Cell.of(t.began()))
                    .column("size", t -> Cell.bytes(t.bytes()))
                    .column("pdus", t -> Cell.count(t.packets()))
                    .column("lost", t -> Cell.count(t.lost()))
                    .column("ended", t -> Cell.text(t.ended()))
                    .wide("file", t -> Cell.of(t.file().toString()))
                    .build();
        }
    }

    @Command(
            name = "start",
            description = "Records the PDUs of a session, or of an initiator with its logins.")
    @About(
            access = Access.ADMINISTER,
            examples = {
                "session trace start iscsi-7 --name esx7-slow --for 2m",
                "session trace start --initiator iqn.1998-01.com.example:esx7 --name esx7-login"
            })
    static final class Start extends Verb.Changing {
        @Parameters(
                paramLabel = "SESSION",
                arity = "0..1",
                description = "its id, as in session list",
                completionCandidates = SessionCommands.Ids.class)
        @Nullable String id;

        @Option(
                names = "--initiator",
                paramLabel = "IQN",
                description = "in place of a session: all of this initiator, later ones too",
                converter = Converters.IscsiName.class)
        @Nullable String initiator;

        @Option(
                names = "--name",
                required = true,
                paramLabel = "NAME",
                description = "of the file, without its ending",
                converter = Converters.NewName.class)
        String name = "";

        @Option(
                names = "--for",
                paramLabel = "SPAN",
                defaultValue = "60s",
                description = "how long, at most 24h (default: ${DEFAULT-VALUE})",
                converter = Converters.Span.class)
        Duration span = Duration.ZERO;

        @Option(
                names = "--max-size",
                paramLabel = "SIZE",
                defaultValue = "64MiB",
                description = "of the file, at most 1GiB (default: ${DEFAULT-VALUE})",
                converter = Converters.Size.class)
        long maxSize;

        @Option(
                names = "--payload",
                paramLabel = "SIZE",
                description = "data of LUNs to keep in each PDU, at most 64KiB (default: none)",
                converter = Converters.Size.class)
        @Nullable Long payload;

        @Override
        public Plan plan() throws Exception {
            SessionTraces.Spec spec = spec();
            traces(services());
            Plan plan = Plan.free("session trace start --name " + name);
            plan.line("records", spec.initiator().orElse(String.valueOf(id)));
            return spec.payloadBytes() == 0
                    ? plan
                    : plan.line("warning", "the file will hold data of LUNs");
        }

        @Override
        public Result apply(Request request) throws Exception {
            String object = "trace:" + name;
            try {
                TraceInfo t = traces(services()).start(spec());
                services().catalog().record(request, object, AuditResult.OK, t.of());
                return new Result.Done("Trace", name, "trace " + name + " records " + t.of())
                        .with("file", Cell.of(t.file().toString()))
                        .notes(
                                List.of(
                                        "file: " + t.file(),
                                        "end it early: session trace stop " + name));
            } catch (ServiceException e) {
                throw services().catalog().recorded(request, object, e);
            }
        }

        private SessionTraces.Spec spec() throws ServiceException {
            long kept = payload == null ? 0 : payload;
            return new SessionTraces.Spec(
                    name,
                    id == null ? Optional.empty() : Optional.of(number(id)),
                    Optional.ofNullable(initiator),
                    span,
                    maxSize,
                    (int) Math.min(kept, Integer.MAX_VALUE));
        }

        private static long number(String id) throws ServiceException {
            String digits = id.startsWith(PREFIX) ? id.substring(PREFIX.length()) : "";
            if (!digits.matches("[0-9]{1,18}")) {
                throw ServiceException.invalid(
                        "'" + id + "' cannot be traced",
                        "only sessions of hosts are recorded, and their ids begin with " + PREFIX,
                        "session list --filter kind=iscsi");
            }
            return Long.parseLong(digits);
        }
    }

    /** What is done to one recording. */
    abstract static class OnTrace extends Verb.Changing {
        @Parameters(
                paramLabel = "TRACE",
                description = "its name",
                completionCandidates = Names.class)
        String name = "";
    }

    @Command(name = "stop", description = "Ends a recording; its file is whole then.")
    @About(
            access = Access.ADMINISTER,
            examples = {"session trace stop esx7-slow", "session trace stop esx7-slow -o json"})
    static final class Stop extends OnTrace {
        @Override
        public Plan plan() throws Exception {
            traces(services());
            return Plan.free("session trace stop " + name);
        }

        @Override
        public Result apply(Request request) throws Exception {
            String object = "trace:" + name;
            try {
                TraceInfo t = traces(services()).stop(name);
                services().catalog().record(request, object, AuditResult.OK, "stopped");
                return new Result.Done("Trace", name, "trace " + name + " has ended")
                        .with("file", Cell.of(t.file().toString()))
                        .with("size", Cell.bytes(t.bytes()))
                        .with("pdus", Cell.count(t.packets()))
                        .with("lost", Cell.count(t.lost()));
            } catch (ServiceException e) {
                throw services().catalog().recorded(request, object, e);
            }
        }
    }

    @Command(name = "delete", aliases = "rm", description = "Deletes the file of a recording.")
    @About(
            access = Access.ADMINISTER,
            examples = {"session trace delete esx7-slow", "session trace delete esx7-slow --yes"})
    static final class Delete extends OnTrace {
        @Override
        public Plan plan() throws Exception {
            traces(services());
            return Plan.ask("session trace delete " + name).line("loses", "the file of the trace");
        }

        @Override
        public Result apply(Request request) throws Exception {
            String object = "trace:" + name;
            try {
                traces(services()).delete(name);
                services().catalog().record(request, object, AuditResult.OK, "deleted");
                return new Result.Done("Trace", name, "trace " + name + " is deleted");
            } catch (ServiceException e) {
                throw services().catalog().recorded(request, object, e);
            }
        }
    }

    private static SessionTraces traces(ShellServices services) throws ServiceException {
        return services.sessions()
                .map(SessionControl::traces)
                .orElseThrow(
                        () ->
                                ServiceException.busy(
                                        "there are no traces yet",
                                        "the target has not started",
                                        "repeat in a moment"));
    }

    /** Names of recordings since the start. */
    static final class Names extends LiveNames {
        Names(ShellServices services) {
            super(services);
        }

        @Override
        protected List<String> names(ShellServices all) throws Exception {
            return traces(all).list().stream().map(TraceInfo::name).toList();
        }
    }
}
