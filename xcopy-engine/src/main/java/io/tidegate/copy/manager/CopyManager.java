package io.tidegate.copy.manager;

import io.tidegate.copy.manager.CopyAudit.Outcome;
import io.tidegate.copy.manager.CopyCounters.Measure;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Status;
import io.tidegate.scsi.copy.CopyCdb;
import io.tidegate.scsi.copy.CopyLimits;
import io.tidegate.scsi.copy.ExtendedCopyList;
import io.tidegate.scsi.copy.ThirdPartyCopyPage;
import java.nio.ByteBuffer;
import java.time.Clock;
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
    private final CopyAnswers answers;
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
        this.answers = new CopyAnswers(limits, book, clock);
        this.dirty = new DirtyUnits(mover.dirtyBytes());
    }

    /**
     * Runs a command with opcode 83h or 84h. Blocks while bytes move, unless the host wants them
     * moved in the background; call it from a virtual thread. The caller has checked attentions,
     * reservations and reserved CDB bits.
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
                count(receivedBy, copy.action());
                yield copy(nexus, receivedBy, copy, parameterList);
            }
            case CopyCdb.Abort abort -> {
                count(receivedBy, CopyCdb.Action.ABORT);
                yield abort(nexus.key(), abort.listId());
            }
            case CopyCdb.Receive receive -> {
                count(receivedBy, receive.action());
                yield answers.receive(nexus.key(), receive);
            }
        };
    }

    private void count(LogicalUnit unit, CopyCdb.Action action) {
        counters.add(Measure.COMMANDS, unit.name(), action.label(), 1);
    }

    private CopyReply copy(
            CopyNexus nexus, LogicalUnit receivedBy, CopyCdb.Copy command, ByteBuffer data) {
        long listBytes = command.listBytes();
        if (listBytes == 0) {
            return CopyReply.good();
        }
        if (listBytes > data.remaining()) {
            return CopyReply.check(Sense.parameterListLength());
        }
        ByteBuffer listed = data.slice(data.position(), (int) listBytes);
        return switch (ExtendedCopyList.parse(listed, command.format(), limits)) {
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
        boolean goesOn = false;
        try {
            switch (new Planner(nexus, receivedBy, list, limits).plan()) {
                case Planner.Plan.Refused refused -> {
                    if (refused.access()) {
                        report(nexus, Outcome.REFUSED, List.of(), 0, refused.sense());
                    }
                    wrong = refused.sense();
                }
                case Planner.Plan.Ready ready -> {
                    List<PlannedStep> steps = ready.steps();
                    long bytes = steps.stream().mapToLong(PlannedStep::lengthBytes).sum();
                    copy.touches(units(steps), bytes);
                    if (list.immediate()) {
                        Thread.ofVirtual().name("copy").start(() -> goOn(nexus, copy, steps));
                        goesOn = true;
                        wrong = null;
                    } else {
                        wrong = run(nexus, copy, steps);
                    }
                }
            }
        } finally {
            if (!goesOn) {
                book.end(copy, wrong);
            }
        }
        if (wrong != null) {
            return CopyReply.check(wrong);
        }
        int segments = goesOn ? 0 : list.segments().size();
        return list.goodSense()
                ? CopyReply.good(Sense.extendedCopyInformation(segments))
                : CopyReply.good();
    }

    /** In the background: the command has been answered, and its host watches by the status. */
    private void goOn(CopyNexus nexus, RunningCopy copy, List<PlannedStep> steps) {
        Sense wrong = Sense.internalTargetFailure();
        try {
            wrong = run(nexus, copy, steps);
        } catch (RuntimeException e) {
            LOG.error("copy of {} in the background failed", nexus.key(), e);
        } finally {
            book.end(copy, wrong);
        }
    }

    /** When it returns no piece is under way any more, and the status says how far it came. */
    private CopyReply abort(String nexus, long listId) {
        List<RunningCopy> copies = book.allRunning(nexus, listId);
        if (copies.isEmpty()) {
            return CopyReply.check(Sense.invalidFieldInCdb(2, 7));
        }
        copies.forEach(RunningCopy::abort);
        copies.forEach(RunningCopy::awaitEnded);
        LOG.info("{} has aborted its copy {}", nexus, listId);
        return CopyReply.good();
    }

    private @Nullable Sense run(CopyNexus nexus, RunningCopy copy, List<PlannedStep> steps) {
        CopyRun run = new CopyRun(copy, nexus, steps, mover, dirty, counters);
        Sense wrong = run.run();
        report(nexus, outcome(copy, wrong), run.ranges(), run.movedBytes(), wrong);
        return wrong;
    }

    private static Outcome outcome(RunningCopy copy, @Nullable Sense wrong) {
        if (wrong == null) {
            return Outcome.DONE;
        }
        if (copy.aborted()) {
            return Outcome.ABORTED;
        }
        return copy.fenced() ? Outcome.FENCED : Outcome.FAILED;
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
    boolean fenced(String nexusKey, long listId) {
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

    /** Ends all copies, waits for those in the background, and refuses new ones. */
    @Override
    public void close() {
        book.close();
        List<RunningCopy> all = book.concerning(null, null);
        fence(null, null);
        all.forEach(RunningCopy::awaitEnded);
    }
}
