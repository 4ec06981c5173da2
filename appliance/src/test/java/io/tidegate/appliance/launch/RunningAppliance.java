package io.tidegate.appliance.launch;

import io.tidegate.appliance.demo.DemoKey;
import io.tidegate.appliance.settings.AddressPort;
import io.tidegate.appliance.settings.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** An appliance in a process of its own, on free loopback ports, driven by the real ssh. */
final class RunningAppliance implements AutoCloseable {

    private final Path directory;
    private final DemoKey key;
    private final String iscsi;
    private RunState state;

    RunningAppliance(Path directory) throws IOException, InterruptedException {
        this(directory, "127.0.0.1:0", "");
    }

    /**
     * @param iscsi listen address of the default portal
     * @param more lines of the settings file
     */
    RunningAppliance(Path directory, String iscsi, String more)
            throws IOException, InterruptedException {
        this.directory = directory;
        this.iscsi = iscsi;
        this.key = DemoKey.make(directory);
        Files.writeString(
                directory.resolve("tidegate.yaml"),
                "heap: 256m\nfast_pool_size: 2GiB\ncapacity_pool_size: 2GiB\n" + more);
        this.state = start();
    }

    private RunState start() throws IOException, InterruptedException {
        SettingsOptions options = new SettingsOptions();
        options.data = data().toString();
        options.config = directory.resolve("tidegate.yaml");
        options.iscsi = iscsi;
        options.ssh = "127.0.0.1:0";
        options.http = "127.0.0.1:0";
        Settings settings = options.settings();
        PrintStream nowhere =
                new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        return Background.start(settings, options, Optional.of(key.publicFile()), nowhere);
    }

    Path data() {
        return directory.resolve("data");
    }

    RunState state() {
        return state;
    }

    InetSocketAddress portal() {
        return AddressPort.parse(state.iscsi()).resolve();
    }

    /** SIGKILL: nothing is flushed, nothing is told. */
    void kill() throws InterruptedException {
        ProcessHandle process = state.process().orElseThrow();
        process.destroyForcibly();
        process.onExit().join();
    }

    void startAgain() throws IOException, InterruptedException {
        state = start();
    }

    /** One command by the real ssh. */
    Peers.Ran ssh(String... words) throws IOException, InterruptedException {
        AddressPort address = AddressPort.parse(state.ssh());
        List<String> command = new ArrayList<>(List.of("ssh", "-F", "/dev/null", "-i"));
        command.add(key.privateFile().toString());
        command.addAll(
                List.of(
                        "-p",
                        Integer.toString(address.port()),
                        "-o",
                        "BatchMode=yes",
                        "-o",
                        "StrictHostKeyChecking=accept-new",
                        "-o",
                        "UserKnownHostsFile=" + directory.resolve("known-hosts"),
                        "admin@" + address.address()));
        command.addAll(Arrays.asList(words));
        return Peers.run(directory, command);
    }

    @Override
    public void close() throws InterruptedException {
        Optional<ProcessHandle> process = state.process();
        if (process.isPresent()) {
            StopCommand.stop(process.get());
        }
    }
}
