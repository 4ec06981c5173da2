package io.tidegate.target.iscsi;

import io.tidegate.iscsi.wire.InitiatorPdu.TaskManagementRequest;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.iscsi.wire.TaskFunction;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.target.device.Nexus;
import io.tidegate.target.device.ResetKind;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Task management of one session (RFC 7143, 11.5; SAM-5, 7). Every function is answered, and only
 * when what it ends has ended: a write either never began or is over. For the session's loop.
 */
final class TaskManagement {
    private static final Logger LOG = LoggerFactory.getLogger(TaskManagement.class);

    /** No initiator needs more; each may hold on to tasks that it has given up. */
    private static final int MAX_PENDING = 32;

    private final Environment environment;
    private final Session session;
    private int pending;

    TaskManagement(Environment environment, Session session) {
        this.environment = environment;
        this.session = session;
    }

    /** Whether as many requests wait for their answer as are taken at one time. */
    boolean full() {
        return pending >= MAX_PENDING;
    }

    void request(TaskManagementRequest pdu) {
        pending++;
        LOG.info(
                "session {}: task management function {}, LUN field {}, task {}",
                session.id(),
                pdu.function(),
                Long.toHexString(pdu.lun()),
                Integer.toHexString(pdu.referencedTaskTag()));
        switch (pdu.function()) {
            case TaskFunction.ABORT_TASK -> abortTask(pdu);
            case TaskFunction.ABORT_TASK_SET -> abortTaskSet(pdu);
            case TaskFunction.CLEAR_TASK_SET -> onUnit(pdu, ResetKind.CLEAR_TASK_SET);
            case TaskFunction.LOGICAL_UNIT_RESET -> onUnit(pdu, ResetKind.LUN);
            case TaskFunction.TARGET_WARM_RESET -> onTarget(pdu, ResetKind.TARGET_WARM);
            case TaskFunction.TARGET_COLD_RESET -> onTarget(pdu, ResetKind.TARGET_COLD);
            case TaskFunction.TASK_REASSIGN -> answer(pdu, TaskFunction.REASSIGN_NOT_SUPPORTED);
            default -> answer(pdu, TaskFunction.NOT_SUPPORTED);
        }
    }

    private void abortTask(TaskManagementRequest pdu) {
        Task task = session.task(pdu.referencedTaskTag());
        if (task == null) {
            answer(pdu, TaskFunction.NO_TASK);
        } else {
            session.commands()
                    .abort(
                            task,
                            () -> session.loop().now(() -> answer(pdu, TaskFunction.COMPLETE)));
        }
    }

    private void abortTaskSet(TaskManagementRequest pdu) {
        LogicalUnit unit = session.nexus().unit(pdu.lun());
        if (unit == null) {
            answer(pdu, TaskFunction.NO_LUN);
            return;
        }
        session.abort(task -> task.unit == unit)
                .thenRun(() -> session.loop().now(() -> answer(pdu, TaskFunction.COMPLETE)));
    }

    private void onUnit(TaskManagementRequest pdu, ResetKind kind) {
        LogicalUnit unit = session.nexus().unit(pdu.lun());
        if (unit == null) {
            answer(pdu, TaskFunction.NO_LUN);
            return;
        }
        reset(pdu, kind, unit, other -> true, task -> task.unit == unit);
    }

    private void onTarget(TaskManagementRequest pdu, ResetKind kind) {
        String target = session.nexusId().targetName();
        reset(
                pdu,
                kind,
                null,
                other -> other.nexusId().targetName().equals(target),
                task -> task.unit != null);
    }

    private void reset(
            TaskManagementRequest pdu,
            ResetKind kind,
            @Nullable LogicalUnit unit,
            Predicate<Session> sessions,
            Predicate<Task> tasks) {
        Nexus by = session.nexus();
        environment
                .sessions()
                .abort(sessions, tasks)
                .thenCompose(nothing -> clear(kind, unit, by))
                .whenComplete(
                        (nothing, failure) ->
                                session.loop().now(() -> resetEnded(pdu, kind, failure)));
    }

    /** The device server may wait for copies to end, so this is not for the loop. */
    private CompletableFuture<Void> clear(ResetKind kind, @Nullable LogicalUnit unit, Nexus by) {
        CompletableFuture<Void> cleared = new CompletableFuture<>();
        Thread.ofVirtual()
                .name("target-reset")
                .start(
                        () -> {
                            try {
                                environment.server().reset(kind, unit, by);
                                cleared.complete(null);
                            } catch (RuntimeException e) {
                                cleared.completeExceptionally(e);
                            }
                        });
        return cleared;
    }

    private void resetEnded(
            TaskManagementRequest pdu, ResetKind kind, @Nullable Throwable failure) {
        if (failure != null) {
            LOG.error("session {}: {} failed for a fault of ours", session.id(), kind, failure);
            answer(pdu, TaskFunction.REJECTED);
            return;
        }
        answer(pdu, TaskFunction.COMPLETE);
        if (kind == ResetKind.TARGET_COLD) {
            String target = session.nexusId().targetName();
            for (Session other : environment.sessions().all()) {
                if (other.nexusId().targetName().equals(target)) {
                    other.loop().now(() -> other.connection().closeAfterReplies());
                }
            }
        }
    }

    private void answer(TaskManagementRequest pdu, int response) {
        pending--;
        Connection connection = session.connection();
        Replies replies = connection.replies();
        replies.write(
                new TargetPdu.TaskManagementResponse(
                        response,
                        pdu.initiatorTaskTag(),
                        replies.nextStatSn(),
                        connection.serials().expCmdSn(),
                        connection.serials().maxCmdSn()));
    }
}
