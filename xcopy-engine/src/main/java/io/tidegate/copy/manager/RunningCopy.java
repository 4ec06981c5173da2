package io.tidegate.copy.manager;

import io.tidegate.block.OwnInterrupt;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.copy.CopyResult;
import io.tidegate.scsi.copy.CopyResult.Status.State;
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

    private final String nexus;
    private final int listId;
    private final ListIdUsage usage;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // guarded by lock:
    private final Set<LogicalUnit> units = new HashSet<>();
    private boolean fenced;
    private int piecesUnderWay;
    private long wakes;
    private int segments;
    private long bytes;

    RunningCopy(String nexus, int listId, ListIdUsage usage) {
        this.nexus = nexus;
        this.listId = listId;
        this.usage = usage;
    }

    /** Whether it can be asked for, and blocks its list identifier, under this one. */
    boolean isList(String otherNexus, int otherId) {
        return usage != ListIdUsage.NONE && listId == otherId && nexus.equals(otherNexus);
    }

    ListIdUsage usage() {
        return usage;
    }

    int listId() {
        return listId;
    }

    String nexus() {
        return nexus;
    }

    /** Tells which units it touches; before its first piece. */
    void touches(Set<LogicalUnit> all) {
        lock.lock();
        try {
            units.addAll(all);
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

    /** Counts what the segments before this one, and this one so far, have moved. */
    void progress(int wholeSegments, long bytesSoFar) {
        lock.lock();
        try {
            segments = wholeSegments;
            bytes = bytesSoFar;
        } finally {
            lock.unlock();
        }
    }

    CopyResult.Status status(State state) {
        lock.lock();
        try {
            return CopyResult.Status.ofBytes(state, segments, bytes);
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
