package io.tidegate.appliance.launch;

import io.tidegate.appliance.settings.Settings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Starts the appliance as a process of its own. The child reports on its standard output, which is
 * a pipe to us until it is ready, so that a one-time password goes to the terminal and never to a
 * log.
 */
final class Background {

    /** The child's last line of report. */
    static final String READY = "-- ready --";

    private Background() {}

    /**
     * Returns when all ports answer; what the child reports goes to {@code out}.
     *
     * @throws LaunchException when the child ended first
     */
    static RunState start(
            Settings settings,
            SettingsOptions options,
            Optional<Path> authorizedKey,
            PrintStream out)
            throws IOException, InterruptedException {
        Path data = settings.data().toAbsolutePath();
        DataDirectory.acquire(data)
                .orElseThrow(
                        () ->
                                new LaunchException(
                                        LaunchException.CONFLICT,
                                        "the data directory "
                                                + data
                                                + " is held by another process",
                                        "stop it first, or give another directory with --data"))
                .close();
        Path log = privateFile(data.resolve("tidegate.log"));
        Process child =
                new ProcessBuilder(command(settings, options, authorizedKey, log))
                        .redirectError(ProcessBuilder.Redirect.appendTo(stderr(data).toFile()))
                        .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                        .start();
        if (!relay(child, out)) {
            int code = child.waitFor();
            throw new LaunchException(
                    code == 0 ? LaunchException.FAILED : code,
                    "the appliance ended before it was ready (exit code " + code + ")",
                    "read the end of " + log + " and of tidegate.err beside it");
        }
        return RunState.read(data)
                .filter(s -> Running.answers(s.iscsi()) && Running.answers(s.ssh()))
                .filter(s -> Running.answers(s.http()))
                .orElseThrow(
                        () ->
                                new LaunchException(
                                        LaunchException.FAILED,
                                        "the appliance says it is ready, but a port does not answer",
                                        "read the end of "
                                                + log
                                                + " and of tidegate.err beside it"));
    }

    private static boolean relay(Process child, PrintStream out) throws IOException {
        BufferedReader report = child.inputReader();
        for (String line = report.readLine(); line != null; line = report.readLine()) {
            if (line.equals(READY)) {
                return true;
            }
            out.println(line);
        }
        return false;
    }

    /** What the Java machine itself says, a crash for example; the log proper rolls over. */
    private static Path stderr(Path data) throws IOException {
        return privateFile(data.resolve("tidegate.err"));
    }

    private static Path privateFile(Path file) throws IOException {
        if (!Files.exists(file)) {
            Files.createFile(
                    file,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
        }
        return file;
    }

    private static List<String> command(
            Settings settings, SettingsOptions options, Optional<Path> authorizedKey, Path log) {
        List<String> words = new ArrayList<>();
        // A session of its own: the terminal's Ctrl-C and hang-up are not for the appliance.
        if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
            words.add("/usr/bin/setsid");
        }
        words.addAll(Jvm.command(settings, log));
        words.addAll(List.of("start", "--foreground", "--report"));
        words.addAll(options.words());
        authorizedKey.ifPresent(
                key -> words.addAll(List.of("--authorized-key", key.toAbsolutePath().toString())));
        return words;
    }
}
