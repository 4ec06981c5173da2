package io.tidegate.shell.command;

import java.io.PrintWriter;
import java.util.Optional;

/** What a command has of the person or program at the other end. Used by one thread at a time. */
public interface Console {

    /** Results. */
    PrintWriter out();

    /** Everything else: errors, plans, prompts. */
    PrintWriter err();

    /** Whether somebody sits there who can be asked. */
    boolean terminal();

    /** Whether the other end is gone; whoever waits should stop waiting. */
    boolean gone();

    /** A line of input; empty at the end of input, at Ctrl-C, or without a terminal. */
    Optional<String> ask(String prompt);

    /**
     * A line that is not shown. Without a terminal the first line of the input is taken, so that a
     * script can hand in a secret without writing it into a command line.
     */
    Optional<String> askSecret(String prompt);

    /** A line in the place of the last such line; does nothing without a terminal. */
    void progress(String line);

    /** Leaves the last progress line standing, or clears it. */
    void endProgress(boolean keep);

    /** Has Ctrl-C call {@code action} until the registration is closed. */
    Registration onInterrupt(Runnable action);

    /** Ends what was registered. */
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }
}
