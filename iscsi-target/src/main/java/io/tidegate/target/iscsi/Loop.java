package io.tidegate.target.iscsi;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What belongs to one event loop: its counters, its credit, the work that its connections gathered
 * in this turn, and the tasks that workers have finished. All but {@link #finished}, {@link
 * #execute} and {@link #counters} is for the loop's thread only.
 */
final class Loop {
    private static final Logger LOG = LoggerFactory.getLogger(Loop.class);

    final EventLoop eventLoop;
    final LoopCounters counters = new LoopCounters();
    final BufferCredit writeCredit;
    final BufferCredit readCredit;

    private final IoWorkers workers;
    private final Queue<Task> done = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final List<Task> jobs = new ArrayList<>();
    private final List<Connection> dirty = new ArrayList<>();

    Loop(EventLoop eventLoop, IoWorkers workers, long writeBuffers, long readBuffers) {
        this.eventLoop = eventLoop;
        this.workers = workers;
        this.writeCredit = new BufferCredit(writeBuffers);
        this.readCredit = new BufferCredit(readBuffers);
    }

    /** Runs something on the loop as a turn of its own; from any thread. */
    void execute(Runnable turn) {
        eventLoop.execute(
                () -> {
                    try {
                        turn.run();
                    } finally {
                        endTurn();
                    }
                });
    }

    /** Runs something as a turn now if this is the loop, else later. */
    void run(Runnable turn) {
        if (eventLoop.inEventLoop()) {
            turn.run();
            endTurn();
        } else {
            execute(turn);
        }
    }

    /** Runs something within the present turn if this is the loop, else as a turn of its own. */
    void now(Runnable part) {
        if (eventLoop.inEventLoop()) {
            part.run();
        } else {
            execute(part);
        }
    }

    /** Runs something as a turn after a while; from any thread. */
    ScheduledFuture<?> schedule(Runnable turn, long delayMillis) {
        return eventLoop.schedule(
                () -> {
                    try {
                        turn.run();
                    } finally {
                        endTurn();
                    }
                },
                delayMillis,
                TimeUnit.MILLISECONDS);
    }

    /** A worker is done with a task; from any thread. It is taken up after {@link #wake}. */
    void finished(Task task) {
        done.add(task);
    }

    /** Has finished tasks taken up, many in one turn; from any thread. */
    void wake() {
        if (!woken.get() && woken.compareAndSet(false, true)) {
            try {
                eventLoop.execute(this::drain);
            } catch (RejectedExecutionException e) {
                LOG.info("a command ended after its loop had stopped"); // the target is closed
            }
        }
    }

    private void drain() {
        woken.set(false);
        try {
            Task task;
            while ((task = done.poll()) != null) {
                takeUp(task);
            }
        } finally {
            endTurn();
        }
    }

    private static void takeUp(Task task) {
        try {
            task.session().commands().performed(task);
        } catch (RuntimeException e) {
            LOG.error("{} ended in a fault of ours: its connection is dropped", task, e);
            task.session().connection().close();
        }
    }

    /** Gives a task to the workers at the end of this turn. */
    void submit(Task task) {
        jobs.add(task);
    }

    /** Has the connection's replies sent at the end of this turn. */
    void markDirty(Connection connection) {
        dirty.add(connection);
    }

    /** Work goes to the workers in one batch, and each connection is flushed once. */
    void endTurn() {
        hand();
        // Flushing may go on with reads, and so add connections and work.
        for (int i = 0; i < dirty.size(); i++) {
            dirty.get(i).flushReplies();
        }
        dirty.clear();
        hand();
    }

    private void hand() {
        if (!jobs.isEmpty()) {
            workers.submit(jobs);
            jobs.clear();
        }
    }
}
