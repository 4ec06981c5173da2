package io.tidegate.appliance.launch;

/** A launcher's command cannot go on; carries its exit code and what to do. */
final class LaunchException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Failed. */
    static final int FAILED = 1;

    /** Wrong words on the command line or in the settings. */
    static final int USAGE = 2;

    /** Something else has the port, the directory or the pool. */
    static final int CONFLICT = 4;

    private final int exitCode;
    private final String fix;

    LaunchException(int exitCode, String message, String fix) {
        super(message);
        this.exitCode = exitCode;
        this.fix = fix;
    }

    int exitCode() {
        return exitCode;
    }

    /** What the person at the keyboard can do. */
    String fix() {
        return fix;
    }
}
