package io.tidegate.appliance.launch;

import io.tidegate.appliance.settings.Settings;
import io.tidegate.appliance.settings.SettingsFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the settings come from: command line before file before default. */
final class SettingsOptions {

    @Option(names = "--data", paramLabel = "DIR", description = "data directory (default: ./data)")
    @Nullable String data;

    @Option(names = "--config", paramLabel = "FILE", description = "settings file (YAML)")
    @Nullable Path config;

    @Option(
            names = "--iscsi",
            paramLabel = "ADDR:PORT",
            description = "iSCSI portal (default: 127.0.0.1:3260; port 0 takes a free one)")
    @Nullable String iscsi;

    @Option(
            names = "--ssh",
            paramLabel = "ADDR:PORT",
            description = "administrators' shell (default: 127.0.0.1:2222)")
    @Nullable String ssh;

    @Option(
            names = "--http",
            paramLabel = "ADDR:PORT",
            description = "metrics and health (default: 127.0.0.1:8080)")
    @Nullable String http;

    Settings settings() {
        Settings settings = Settings.defaults();
        if (config != null) {
            settings = settings.with(SettingsFile.read(config, System.getenv()));
        }
        return settings.with(
                Settings.Overrides.ofCommandLine(
                        Optional.ofNullable(data),
                        Optional.ofNullable(iscsi),
                        Optional.ofNullable(ssh),
                        Optional.ofNullable(http)));
    }

    /** The same options as words of a command line, paths made absolute. */
    List<String> words() {
        List<String> words = new ArrayList<>();
        add(words, "--data", data == null ? null : Path.of(data).toAbsolutePath().toString());
        add(words, "--config", config == null ? null : config.toAbsolutePath().toString());
        add(words, "--iscsi", iscsi);
        add(words, "--ssh", ssh);
        add(words, "--http", http);
        return words;
    }

    private static void add(List<String> words, String name, @Nullable String value) {
        if (value != null) {
            words.add(name);
            words.add(value);
        }
    }
}
