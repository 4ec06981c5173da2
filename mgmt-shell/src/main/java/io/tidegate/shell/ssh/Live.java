package io.tidegate.shell.ssh;

import io.tidegate.shell.AdminSession;
import io.tidegate.shell.Caller;
import io.tidegate.shell.session.Activity;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import org.apache.sshd.common.session.Session;

/** One who is logged in. Safe for concurrent calls. */
final class Live implements Activity {

    private final long id;
    private final Session session;
    private final Clock clock;
    private final Instant since;
    private Caller caller;
    private Instant lastInput;
    private int working;

    Live(long id, Caller caller, Session session, Clock clock) {
        this.id = id;
        this.caller = caller;
        this.session = session;
        this.clock = clock;
        this.since = clock.instant();
        this.lastInput = since;
    }

    long id() {
        return id;
    }

    Session session() {
        return session;
    }

    synchronized Caller caller() {
        return caller;
    }

    synchronized void caller(Caller now) {
        caller = now;
    }

    synchronized void touched() {
        lastInput = clock.instant();
    }

    @Override
    public synchronized void begin() {
        working++;
        lastInput = clock.instant();
    }

    @Override
    public synchronized void end() {
        working--;
        lastInput = clock.instant();
    }

    /** Since when nothing happens; empty while a command runs, such as the watching of a job. */
    synchronized Optional<Instant> idleSince() {
        return working > 0 ? Optional.empty() : Optional.of(lastInput);
    }

    synchronized AdminSession info() {
        return new AdminSession(
                id, caller.user(), caller.peer(), caller.credential(), since, lastInput);
    }
}
