package io.tidegate.pool;

import java.io.IOException;

/** Nothing is left that this caller may take. */
final class NoSpaceException extends IOException {

    private static final long serialVersionUID = 1L;

    NoSpaceException(String message) {
        super(message);
    }
}
