package io.tidegate.shell.command;

import java.util.Arrays;

/** How a command ended; scripts act on it, so numbers never change their meaning. */
public enum ExitCode {
    DONE(0, "done"),
    FAILED(1, "failed"),
    USAGE(2, "usage: unknown word, missing or wrong value"),
    NOT_FOUND(3, "not found"),
    CONFLICT(4, "conflict or busy; nothing was changed"),
    CONFIRMATION(5, "confirmation needed"),
    DENIED(6, "denied by role or lock"),
    PARTLY(7, "partly done; the report says which part"),
    TIMEOUT(8, "time-out while waiting; the job goes on"),
    DEVICE(9, "a device, store or array failed"),
    INTERNAL(70, "internal error; the reference is in the log"),
    INTERRUPTED(130, "interrupted; a job goes on");

    private final int code;
    private final String meaning;

    ExitCode(int code, String meaning) {
        this.code = code;
        this.meaning = meaning;
    }

    public int code() {
        return code;
    }

    public String meaning() {
        return meaning;
    }

    /** The meaning of a number; {@link #FAILED} for one that is none of ours. */
    public static ExitCode of(int code) {
        return Arrays.stream(values()).filter(e -> e.code == code).findFirst().orElse(FAILED);
    }
}
