package io.tidegate.shell.command;

import java.util.List;

/** A command did not do what it was told, for a reason that its user can act on. */
public final class CommandFailure extends Exception {

    private static final long serialVersionUID = 1L;

    private final ExitCode exit;
    private final String code;
    private final String why;
    private final List<String> fixes;

    /**
     * @param code for programs, such as {@code VOLUME_BUSY}
     * @param message what did not happen
     * @param why the reason
     * @param fixes what to do; never empty
     */
    public CommandFailure(
            ExitCode exit, String code, String message, String why, List<String> fixes) {
        super(message);
        this.exit = exit;
        this.code = code;
        this.why = why;
        this.fixes = List.copyOf(fixes);
    }

    /** What was typed makes no sense. */
    public static CommandFailure usage(String message, String why, String... fixes) {
        return new CommandFailure(ExitCode.USAGE, "USAGE", message, why, List.of(fixes));
    }

    public ExitCode exit() {
        return exit;
    }

    public String code() {
        return code;
    }

    public String why() {
        return why;
    }

    public List<String> fixes() {
        return fixes;
    }
}
