package io.tidegate.shell.session;

import io.tidegate.shell.command.Console;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Plain streams: nobody to ask, nothing redrawn. */
public final class StreamConsole implements Console {

    private static final int LINE_LIMIT = 64 * 1024;

    private final BufferedReader in;
    private final PrintWriter out;
    private final PrintWriter err;
    private final BooleanSupplier gone;

    public StreamConsole(InputStream in, OutputStream out, OutputStream err, BooleanSupplier gone) {
        this.in = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        this.out = new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
        this.err = new PrintWriter(new OutputStreamWriter(err, StandardCharsets.UTF_8));
        this.gone = gone;
    }

    /** The next line of the input; empty at its end. */
    Optional<String> line() {
        StringBuilder line = new StringBuilder();
        try {
            int c = in.read();
            if (c < 0) {
                return Optional.empty();
            }
            while (c >= 0 && c != '\n') {
                if (line.length() == LINE_LIMIT) {
                    throw new IOException("a line of more than " + LINE_LIMIT + " characters");
                }
                line.append((char) c);
                c = in.read();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int last = line.length() - 1;
        return Optional.of(
                last >= 0 && line.charAt(last) == '\r' ? line.substring(0, last) : line.toString());
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
        return false;
    }

    @Override
    public boolean gone() {
        return gone.getAsBoolean();
    }

    @Override
    public Optional<String> ask(String prompt) {
        return Optional.empty();
    }

    @Override
    public Optional<String> askSecret(String prompt) {
        return line();
    }

    @Override
    public void progress(String line) {}

    @Override
    public void endProgress(boolean keep) {}

    @Override
    public Registration onInterrupt(Runnable action) {
        return () -> {}; // Ctrl-C at the client closes the channel: gone() tells
    }
}
