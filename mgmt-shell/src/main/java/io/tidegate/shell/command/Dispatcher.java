package io.tidegate.shell.command;

import io.tidegate.audit.AuditResult;
import io.tidegate.job.JobInfo;
import io.tidegate.shell.Caller;
import io.tidegate.shell.ShellServices;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Form;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Printer;
import io.tidegate.shell.render.Result;
import io.tidegate.shell.render.Style;
import io.tidegate.shell.value.Spans;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * Runs one command: words to a verb, access, plan and confirmation, the act, its result printed.
 * Whatever goes wrong ends as four lines on the stream of errors and an exit code. Safe for
 * concurrent calls; runs on the caller's thread, which nobody may interrupt.
 */
public final class Dispatcher {

    /**
     * What the session has set.
     *
     * @param form of output where a command names none
     * @param abbreviations whether unique prefixes of nouns, verbs and options are taken
     * @param heads whether lists have a line of column heads
     */
    public record Manner(Form form, boolean abbreviations, boolean heads) {

        /** One-shots and scripts. */
        public static final Manner SCRIPT = new Manner(Form.table, false, true);
    }

    private final ShellServices services;
    private final Tree tree;
    private final Help help;

    public Dispatcher(ShellServices services, Tree tree) {
        this.services = services;
        this.tree = tree;
        this.help = new Help(tree);
    }

    public Tree tree() {
        return tree;
    }

    /** Runs a command and returns its exit code; never throws for what a command does. */
    public int run(Caller caller, Console console, Manner manner, List<String> words) {
        if (words.isEmpty()) {
            return ExitCode.DONE.code();
        }
        String spoken = words.getFirst();
        Form form = Forms.guess(words, manner.form());
        try {
            Optional<Result> asked = help.answer(words, manner.abbreviations());
            if (asked.isPresent()) {
                Printer.print(asked.get(), new Style(form, true, false, false), console.out());
                return ExitCode.DONE.code();
            }
            CommandLine root = tree.make();
            root.setAbbreviatedOptionsAllowed(manner.abbreviations());
            CommandSpec top = root.getCommandSpec();
            List<String> full = manner.abbreviations() ? Prefixes.expand(top, words) : words;
            ParseResult leaf = leaf(root.parseArgs(full.toArray(String[]::new)));
            Verb verb = verb(leaf.commandSpec());
            spoken = Spoken.of(leaf);
            verb.enter(new Invocation(services, caller, console, spoken));
            allow(caller, Tree.about(leaf.commandSpec()), verb);
            Result result = run(verb, console);
            return print(result, verb, manner, console);
        } catch (Exception e) {
            Failures.Told told = Failures.tell(e, caller.user(), spoken);
            boolean json = form == Form.json || form == Form.jsonl;
            told.failure().print(json, console.err());
            return told.exit();
        } finally {
            console.out().flush();
            console.err().flush();
        }
    }

    private int print(Result result, Verb verb, Manner manner, Console console) {
        Result shown = result;
        if (result instanceof Listing listing) {
            shown = verb.globals.selection().apply(listing, services.clock());
        }
        Printer.print(shown, verb.globals.style(manner), console.out());
        return result.exitCode();
    }

    /** Whether the words are a command that only looks; false for what is no command at all. */
    public boolean reads(Manner manner, List<String> words) {
        try {
            CommandLine root = tree.make();
            root.setAbbreviatedOptionsAllowed(manner.abbreviations());
            CommandSpec top = root.getCommandSpec();
            List<String> full = manner.abbreviations() ? Prefixes.expand(top, words) : words;
            ParseResult leaf = leaf(root.parseArgs(full.toArray(String[]::new)));
            return leaf.commandSpec().userObject() instanceof Verb.Reading;
        } catch (CommandFailure | CommandLine.ParameterException e) {
            return false; // running it says what is wrong with it
        }
    }

    private static ParseResult leaf(ParseResult parsed) {
        ParseResult at = parsed;
        while (at.hasSubcommand()) {
            at = at.subcommand();
        }
        return at;
    }

    private static Verb verb(CommandSpec spec) throws CommandFailure {
        if (spec.userObject() instanceof Verb verb) {
            return verb;
        }
        String path = Tree.path(spec);
        throw CommandFailure.usage(
                "the command was not run",
                "'%s' needs a verb: %s"
                        .formatted(
                                path,
                                String.join(
                                        ", ",
                                        Tree.children(spec).stream()
                                                .map(CommandSpec::name)
                                                .toList())),
                "help " + path);
    }

    private void allow(Caller caller, About about, Verb verb) throws CommandFailure {
        if (caller.may(about.access())) {
            return;
        }
        Invocation call = verb.call();
        services.catalog()
                .record(
                        call.request(verb.globals),
                        "user:" + caller.user(),
                        AuditResult.REFUSED,
                        "needs " + Help.access(about.access()));
        throw new CommandFailure(
                ExitCode.DENIED,
                "DENIED",
                call.command() + " was not run",
                "it needs " + Help.access(about.access()) + "; " + caller.user() + " may not",
                List.of(
                        "ask somebody with the role security for it: user set "
                                + caller.user()
                                + " --role ..."));
    }

    private Result run(Verb verb, Console console) throws Exception {
        Globals globals = verb.globals;
        return switch (verb) {
            case Verb.Reading reading -> reading.read();
            case Verb.Changing changing -> {
                Plan plan = changing.plan();
                if (globals.dryRun) {
                    yield plan;
                }
                new Confirmation(console, globals).obtain(plan);
                yield changing.apply(verb.call().request(globals));
            }
            case Verb.Starting starting -> {
                Optional<Duration> limit = limit(globals);
                Plan plan = starting.plan();
                if (globals.dryRun) {
                    yield plan;
                }
                new Confirmation(console, globals).obtain(plan);
                JobInfo job = starting.start(verb.call().request(globals));
                yield globals.async
                        ? started(job)
                        : starting.finished(starting.attend(job.id(), limit, !globals.quiet));
            }
        };
    }

    private static Optional<Duration> limit(Globals globals) throws CommandFailure {
        if (globals.async && globals.wait != null) {
            throw CommandFailure.usage(
                    "the command was not run",
                    "--async and --wait exclude each other",
                    "help options");
        }
        return globals.wait == null || globals.wait.isEmpty()
                ? Optional.empty()
                : Optional.of(Spans.parse(globals.wait));
    }

    private static Result started(JobInfo job) {
        return new Result.Done(
                        "Job",
                        job.id().toString(),
                        "job " + job.id() + " started (" + job.type() + ")")
                .with("id", Cell.count(job.id().value()))
                .with("type", Cell.of(job.type()))
                .with("object", Cell.of(job.object()))
                .with("state", Cell.of(job.state()));
    }
}
