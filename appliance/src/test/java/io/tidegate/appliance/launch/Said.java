package io.tidegate.appliance.launch;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** What the launcher printed, and how it ended. */
record Said(int exitCode, String out, String err) {

    /** Runs the launcher in this process. */
    static Said run(String... args) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream heardOut = new ByteArrayOutputStream();
        ByteArrayOutputStream heardErr = new ByteArrayOutputStream();
        System.setOut(new PrintStream(heardOut, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(heardErr, true, StandardCharsets.UTF_8));
        try {
            int code = Launcher.run(args);
            return new Said(
                    code,
                    heardOut.toString(StandardCharsets.UTF_8),
                    heardErr.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }
}
