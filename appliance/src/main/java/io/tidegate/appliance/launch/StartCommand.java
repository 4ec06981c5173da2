package io.tidegate.appliance.launch;

import io.tidegate.appliance.settings.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidegate start}. */
@Command(
        name = "start",
        description = "Starts the appliance; returns when all its ports answer.",
        mixinStandardHelpOptions = true)
final class StartCommand implements Callable<Integer> {

    @Mixin SettingsOptions options = new SettingsOptions();

    @Option(
            names = "--authorized-key",
            paramLabel = "FILE",
            description =
                    "public key of the first administrator; without it the first start prints a"
                            + " one-time password")
    @Nullable Path authorizedKey;

    @Option(names = "--foreground", description = "stay in the foreground and log to stderr")
    boolean foreground;

    @Option(names = "--report", hidden = true, description = "end the report on stdout with a mark")
    boolean report;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Settings settings = options.settings();
        if (!report) {
            Optional<RunState> running = Running.find(settings.data());
            if (running.isPresent()) {
                System.out.println("already running, pid " + running.get().pid());
                return 0;
            }
        }
        if (foreground) {
            return new Foreground(settings, Optional.ofNullable(authorizedKey), report).run();
        }
        Background.start(settings, options, Optional.ofNullable(authorizedKey), System.out);
        return 0;
    }
}
