package io.tidegate.appliance;

import io.tidegate.appliance.launch.Launcher;

/** The launcher's entry. */
public final class Main {

    private Main() {}

    /** Ends the process with the exit code of the command. */
    public static void main(String[] args) {
        System.exit(Launcher.run(args));
    }
}
