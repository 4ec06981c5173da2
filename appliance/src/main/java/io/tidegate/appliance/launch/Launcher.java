package io.tidegate.appliance.launch;

import io.tidegate.appliance.settings.SettingsException;
import java.io.PrintStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line of {@code ./tidegate}. */
@Command(
        name = "tidegate",
        description = "A SAN gateway: LUNs, snapshots, quick recovery volumes.",
        mixinStandardHelpOptions = true,
        subcommands = {
            StartCommand.class,
            StopCommand.class,
            DemoCommand.class,
            DoctorCommand.class,
            PoolCommand.class,
            VersionCommand.class
        })
public final class Launcher {

    private static final Logger log = LoggerFactory.getLogger(Launcher.class);

    private Launcher() {}

    /** Runs one command and gives its exit code. */
    public static int run(String... args) {
        CommandLine line = new CommandLine(new Launcher());
        line.setExecutionExceptionHandler((e, commandLine, parsed) -> explain(e, System.err));
        return args.length == 0 ? line.execute("--help") : line.execute(args);
    }

    private static int explain(Exception e, PrintStream err) {
        switch (e) {
            case LaunchException launch -> {
                err.println("error: " + launch.getMessage());
                err.println("fix:   " + launch.fix());
                return launch.exitCode();
            }
            case SettingsException settings -> {
                err.println("error: " + settings.getMessage());
                return LaunchException.USAGE;
            }
            default -> {
                log.error("the command failed", e);
                err.println("error: " + e);
                return 70;
            }
        }
    }
}
