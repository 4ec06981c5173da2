package io.tidegate.shell.ssh;

import io.tidegate.shell.Caller;
import io.tidegate.shell.Logins;
import io.tidegate.shell.command.Console;
import io.tidegate.shell.command.Dispatcher;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.session.Histories;
import io.tidegate.shell.session.InteractiveShell;
import io.tidegate.shell.session.OneShot;
import io.tidegate.shell.session.StreamConsole;
import io.tidegate.shell.session.TerminalConsole;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Optional;
import org.jline.terminal.Terminal;

/** What is done on the channels of a session. */
final class Works {

    private static final int NEW_PASSWORD_TRIES = 3;

    private final Dispatcher dispatcher;
    private final Logins logins;
    private final Histories histories;

    Works(Dispatcher dispatcher, Logins logins, Histories histories) {
        this.dispatcher = dispatcher;
        this.logins = logins;
        this.histories = histories;
    }

    /** A shell at a terminal, or a script over the input. */
    int shell(Channel channel, Live live) throws IOException {
        if (!channel.terminal()) {
            StreamConsole console = streams(channel);
            if (live.caller().mustChangePassword()) {
                return mustChange(console, live.caller());
            }
            return working(live, () -> new OneShot(dispatcher, live.caller()).script(console));
        }
        try (Terminal terminal = Terminals.of(channel, live)) {
            TerminalConsole console = new TerminalConsole(terminal, channel::gone);
            if (live.caller().mustChangePassword() && !changed(console, live)) {
                return ExitCode.DENIED.code();
            }
            return new InteractiveShell(dispatcher, live.caller(), console, histories, live).run();
        }
    }

    /** One command. */
    int command(Channel channel, Live live, String text) throws IOException {
        if (!channel.terminal()) {
            return command(streams(channel), live, text);
        }
        try (Terminal terminal = Terminals.of(channel, live)) {
            int code = command(new TerminalConsole(terminal, channel::gone), live, text);
            terminal.flush();
            return code;
        }
    }

    private int command(Console console, Live live, String text) {
        if (live.caller().mustChangePassword()) {
            return mustChange(console, live.caller());
        }
        String word = text.strip().split("\\s", 2)[0];
        if (word.equals("scp")) {
            tell(
                    console,
                    "error: NO_SCP  no files are copied by scp -O\n"
                            + "why:   nothing of the operating system is run for administrators\n"
                            + "fix:   results of commands go to your own files: ssh HOST command -o"
                            + " json > file\n");
            return ExitCode.FAILED.code();
        }
        return working(live, () -> new OneShot(dispatcher, live.caller()).run(text, console));
    }

    private static int working(Live live, java.util.function.IntSupplier work) {
        live.begin();
        try {
            return work.getAsInt();
        } finally {
            live.end();
        }
    }

    private static StreamConsole streams(Channel channel) {
        return new StreamConsole(channel.in(), channel.out(), channel.err(), channel::gone);
    }

    private static int mustChange(Console console, Caller caller) {
        tell(
                console,
                "error: PASSWORD_CHANGE_NEEDED  nothing was run\n"
                        + "why:   the password of "
                        + caller.user()
                        + " has to be changed first\n"
                        + "fix:   log in with a terminal (ssh without a command) and choose a new"
                        + " one\n");
        return ExitCode.DENIED.code();
    }

    private static void tell(Console console, String text) {
        console.err().print(text);
        console.err().flush();
    }

    private boolean changed(TerminalConsole console, Live live) {
        tell(console, "Your password has to be changed before anything else.\n");
        for (int i = 0; i < NEW_PASSWORD_TRIES; i++) {
            Optional<String> fresh = console.askSecret("New password: ");
            Optional<String> again =
                    fresh.isEmpty() ? fresh : console.askSecret("The same again: ");
            if (again.isEmpty()) {
                break;
            }
            if (!fresh.equals(again)) {
                tell(console, "They differ.\n");
                continue;
            }
            Optional<String> refusal = logins.changePassword(live.caller(), fresh.get());
            if (refusal.isEmpty()) {
                live.caller(live.caller().passwordChanged());
                tell(console, "Password changed.\n");
                return true;
            }
            tell(console, refusal.get() + "\n");
        }
        PrintWriter err = console.err();
        err.print("The password was not changed.\n");
        err.flush();
        return false;
    }
}
