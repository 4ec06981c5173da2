package io.tidegate.bench.pool;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs programs of the system and times them. */
final class Programs {

    private static final int LIMIT_SECONDS = 120;
    private static final int BASE_ROUNDS = 7;

    private Programs() {}

    /** Whether a program is installed. */
    static boolean installed(String name) {
        for (String directory : System.getenv().getOrDefault("PATH", "").split(":")) {
            if (Files.isExecutable(Path.of(directory, name))) {
                return true;
            }
        }
        return false;
    }

    /**
     * Runs a program to its end.
     *
     * @param input what it reads
     * @throws IOException with its output when it fails or does not end in time
     */
    static void run(Path scratch, String input, List<String> command) throws Exception {
        Path in = scratch.resolve("input");
        Path out = scratch.resolve("output");
        Files.writeString(in, input);
        Process p =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectInput(in.toFile())
                        .redirectOutput(out.toFile())
                        .start();
        try {
            if (!p.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException(command + " does not end");
            }
            if (p.exitValue() != 0) {
                throw new IOException(command + " failed: " + tail(out));
            }
        } finally {
            p.destroyForcibly().waitFor();
        }
    }

    private static String tail(Path out) throws IOException {
        String all = Files.readString(out, StandardCharsets.UTF_8).strip();
        return all.substring(Math.max(0, all.length() - 300));
    }

    /** Milliseconds that it takes. */
    static double millis(Path scratch, String... command) throws Exception {
        return Rounds.millis(() -> run(scratch, "", List.of(command)));
    }

    /** Milliseconds of the start and end of a program that does next to nothing: a median. */
    static double base(Path scratch, String... command) throws Exception {
        List<Double> all = new ArrayList<>();
        for (int i = 0; i < BASE_ROUNDS; i++) {
            all.add(millis(scratch, command));
        }
        return Rounds.median(all.stream().mapToDouble(d -> d).toArray());
    }
}
