package io.tidegate.pool;

import io.tidegate.block.ChangeStream;
import io.tidegate.volume.BookmarkId;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreException.Kind;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Begins differences between two points of a volume, and holds the snapshots that they need. */
final class Differences {

    private final PoolCore core;

    Differences(PoolCore core) {
        this.core = core;
    }

    /** As {@link Pool#diff(SnapshotId, SnapshotId, long)}. */
    ChangeStream between(SnapshotId from, SnapshotId to, long resumeOffset) throws StoreException {
        core.admin.lock();
        try {
            Acts acts = new Acts(core);
            Snapshot a = acts.snapshot(from);
            Snapshot b = acts.snapshot(to);
            requireOrder(a.volume == b.volume && a.epoch <= b.epoch, from, to);
            return stream(a, 0, b, List.of(a, b), resumeOffset);
        } finally {
            core.admin.unlock();
        }
    }

    /** As {@link Pool#diff(BookmarkId, SnapshotId, long)}. */
    ChangeStream between(BookmarkId from, SnapshotId to, long resumeOffset) throws StoreException {
        core.admin.lock();
        try {
            Acts acts = new Acts(core);
            Bookmark a = acts.bookmark(from);
            Snapshot b = acts.snapshot(to);
            requireOrder(a.volume == b.volume && a.epoch <= b.epoch, from, to);
            return stream(null, a.epoch, b, List.of(b), resumeOffset);
        } finally {
            core.admin.unlock();
        }
    }

    private ChangeStream stream(
            @Nullable Snapshot from,
            int sinceEpoch,
            Snapshot to,
            List<Snapshot> held,
            long resumeOffset)
            throws StoreException {
        Guards.Guard guard = core.guards.enter();
        try {
            ChangeStream stream = new DiffStream(core, from, sinceEpoch, to, held, resumeOffset);
            held.forEach(s -> s.opens.incrementAndGet());
            return stream;
        } catch (IOException e) {
            throw Failures.store(e, core);
        } finally {
            core.guards.leave(guard);
        }
    }

    private static void requireOrder(boolean holds, Object from, Object to) throws StoreException {
        if (!holds) {
            throw new StoreException(
                    Kind.NOT_FOUND, from + " is no earlier point of the volume of " + to);
        }
    }
}
