package io.tidegate.copy.manager;

import io.tidegate.copy.manager.CopyAudit.Outcome;
import io.tidegate.copy.manager.CopyCounters.Measure;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Status;
import io.tidegate.scsi.copy.CopyCdb;
import io.tidegate.scsi.copy.CopyLimits;
import io.tidegate.scsi.copy.CopyResult;
import io.tidegate.scsi.copy.ExtendedCopyList;
import io.tidegate.scsi.copy.ThirdPartyCopyPage;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The copy manager: runs EXTENDED COPY and answers RECEIVE COPY RESULTS for all hosts. Thread-safe.
 *
 * <pre>
 *   execute --parse--> list --plan--> segments --CopyRun--> pieces (mover)
 *      |                                  |
 *   CopyBook: under way, results      rights are asked again for each piece
 * </pre>
 */
public final class CopyManager implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CopyManager.class);

    private final CopyLimits limits;
    private final DataMover mover;
    private final CopyAudit audit;
    private final CopyBook book;
    private final DirtyUnits dirty;
    private final CopyCounters counters = new CopyCounters();

    /**
     * @param mover moves the bytes; stays the caller's to close, after this manager
     * @param clock for how long results are kept
     */
    public CopyManager(CopyLimits limits, DataMover mover, CopyAudit audit, Clock clock) {
        this.limits = limits;
        this.mover = mover;
        this.audit = audit;
        this.book = new CopyBook(limits, clock);
        this.dirty = new DirtyUnits(mover.dirtyBytes());
    }

    /**
     * Runs a command with opcode 83h or 84h. Blocks while bytes move; call it from a virtual
     * thread. The caller has checked attentions, reservations and reserved CDB bits.
     *
     * @param receivedBy the unit that the command is addressed to
     * @param cdb 16 bytes
     * @param parameterList data-out between position and limit; empty for 84h
     */
    public CopyReply execute(
            CopyNexus nexus, LogicalUnit receivedBy, byte[] cdb, ByteBuffer parameterList) {
        return switch (CopyCdb.parse(cdb)) {
            case CopyCdb.Unsupported none -> CopyReply.check(none.sense());
            case CopyCdb.Copy copy -> {
                count(receivedBy, CopyCdb.Action.COPY_LID1);
                yield copy(nexus, receivedBy, copy.listBytes(), parameterList);
            }
            case CopyCdb.Receive receive -> {
                count(receivedBy, receive.action());
                yield receive(nexus.key(), receive);
            }
        };
    }

    private void count(LogicalUnit unit, CopyCdb.Action action) {
        counters.add(Measure.COMMANDS, unit.name(), action.label(), 1);
    }

    private CopyReply copy(
            CopyNexus nexus, LogicalUnit receivedBy, long listBytes, ByteBuffer data) {
        if (listBytes == 0) {
            return CopyReply.good();
        }
        if (listBytes > data.remaining()) {
            return CopyReply.check(Sense.parameterListLength());
        }
        ByteBuffer listed = data.slice(data.position(), (int) listBytes);
        return switch (ExtendedCopyList.parse(listed, limits)) {
            case ExtendedCopyList.Parsed.Refused refused -> CopyReply.check(refused.sense());
            case ExtendedCopyList.Parsed.Whole whole -> copy(nexus, receivedBy, whole.list());
        };
    }

    private CopyReply copy(CopyNexus nexus, LogicalUnit receivedBy, ExtendedCopyList list) {
        return switch (book.begin(nexus.key(), list)) {
            case CopyBook.Begun.InUse inUse -> CopyReply.check(Sense.operationInProgress());
            case CopyBook.Begun.Busy busy -> CopyReply.of(Status.BUSY);
            case CopyBook.Begun.Copy begun -> copy(nexus, receivedBy, list, begun.copy());
        };
    }

    private CopyReply copy(
            CopyNexus nexus, LogicalUnit receivedBy, ExtendedCopyList list, RunningCopy copy) {
        Sense wrong = Sense.internalTargetFailure(); // stays only if something is thrown
        try {
            wrong =
                    switch (new Planner(nexus, receivedBy, list, limits).plan()) {
                        case Planner.Plan.Refused refused -> {
                            if (refused.access()) {
                                report(nexus, Outcome.REFUSED, List.of(), 0, refused.sense());
                            }
                            yield refused.sense();
                        }
                        case Planner.Plan.Ready ready -> run(nexus, copy, ready.steps());
                    };
        } finally {
            book.end(copy, wrong);
        }
        return wrong == null ? CopyReply.good() : CopyReply.check(wrong);
    }

    private @Nullable Sense run(CopyNexus nexus, RunningCopy copy, List<PlannedStep> steps) {
        copy.touches(units(steps));
        CopyRun run = new CopyRun(copy, nexus, steps, mover, dirty, counters);
        Sense wrong = run.run();
        Outcome outcome =
                wrong == null ? Outcome.DONE : copy.fenced() ? Outcome.FENCED : Outcome.FAILED;
        report(nexus, outcome, run.ranges(), run.movedBytes(), wrong);
        return wrong;
    }

    private static Set<LogicalUnit> units(List<PlannedStep> steps) {
        Set<LogicalUnit> units = new HashSet<>();
        for (PlannedStep step : steps) {
            units.add(step.destinationUnit());
            if (step instanceof PlannedSegment segment) {
                units.add(segment.sourceUnit());
            }
        }
        return units;
    }

    private void report(
            CopyNexus nexus,
            Outcome outcome,
            List<CopyAudit.Range> ranges,
            long moved,
            @Nullable Sense sense) {
        if (sense != null) {
            LOG.info("copy of {} ended: {}, {} bytes, {}", nexus.key(), outcome, moved, sense);
        }
        audit.copied(new CopyAudit.Copy(nexus.key(), nexus.host(), outcome, ranges, moved));
    }

    private CopyReply receive(String nexus, CopyCdb.Receive receive) {
        byte[] data =
                switch (receive.action()) {
                    case OPERATING_PARAMETERS -> CopyResult.OperatingParameters.of(limits).encode();
                    case STATUS_LID1 -> status(nexus, receive.listId());
                    case FAILURE_DETAILS -> failure(nexus, receive.listId());
                    case COPY_LID1 -> throw new IllegalStateException("not a result");
                };
        if (data == null) {
            return CopyReply.check(Sense.invalidFieldInCdb(2, 7)); // no such list identifier
        }
        int most = (int) Math.min(data.length, receive.allocationBytes());
        return CopyReply.good(Arrays.copyOf(data, most));
    }

    private byte @Nullable [] status(String nexus, int listId) {
        RunningCopy running = book.running(nexus, listId);
        if (running != null) {
            return running.status(CopyResult.Status.State.RUNNING).encode();
        }
        CopyBook.Result result = book.result(nexus, listId);
        return result == null ? null : result.status().encode();
    }

    private byte @Nullable [] failure(String nexus, int listId) {
        CopyBook.Result result = book.result(nexus, listId);
        if (result == null) {
            return null;
        }
        Sense sense = result.sense();
        return sense == null
                ? new CopyResult.FailureDetails(Status.GOOD.code(), new byte[0]).encode()
                : new CopyResult.FailureDetails(Status.CHECK_CONDITION.code(), sense.encode(false))
                        .encode();
    }

    /**
     * Ends the copies of a nexus, or of all nexuses that touch a unit, or where both are given
     * those of the nexus that touch the unit. Returns when no piece of them is under way any more;
     * not a byte changes by them afterwards. Blocks: not for loops.
     *
     * @param nexusKey {@link CopyNexus#key}, or null for all
     * @param unit or null for all
     */
    public void fence(@Nullable String nexusKey, @Nullable LogicalUnit unit) {
        List<RunningCopy> copies = book.concerning(nexusKey, unit);
        copies.forEach(RunningCopy::fence); // all before any is waited for
        copies.forEach(RunningCopy::awaitQuiet);
        if (!copies.isEmpty()) {
            LOG.info("fenced {} copies of {} at {}", copies.size(), nexusKey, unit);
        }
    }

    /** Whether a copy is under way that may not start pieces any more; for tests. */
    boolean fenced(String nexusKey, int listId) {
        RunningCopy copy = book.running(nexusKey, listId);
        return copy != null && copy.fenced();
    }

    /** VPD page 8Fh with its header, at most 1,024 bytes. A fresh array. */
    public byte[] vpdThirdPartyCopy() {
        return ThirdPartyCopyPage.of(limits).encode();
    }

    public CopyCounters counters() {
        return counters;
    }

    /** Ends all copies and refuses new ones. */
    @Override
    public void close() {
        book.close();
        fence(null, null);
    }
}
