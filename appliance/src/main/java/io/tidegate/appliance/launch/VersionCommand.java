package io.tidegate.appliance.launch;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code tidegate version}. */
@Command(
        name = "version",
        description = "Prints product, commit, Java and pool format version.",
        mixinStandardHelpOptions = true)
final class VersionCommand implements Callable<Integer> {

    @Override
    public Integer call() {
        System.out.println(Version.product());
        System.out.println("commit       " + Version.commit());
        System.out.println("java         " + Runtime.version());
        System.out.println("pool format  " + Version.poolFormat());
        return 0;
    }
}
