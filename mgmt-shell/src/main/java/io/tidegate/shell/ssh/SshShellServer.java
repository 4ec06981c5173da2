package io.tidegate.shell.ssh;

import io.tidegate.block.OwnInterrupt;
import io.tidegate.shell.AdminSession;
import io.tidegate.shell.Logins;
import io.tidegate.shell.ShellServer;
import io.tidegate.shell.ShellSettings;
import io.tidegate.shell.command.Dispatcher;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.session.Histories;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.session.SessionHeartbeatController.HeartbeatType;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.keyboard.KeyboardInteractiveAuthenticator;
import org.apache.sshd.server.auth.password.UserAuthPasswordFactory;
import org.apache.sshd.server.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.channel.ChannelSessionFactory;
import org.apache.sshd.server.command.Command;
import org.apache.sshd.server.forward.RejectAllForwardingFilter;
import org.apache.sshd.server.global.NoMoreSessionsHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shell over SSH. Offers sessions with a shell or a command and nothing else: no forwarding, no
 * agent, no X11, no subsystems.
 */
public final class SshShellServer implements ShellServer {

    private static final Logger LOG = LoggerFactory.getLogger(SshShellServer.class);
    private static final Duration LOG_IN_WITHIN = Duration.ofMinutes(2);
    private static final Duration HEARTBEAT = Duration.ofSeconds(30);
    private static final Duration LAST_WORDS = Duration.ofSeconds(10);
    private static final int CHANNELS = 10;

    private final SshServer server;
    private final LoginGate gate;
    private final LiveSessions sessions;
    private final Threads threads = new Threads();
    private final ScheduledExecutorService ticks;
    private final KeyPair hostKey;
    private final InetSocketAddress address;

    private SshShellServer(
            ShellSettings settings, Dispatcher dispatcher, Logins logins, Clock clock)
            throws IOException {
        hostKey = HostKey.at(settings.hostKey());
        gate = new LoginGate(logins);
        sessions = new LiveSessions(clock, gate, settings.idle(), settings.maxSessions());
        server = SshServer.setUpDefaultServer();
        limits(settings);
        offer(new Works(dispatcher, logins, new Histories()));
        server.setHost(settings.listen().getHostString());
        server.setPort(settings.listen().getPort());
        server.start();
        address =
                (InetSocketAddress)
                        server.getBoundAddresses().stream()
                                .findFirst()
                                .orElseThrow(() -> new IOException("the shell listens nowhere"));
        ticks =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().daemon().name("shell-idle").factory());
        ticks.scheduleWithFixedDelay(sessions::endIdle, 10, 10, TimeUnit.SECONDS);
        LOG.info("the shell listens on {}, host key {}", address, hostKeys());
    }

    /**
     * Starts the server. Takes seconds, for the library loads its ciphers; start it beside other
     * parts.
     *
     * @throws IOException the port is taken, or the host key cannot be read or made
     */
    public static SshShellServer start(
            ShellSettings settings, Dispatcher dispatcher, Logins logins, Clock clock)
            throws IOException {
        return new SshShellServer(settings, dispatcher, logins, clock);
    }

    private void limits(ShellSettings settings) {
        Algorithms.set(server);
        server.setKeyPairProvider(KeyPairProvider.wrap(hostKey));
        server.setUserAuthFactories(
                List.of(UserAuthPublicKeyFactory.INSTANCE, UserAuthPasswordFactory.INSTANCE));
        server.setPasswordAuthenticator(gate);
        server.setPublickeyAuthenticator(gate);
        server.setKeyboardInteractiveAuthenticator(KeyboardInteractiveAuthenticator.NONE);
        server.setSessionDisconnectHandler(gate);
        server.setForwardingFilter(RejectAllForwardingFilter.INSTANCE);
        server.setAgentFactory(null);
        server.setChannelFactories(List.of(ChannelSessionFactory.INSTANCE));
        server.setGlobalRequestHandlers(List.of(NoMoreSessionsHandler.INSTANCE));
        server.addSessionListener(sessions);
        CoreModuleProperties.SERVER_IDENTIFICATION.set(server, "Tidegate");
        CoreModuleProperties.MAX_AUTH_REQUESTS.set(server, LoginGate.TRIES);
        CoreModuleProperties.AUTH_TIMEOUT.set(server, LOG_IN_WITHIN);
        // Our own watch knows who watches a job; the library's would not.
        CoreModuleProperties.IDLE_TIMEOUT.set(server, Duration.ZERO);
        CoreModuleProperties.MAX_CONCURRENT_SESSIONS.set(server, settings.maxSessionsPerUser());
        CoreModuleProperties.MAX_CONCURRENT_CHANNELS.set(server, CHANNELS);
        CoreModuleProperties.SOCKET_KEEPALIVE.set(server, true);
        CoreModuleProperties.NIO_WORKERS.set(server, 4);
        server.setSessionHeartbeat(HeartbeatType.IGNORE, HEARTBEAT);
    }

    private void offer(Works works) {
        server.setShellFactory(channel -> on(channel, "shell", works::shell));
        server.setCommandFactory(
                (channel, text) -> on(channel, "exec", (c, live) -> works.command(c, live, text)));
        server.setSubsystemFactories(List.of(new NoSubsystem("sftp", threads)));
    }

    /** What is done on a channel, by one who is known. */
    @FunctionalInterface
    private interface Task {
        int run(Channel channel, Live live) throws IOException;
    }

    private Command on(ChannelSession channel, String name, Task task) {
        return new Channel(
                name,
                threads,
                c -> {
                    Optional<Live> live = sessions.enter(channel.getSession());
                    return live.isEmpty() ? ExitCode.DENIED.code() : task.run(c, live.get());
                });
    }

    @Override
    public InetSocketAddress address() {
        return address;
    }

    @Override
    public List<String> hostKeys() {
        return List.of(
                KeyUtils.getKeyType(hostKey) + " " + KeyUtils.getFingerPrint(hostKey.getPublic()));
    }

    @Override
    public List<AdminSession> sessions() {
        return sessions.list();
    }

    @Override
    public boolean end(long sessionId) {
        return sessions.end(sessionId);
    }

    @Override
    public void close() {
        ticks.shutdown();
        try {
            server.stop(true);
            if (!threads.await(LAST_WORDS)) {
                LOG.warn(
                        "commands still run after {} s; they go on by themselves",
                        LAST_WORDS.toSeconds());
            }
        } catch (IOException e) {
            LOG.warn("the shell did not let go of its port", e);
        } catch (InterruptedException e) {
            OwnInterrupt.keep();
        } finally {
            gate.close();
        }
        LOG.info("the shell has ended");
    }
}
