package io.tidegate.shell.ssh;

import io.tidegate.block.OwnInterrupt;
import io.tidegate.shell.Caller;
import io.tidegate.shell.Logins;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.PublicKey;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.sshd.common.AttributeRepository.AttributeKey;
import org.apache.sshd.common.Service;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionDisconnectHandler;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.apache.sshd.server.auth.AsyncAuthException;
import org.apache.sshd.server.auth.password.PasswordAuthenticator;
import org.apache.sshd.server.auth.pubkey.PublickeyAuthenticator;
import org.apache.sshd.server.session.ServerSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets administrators in. Passwords are looked at on two threads of our own, for their hash is made
 * to be slow; when too many wait, more are turned away instead of piling up.
 *
 * <p>A connection has three passwords to try. Offers of keys are counted apart, since clients offer
 * all they have before they ask for a password.
 */
final class LoginGate
        implements PasswordAuthenticator, PublickeyAuthenticator, SessionDisconnectHandler {

    private static final Logger LOG = LoggerFactory.getLogger(LoginGate.class);

    /** Wrong passwords that end a connection; also the library's own count of requests. */
    static final int TRIES = 3;

    private static final int KEY_OFFERS = 16;
    private static final int WAITING = 32;
    private static final Duration LOOKUP = Duration.ofSeconds(10);

    /** Whom a password let in. */
    private static final AttributeKey<Caller> CALLER = new AttributeKey<>();

    /** The key that was last found to be one of the user's. */
    private static final AttributeKey<byte[]> KEY = new AttributeKey<>();

    private static final AttributeKey<AtomicInteger> REFUSED = new AttributeKey<>();

    private final Logins logins;
    private final ThreadPoolExecutor checks;

    LoginGate(Logins logins) {
        this.logins = logins;
        this.checks =
                new ThreadPoolExecutor(
                        2,
                        2,
                        30,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(WAITING),
                        Thread.ofPlatform().daemon().name("shell-login-", 0).factory());
        checks.allowCoreThreadTimeOut(true);
    }

    @Override
    public boolean authenticate(String user, String password, ServerSession session) {
        AsyncAuthException later = new AsyncAuthException();
        try {
            checks.execute(() -> check(user, password, session, later));
        } catch (RejectedExecutionException full) {
            LOG.warn("too many log-ins at once: {} from {} is turned away", user, peer(session));
            return false;
        }
        throw later;
    }

    private void check(
            String user, String password, ServerSession session, AsyncAuthException answer) {
        boolean in = false;
        try {
            Optional<Caller> caller = logins.password(user, password, peer(session));
            in = caller.isPresent();
            caller.ifPresent(c -> session.setAttribute(CALLER, c));
        } catch (RuntimeException e) {
            LOG.error("the log-in of {} from {} could not be checked", user, peer(session), e);
        } finally {
            int refused = in ? 0 : tries(session).incrementAndGet();
            answer.setAuthed(in);
            if (refused >= TRIES) {
                end(session);
            }
        }
    }

    /**
     * Waits for the look-up on this thread of the library: an answer that comes later would count
     * as a log-in without the signature having been checked.
     */
    @Override
    public boolean authenticate(String user, PublicKey key, ServerSession session) {
        InetSocketAddress peer = peer(session);
        byte[] blob = wire(key);
        try {
            Future<Boolean> lookup = checks.submit(() -> logins.knows(user, blob, peer));
            if (!lookup.get(LOOKUP.toMillis(), TimeUnit.MILLISECONDS)) {
                return false;
            }
            // The signature is checked right after this, for this key, or another is asked about.
            session.setAttribute(KEY, blob);
            return true;
        } catch (RejectedExecutionException | TimeoutException e) {
            LOG.warn("too many log-ins at once: no key looked up for {} from {}", user, peer);
            return false;
        } catch (ExecutionException e) {
            LOG.error("the key of {} from {} could not be looked up", user, peer, e);
            return false;
        } catch (InterruptedException e) {
            OwnInterrupt.keep(); // the library ends its own thread
            return false;
        }
    }

    /**
     * Who has just been let in, with what was proved; empty when the account was locked meanwhile.
     * Blocks; not for a thread of the library.
     */
    Optional<Caller> entered(Session session) {
        Optional<Caller> byPassword = Optional.ofNullable(session.getAttribute(CALLER));
        byte[] key = session.getAttribute(KEY);
        return byPassword.isPresent() || key == null || !(session instanceof ServerSession server)
                ? byPassword
                : logins.key(session.getUsername(), key, peer(server));
    }

    private static byte[] wire(PublicKey key) {
        ByteArrayBuffer buffer = new ByteArrayBuffer();
        buffer.putRawPublicKey(key);
        return buffer.getCompactData();
    }

    /** Goes on when only keys were offered so far, within reason. */
    @Override
    public boolean handleAuthCountDisconnectReason(
            Session session,
            Service service,
            String serviceName,
            String method,
            String user,
            int count,
            int limit)
            throws IOException {
        return tries(session).get() < TRIES && count <= KEY_OFFERS;
    }

    void close() {
        checks.shutdown();
    }

    private static void end(ServerSession session) {
        try {
            session.disconnect(
                    SshConstants.SSH2_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE,
                    "Too many authentication failures");
        } catch (IOException e) {
            LOG.debug("the connection was gone before it could be ended", e);
        }
    }

    private static AtomicInteger tries(Session session) {
        return session.computeAttributeIfAbsent(REFUSED, _ -> new AtomicInteger());
    }

    private static InetSocketAddress peer(ServerSession session) {
        if (session.getClientAddress() instanceof InetSocketAddress address) {
            return address;
        }
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }
}
