package io.tidegate.shell.command;

import io.tidegate.shell.render.Form;
import io.tidegate.shell.render.Selection;
import io.tidegate.shell.render.Style;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that every verb takes; shown by {@code help options}. */
public final class Globals {

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORM",
            hidden = true,
            description = "form of the output: ${COMPLETION-CANDIDATES}")
    @Nullable Form form;

    @Option(
            names = "--columns",
            paramLabel = "A,B",
            split = ",",
            hidden = true,
            description = "columns to show, in this order")
    List<String> columns = new ArrayList<>();

    @Option(
            names = "--sort",
            paramLabel = "[-]COLUMN",
            hidden = true,
            description = "order by a column, descending with a hyphen")
    String sort = "";

    @Option(
            names = "--filter",
            paramLabel = "K=V",
            hidden = true,
            description = "rows to show; also != < > and ~ for a regular expression; repeatable")
    List<String> filters = new ArrayList<>();

    @Option(
            names = "--limit",
            paramLabel = "N",
            hidden = true,
            description = "at most this many rows")
    int limit;

    @Option(names = "--no-headers", hidden = true, description = "no line of column heads")
    boolean noHeaders;

    @Option(names = "--raw", hidden = true, description = "bytes and ISO 8601, no units")
    boolean raw;

    @Option(
            names = {"-q", "--quiet"},
            hidden = true,
            description = "say nothing of what was done; results of reads are shown")
    boolean quiet;

    @Option(names = "--dry-run", hidden = true, description = "show the plan, change nothing")
    boolean dryRun;

    @Option(names = "--yes", hidden = true, description = "do not ask for a yes")
    boolean yes;

    @Option(
            names = "--confirm",
            paramLabel = "NAME",
            hidden = true,
            description = "the name that would have to be typed; together with --yes")
    String confirm = "";

    @Option(
            names = "--async",
            hidden = true,
            description = "start the job, print its id, do not wait")
    boolean async;

    @Option(
            names = "--wait",
            paramLabel = "SPAN",
            arity = "0..1",
            fallbackValue = "",
            hidden = true,
            description = "wait for the job, at most so long: --wait=10m (default: to its end)")
    @Nullable String wait;

    @Option(
            names = "--reason",
            paramLabel = "TEXT",
            hidden = true,
            description = "goes into the audit log")
    @Nullable String reason;

    @Option(
            names = "--request-id",
            paramLabel = "ID",
            hidden = true,
            description = "a repeat with the same id returns the first result")
    @Nullable String requestId;

    Style style(Dispatcher.Manner manner) {
        boolean heads = manner.heads() && !noHeaders;
        return new Style(form == null ? manner.form() : form, heads, raw, quiet);
    }

    Selection selection() {
        return new Selection(columns, sort, filters, limit);
    }

    Optional<String> reason() {
        return Optional.ofNullable(reason);
    }

    Optional<String> requestId() {
        return Optional.ofNullable(requestId);
    }
}
