package io.tidegate.snapshot;

import io.tidegate.audit.Request;
import io.tidegate.catalog.ServiceException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Makes, lists, mounts and deletes snapshots. Safe for concurrent calls; all calls block and belong
 * on threads that nobody interrupts.
 */
public final class SnapshotService {

    /**
     * What to make.
     *
     * @param volumes names; more than one are taken at one instant
     * @param name the part after the @; without it the time is the name
     * @param keep retention; without it kept until deleted by hand
     */
    public record Create(
            List<String> volumes, Optional<String> name, Optional<Duration> keep, String label) {}

    /**
     * What to list.
     *
     * @param volume only of this volume
     * @param at only the newest at or before this time, for each volume
     * @param destroyed the deleted and destroyed ones, too
     */
    public record Query(Optional<String> volume, Optional<Instant> at, boolean destroyed) {
        public static final Query ALL = new Query(Optional.empty(), Optional.empty(), false);
    }

    /** What differs between two snapshots. */
    public record Difference(
            SnapshotInfo from,
            SnapshotInfo to,
            long writtenBytes,
            long discardedBytes,
            long extents,
            List<io.tidegate.block.ChangeStream.Change> first) {}

    /** What is in the way of a deletion, and what it would give back. */
    public record DeletePlan(
            SnapshotInfo snapshot, long uniqueBytes, List<String> obstacles, Instant binUntil) {}

    /** Removes what a crash left half made. At start, before anything else uses snapshots. */
    public void recover() throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /** Snapshots one or several volumes at one instant; all are ready when it returns. */
    public List<SnapshotInfo> create(Request request, Create create) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    public List<SnapshotInfo> list(Query query) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /** By {@code volume@name}, or by its UUID. */
    public SnapshotInfo show(String name) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /** Bytes that would come back if only this one were deleted. */
    public long uniqueBytes(SnapshotInfo snapshot) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /** Changes retention or label; empty values leave what is there. */
    public SnapshotInfo set(
            Request request, String name, Optional<Instant> keepUntil, Optional<String> label)
            throws ServiceException {
        throw new UnsupportedOperationException();
    }

    public DeletePlan planDelete(String name) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /** Puts a snapshot into the bin; one that is there already is left alone. */
    public SnapshotInfo delete(Request request, String name) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    public SnapshotInfo undelete(Request request, String name) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /** Destroys a snapshot now, in the bin or not; its row stays as history. */
    public SnapshotInfo purge(Request request, String name) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /**
     * Destroys what has been in the bin for longer than its grace, and what nobody holds and has
     * outlived its retention. Called from time to time.
     *
     * @return how many went
     */
    public int prune() throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /**
     * Shows a snapshot to a host as a logical unit of its own, read-only or as a writable clone.
     *
     * @param target empty for the first target
     * @param lun empty for the next free number
     */
    public MountInfo mount(
            Request request,
            String name,
            String host,
            Optional<String> target,
            Optional<Integer> lun,
            boolean writableClone)
            throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /** Takes a mounted snapshot away from a host; a writable clone is deleted with its writes. */
    public void unmount(Request request, String name, String host) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    public List<MountInfo> mounts() throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /**
     * What changed from one snapshot to a later one of the same volume.
     *
     * @param maxExtents how many of the first extents to list
     */
    public Difference diff(String from, String to, int maxExtents) throws ServiceException {
        throw new UnsupportedOperationException();
    }
}
