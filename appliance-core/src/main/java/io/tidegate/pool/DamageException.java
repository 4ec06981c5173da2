package io.tidegate.pool;

import java.io.IOException;

/** A structure on disk is not what it must be; the message names the place. */
final class DamageException extends IOException {

    private static final long serialVersionUID = 1L;

    DamageException(String message) {
        super(message);
    }
}
