package io.tidegate.copy.mover;

import io.tidegate.block.DeviceException;

/** A device failed, and at which end of the copy. */
final class EndException extends Exception {

    private static final long serialVersionUID = 1L;

    private final boolean source;
    private final DeviceException device;

    EndException(boolean source, DeviceException device) {
        super(device);
        this.source = source;
        this.device = device;
    }

    boolean source() {
        return source;
    }

    DeviceException device() {
        return device;
    }
}
