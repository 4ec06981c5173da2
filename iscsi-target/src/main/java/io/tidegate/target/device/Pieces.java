package io.tidegate.target.device;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.presentation.LogicalUnit;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Long work on the medium of a unit, piece by piece: each enters the unit anew, so that a gate can
 * close in between, and none is begun on another generation than the first. For virtual threads.
 */
final class Pieces {

    /** What is written at one time; what waits for a gate waits for no more than that. */
    static final long FILL_BYTES = 8L << 20;

    /** What is given back at one time. */
    static final long DISCARD_BYTES = 256L << 20;

    /** What became of a piece. */
    enum End {
        DONE,
        /** The unit points elsewhere by now, or did before the piece began. */
        OUTDATED,
        /** The unit takes no commands. */
        HELD
    }

    /** What is done to a piece. */
    @FunctionalInterface
    interface Work {
        void apply(BlockDevice device, long offset, long lengthBytes) throws DeviceException;
    }

    private Pieces() {}

    /** Does one piece; waits at a closed gate. */
    static End run(LogicalUnit unit, long generation, long offset, long lengthBytes, Work work)
            throws DeviceException {
        LogicalUnit.Entry entry = enter(unit);
        if (entry == null) {
            return End.HELD;
        }
        try {
            if (entry.generation() != generation) {
                return End.OUTDATED;
            }
            work.apply(entry.device(), offset, lengthBytes);
            return entry.current() ? End.DONE : End.OUTDATED;
        } finally {
            entry.exit();
        }
    }

    private static LogicalUnit.@Nullable Entry enter(LogicalUnit unit) {
        while (true) {
            LogicalUnit.Entry entry = unit.enter();
            if (entry != null || unit.state() == LogicalUnit.State.HELD) {
                return entry;
            }
            CompletableFuture<Void> opened = new CompletableFuture<>();
            unit.park(() -> opened.complete(null));
            opened.join();
        }
    }
}
