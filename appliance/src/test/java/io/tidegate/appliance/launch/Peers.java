package io.tidegate.appliance.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** Programs of others that tests talk to. */
final class Peers {

    private static final long LIMIT_SECONDS = 120;

    private Peers() {}

    /** What a program said. */
    record Ran(int exitCode, String out, String err) {
        Ran ok() {
            Assertions.assertThat(exitCode).as("out: %s%nerr: %s", out, err).isZero();
            return this;
        }
    }

    /**
     * Skips the test when a program is absent, unless TIDEGATE_INTEROP says that this is an error.
     */
    static void need(String... programs) {
        for (String program : programs) {
            boolean there =
                    Arrays.stream(System.getenv("PATH").split(":"))
                            .anyMatch(dir -> Files.isExecutable(Path.of(dir, program)));
            if ("required".equals(System.getenv("TIDEGATE_INTEROP"))) {
                Assertions.assertThat(there).as("%s is installed", program).isTrue();
            }
            Assumptions.assumeTrue(there, program + " is not installed");
        }
    }

    /** Runs a program to its end; its output goes through files, so that it never blocks. */
    static Ran run(Path scratch, List<String> command) throws IOException, InterruptedException {
        Path out = Files.createTempFile(scratch, "out", "");
        Path err = Files.createTempFile(scratch, "err", "");
        Process process =
                new ProcessBuilder(command)
                        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .start();
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            Assertions.fail("%s did not end: %s", command, Files.readString(err));
        }
        return new Ran(process.exitValue(), Files.readString(out), Files.readString(err));
    }
}
