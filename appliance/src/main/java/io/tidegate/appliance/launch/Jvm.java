package io.tidegate.appliance.launch;

import io.tidegate.appliance.settings.Settings;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** How a process of the appliance is started. */
final class Jvm {

    private Jvm() {}

    /** Words up to and with the jar. Collector and fixed heap: decision 7. */
    static List<String> command(Settings settings, Path log) {
        String java =
                Optional.ofNullable(System.getProperty("java.home"))
                        .map(home -> Path.of(home, "bin", "java").toString())
                        .orElse("java");
        return List.of(
                java,
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-Xms" + settings.heap(),
                "-Xmx" + settings.heap(),
                "-XX:MaxDirectMemorySize=" + settings.heap(),
                "-XX:+ExitOnOutOfMemoryError",
                "-Dio.netty.leakDetection.level=disabled",
                "-Dtidegate.commit=" + Version.commit(),
                "-Dlogback.configurationFile=logback-file.xml",
                "-Dtidegate.log=" + log,
                "-cp",
                System.getProperty("java.class.path"),
                "io.tidegate.appliance.Main");
    }
}
