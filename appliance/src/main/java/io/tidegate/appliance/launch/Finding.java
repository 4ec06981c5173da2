package io.tidegate.appliance.launch;

import java.util.Locale;

/**
 * What one check of the doctor found.
 *
 * @param what the thing that was looked at
 * @param seen what was found, with figures
 * @param fix what to do about it; empty when all is well
 */
record Finding(State state, String what, String seen, String fix) {

    /** How bad it is. */
    enum State {
        OK,
        WARN,
        BAD;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static Finding ok(String what, String seen) {
        return new Finding(State.OK, what, seen, "");
    }

    static Finding warn(String what, String seen, String fix) {
        return new Finding(State.WARN, what, seen, fix);
    }

    static Finding bad(String what, String seen, String fix) {
        return new Finding(State.BAD, what, seen, fix);
    }
}
