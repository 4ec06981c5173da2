package io.tidegate.pool;

import java.io.IOException;

/**
 * A sync failed: the system may have dropped what was written since the last one, and a second sync
 * would say that all is well. The one failure that does not pass (barrier rule 6).
 */
final class SyncFailure extends IOException {

    private static final long serialVersionUID = 1L;

    private SyncFailure(String what, IOException cause) {
        super("the sync of " + what + " failed: " + cause.getMessage(), cause);
    }

    static void sync(PoolFile file, String what) throws SyncFailure {
        try {
            file.sync();
        } catch (IOException e) {
            throw new SyncFailure(what, e);
        }
    }

    static void syncNames(PoolFiles directory) throws SyncFailure {
        try {
            directory.syncDirectory();
        } catch (IOException e) {
            throw new SyncFailure("the names in " + directory.name(), e);
        }
    }
}
