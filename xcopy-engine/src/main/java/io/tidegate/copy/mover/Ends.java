package io.tidegate.copy.mover;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import org.jspecify.annotations.Nullable;

/** Where a range copy gets its devices and its leave from, piece by piece. */
public interface Ends {

    /** The leave to move one piece. */
    interface Pass {
        BlockDevice source();

        BlockDevice destination();

        /** What this piece has done to the destination; on a worker, not when it failed. */
        void changed(Moved moved) throws DeviceException;

        /**
         * The piece's last call has returned. Called once, on a worker or by who asked for it.
         *
         * @return whether the piece counts; if not, the copy stops
         */
        boolean exit();
    }

    /**
     * Asked by the copying thread before each piece; may wait.
     *
     * @return null to stop the copy
     */
    @Nullable Pass enter();
}
