package io.tidegate.shell.render;

import java.util.ArrayList;
import java.util.List;

/**
 * What a change would do: shown by {@code --dry-run} and before a confirmation, the same object
 * both times.
 *
 * @param command that would do it, for the title
 * @param level how far it has to be confirmed
 * @param confirmName what has to be typed for {@link Level#NAME}
 * @param lines what is lost, who is in the way, what stays, cost; label and text
 */
public record Plan(String command, Level level, String confirmName, List<Line> lines)
        implements Result {

    /** How a change is confirmed. */
    public enum Level {
        /** Not at all: nothing is lost, or all of it can be taken back. */
        NONE,
        /** A yes. */
        YES,
        /** The name of the object, typed. */
        NAME
    }

    /** One fact; several lines may bear one label. */
    public record Line(String label, String text) {}

    public Plan {
        lines = new ArrayList<>(lines);
    }

    /** A change that needs no confirmation. */
    public static Plan free(String command) {
        return new Plan(command, Level.NONE, "", List.of());
    }

    /** A change that asks for a yes. */
    public static Plan ask(String command) {
        return new Plan(command, Level.YES, "", List.of());
    }

    /** A change that asks for the name of what it changes. */
    public static Plan askName(String command, String name) {
        return new Plan(command, Level.NAME, name, List.of());
    }

    /** Adds a line; for building only. */
    public Plan line(String label, String text) {
        lines.add(new Line(label, text));
        return this;
    }
}
