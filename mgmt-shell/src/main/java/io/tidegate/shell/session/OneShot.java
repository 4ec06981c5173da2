package io.tidegate.shell.session;

import io.tidegate.shell.Caller;
import io.tidegate.shell.command.CommandFailure;
import io.tidegate.shell.command.Console;
import io.tidegate.shell.command.Dispatcher;
import io.tidegate.shell.command.Dispatcher.Manner;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.command.Line;
import io.tidegate.shell.render.Failure;
import java.util.List;
import java.util.Optional;

/** {@code ssh HOST COMMAND}, and scripts over standard input: full words, nobody to ask. */
public final class OneShot {

    private final Dispatcher dispatcher;
    private final Caller caller;

    public OneShot(Dispatcher dispatcher, Caller caller) {
        this.dispatcher = dispatcher;
        this.caller = caller;
    }

    /** Runs one line and returns its exit code. */
    public int run(String text, Console console) {
        try {
            List<List<String>> stages = Line.parse(text);
            if (stages.size() > 1) {
                throw CommandFailure.usage(
                        "the line was not run",
                        "filters after | belong to the interactive shell",
                        "use --filter, --limit or -o name, or pipe at your end");
            }
            return dispatcher.run(caller, console, Manner.SCRIPT, stages.getFirst());
        } catch (CommandFailure failure) {
            return told(failure, console);
        }
    }

    /** Runs a command a line until one fails or the input ends; returns the last exit code. */
    public int script(StreamConsole console) {
        int line = 0;
        for (Optional<String> text = console.line(); text.isPresent(); text = console.line()) {
            line++;
            String command = text.get().strip();
            if (command.equals("exit")) {
                break;
            }
            int code = run(command, console);
            if (code != ExitCode.DONE.code()) {
                console.err().print("stopped at line " + line + ": " + command + "\n");
                console.err().flush();
                return code;
            }
        }
        return ExitCode.DONE.code();
    }

    static int told(CommandFailure failure, Console console) {
        new Failure(
                        failure.code(),
                        String.valueOf(failure.getMessage()),
                        failure.why(),
                        failure.fixes(),
                        "-")
                .print(false, console.err());
        console.err().flush();
        return failure.exit().code();
    }
}
