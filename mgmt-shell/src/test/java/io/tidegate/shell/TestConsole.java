package io.tidegate.shell;

import io.tidegate.shell.command.Console;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** Keeps what is printed, and answers with what the test has prepared. */
public final class TestConsole implements Console {

    private final StringWriter outText = new StringWriter();
    private final StringWriter errText = new StringWriter();
    private final PrintWriter out = new PrintWriter(outText);
    private final PrintWriter err = new PrintWriter(errText);
    private final boolean terminal;
    private final Deque<String> answers;

    public TestConsole(boolean terminal, String... answers) {
        this.terminal = terminal;
        this.answers = new ArrayDeque<>(List.of(answers));
    }

    public String printed() {
        return outText.toString();
    }

    public String complained() {
        return errText.toString();
    }

    @Override
    public PrintWriter out() {
        return out;
    }

    @Override
    public PrintWriter err() {
        return err;
    }

    @Override
    public boolean terminal() {
        return terminal;
    }

    @Override
    public boolean gone() {
        return false;
    }

    @Override
    public Optional<String> ask(String prompt) {
        return terminal ? Optional.ofNullable(answers.poll()) : Optional.empty();
    }

    @Override
    public Optional<String> askSecret(String prompt) {
        return Optional.ofNullable(answers.poll());
    }

    @Override
    public void progress(String line) {}

    @Override
    public void endProgress(boolean keep) {}

    @Override
    public Registration onInterrupt(Runnable action) {
        return () -> {};
    }
}
