package io.tidegate.target.iscsi;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.SessionControl;
import io.tidegate.presentation.SessionTraces;
import io.tidegate.target.device.NexusId;
import io.tidegate.target.device.TaskControl;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All normal sessions, by nexus and by number. A new login of the same initiator port takes the
 * place of the old session at once, and has to wait for its end. Safe for concurrent calls.
 */
final class SessionTable implements SessionControl, TaskControl {

    /** A new session, and the end of the one that it replaces. */
    record Registered(Session session, CompletableFuture<Void> oldEnded) {}

    private static final int MAX_HANDLES = 60_000; // of 65535, so that a free one is soon found

    private final Map<NexusId, Session> current = new ConcurrentHashMap<>();
    private final Map<Long, Session> all = new ConcurrentHashMap<>(); // those ending, too
    private final Set<Integer> handles = new HashSet<>();
    private long lastId;
    private int lastHandle;
    private final TraceDesk traces;

    /**
     * @param traceDirectory null when no session can be recorded
     */
    SessionTable(@Nullable Path traceDirectory, Clock clock) {
        this.traces = new TraceDesk(traceDirectory, clock, all::values);
    }

    TraceDesk desk() {
        return traces;
    }

    /**
     * Makes a session and puts it in the place of an older one of the same nexus.
     *
     * @return empty when the initiator has as many sessions as it may, or the target has
     */
    Optional<Registered> register(Environment environment, NexusId nexus, Connection connection) {
        Session session;
        Session old;
        synchronized (this) {
            long others =
                    current.keySet().stream()
                            .filter(
                                    id ->
                                            id.initiatorName().equals(nexus.initiatorName())
                                                    && !id.equals(nexus))
                            .count();
            TargetSettings settings = environment.settings();
            // Each session has one connection; those that wait for a stuck device have none.
            int most = Math.min(MAX_HANDLES, 2 * settings.maxConnections());
            if (others >= settings.maxSessionsPerHost() || handles.size() >= most) {
                return Optional.empty();
            }
            session = new Session(environment, ++lastId, nextHandle(), nexus, connection);
            all.put(session.id(), session);
            old = current.put(nexus, session);
        }
        CompletableFuture<Void> oldEnded =
                old == null
                        ? CompletableFuture.completedFuture(null)
                        : old.terminate("the initiator logged in again", true);
        return Optional.of(new Registered(session, oldEnded));
    }

    private int nextHandle() {
        do {
            lastHandle = lastHandle % 0xffff + 1;
        } while (!handles.add(lastHandle));
        return lastHandle;
    }

    synchronized void removed(Session session) {
        current.remove(session.nexusId(), session);
        all.remove(session.id());
        handles.remove(session.tsih());
    }

    /** The session of a handle, one that is ending included. */
    Optional<Session> withHandle(int tsih) {
        return all.values().stream().filter(session -> session.tsih() == tsih).findFirst();
    }

    Collection<Session> all() {
        return all.values();
    }

    @Override
    public List<SessionInfo> sessions() {
        return all.values().stream()
                .map(SessionFacts::info)
                .sorted(Comparator.comparingLong(SessionInfo::id))
                .toList();
    }

    @Override
    public CompletionStage<Optional<SessionDetails>> details(long sessionId) {
        Session session = all.get(sessionId);
        return session == null
                ? CompletableFuture.completedFuture(Optional.empty())
                : SessionFacts.details(session);
    }

    @Override
    public SessionTraces traces() {
        return traces;
    }

    @Override
    public boolean end(long sessionId, String reason) {
        Session session = all.get(sessionId);
        if (session == null) {
            return false;
        }
        session.loop().now(() -> session.connection().askForLogout(reason));
        return true;
    }

    @Override
    public void reconsider(String targetName) {
        for (Session session : all.values()) {
            if (session.nexusId().targetName().equals(targetName)) {
                session.loop().now(session::reconsider);
            }
        }
    }

    @Override
    public void abandon(LogicalUnit unit, long generation) {
        each(
                session -> true,
                session -> {
                    session.abandon(unit, generation);
                    return CompletableFuture.completedFuture(null);
                });
    }

    @Override
    public CompletionStage<Void> abortTasks(
            LogicalUnit unit, @Nullable NexusId of, @Nullable NexusId except) {
        return abort(
                session ->
                        (of == null || session.nexusId().equals(of))
                                && !session.nexusId().equals(except),
                task -> task.unit == unit);
    }

    /** Gives up tasks of sessions; completes when no worker has any of them. */
    CompletableFuture<Void> abort(Predicate<Session> sessions, Predicate<Task> tasks) {
        return each(sessions, session -> session.abort(tasks));
    }

    private CompletableFuture<Void> each(
            Predicate<Session> which, Function<Session, CompletableFuture<Void>> act) {
        List<CompletableFuture<Void>> parts = new ArrayList<>();
        for (Session session : all.values()) {
            if (session.nexusIfOpen() != null && which.test(session)) {
                CompletableFuture<Void> part = new CompletableFuture<>();
                parts.add(part);
                session.loop().now(() -> act.apply(session).thenRun(() -> part.complete(null)));
            }
        }
        return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new));
    }
}
