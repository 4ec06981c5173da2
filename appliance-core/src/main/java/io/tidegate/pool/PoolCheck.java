package io.tidegate.pool;

import io.tidegate.volume.StoreException;
import java.nio.file.Path;

/** Checks that every grain and node of a pool is free, or owned exactly once. Changes nothing. */
public final class PoolCheck {

    private PoolCheck() {}

    /**
     * Checks a pool that no process has open, as of its last checkpoint.
     *
     * @throws StoreException {@code BUSY} when it is open, {@code NOT_FOUND} when there is none,
     *     {@code DAMAGED} when not even its superblock can be read
     */
    public static PoolCheckReport check(Path directory) throws StoreException {
        return PoolFactory.of(directory).check();
    }
}
