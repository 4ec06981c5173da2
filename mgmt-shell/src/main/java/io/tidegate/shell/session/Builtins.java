package io.tidegate.shell.session;

import io.tidegate.shell.command.CommandFailure;
import io.tidegate.shell.command.Console;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.render.Form;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.utils.InfoCmp.Capability;

/** Words of the interactive shell itself: history, watch, set, alias, exit. */
final class Builtins {

    static final List<String> WORDS =
            List.of("help", "history", "watch", "set", "alias", "exit", "quit");

    private final InteractiveShell shell;
    private final TerminalConsole console;
    private final Map<String, String> aliases = new TreeMap<>();
    private Form form = Form.table;
    private boolean left;

    Builtins(InteractiveShell shell, TerminalConsole console) {
        this.shell = shell;
        this.console = console;
    }

    Form form() {
        return form;
    }

    boolean left() {
        return left;
    }

    /** The line with an alias in its first word written out. */
    String expand(String line) {
        String text = line.strip();
        int end = 0;
        while (end < text.length() && !Character.isWhitespace(text.charAt(end))) {
            end++;
        }
        String words = aliases.get(text.substring(0, end));
        return words == null ? text : words + text.substring(end);
    }

    /** Runs the word if it is one of the shell's own; empty if it is a command. */
    Optional<Integer> run(List<String> words) throws CommandFailure {
        List<String> rest = words.subList(1, words.size());
        return switch (words.getFirst()) {
            case "exit", "quit" -> {
                left = true;
                yield Optional.of(ExitCode.DONE.code());
            }
            case "history" -> history();
            case "set" -> set(rest);
            case "alias" -> alias(rest);
            case "watch" -> watch(rest);
            default -> Optional.empty();
        };
    }

    private Optional<Integer> history() {
        PrintWriter out = console.out();
        int number = 1;
        for (String line : shell.history()) {
            out.print("%4d  %s%n".formatted(number++, line).replace("\r", ""));
        }
        return Optional.of(ExitCode.DONE.code());
    }

    private Optional<Integer> set(List<String> words) throws CommandFailure {
        if (words.isEmpty()) {
            console.out().print("output  " + form + "\n");
            return Optional.of(ExitCode.DONE.code());
        }
        if (words.size() == 2 && words.getFirst().equals("output")) {
            for (Form known : Form.values()) {
                if (known.name().equals(words.get(1).toLowerCase(Locale.ROOT))) {
                    form = known;
                    return Optional.of(ExitCode.DONE.code());
                }
            }
        }
        throw CommandFailure.usage(
                "nothing was set",
                "only the form of output can be set",
                "set output table|wide|json|jsonl|csv|name");
    }

    private Optional<Integer> alias(List<String> words) throws CommandFailure {
        if (words.isEmpty()) {
            aliases.forEach((name, text) -> console.out().print(name + "=" + text + "\n"));
            return Optional.of(ExitCode.DONE.code());
        }
        String text = String.join(" ", words);
        int equals = text.indexOf('=');
        String name = equals < 0 ? "" : text.substring(0, equals).strip();
        if (!name.matches("[a-z][a-z0-9-]*") || WORDS.contains(name) || shell.isNoun(name)) {
            throw CommandFailure.usage(
                    "no alias was made",
                    "'" + name + "' is no free word",
                    "alias NAME='words that it stands for'");
        }
        aliases.put(name, text.substring(equals + 1).strip());
        return Optional.of(ExitCode.DONE.code());
    }

    private Optional<Integer> watch(List<String> words) throws CommandFailure {
        List<String> command = words;
        long seconds = 2;
        if (words.size() > 2 && words.getFirst().equals("-n")) {
            seconds = seconds(words.get(1));
            command = words.subList(2, words.size());
        }
        if (command.isEmpty() || !shell.reads(command)) {
            throw CommandFailure.usage(
                    "nothing is watched",
                    "watch runs commands that only look",
                    "watch -n 2 job list --active");
        }
        return Optional.of(repeat(command, seconds));
    }

    private int repeat(List<String> command, long seconds) {
        AtomicBoolean stop = new AtomicBoolean();
        Object lock = new Object();
        Runnable end =
                () -> {
                    synchronized (lock) {
                        stop.set(true);
                        lock.notifyAll();
                    }
                };
        int code = 0;
        console.divert(null);
        try (Console.Registration _ = console.onInterrupt(end)) {
            while (!stop.get() && !console.gone()) {
                console.screen().puts(Capability.clear_screen);
                console.out().print(String.join(" ", command) + "   (Ctrl-C ends)\n\n");
                code = shell.command(command, true);
                synchronized (lock) {
                    long until = System.nanoTime() + seconds * 1_000_000_000L;
                    long left = until - System.nanoTime();
                    while (!stop.get() && !console.gone() && left > 0) {
                        lock.wait(Math.min(500, left / 1_000_000 + 1));
                        left = until - System.nanoTime();
                    }
                }
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("somebody interrupted a thread of the shell", e);
        }
        return code;
    }

    private static long seconds(String text) throws CommandFailure {
        if (text.matches("[0-9]{1,5}") && Long.parseLong(text) > 0) {
            return Long.parseLong(text);
        }
        throw CommandFailure.usage(
                "nothing is watched", "'" + text + "' is no number of seconds", "watch -n 2 ...");
    }
}
