package io.tidegate.shell.render;

import java.io.PrintWriter;
import java.util.List;

/**
 * An error that a person reads: what happened, why, and what to do.
 *
 * @param code for programs, such as {@code VOLUME_BUSY}
 * @param message what did not happen
 * @param why the reason, with the names of those in the way
 * @param fix commands or acts that help; never empty
 * @param ref found again in the appliance's log
 */
public record Failure(String code, String message, String why, List<String> fix, String ref) {

    public Failure {
        fix = List.copyOf(fix);
        if (fix.isEmpty()) {
            throw new IllegalArgumentException("an error without a way out: " + code);
        }
    }

    /** Four lines, or an object in json; the writer is not flushed. */
    public void print(boolean json, PrintWriter err) {
        if (json) {
            err.print(JsonPrinter.error(this) + "\n");
            return;
        }
        err.print("error: " + code + "  " + Tame.line(message) + "\n");
        err.print("why:   " + Tame.line(why) + "\n");
        String label = "fix:   ";
        for (String line : fix) {
            err.print(label + Tame.line(line) + "\n");
            label = "       ";
        }
        err.print("ref:   " + ref + "\n");
    }
}
