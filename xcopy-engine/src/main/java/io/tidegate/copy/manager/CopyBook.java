package io.tidegate.copy.manager;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.copy.CopyLimits;
import io.tidegate.scsi.copy.ExtendedCopyList;
import io.tidegate.scsi.copy.ExtendedCopyList.Format;
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

    /** How a copy ended, as its host is told. */
    enum Ending {
        DONE,
        FAILED,
        /** Aborted by its host, or fenced. */
        ABORTED
    }

    /**
     * What a copy came to.
     *
     * @param format of the list that ordered it
     * @param sense null when it did what it was told
     */
    record Result(
            ExtendedCopyList.Format format,
            Ending ending,
            RunningCopy.Progress progress,
            @Nullable Sense sense,
            Instant until) {}

    private record ListKey(String nexus, long listId) {}

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
        RunningCopy copy = new RunningCopy(nexus, list, clock.millis());
        if (list.usage() != ListIdUsage.NONE) {
            results.remove(new ListKey(nexus, list.listId()));
        }
        running.add(copy);
        return new Begun.Copy(copy);
    }

    /** Takes a copy out, and keeps its result if somebody may ask for it. */
    synchronized void end(RunningCopy copy, @Nullable Sense sense) {
        running.remove(copy);
        if (kept(copy.list(), sense)) {
            expire();
            ListKey key = new ListKey(copy.nexus(), copy.list().listId());
            results.remove(key); // the order is that of time
            if (results.size() >= limits.maxResults()) {
                results.remove(results.keySet().iterator().next());
            }
            Ending ending =
                    sense == null ? Ending.DONE : copy.fenced() ? Ending.ABORTED : Ending.FAILED;
            Instant until = clock.instant().plus(limits.resultsKept());
            results.put(
                    key, new Result(copy.list().format(), ending, copy.progress(), sense, until));
        }
        copy.ended();
    }

    /** A host that need not have the result kept may still ask how a copy failed. */
    private static boolean kept(ExtendedCopyList list, @Nullable Sense sense) {
        return switch (list.usage()) {
            case HOLD -> true;
            case DISCARD -> sense != null || list.format() == Format.LID4;
            case NONE, RESERVED -> false;
        };
    }

    /** All that run under one identifier: hosts may repeat one that is not held. */
    synchronized List<RunningCopy> allRunning(String nexus, long listId) {
        return running.stream().filter(c -> c.isList(nexus, listId)).toList();
    }

    synchronized @Nullable RunningCopy running(String nexus, long listId) {
        for (RunningCopy copy : running.reversed()) { // the latest, where there are several
            if (copy.isList(nexus, listId)) {
                return copy;
            }
        }
        return null;
    }

    synchronized @Nullable Result result(String nexus, long listId) {
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
