package io.tidegate.pool;

import io.tidegate.volume.StoreException;
import java.nio.file.Path;

/**
 * Checks a pool that is not open: both superblocks, the sizes of its files, the log, the maps, the
 * dead-lists, and that every grain and node is free or owned exactly once. Changes nothing.
 */
public final class PoolCheck {

    private PoolCheck() {}

    /**
     * Checks a pool that no process has open, as an opening now would see it: the last checkpoint
     * with the log replayed onto it, in memory and by the same rule. Takes the memory of an
     * opening.
     *
     * @throws StoreException {@code BUSY} when it is open, {@code NOT_FOUND} when there is none,
     *     {@code DAMAGED} when not even its superblock can be read, {@code IO}
     */
    public static PoolCheckReport check(Path directory) throws StoreException {
        return PoolFactory.of(directory).check();
    }
}
