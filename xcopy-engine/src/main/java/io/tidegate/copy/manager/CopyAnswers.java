package io.tidegate.copy.manager;

import io.tidegate.copy.manager.CopyBook.Ending;
import io.tidegate.copy.manager.CopyBook.Result;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Status;
import io.tidegate.scsi.copy.CopyCdb;
import io.tidegate.scsi.copy.CopyCdb.Action;
import io.tidegate.scsi.copy.CopyLimits;
import io.tidegate.scsi.copy.CopyResult;
import io.tidegate.scsi.copy.ExtendedCopyList.Format;
import io.tidegate.scsi.copy.OperationStatus;
import java.time.Clock;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What RECEIVE COPY RESULTS is answered. Thread-safe. */
final class CopyAnswers {

    /** When nothing has moved yet, and the shortest and longest advice after that. */
    private static final long FIRST_DELAY_MILLIS = 100;

    private static final long SHORTEST_DELAY_MILLIS = 10;
    private static final long LONGEST_DELAY_MILLIS = 1000;

    private static final byte[] NO_SENSE = {};

    private final CopyLimits limits;
    private final CopyBook book;
    private final Clock clock;

    CopyAnswers(CopyLimits limits, CopyBook book, Clock clock) {
        this.limits = limits;
        this.book = book;
        this.clock = clock;
    }

    CopyReply receive(String nexus, CopyCdb.Receive receive) {
        long listId = receive.listId();
        CopyResult data =
                switch (receive.action()) {
                    case OPERATING_PARAMETERS -> CopyResult.OperatingParameters.of(limits);
                    case STATUS_LID1 -> status(nexus, listId);
                    case STATUS_LID4 -> longStatus(nexus, listId);
                    case FAILURE_DETAILS -> failure(nexus, listId);
                    case COPY_LID1, COPY_LID4, ABORT ->
                            throw new IllegalStateException("not a result");
                };
        if (data == null) {
            return CopyReply.check(Sense.invalidFieldInCdb(2, 7)); // no such list identifier
        }
        byte[] all = data.encode();
        int most = (int) Math.min(all.length, receive.allocationBytes());
        return CopyReply.good(Arrays.copyOf(all, most));
    }

    private @Nullable CopyResult status(String nexus, long listId) {
        RunningCopy running = book.running(nexus, listId);
        if (running != null) {
            return status(CopyResult.Status.State.RUNNING, running.progress());
        }
        Result result = book.result(nexus, listId);
        return result == null
                ? null
                : status(
                        result.ending() == Ending.DONE
                                ? CopyResult.Status.State.DONE
                                : CopyResult.Status.State.ERROR,
                        result.progress());
    }

    private static CopyResult status(CopyResult.Status.State state, RunningCopy.Progress progress) {
        return CopyResult.Status.ofBytes(state, progress.segments(), progress.bytes());
    }

    private @Nullable CopyResult longStatus(String nexus, long listId) {
        RunningCopy running = book.running(nexus, listId);
        if (running != null) {
            RunningCopy.Progress progress = running.progress();
            return OperationStatus.running(
                    action(running.list().format()),
                    running.list().immediate(),
                    progress.operations(),
                    delayMillis(
                            clock.millis() - running.startedMillis(),
                            progress.bytes(),
                            running.totalBytes()),
                    progress.bytes(),
                    progress.segments());
        }
        Result result = book.result(nexus, listId);
        if (result == null) {
            return null;
        }
        Sense sense = result.sense();
        RunningCopy.Progress progress = result.progress();
        return OperationStatus.ended(
                action(result.format()),
                switch (result.ending()) {
                    case DONE -> OperationStatus.State.DONE;
                    case FAILED -> OperationStatus.State.FAILED;
                    case ABORTED -> OperationStatus.State.ABORTED;
                },
                progress.operations(),
                sense == null || result.ending() != Ending.FAILED ? NO_SENSE : sense.encode(false),
                progress.bytes(),
                progress.segments());
    }

    private static int action(Format format) {
        return (format == Format.LID1 ? Action.COPY_LID1 : Action.COPY_LID4).code();
    }

    /** What is left at the rate of what is done, within reason. */
    static long delayMillis(long elapsedMillis, long bytes, long totalBytes) {
        if (bytes <= 0) {
            return FIRST_DELAY_MILLIS;
        }
        double left = (double) elapsedMillis / bytes * (totalBytes - bytes);
        return (long) Math.clamp(left, SHORTEST_DELAY_MILLIS, LONGEST_DELAY_MILLIS);
    }

    private @Nullable CopyResult failure(String nexus, long listId) {
        Result result = book.result(nexus, listId);
        if (result == null) {
            return null;
        }
        Sense sense = result.sense();
        return sense == null
                ? new CopyResult.FailureDetails(Status.GOOD.code(), NO_SENSE)
                : new CopyResult.FailureDetails(Status.CHECK_CONDITION.code(), sense.encode(false));
    }
}
