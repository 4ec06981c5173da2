package io.tidegate.shell.noun;

import io.tidegate.audit.AuditFilter;
import io.tidegate.audit.AuditRecord;
import io.tidegate.audit.AuditResult;
import io.tidegate.audit.AuditVerdict;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.CommandFailure;
import io.tidegate.shell.command.Converters;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Result;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code audit}: who asked for what. */
@Command(
        name = "audit",
        description = "Who asked for what, and how it ended.",
        subcommands = {AuditCommands.ListRecords.class, AuditCommands.Verify.class})
public final class AuditCommands {

    private AuditCommands() {}

    @Command(name = "list", aliases = "ls", description = "Lists audit records, newest first.")
    @About(
            access = Access.SECURE,
            examples = {"audit list --user admin --from -24h", "audit list --object volume:db01"})
    static final class ListRecords extends Verb.Reading {
        @Option(names = "--user", paramLabel = "USER", description = "only of this user")
        @Nullable String user;

        @Option(
                names = "--object",
                paramLabel = "OBJECT",
                description = "only about this, as volume:db01; volume: for all volumes")
        @Nullable String object;

        @Option(
                names = "--result",
                paramLabel = "RESULT",
                description = "only what ended so: ok, refused or failed")
        @Nullable AuditResult result;

        @Option(
                names = "--from",
                paramLabel = "TIME",
                description = "not before",
                converter = Converters.Moment.class)
        @Nullable Instant from;

        @Option(
                names = "--to",
                paramLabel = "TIME",
                description = "before",
                converter = Converters.Moment.class)
        @Nullable Instant to;

        @Option(
                names = "--last",
                paramLabel = "N",
                defaultValue = "200",
                description = "the newest so many")
        int last;

        @Override
        public Result read() {
            AuditFilter filter =
                    new AuditFilter(
                            Optional.ofNullable(user),
                            Optional.ofNullable(object),
                            Optional.ofNullable(result),
                            Optional.ofNullable(from),
                            Optional.ofNullable(to),
                            Math.max(1, last));
            return Listing.<AuditRecord>of("AuditList", services().catalog().audit(filter))
                    .column("sequence", "NO", r -> Cell.count(r.sequence()))
                    .column("at", "AT (UTC)", r -> Cell.of(r.at()))
                    .column("user", r -> Cell.of(r.request().user()))
                    .column("origin", r -> Cell.of(r.request().origin()))
                    .column("object", r -> Cell.of(r.object()))
                    .column("result", r -> Cell.of(r.result()))
                    .column("command", r -> Cell.of(r.request().command()))
                    .wide("reason", r -> Cell.text(r.request().reason()))
                    .wide("credential", r -> Cell.of(r.request().credential()))
                    .wide("requestId", r -> Cell.text(r.request().requestId()))
                    .wide("detail", r -> Cell.of(r.detail()))
                    .wide("hash", r -> Cell.of(r.hash()))
                    .build();
        }
    }

    @Command(name = "verify", description = "Walks the chain of records and looks for tampering.")
    @About(
            access = Access.SECURE,
            examples = {"audit verify", "audit verify -o json"})
    static final class Verify extends Verb.Reading {
        @Override
        public Result read() throws Exception {
            AuditVerdict verdict = services().catalog().verifyAudit();
            if (!verdict.intact()) {
                throw new CommandFailure(
                        ExitCode.FAILED,
                        "AUDIT_BROKEN",
                        "the audit log was tampered with or is damaged",
                        verdict.problem().orElse("it is broken"),
                        List.of(
                                "keep a copy of the catalog as it is",
                                "audit list, and compare with what was exported before"));
            }
            return new Result.Done(
                            "AuditVerdict",
                            "audit",
                            "all " + verdict.records() + " records are whole and in order")
                    .with("records", Cell.count(verdict.records()))
                    .with("headHash", Cell.of(verdict.headHash()));
        }
    }
}
