package io.tidegate.copy.manager;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.copy.CopyLimits;
import io.tidegate.scsi.copy.CopyResult;
import io.tidegate.scsi.copy.CopyResult.Status.State;
import io.tidegate.scsi.copy.ExtendedCopyList;
import io.tidegate.scsi.copy.ExtendedCopyList.ListIdUsage;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which copies are under way and which results can still be asked for, by nexus and list
 * identifier. A result may be read any number of times until its time is up. Thread-safe.
 */
final class CopyBook {

    /** Why a copy may not begin, or the copy. */
    sealed interface Begun {
        record Copy(RunningCopy copy) implements Begun {}

        /** Its list identifier is in use on this nexus. */
        record InUse() implements Begun {}

        /** As many copies run as may, or the manager is closed. */
        record Busy() implements Begun {}
    }

    /**
     * What a copy came to.
     *
     * @param sense null when it did what it was told
     */
    record Result(CopyResult.Status status, @Nullable Sense sense, Instant until) {}

    private record ListKey(String nexus, int listId) {}

    private final CopyLimits limits;
    private final Clock clock;
    // guarded by this:
    private final List<RunningCopy> running = new ArrayList<>();
    private final Map<ListKey, Result> results = new LinkedHashMap<>(); // the oldest first
    private boolean closed;

    CopyBook(CopyLimits limits, Clock clock) {
        this.limits = limits;
        this.clock = clock;
    }

    /**
     * Enters a copy. An identifier that hosts want a result kept under is refused while it is in
     * use; with the other usages hosts repeat one identifier for copies side by side.
     */
    synchronized Begun begin(String nexus, ExtendedCopyList list) {
        if (closed || running.size() >= limits.maxConcurrent()) {
            return new Begun.Busy();
        }
        if (list.usage() == ListIdUsage.HOLD && running(nexus, list.listId()) != null) {
            return new Begun.InUse();
        }
        RunningCopy copy = new RunningCopy(nexus, list.listId(), list.usage());
        if (list.usage() != ListIdUsage.NONE) {
            results.remove(new ListKey(nexus, list.listId()));
        }
        running.add(copy);
        return new Begun.Copy(copy);
    }

    /** Takes a copy out, and keeps its result if it was asked to. */
    synchronized void end(RunningCopy copy, @Nullable Sense sense) {
        running.remove(copy);
        if (copy.usage() != ListIdUsage.HOLD) {
            return;
        }
        expire();
        if (results.size() >= limits.maxResults()) {
            results.remove(results.keySet().iterator().next());
        }
        State state = sense == null ? State.DONE : State.ERROR;
        Instant until = clock.instant().plus(limits.resultsKept());
        results.put(
                new ListKey(copy.nexus(), copy.listId()),
                new Result(copy.status(state), sense, until));
    }

    synchronized @Nullable RunningCopy running(String nexus, int listId) {
        for (RunningCopy copy : running.reversed()) { // the latest, where there are several
            if (copy.isList(nexus, listId)) {
                return copy;
            }
        }
        return null;
    }

    synchronized @Nullable Result result(String nexus, int listId) {
        expire();
        return results.get(new ListKey(nexus, listId));
    }

    /** Results are put in the order in which they expire. */
    private void expire() {
        Instant now = clock.instant();
        Iterator<Result> oldest = results.values().iterator();
        while (oldest.hasNext() && !oldest.next().until.isAfter(now)) {
            oldest.remove();
        }
    }

    synchronized List<RunningCopy> concerning(@Nullable String nexus, @Nullable LogicalUnit unit) {
        return running.stream().filter(c -> c.concerns(nexus, unit)).toList();
    }

    /** No copy begins any more. */
    synchronized void close() {
        closed = true;
    }
}
