package io.tidegate.pool;

import io.tidegate.volume.StoreException;
import java.io.IOException;

/** A pool, or a device for it, is not used as it is; the message says why and what to do. */
final class RefusedException extends IOException {

    private static final long serialVersionUID = 1L;

    private final StoreException.Kind kind;

    RefusedException(StoreException.Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    RefusedException(StoreException.Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    StoreException.Kind kind() {
        return kind;
    }
}
