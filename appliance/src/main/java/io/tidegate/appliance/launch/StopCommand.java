package io.tidegate.appliance.launch;

import io.tidegate.appliance.settings.Settings;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tidegate stop}. */
@Command(
        name = "stop",
        description = "Drains, flushes and ends the appliance of a data directory.",
        mixinStandardHelpOptions = true)
final class StopCommand implements Callable<Integer> {

    /** Longest time that draining and flushing may take before we say that it has not ended. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Mixin SettingsOptions options = new SettingsOptions();

    @Override
    public Integer call() throws IOException, InterruptedException {
        Settings settings = options.settings();
        Optional<RunState> state = RunState.read(settings.data());
        Optional<ProcessHandle> process = state.flatMap(RunState::process);
        if (process.isEmpty()) {
            System.out.println("not running");
            return 0;
        }
        stop(process.get());
        System.out.println("stopped, pid " + process.get().pid());
        return 0;
    }

    static void stop(ProcessHandle process) throws InterruptedException {
        process.destroy();
        try {
            process.onExit().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw new LaunchException(
                    LaunchException.FAILED,
                    "process " + process.pid() + " has not ended in " + LIMIT.toSeconds() + " s",
                    "it may still be flushing to a slow disk: wait, then repeat");
        }
    }
}
