package io.tidegate.target.iscsi;

import io.tidegate.iscsi.wire.SessionParameters;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LunDirectory;
import io.tidegate.target.device.Nexus;
import io.tidegate.target.device.NexusId;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.eclipse.collections.impl.map.mutable.primitive.IntObjectHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A normal session with its one connection and its tasks.
 *
 * <pre>
 *   made, in the table -> opened (nexus) -> ... -> ending: connection closed, tasks given up
 *     -> ended: started work is done, or has taken too long -> nexus closed, out of the table
 * </pre>
 *
 * <p>All but {@link #terminate} and the plain facts is for the session's loop.
 */
final class Session {
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    private final Environment environment;
    private final long id;
    private final int tsih;
    private final NexusId nexusId;
    private final Connection connection;
    private final Loop loop;
    private final Instant since;
    private final IntObjectHashMap<Task> tasks = new IntObjectHashMap<>();
    private final Set<Task> givenUp = new HashSet<>(); // aborted, but a worker is at them
    private final Counter commandCount = new Counter();
    private final UnitCounters counters = new UnitCounters();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    private volatile @Nullable Nexus nexus;
    private @Nullable Commands commands;
    private volatile @Nullable SessionParameters parameters;
    private int transferTag;
    private int immediates;
    private long answeredAt;
    private boolean answered;
    private boolean opening = true;
    private boolean ending;
    private boolean loss;
    private boolean closing;
    private boolean loggedOut;

    Session(Environment environment, long id, int tsih, NexusId nexusId, Connection connection) {
        this.environment = environment;
        this.id = id;
        this.tsih = tsih;
        this.nexusId = nexusId;
        this.connection = connection;
        this.loop = connection.loop();
        this.since = environment.clock().instant();
    }

    /**
     * The full feature phase begins.
     *
     * @return false when the session was ended meanwhile: it then closes the nexus again
     */
    boolean open(Nexus opened, SessionParameters agreed) {
        opening = false;
        nexus = opened;
        if (ending) {
            closeNexus();
            return false;
        }
        parameters = agreed;
        commands = new Commands(this, environment.server());
        return true;
    }

    /** The device server could not open the nexus. */
    void openFailed() {
        opening = false;
        if (ending) {
            closeNexus();
        }
    }

    long id() {
        return id;
    }

    int tsih() {
        return tsih;
    }

    NexusId nexusId() {
        return nexusId;
    }

    Connection connection() {
        return connection;
    }

    Loop loop() {
        return loop;
    }

    Instant since() {
        return since;
    }

    long commandCount() {
        return commandCount.get();
    }

    void countCommand() {
        commandCount.add(1);
    }

    /** What it did, by unit; counted on the loop, read by any thread. */
    UnitCounters counters() {
        return counters;
    }

    /** A command of a unit was answered at this time of the nanosecond clock. */
    void answeredAt(long nanos) {
        answeredAt = nanos;
        answered = true;
    }

    /** When a command of a unit was last answered, on the nanosecond clock; empty for never. */
    OptionalLong lastAnswer() {
        return answered ? OptionalLong.of(answeredAt) : OptionalLong.empty();
    }

    /** What was agreed, once the session is open; from any thread. */
    @Nullable SessionParameters parametersIfOpen() {
        return parameters;
    }

    /** The nexus, once the session is open. */
    @Nullable Nexus nexusIfOpen() {
        return nexus;
    }

    Nexus nexus() {
        return opened(nexus);
    }

    Commands commands() {
        return opened(commands);
    }

    SessionParameters parameters() {
        return opened(parameters);
    }

    private static <T> T opened(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("session is not open");
        }
        return part;
    }

    /** A tag for an R2T or a ping; never {@code Bhs.NO_TAG}. */
    int nextTransferTag() {
        transferTag = (transferTag + 1) & 0x7fffffff;
        return transferTag;
    }

    @Nullable Task task(int tag) {
        return tasks.get(tag);
    }

    void add(Task task) {
        tasks.put(task.tag, task);
        if (task.immediate) {
            immediates++;
        } else {
            connection.serials().began(!loop.writeCredit.tight());
        }
    }

    /** The task is about to be answered, or is given up: it no longer counts in the window. */
    void ended(Task task) {
        if (task.immediate) {
            immediates--;
        } else {
            connection.serials().ended();
        }
    }

    /** Immediate commands under way, which no window limits. */
    int immediates() {
        return immediates;
    }

    /** Whether a command waits for data that has not come for so long. */
    boolean stalled(long nanos) {
        long now = System.nanoTime();
        return tasks.anySatisfy(
                task -> {
                    Intake intake = task.intake;
                    return intake != null && intake.stalled(now, nanos);
                });
    }

    /** The task is over, and no worker has it. */
    void remove(Task task) {
        if (tasks.get(task.tag) == task) {
            tasks.remove(task.tag);
        }
        givenUp.remove(task);
        task.release();
        if (ending && givenUp.isEmpty()) {
            closeNexus();
        }
    }

    /** A worker has the task, which nobody waits for any more: its tag is free again. */
    void giveUp(Task task) {
        if (tasks.get(task.tag) == task) {
            tasks.remove(task.tag);
        }
        givenUp.add(task);
    }

    /** Drops the connection for what came over it. */
    void protocolError(String what) {
        connection.protocolError(what);
    }

    /**
     * Gives up all tasks that match; on the loop.
     *
     * @return completes when no worker has any of them
     */
    CompletableFuture<Void> abort(Predicate<Task> which) {
        CompletableFuture<Void> all = new CompletableFuture<>();
        int[] left = {1};
        Runnable one =
                () -> {
                    if (--left[0] == 0) {
                        all.complete(null);
                    }
                };
        Set<Task> concerned = new HashSet<>(givenUp);
        concerned.addAll(tasks.values());
        concerned.removeIf(which.negate());
        left[0] += concerned.size();
        concerned.forEach(task -> commands().abort(task, one));
        one.run();
        return all;
    }

    /** Asks the initiator to log out when a login by this connection would not be served now. */
    void reconsider() {
        LunDirectory directory = environment.directory();
        InetSocketAddress local = connection.localAddress();
        boolean stays =
                directory
                        .target(nexusId.targetName())
                        .filter(info -> Portals.of(info, local).isPresent())
                        .filter(
                                info ->
                                        Portals.elsewhere(
                                                        directory,
                                                        info,
                                                        nexusId.initiatorName(),
                                                        local)
                                                .isEmpty())
                        .isPresent();
        if (!stays) {
            connection.askForLogout("its portal no longer serves it");
        }
    }

    /** Answers tasks that entered a unit before a generation with ABORTED COMMAND; on the loop. */
    void abandon(LogicalUnit unit, long generation) {
        for (Task task : List.copyOf(tasks.values())) {
            ReadOut read = task.readOut;
            long began = read != null ? read.generation : task.generation;
            boolean inside = read != null ? read.entry != null : task.running();
            if (task.unit == unit && inside && began < generation) {
                commands().abandon(task);
            }
        }
    }

    /**
     * Ends the session; from any thread, any number of times.
     *
     * @param lost the connection was lost or is taken over, else the initiator logged out
     * @return completes when no task can reach a device any more, or the limit has passed, and the
     *     nexus is closed
     */
    CompletableFuture<Void> terminate(String reason, boolean lost) {
        loop.now(() -> end(reason, lost));
        return ended;
    }

    /** Completes as what {@link #terminate} returns, whoever ends the session. */
    CompletableFuture<Void> whenEnded() {
        return ended;
    }

    private void end(String reason, boolean lost) {
        if (ending) {
            return;
        }
        ending = true;
        loss = lost && !loggedOut;
        Nexus open = nexus;
        if (open != null) {
            open.fence();
        }
        LOG.info("session {} of {} ends: {}", id, nexusId.initiatorName(), reason);
        connection.close();
        if (commands != null) {
            abort(task -> true);
        }
        if (opening) {
            return; // ends when it is open, so that no later login overtakes it
        }
        if (givenUp.isEmpty()) {
            closeNexus();
        } else {
            LOG.info("session {}: {} started commands have to end first", id, givenUp.size());
            loop.schedule(this::closeNexus, environment.settings().takeOverLimit().toMillis());
        }
    }

    /**
     * The initiator logs out: gives up its tasks.
     *
     * @param after called on the loop when those that had started are over, or have taken too long
     */
    void logout(Runnable after) {
        loggedOut = true;
        boolean[] done = {false};
        Runnable once =
                () -> {
                    if (!done[0]) {
                        done[0] = true;
                        after.run();
                    }
                };
        CompletableFuture<Void> idle = abort(task -> true);
        idle.thenRun(() -> loop.now(once));
        if (!idle.isDone()) {
            loop.schedule(once, environment.settings().takeOverLimit().toMillis());
        }
    }

    private void closeNexus() {
        if (closing) {
            return;
        }
        closing = true;
        if (!givenUp.isEmpty()) {
            LOG.warn("session {}: {} commands are stuck in their devices", id, givenUp.size());
        }
        Thread.ofVirtual().name("session-end-" + id).start(this::close);
    }

    private void close() {
        try {
            Nexus open = nexus;
            if (open != null) {
                environment.server().close(open, loss);
            }
        } finally {
            environment.sessions().removed(this);
            ended.complete(null);
        }
    }
}
