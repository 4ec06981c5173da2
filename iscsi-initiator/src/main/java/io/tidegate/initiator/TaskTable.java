package io.tidegate.initiator;

import io.netty.util.collection.IntObjectHashMap;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.MalformedPduException;
import io.tidegate.iscsi.wire.Serial;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of a session: those that wait for the command window, and those that were sent, by
 * their tags. Follows ExpCmdSN and MaxCmdSN (RFC 7143, 4.2.2.1). On the event loop only.
 */
final class TaskTable {

    /** A target may open its window wider; more than this is not used. */
    static final int MAX_IN_FLIGHT = 512;

    private final IntObjectHashMap<Task<?>> sent = new IntObjectHashMap<>();
    private final ArrayDeque<Task<?>> waiting = new ArrayDeque<>();
    private int nextTag = 2;
    private int cmdSn = 1;
    private int expCmdSn = 1;
    private int maxCmdSn;

    int cmdSn() {
        return cmdSn;
    }

    /** Takes the window that a PDU of the target shows; old ones change nothing. */
    void window(int exp, int max) throws MalformedPduException {
        if (Serial.before(max, exp - 1)) {
            return;
        }
        if (Serial.before(cmdSn, exp)) {
            throw new MalformedPduException("ExpCmdSN beyond what was sent");
        }
        if (Serial.before(expCmdSn, exp)) {
            expCmdSn = exp;
        }
        if (Serial.before(maxCmdSn, max)) {
            maxCmdSn = max;
        }
    }

    void add(Task<?> task) {
        if (task.immediate()) {
            waiting.addFirst(task);
        } else {
            waiting.addLast(task);
        }
    }

    /** Sends what the window lets through. */
    void pump(Transmitter out) {
        while (!waiting.isEmpty()) {
            Task<?> task = waiting.element();
            boolean open =
                    out.isWritable()
                            && sent.size() < MAX_IN_FLIGHT
                            && !Serial.before(maxCmdSn, cmdSn);
            if (!task.immediate() && !open) {
                return;
            }
            waiting.remove();
            send(task, out);
        }
    }

    private void send(Task<?> task, Transmitter out) {
        do {
            task.tag = nextTag++;
        } while (task.tag == Bhs.NO_TAG || sent.containsKey(task.tag));
        sent.put(task.tag, task);
        task.sent = true;
        task.send(out, cmdSn);
        if (!task.immediate()) {
            cmdSn++;
        }
    }

    @Nullable Task<?> find(int tag) {
        return sent.get(tag);
    }

    /**
     * The task of an answer.
     *
     * @throws MalformedPduException when there is none of that kind
     */
    <T extends Task<?>> T require(int tag, Class<T> kind) throws MalformedPduException {
        Task<?> task = sent.get(tag);
        if (!kind.isInstance(task)) {
            throw new MalformedPduException(
                    "an answer to no " + kind.getSimpleName() + " of ours, tag " + tag);
        }
        return kind.cast(task);
    }

    void remove(Task<?> task) {
        if (task.sent) {
            sent.remove(task.tag);
        } else {
            waiting.remove(task);
        }
    }

    boolean isIdle() {
        return sent.isEmpty() && waiting.isEmpty();
    }

    /** All tasks, sent and waiting, at this moment. */
    List<Task<?>> all() {
        List<Task<?>> all = new ArrayList<>(sent.values());
        all.addAll(waiting);
        return all;
    }

    void clear() {
        sent.clear();
        waiting.clear();
    }
}
