package io.tidegate.target.iscsi;

import io.tidegate.block.DeviceException;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.target.device.ScsiRequest;
import io.tidegate.target.device.ScsiResult;
import io.tidegate.target.device.Step;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One SCSI command of a session, from receipt to answer.
 *
 * <pre>
 *            submit            worker begins          worker ends, loop takes it back
 *   ON_LOOP --------> QUEUED ----------------> RUNNING ----------------------------> ON_LOOP
 *                        |  cancel (loop): it never ran
 *                        v
 *                    CANCELLED
 * </pre>
 *
 * <p>A task that is given up while RUNNING keeps its buffers until the worker is done with it,
 * whatever has become of the connection; nothing is answered then. All fields but the state and
 * {@link #aborted} belong to the loop, or to the worker while RUNNING.
 */
final class Task implements IoWorkers.Job {
    /** What a worker is to do; null means that the task goes on as its owner knows. */
    interface Action {
        @Nullable Step perform() throws DeviceException;
    }

    private static final int ON_LOOP = 0;
    private static final int QUEUED = 1;
    private static final int RUNNING = 2;
    private static final int CANCELLED = 3;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Task.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Session session;
    final ScsiRequest request;
    final int tag;
    final int cmdSn;
    final boolean immediate;

    /** Expected data transfer length as the initiator said it, unsigned. */
    final long expected;

    /** The unit that the command went to, when there is one. */
    final @Nullable LogicalUnit unit;

    final long since;

    /** Bytes that the command moves by its CDB; residuals are counted against it. */
    long wanted;

    /** Bytes of data-in already sent. */
    int sent;

    /** Number of the next Data-In, or of the next R2T. */
    int dataSn;

    @Nullable Intake intake;
    @Nullable ReadOut readOut;

    /** The answer, while unsolicited data is still to come. */
    @Nullable ScsiResult held;

    /** Given up: nothing more is answered or begun for it. Set by the loop, read by long work. */
    volatile boolean aborted;

    /** Generation of the unit when its work last began; for abandoning. */
    long generation;

    private @Nullable List<Runnable> whenEnded;

    private @Nullable Action action;
    private boolean quick;
    private @Nullable Step outcome;
    private @Nullable DeviceException failure;
    private @Nullable Throwable bug;

    @SuppressWarnings("unused") // through STATE
    private volatile int state = ON_LOOP;

    Task(
            Session session,
            ScsiRequest request,
            int tag,
            int cmdSn,
            boolean immediate,
            long expected,
            @Nullable LogicalUnit unit,
            long since) {
        this.session = session;
        this.request = request;
        this.tag = tag;
        this.cmdSn = cmdSn;
        this.immediate = immediate;
        this.expected = expected;
        this.unit = unit;
        this.since = since;
    }

    Session session() {
        return session;
    }

    @Override
    public LogicalUnit unit() {
        if (unit == null) {
            throw new IllegalStateException("no unit");
        }
        return unit;
    }

    @Override
    public boolean quick() {
        return quick;
    }

    /** Makes it ready to be queued. */
    void prepare(Action next, boolean quickly) {
        action = next;
        quick = quickly;
        outcome = null;
        failure = null;
        bug = null;
        STATE.setRelease(this, QUEUED);
    }

    @Override
    public void perform() {
        if (!STATE.compareAndSet(this, QUEUED, RUNNING)) {
            return; // cancelled before it began
        }
        Action next = action;
        try {
            outcome = next == null ? null : next.perform();
        } catch (DeviceException e) {
            failure = e;
        } catch (RuntimeException | Error e) {
            bug = e;
        }
        session.loop().finished(this);
    }

    @Override
    public Object owner() {
        return session.loop();
    }

    @Override
    public void announce() {
        session.loop().wake();
    }

    /** Takes the task back from its worker. */
    void takeBack() {
        action = null;
        STATE.setRelease(this, ON_LOOP);
    }

    /** Keeps a queued task from being begun; false when a worker has it. */
    boolean cancel() {
        return (int) STATE.getAcquire(this) == ON_LOOP
                || STATE.compareAndSet(this, QUEUED, CANCELLED);
    }

    /** Whether a worker may be at work on it. */
    boolean running() {
        int now = (int) STATE.getAcquire(this);
        return now == QUEUED || now == RUNNING;
    }

    @Nullable Step outcome() {
        return outcome;
    }

    @Nullable DeviceException failure() {
        return failure;
    }

    @Nullable Throwable bug() {
        return bug;
    }

    /** Has something called on the loop once no worker has the task any more. */
    void whenEnded(Runnable call) {
        if (whenEnded == null) {
            whenEnded = new ArrayList<>(1);
        }
        whenEnded.add(call);
    }

    /** Gives back what it holds; for the loop, when no worker has it. */
    void release() {
        if (intake != null) {
            intake.release();
        }
        if (readOut != null) {
            readOut.release();
        }
        List<Runnable> calls = whenEnded;
        whenEnded = null;
        if (calls != null) {
            calls.forEach(Runnable::run);
        }
    }

    @Override
    public String toString() {
        return request + ", tag " + Integer.toHexString(tag);
    }
}
