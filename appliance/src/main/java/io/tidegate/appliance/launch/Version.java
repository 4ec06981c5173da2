package io.tidegate.appliance.launch;

import java.util.Optional;

/** What this build is. */
public final class Version {

    private Version() {}

    /** Name and version, as in {@code tidegate 0.1.0-SNAPSHOT}. */
    public static String product() {
        return "tidegate "
                + Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
                        .orElse("(not packaged)");
    }

    /** The commit that the launcher found itself in. */
    public static String commit() {
        return System.getProperty("tidegate.commit", "unknown");
    }

    /** Version 0 promises no migration: docs/pool-format.md. */
    public static int poolFormat() {
        return 0;
    }
}
