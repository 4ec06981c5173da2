package io.tidegate.pool;

import io.tidegate.block.DeviceException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What extents are shared from. It counts as open, so that it is not deleted, until it is closed.
 *
 * @param live the volume, when its live content is meant
 * @param reserved whether it belongs to a reserved volume
 * @param root of the map; to be asked inside a guard and, of a live volume, inside its range lock
 * @param users how many have it open
 */
record ShareSource(@Nullable Volume live, boolean reserved, Runs.Root root, AtomicInteger users)
        implements AutoCloseable {

    /** A handle that extents can be shared from. */
    interface Handle {

        /**
         * Holds the source open for the other side of a share.
         *
         * @return null when the handle stands in another opening or another pool
         * @throws DeviceException {@code GONE} when it is closed
         */
        @Nullable ShareSource shareSource(PoolCore core, long offset, long length)
                throws DeviceException;
    }

    @Override
    public void close() {
        users.decrementAndGet();
    }
}
