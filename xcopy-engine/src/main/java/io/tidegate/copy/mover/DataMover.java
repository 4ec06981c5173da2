package io.tidegate.copy.mover;

import io.tidegate.block.DeviceException;
import io.tidegate.recovery.Mover;

/** Moves extents through memory, several pieces at a time. Thread-safe. */
public final class DataMover implements Mover, AutoCloseable {

    public DataMover(MoverSettings settings) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Result move(Order order, Control control) throws DeviceException {
        throw new UnsupportedOperationException();
    }

    /** Returns when no piece is under way; no copy may be started any more. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
