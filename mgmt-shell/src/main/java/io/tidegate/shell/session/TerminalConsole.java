package io.tidegate.shell.session;

import io.tidegate.shell.command.Console;
import java.io.IOError;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.Terminal.SignalHandler;
import org.jspecify.annotations.Nullable;

/** A terminal with somebody at it. */
public final class TerminalConsole implements Console {

    private final Terminal terminal;
    private final BooleanSupplier gone;
    private final LineReader asker;
    private PrintWriter out;
    private int drawn;

    public TerminalConsole(Terminal terminal, BooleanSupplier gone) {
        this.terminal = terminal;
        this.gone = gone;
        this.out = terminal.writer();
        // A reader of its own: answers never enter the history of commands.
        this.asker =
                LineReaderBuilder.builder()
                        .terminal(terminal)
                        .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                        .variable(LineReader.DISABLE_HISTORY, true)
                        .build();
        terminal.handle(Signal.INT, SignalHandler.SIG_IGN);
        terminal.handle(Signal.TSTP, SignalHandler.SIG_IGN);
        terminal.handle(Signal.QUIT, SignalHandler.SIG_IGN);
    }

    Terminal screen() {
        return terminal;
    }

    /** Has results go elsewhere, such as into a page; null brings them back to the screen. */
    void divert(@Nullable PrintWriter elsewhere) {
        out = elsewhere == null ? terminal.writer() : elsewhere;
    }

    @Override
    public PrintWriter out() {
        return out;
    }

    @Override
    public PrintWriter err() {
        return terminal.writer();
    }

    @Override
    public boolean terminal() {
        return true;
    }

    @Override
    public boolean gone() {
        return gone.getAsBoolean();
    }

    @Override
    public Optional<String> ask(String prompt) {
        return read(prompt, null);
    }

    @Override
    public Optional<String> askSecret(String prompt) {
        return read(prompt, (char) 0);
    }

    private Optional<String> read(String prompt, @Nullable Character mask) {
        try {
            return Optional.of(asker.readLine(prompt, mask));
        } catch (UserInterruptException | EndOfFileException e) {
            return Optional.empty(); // no answer is an answer: nothing is done without one
        } catch (IOError e) {
            return Optional.empty(); // the connection went away while we asked
        }
    }

    @Override
    public void progress(String line) {
        int width = Math.max(20, terminal.getColumns() - 1);
        String text = line.length() > width ? line.substring(0, width) : line;
        PrintWriter screen = terminal.writer();
        screen.print("\r" + text + " ".repeat(Math.max(0, drawn - text.length())));
        screen.flush();
        drawn = text.length();
    }

    @Override
    public void endProgress(boolean keep) {
        if (drawn > 0) {
            PrintWriter screen = terminal.writer();
            screen.print(keep ? "\n" : "\r" + " ".repeat(drawn) + "\r");
            screen.flush();
            drawn = 0;
        }
    }

    @Override
    public Registration onInterrupt(Runnable action) {
        SignalHandler before = terminal.handle(Signal.INT, _ -> action.run());
        return () -> terminal.handle(Signal.INT, before);
    }
}
