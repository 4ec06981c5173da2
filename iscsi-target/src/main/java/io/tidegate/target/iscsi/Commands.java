package io.tidegate.target.iscsi;

import io.netty.buffer.ByteBuf;
import io.tidegate.block.DeviceException;
import io.tidegate.iscsi.wire.InitiatorPdu.DataOut;
import io.tidegate.iscsi.wire.InitiatorPdu.ScsiCommand;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Status;
import io.tidegate.target.device.DeviceServer;
import io.tidegate.target.device.Lane;
import io.tidegate.target.device.ScsiRequest;
import io.tidegate.target.device.ScsiResult;
import io.tidegate.target.device.Step;
import io.tidegate.target.device.Step.DataWork;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the commands of one session: asks the device server what to do, does it on the loop or has a
 * worker do it, and answers. For the session's loop.
 */
final class Commands {
    private static final Logger LOG = LoggerFactory.getLogger(Commands.class);

    private final Session session;
    private final DeviceServer server;
    private final ReadPath reads;

    Commands(Session session, DeviceServer server) {
        this.session = session;
        this.server = server;
        this.reads = new ReadPath(session, this, server);
    }

    ReadPath reads() {
        return reads;
    }

    /**
     * Begins a command whose header has come.
     *
     * @param dataLength bytes of immediate data that follow
     * @param now nanosecond clock at the receipt
     */
    Task begin(ScsiCommand pdu, int dataLength, long now) {
        long expected = pdu.expectedLength() & 0xffffffffL;
        ScsiRequest request =
                new ScsiRequest(
                        pdu.lun(),
                        pdu.cdb(),
                        (int) Math.min(expected, Integer.MAX_VALUE),
                        pdu.read(),
                        pdu.write());
        Task task =
                new Task(
                        session,
                        request,
                        pdu.initiatorTaskTag(),
                        pdu.cmdSn(),
                        pdu.immediate(),
                        expected,
                        session.nexus().unit(pdu.lun()),
                        now);
        session.add(task);
        boolean more = pdu.write() && !pdu.fin() && !session.parameters().initialR2t();
        if (dataLength > 0 || more) {
            Intake intake = new Intake(task, true);
            task.intake = intake;
            Sense wrong = dataLength > 0 ? intake.immediate(dataLength) : null;
            if (wrong != null) {
                fail(task, wrong);
                return task;
            }
        }
        advance(task, firstStep(task));
        return task;
    }

    private Step firstStep(Task task) {
        try {
            return server.begin(session.nexus(), task.request);
        } catch (RuntimeException e) {
            LOG.error("session {}: {} met a fault of ours", session.id(), task, e);
            return new Step.Finish(ScsiResult.check(Sense.internalTargetFailure().encode(false)));
        }
    }

    /** The command PDU is complete, its immediate data included. */
    void commandEnded(Task task, boolean fin) {
        Intake intake = task.intake;
        if (intake != null && !task.aborted) {
            intake.pduEnded(false, fin || session.parameters().initialR2t());
            answerHeld(task, intake);
        }
    }

    /** A Data-Out has begun; null when it belongs to no task or is faulty: its data is dropped. */
    @Nullable Task dataOut(DataOut pdu, int length) {
        Task task = session.task(pdu.initiatorTaskTag());
        if (task == null || task.aborted) {
            return null; // of a task that has been answered or aborted
        }
        Intake intake = task.intake;
        Sense wrong = intake == null ? Sense.dataPhaseError() : intake.check(pdu, length);
        if (wrong != null) {
            LOG.info("session {}: data-out of {} is out of order", session.id(), task);
            if (task.running()) {
                session.protocolError("data for a command that has all of it");
            } else {
                fail(task, wrong);
            }
            return null;
        }
        return task;
    }

    void dataOutEnded(Task task, boolean solicited, boolean fin) {
        Intake intake = task.intake;
        if (intake != null && !task.aborted) {
            intake.pduEnded(solicited, fin);
            answerHeld(task, intake);
        }
    }

    /** The data of the PDU that ends now was damaged on its way. */
    void damaged(Task task) {
        Intake intake = task.intake;
        if (intake != null && !task.aborted) {
            intake.damaged();
        }
    }

    void data(Task task, ByteBuf buf, int at, int length) {
        Intake intake = task.intake;
        if (intake != null && !task.aborted) {
            intake.data(buf, at, length);
        }
    }

    private void answerHeld(Task task, Intake intake) {
        ScsiResult held = task.held;
        if (held != null && !intake.unsolicited()) {
            task.held = null;
            answer(task, held);
        }
    }

    /** Does what the device server wants next. */
    void advance(Task task, Step step) {
        switch (step) {
            case Step.Finish finish -> finish(task, finish.result());
            case Step.ReadMedium read -> reads.start(task, read);
            case Step.TakeData take -> takeData(task, take);
            case Step.Run run -> run(task, () -> run.work().run(), run.lane());
            case Step.RunLong run -> run(task, () -> run.work().run(() -> task.aborted), Lane.LONG);
            case Step.Await await -> await(task, await.next());
            case Step.Park park -> park(task, park.unit());
        }
    }

    private void finish(Task task, ScsiResult result) {
        Intake intake = task.intake;
        if (intake != null && intake.unsolicited()) {
            intake.drop();
            task.held = result;
        } else {
            answer(task, result);
        }
    }

    private void takeData(Task task, Step.TakeData step) {
        task.wanted = step.bytes();
        int take = task.request.write() ? (int) Math.min(step.bytes(), task.expected) : 0;
        Intake intake = task.intake;
        if (intake == null) {
            intake = new Intake(task, false);
            task.intake = intake;
        }
        intake.wants(take, step.work());
    }

    /** All data of a command is here. */
    void dataComplete(Task task, DataWork work) {
        Intake intake = task.intake;
        if (intake == null) {
            throw new IllegalStateException("no data");
        }
        toWorker(task, () -> work.run(intake.view()), work.lane(), true);
    }

    private void run(Task task, Task.Action action, Lane lane) {
        Intake intake = task.intake;
        if (intake != null && !intake.complete()) {
            intake.drop();
        }
        toWorker(task, action, lane, false);
    }

    /** Nobody has the task meanwhile, so that it can be given up at once. */
    private void await(Task task, CompletionStage<Step> next) {
        next.thenAccept(
                step ->
                        session.loop()
                                .execute(
                                        () -> {
                                            if (!task.aborted) {
                                                advance(task, step);
                                            }
                                        }));
    }

    void toWorker(Task task, Task.Action action, Lane lane, boolean quick) {
        LogicalUnit unit = task.unit;
        if (unit != null) {
            task.generation = unit.generation();
        }
        task.prepare(action, quick);
        if (lane == Lane.IO && unit != null) {
            session.loop().submit(task);
        } else {
            Thread.ofVirtual()
                    .name("target-long")
                    .start(
                            () -> {
                                task.perform();
                                task.announce();
                            });
        }
    }

    private void park(Task task, LogicalUnit unit) {
        unit.park(() -> session.loop().execute(() -> resume(task)));
    }

    private void resume(Task task) {
        if (task.aborted) {
            return;
        }
        Intake intake = task.intake;
        DataWork work = intake == null ? null : intake.work();
        if (intake != null && work != null && intake.complete()) {
            dataComplete(task, work);
        } else {
            advance(task, firstStep(task));
        }
    }

    /** A worker has given the task back. */
    void performed(Task task) {
        task.takeBack();
        Throwable bug = task.bug();
        if (bug != null) {
            LOG.error("session {}: {} ended in a fault of ours", session.id(), task, bug);
        }
        if (task.aborted) {
            session.remove(task);
            return;
        }
        Step next = task.outcome();
        if (bug != null) {
            answer(task, ScsiResult.check(Sense.internalTargetFailure().encode(false)));
        } else if (task.failure() != null) {
            deviceFailed(task, task.failure());
        } else if (next == null) {
            reads.performed(task);
        } else {
            advance(task, next);
        }
    }

    /** Tells the initiator what a device could not do. */
    void deviceFailed(Task task, DeviceException failure) {
        LOG.warn("session {}: {} failed: {}", session.id(), task, failure.getMessage());
        answer(task, server.failed(session.nexus(), failure, task.request));
    }

    /** Ends a command whose generation is over. */
    void outdated(Task task) {
        answer(task, server.aborted(session.nexus(), task.request));
    }

    /** Ends a command for what its initiator sent; no worker has it. */
    void fail(Task task, Sense sense) {
        answer(task, ScsiResult.check(sense.encode(false)));
    }

    /** Ends a command: its data-in, then status and residual. */
    void answer(Task task, ScsiResult result) {
        int available = result.dataIn().remaining();
        Replies replies = session.connection().replies();
        session.ended(task); // before the answer, so that it opens the window
        boolean good = result.status() == Status.GOOD;
        if (available > 0 && good) {
            task.wanted = available;
            int length = task.request.read() ? (int) Math.min(available, task.expected) : 0;
            if (length > 0) {
                replies.data(task, result.dataIn().slice(result.dataIn().position(), length));
            } else {
                replies.response(task, result.status().code(), result.sense());
            }
        } else {
            replies.response(task, result.status().code(), result.sense());
        }
        counted(task, good);
        session.remove(task);
    }

    /** Counts a command that was answered. */
    void counted(Task task, boolean good) {
        session.countCommand();
        LogicalUnit unit = task.unit;
        if (unit == null) {
            return;
        }
        UnitCounters.Kinds ofUnit = session.loop().counters.units.of(unit).kinds;
        UnitCounters.Kinds own = session.counters().of(unit).kinds;
        long now = System.nanoTime();
        session.answeredAt(now);
        long took = now - task.since;
        if (task.readOut != null) {
            count(ofUnit.reads, own.reads, good, task.sent, took);
        } else if (task.intake != null) {
            count(ofUnit.writes, own.writes, good, task.wanted, took);
        } else {
            count(ofUnit.others, own.others, good, task.sent, took);
        }
    }

    private static void count(
            OpCounters ofUnit, OpCounters own, boolean good, long moved, long took) {
        long bytes = good ? moved : 0;
        ofUnit.record(good, bytes, took);
        own.record(good, bytes, took);
    }

    /**
     * Gives a task up. When no worker has it, it is gone at once.
     *
     * @param after called on the loop when no worker has it any more
     */
    void abort(Task task, Runnable after) {
        boolean first = !task.aborted;
        task.aborted = true;
        if (first) {
            session.ended(task);
        }
        task.whenEnded(after);
        if (first && task.cancel()) {
            session.remove(task);
        } else if (first) {
            session.giveUp(task);
        }
    }

    /** Answers a task with ABORTED COMMAND now and gives it up, as {@link #abort} does. */
    void abandon(Task task) {
        if (task.aborted) {
            return;
        }
        ScsiResult result = server.aborted(session.nexus(), task.request);
        abort(task, () -> {});
        session.connection().replies().response(task, result.status().code(), result.sense());
        counted(task, false);
    }
}
