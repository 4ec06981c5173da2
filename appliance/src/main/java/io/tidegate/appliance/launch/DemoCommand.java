package io.tidegate.appliance.launch;

import io.tidegate.appliance.demo.Demo;
import io.tidegate.appliance.demo.DemoKey;
import io.tidegate.appliance.settings.AddressPort;
import io.tidegate.appliance.settings.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tidegate demo}. */
@Command(
        name = "demo",
        description = "Runs the main job on a throw-away appliance and proves each step.",
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {

    @Option(names = "--keep", description = "leave the appliance running, and print the ssh line")
    boolean keep;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "an empty directory (default: a temporary one)")
    @Nullable Path data;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path directory = data != null ? empty(data) : Files.createTempDirectory("tidegate-demo-");
        DemoKey key = DemoKey.make(directory);
        SettingsOptions options = new SettingsOptions();
        options.data = directory.resolve("data").toString();
        options.iscsi = "127.0.0.1:0";
        options.ssh = "127.0.0.1:0";
        options.http = "127.0.0.1:0";
        Settings settings = options.settings();
        RunState state =
                Background.start(settings, options, Optional.of(key.publicFile()), System.out);
        try {
            boolean good =
                    Demo.run(
                            state.ssh(),
                            AddressPort.parse(state.iscsi()).resolve(),
                            key.pair(),
                            System.out);
            System.out.println();
            System.out.println(good ? "every comparison held" : "A COMPARISON FAILED");
            return good ? 0 : 1;
        } finally {
            end(state, directory, key);
        }
    }

    /** What the demonstration leaves is removed at its end, so nothing else may be in there. */
    private static Path empty(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> children = Files.list(directory)) {
                if (children.findAny().isPresent()) {
                    throw new LaunchException(
                            LaunchException.USAGE,
                            "the directory " + directory + " is not empty; nothing was touched",
                            "give an empty or absent directory with --data, or none");
                }
            }
        }
        return directory;
    }

    private void end(RunState state, Path directory, DemoKey key)
            throws IOException, InterruptedException {
        if (keep) {
            AddressPort ssh = AddressPort.parse(state.ssh());
            System.out.println("left running, pid " + state.pid());
            System.out.printf(
                    "  ssh -i %s -p %d admin@%s%n", key.privateFile(), ssh.port(), ssh.address());
            System.out.printf("  ./tidegate stop --data %s%n", directory.resolve("data"));
            return;
        }
        Optional<ProcessHandle> process = state.process();
        if (process.isPresent()) {
            StopCommand.stop(process.get());
        }
        remove(directory);
    }

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            all.sorted(Comparator.reverseOrder())
                    .forEach(
                            path -> {
                                try {
                                    Files.delete(path);
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            });
        }
    }
}
