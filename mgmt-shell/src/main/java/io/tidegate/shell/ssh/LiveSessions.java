package io.tidegate.shell.ssh;

import io.tidegate.shell.AdminSession;
import io.tidegate.shell.Caller;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.sshd.common.AttributeRepository.AttributeKey;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who is logged in, how many may be, and who has been idle for too long. */
final class LiveSessions implements SessionListener {

    private static final Logger LOG = LoggerFactory.getLogger(LiveSessions.class);

    /** The session's own record, once somebody is in. */
    static final AttributeKey<Live> LIVE = new AttributeKey<>();

    private final Clock clock;
    private final LoginGate gate;
    private final Duration idle;
    private final int most;
    private final AtomicLong ids = new AtomicLong();
    private final Map<Long, Live> inside = new ConcurrentHashMap<>();
    private final Map<Session, Boolean> connected = new ConcurrentHashMap<>();

    LiveSessions(Clock clock, LoginGate gate, Duration idle, int most) {
        this.clock = clock;
        this.gate = gate;
        this.idle = idle;
        this.most = most;
    }

    @Override
    public void sessionCreated(Session session) {
        connected.put(session, true);
        if (connected.size() > most) {
            LOG.warn("more than {} connections: {} is turned away", most, session);
            end(session, SshConstants.SSH2_DISCONNECT_TOO_MANY_CONNECTIONS, "too many connections");
        }
    }

    /**
     * Finds out who it is, on a thread of the channel's work: an account that was locked between
     * the look-up of its key and the signature is turned away here.
     */
    Optional<Live> enter(Session session) {
        synchronized (session) {
            Live live = session.getAttribute(LIVE);
            if (live != null) {
                return Optional.of(live);
            }
            Optional<Caller> caller = gate.entered(session);
            if (caller.isEmpty()) {
                end(session, "not allowed in");
                return Optional.empty();
            }
            live = new Live(ids.incrementAndGet(), caller.get(), session, clock);
            session.setAttribute(LIVE, live);
            inside.put(live.id(), live);
            Caller c = caller.get();
            LOG.info("{} is in from {} by {}", c.user(), c.peer(), c.credential());
            return Optional.of(live);
        }
    }

    @Override
    public void sessionClosed(Session session) {
        connected.remove(session);
        Live live = session.getAttribute(LIVE);
        if (live != null) {
            inside.remove(live.id());
            LOG.info("{} from {} is out", live.caller().user(), live.caller().peer());
        }
    }

    List<AdminSession> list() {
        return inside.values().stream()
                .map(Live::info)
                .sorted(Comparator.comparing(AdminSession::id))
                .toList();
    }

    boolean end(long id) {
        Optional<Live> live = Optional.ofNullable(inside.get(id));
        live.ifPresent(l -> end(l.session(), "ended by an administrator"));
        return live.isPresent();
    }

    /** Ends those who have pressed no key for too long; called from time to time. */
    void endIdle() {
        for (Live live : inside.values()) {
            if (live.idleSince().map(s -> s.plus(idle).isBefore(clock.instant())).orElse(false)) {
                LOG.info(
                        "{} from {} was idle for too long",
                        live.caller().user(),
                        live.caller().peer());
                end(live.session(), "idle for too long");
            }
        }
    }

    private static void end(Session session, String why) {
        end(session, SshConstants.SSH2_DISCONNECT_BY_APPLICATION, why);
    }

    private static void end(Session session, int reason, String why) {
        try {
            session.disconnect(reason, why);
        } catch (IOException e) {
            LOG.debug("{} was gone before it could be ended", session, e);
        }
    }
}
