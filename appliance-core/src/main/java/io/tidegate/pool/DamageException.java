package io.tidegate.pool;

import java.io.IOException;

/** A structure on disk is not what it must be; the message names the file and the place. */
final class DamageException extends IOException {

    private static final long serialVersionUID = 1L;
    private static final String PUT_BACK =
            "Put back intact files of the pool from one copy, or mend the disk; "
                    + "'tidegate pool check' lists what is wrong.";

    private final String advice;

    DamageException(String message) {
        this(message, PUT_BACK);
    }

    DamageException(String message, String advice) {
        super(message);
        this.advice = advice;
    }

    /** What whoever reads it can do. */
    String advice() {
        return advice;
    }
}
