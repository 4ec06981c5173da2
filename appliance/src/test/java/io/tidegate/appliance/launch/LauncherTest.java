package io.tidegate.appliance.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherTest {

    @TempDir Path dir;

    @Test
    void aSecondStartFindsTheFirstAndATakenPortIsRefused() throws Exception {
        try (RunningAppliance appliance = new RunningAppliance(dir)) {
            String data = appliance.data().toString();
            Said again = Said.run("start", "--data", data);
            assertThat(again.exitCode()).isZero();
            assertThat(again.out()).contains("already running, pid " + appliance.state().pid());

            Path other = dir.resolve("other");
            Said taken =
                    Said.run(
                            "start",
                            "--data",
                            other.toString(),
                            "--config",
                            dir.resolve("tidegate.yaml").toString(),
                            "--iscsi",
                            appliance.state().iscsi(),
                            "--ssh",
                            "127.0.0.1:0",
                            "--http",
                            "127.0.0.1:0");
            assertThat(taken.exitCode()).as(taken.err()).isEqualTo(LaunchException.CONFLICT);
            assertThat(taken.err()).contains("fix:");
        }
        Said stopped = Said.run("stop", "--data", dir.resolve("data").toString());
        assertThat(stopped.exitCode()).isZero();
        assertThat(stopped.out()).contains("not running");
    }

    @Test
    void theDataDirectoryIsHeldByOne() throws Exception {
        try (DataDirectory held = DataDirectory.acquire(dir.resolve("d")).orElseThrow()) {
            assertThat(held).isNotNull();
            assertThat(DataDirectory.acquire(dir.resolve("d"))).isEmpty();
        }
        assertThat(DataDirectory.acquire(dir.resolve("d"))).isPresent();
    }

    @Test
    void theDemonstrationTouchesNoDirectoryThatHoldsAnything() throws Exception {
        Path precious = Files.writeString(dir.resolve("precious"), "only copy");
        Said refused = Said.run("demo", "--data", dir.toString());
        assertThat(refused.exitCode()).isEqualTo(LaunchException.USAGE);
        assertThat(refused.err()).contains("not empty");
        assertThat(precious).hasContent("only copy");
    }

    @Test
    void wrongSettingsAreAUsageError() throws Exception {
        Path file = Files.writeString(dir.resolve("bad.yaml"), "iscsy: 127.0.0.1:1\n");
        Said said =
                Said.run(
                        "start",
                        "--data",
                        dir.resolve("x").toString(),
                        "--config",
                        file.toString());
        assertThat(said.exitCode()).isEqualTo(LaunchException.USAGE);
        assertThat(said.err()).contains("line 1").contains("iscsi");
        assertThat(Said.run("version").out()).contains("pool format  0");
    }
}
