package io.tidegate.shell.session;

import io.tidegate.shell.Caller;
import io.tidegate.shell.command.CommandFailure;
import io.tidegate.shell.command.Completion;
import io.tidegate.shell.command.Dispatcher;
import io.tidegate.shell.command.Dispatcher.Manner;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.command.Line;
import io.tidegate.shell.render.Form;
import io.tidegate.shell.value.BadValueException;
import java.io.IOError;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.reader.impl.history.DefaultHistory;
import org.jspecify.annotations.Nullable;

/**
 * The shell of somebody at a terminal: reads lines, runs them, pages what is long. All on the
 * thread that calls {@link #run}.
 */
public final class InteractiveShell {

    private static final String PROMPT = "tidegate> ";

    private final Dispatcher dispatcher;
    private final Caller caller;
    private final TerminalConsole console;
    private final Histories histories;
    private final Activity activity;
    private final Builtins builtins;
    private int lastCode;

    public InteractiveShell(
            Dispatcher dispatcher,
            Caller caller,
            TerminalConsole console,
            Histories histories,
            Activity activity) {
        this.dispatcher = dispatcher;
        this.caller = caller;
        this.console = console;
        this.histories = histories;
        this.activity = activity;
        this.builtins = new Builtins(this, console);
    }

    /** Until the user leaves; returns the exit code of the last command. */
    public int run() {
        LineReader reader = reader();
        greet();
        while (!console.gone() && !builtins.left()) {
            String line = read(reader);
            if (line == null) {
                break;
            }
            if (!line.isBlank()) {
                histories.add(caller.user(), line.strip());
                activity.begin();
                try {
                    lastCode = line(line);
                } finally {
                    activity.end();
                }
            }
        }
        return lastCode;
    }

    private void greet() {
        PrintWriter out = console.screen().writer();
        out.print("Tidegate. help lists the commands, exit leaves.\n");
        out.flush();
    }

    private LineReader reader() {
        DefaultParser parser = new DefaultParser();
        parser.setEofOnUnclosedQuote(false);
        parser.setEscapeChars(new char[0]);
        DefaultHistory history = new DefaultHistory();
        LineReader reader =
                LineReaderBuilder.builder()
                        .terminal(console.screen())
                        .parser(parser)
                        .history(history)
                        .completer(
                                new TreeCompleter(
                                        new Completion(dispatcher.tree(), caller, Builtins.WORDS)))
                        .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                        .option(LineReader.Option.CASE_INSENSITIVE, true)
                        .build();
        history.attach(reader);
        histories.of(caller.user()).forEach(history::add);
        return reader;
    }

    private @Nullable String read(LineReader reader) {
        while (true) {
            try {
                return reader.readLine(PROMPT);
            } catch (UserInterruptException e) {
                continue; // Ctrl-C throws the line away
            } catch (EndOfFileException e) {
                return null; // Ctrl-D, or the connection is gone
            } catch (IOError e) {
                return null; // the channel was closed under the reader
            }
        }
    }

    /** Runs a line with its filters. */
    int line(String text) {
        try {
            List<List<String>> stages = Line.parse(builtins.expand(text));
            List<String> words = stages.getFirst();
            if (words.isEmpty()) {
                return ExitCode.DONE.code();
            }
            List<List<String>> filters = stages.subList(1, stages.size());
            Filters.check(filters);
            StringWriter page = new StringWriter();
            PrintWriter out = new PrintWriter(page);
            console.divert(out);
            int code;
            try {
                Optional<Integer> own = builtins.run(words);
                code = own.isPresent() ? own.get() : command(words, filters.isEmpty());
            } finally {
                console.divert(null);
            }
            out.flush();
            String shown =
                    filters.isEmpty() ? page.toString() : Filters.apply(page.toString(), filters);
            Pager.show(console.screen(), shown);
            return code;
        } catch (CommandFailure failure) {
            return OneShot.told(failure, console);
        } catch (BadValueException e) {
            return OneShot.told(
                    CommandFailure.usage(
                            "the line was not run", String.valueOf(e.getMessage()), "help shell"),
                    console);
        }
    }

    int command(List<String> words, boolean heads) {
        return dispatcher.run(caller, console, new Manner(builtins.form(), true, heads), words);
    }

    boolean reads(List<String> words) {
        return dispatcher.reads(new Manner(Form.table, true, true), words);
    }

    List<String> history() {
        return new ArrayList<>(histories.of(caller.user()));
    }

    boolean isNoun(String word) {
        return dispatcher.tree().make().getSubcommands().containsKey(word);
    }
}
