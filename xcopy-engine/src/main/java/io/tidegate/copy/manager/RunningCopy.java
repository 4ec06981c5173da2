package io.tidegate.copy.manager;

import io.tidegate.block.OwnInterrupt;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.copy.ExtendedCopyList;
import io.tidegate.scsi.copy.ExtendedCopyList.ListIdUsage;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One copy under way: who ordered it, what it touches, how far it is, and the switch that ends it.
 * Thread-safe.
 */
final class RunningCopy {

    /**
     * How far a copy is.
     *
     * @param segments that were processed, with the one under way
     * @param bytes at the destination without a gap, in the order of the list
     * @param operations that source and destination have completed
     */
    record Progress(int segments, long bytes, int operations) {}

    private final String nexus;
    private final ExtendedCopyList list;
    private final long startedMillis;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // guarded by lock:
    private final Set<LogicalUnit> units = new HashSet<>();
    private boolean fenced;
    private boolean aborted;
    private boolean ended;
    private int piecesUnderWay;
    private long wakes;
    private long totalBytes;
    private int segments;
    private long wholeBytes; // of the segments before this one
    private long segmentBytes;
    private int operations;

    /**
     * @param list only its header is of interest here
     */
    RunningCopy(String nexus, ExtendedCopyList list, long startedMillis) {
        this.nexus = nexus;
        this.list = list;
        this.startedMillis = startedMillis;
    }

    /** Whether it can be asked for, and blocks its list identifier, under this one. */
    boolean isList(String otherNexus, long otherId) {
        return list.usage() != ListIdUsage.NONE
                && list.listId() == otherId
                && nexus.equals(otherNexus);
    }

    ExtendedCopyList list() {
        return list;
    }

    String nexus() {
        return nexus;
    }

    long startedMillis() {
        return startedMillis;
    }

    /** Tells which units it touches, and how much it is to move; before its first piece. */
    void touches(Set<LogicalUnit> all, long bytes) {
        lock.lock();
        try {
            units.addAll(all);
            totalBytes = bytes;
        } finally {
            lock.unlock();
        }
    }

    /** A copy that does not know its units yet concerns all. */
    boolean concerns(@Nullable String otherNexus, @Nullable LogicalUnit unit) {
        lock.lock();
        try {
            return (otherNexus == null || otherNexus.equals(nexus))
                    && (unit == null || units.isEmpty() || units.contains(unit));
        } finally {
            lock.unlock();
        }
    }

    /** No piece starts any more. Those under way end as they do: see {@link #awaitQuiet}. */
    void fence() {
        lock.lock();
        try {
            fenced = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean fenced() {
        lock.lock();
        try {
            return fenced;
        } finally {
            lock.unlock();
        }
    }

    /** As {@link #fence}, by the host that ordered it. */
    void abort() {
        lock.lock();
        try {
            aborted = true;
        } finally {
            lock.unlock();
        }
        fence();
    }

    /** Whether it is fenced because its host aborted it. */
    boolean aborted() {
        lock.lock();
        try {
            return aborted;
        } finally {
            lock.unlock();
        }
    }

    /** Its result stands. */
    void ended() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until its result stands. */
    void awaitEnded() {
        lock.lock();
        try {
            while (!ended) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until no piece is under way. To be called once it is fenced. */
    void awaitQuiet() {
        lock.lock();
        try {
            while (piecesUnderWay > 0) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * @return false when it is fenced: the piece must not be moved
     */
    boolean pieceStarts() {
        lock.lock();
        try {
            if (fenced) {
                return false;
            }
            piecesUnderWay++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    void pieceEnds() {
        lock.lock();
        try {
            piecesUnderWay--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The next segment of the list is processed. */
    void segmentBegins() {
        lock.lock();
        try {
            segments++;
            wholeBytes += segmentBytes;
            segmentBytes = 0;
        } finally {
            lock.unlock();
        }
    }

    /** So much of the segment is done, without a gap; a piece of it took two operations. */
    void pieceCounts(long contiguousBytes) {
        lock.lock();
        try {
            segmentBytes = contiguousBytes;
            operations += 2;
        } finally {
            lock.unlock();
        }
    }

    /** All of the segment is done. */
    void segmentDone(long bytes) {
        lock.lock();
        try {
            segmentBytes = bytes;
        } finally {
            lock.unlock();
        }
    }

    Progress progress() {
        lock.lock();
        try {
            return new Progress(segments, wholeBytes + segmentBytes, operations);
        } finally {
            lock.unlock();
        }
    }

    /** Bytes of all segments. */
    long totalBytes() {
        lock.lock();
        try {
            return totalBytes;
        } finally {
            lock.unlock();
        }
    }

    /** Parks the copy at a unit whose gate is closed. */
    boolean awaitGate(LogicalUnit unit, Duration limit) {
        long seen;
        lock.lock();
        try {
            seen = wakes;
        } finally {
            lock.unlock();
        }
        unit.park(this::wake); // calls at once when the gate has opened meanwhile
        long deadline = System.nanoTime() + limit.toNanos();
        boolean interrupted = false;
        lock.lock();
        try {
            while (wakes == seen && !fenced) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                try {
                    changed.awaitNanos(left);
                } catch (InterruptedException e) {
                    interrupted = true; // the copy goes on; the flag is the caller's
                }
            }
            return true;
        } finally {
            lock.unlock();
            if (interrupted) {
                OwnInterrupt.keep();
            }
        }
    }

    private void wake() {
        lock.lock();
        try {
            wakes++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
