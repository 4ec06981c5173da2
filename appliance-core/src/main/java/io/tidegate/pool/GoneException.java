package io.tidegate.pool;

import java.io.IOException;

/** The volume, snapshot or pool is not there any more. */
final class GoneException extends IOException {

    private static final long serialVersionUID = 1L;

    GoneException(String message) {
        super(message);
    }
}
