package io.tidegate.target.iscsi;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.tidegate.block.OwnInterrupt;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LunDirectory;
import io.tidegate.presentation.LunListener;
import io.tidegate.presentation.SessionControl;
import io.tidegate.target.device.DeviceServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The iSCSI target: listens, and serves the LUNs of a directory through a device server. Made
 * closed; {@link #bind} opens it. Safe for concurrent calls.
 */
public final class TargetServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TargetServer.class);
    private static final int LOW_MARK = 1 << 20;
    private static final int HIGH_MARK = 4 << 20;
    private static final int RECEIVE_LEAST = 4 << 10;
    private static final int RECEIVE_FIRST = 64 << 10;
    private static final int RECEIVE_MOST = 1 << 20;

    private final Environment environment;
    private final IoWorkers workers;
    private final MultiThreadIoEventLoopGroup acceptor;
    private final MultiThreadIoEventLoopGroup group;
    private final Class<? extends ServerChannel> channelType;
    private final Map<EventLoop, Loop> loops = new ConcurrentHashMap<>();
    private final List<Channel> listening = new CopyOnWriteArrayList<>();
    private final LunListener unitsGone = new UnitsGone();
    private volatile boolean closed;

    /**
     * @param server the device server; its task control is set here
     */
    public TargetServer(
            LunDirectory directory, DeviceServer server, TargetSettings settings, Clock clock) {
        this(directory, server, settings, clock, null);
    }

    /**
     * @param server the device server; its task control is set here
     * @param traces where recordings of sessions go, made at the first one; null for no recordings
     */
    public TargetServer(
            LunDirectory directory,
            DeviceServer server,
            TargetSettings settings,
            Clock clock,
            @Nullable Path traces) {
        SessionTable sessions = new SessionTable(traces, clock);
        this.environment =
                new Environment(
                        directory,
                        server,
                        settings,
                        clock,
                        sessions,
                        new LoginGuard(settings, clock));
        this.workers = new IoWorkers(settings.ioWorkers());
        boolean epoll = Epoll.isAvailable();
        IoHandlerFactory handlers = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        this.channelType = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        this.acceptor =
                new MultiThreadIoEventLoopGroup(
                        1, new DefaultThreadFactory("target-accept", true), handlers);
        this.group =
                new MultiThreadIoEventLoopGroup(
                        settings.loopCount(),
                        new DefaultThreadFactory("target-loop", true),
                        handlers);
        int count = settings.loopCount();
        group.forEach(
                executor -> {
                    EventLoop loop = (EventLoop) executor;
                    loops.put(
                            loop,
                            new Loop(
                                    loop,
                                    workers,
                                    settings.writeBuffers() / count,
                                    settings.readBuffers() / count));
                });
        server.attach(sessions);
        server.count(unit -> Snapshots.counts(loops.values(), unit));
        directory.addListener(unitsGone);
        LOG.info("target with {} loops, {}", count, epoll ? "epoll" : "NIO");
    }

    /**
     * Starts to listen; may be called again for more addresses.
     *
     * @param addresses port 0 takes a free port
     * @return the addresses that are listened on, in the same order
     * @throws IOException when one of them cannot be bound; the others of this call are then closed
     */
    public List<InetSocketAddress> bind(List<InetSocketAddress> addresses) throws IOException {
        if (closed) {
            throw new IOException("the target is closed");
        }
        List<Channel> opened = new ArrayList<>();
        List<InetSocketAddress> bound = new ArrayList<>();
        for (InetSocketAddress address : addresses) {
            var binding = bootstrap().bind(address).awaitUninterruptibly();
            if (!binding.isSuccess()) {
                opened.forEach(channel -> channel.close().awaitUninterruptibly());
                throw new IOException(
                        "cannot listen on " + address + ": " + binding.cause().getMessage(),
                        binding.cause());
            }
            opened.add(binding.channel());
            bound.add((InetSocketAddress) binding.channel().localAddress());
        }
        listening.addAll(opened);
        LOG.info("listening on {}", bound);
        return bound;
    }

    /** Stops listening on an address; its connections stay. False when it was not listened on. */
    public boolean unbind(InetSocketAddress address) {
        for (Channel channel : listening) {
            if (address.equals(channel.localAddress())) {
                channel.close().awaitUninterruptibly();
                return listening.remove(channel);
            }
        }
        return false;
    }

    private ServerBootstrap bootstrap() {
        return new ServerBootstrap()
                .group(acceptor, group)
                .channel(channelType)
                .option(ChannelOption.SO_BACKLOG, 256)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(LOW_MARK, HIGH_MARK))
                .childOption(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new AdaptiveRecvByteBufAllocator(
                                RECEIVE_LEAST, RECEIVE_FIRST, RECEIVE_MOST))
                .childHandler(new Accept());
    }

    /** On the loop of the new connection. */
    private final class Accept extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            LoginGuard guard = environment.guard();
            Loop loop = loops.get(channel.eventLoop());
            if (closed
                    || loop == null
                    || !(channel.remoteAddress() instanceof InetSocketAddress peer)
                    || !guard.admit(peer.getAddress())) {
                LOG.warn("{}: refused, too many connections", channel.remoteAddress());
                channel.close();
                return;
            }
            channel.closeFuture().addListener(done -> guard.left());
            channel.pipeline().addLast(new Connection(environment, loop, channel, peer));
        }
    }

    /** Counters of units that are gone go with them. */
    private final class UnitsGone implements LunListener {
        @Override
        public void lunsChanged(String targetName, String host) {
            // the device server's business
        }

        @Override
        public void unitChanged(LogicalUnit unit, UnitChange change) {
            // the device server's business
        }

        @Override
        public void unitRemoved(LogicalUnit unit) {
            loops.values().forEach(loop -> loop.counters.units.forget(unit.id()));
            environment.sessions().all().forEach(s -> s.counters().forget(unit.id()));
            workers.forget(unit);
        }
    }

    /** The sessions, for those who have to name or end them. */
    public SessionControl sessions() {
        return environment.sessions();
    }

    /** What was counted up to now. */
    public TargetMetrics snapshot() {
        return Snapshots.of(environment, loops.values());
    }

    /**
     * Stops listening, asks every initiator to log out, waits a little for that, then ends the
     * sessions and waits for their started commands. Blocks for seconds at most; a command that is
     * stuck in its device is left behind.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        environment.directory().removeListener(unitsGone);
        listening.forEach(channel -> channel.close().awaitUninterruptibly());
        List<Session> open = List.copyOf(environment.sessions().all());
        open.forEach(
                session ->
                        session.loop()
                                .now(() -> session.connection().askForLogout("the target stops")));
        long grace = environment.settings().logoutGrace().toMillis();
        // Those that stay are told at the end of the grace, which takes a moment more.
        await(open.stream().map(Session::whenEnded).toList(), grace + 1000);
        long limit = environment.settings().takeOverLimit().toMillis() + 1000;
        await(
                environment.sessions().all().stream()
                        .map(session -> session.terminate("the target stops", false))
                        .toList(),
                limit);
        environment.sessions().desk().close();
        workers.close();
        acceptor.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
        LOG.info("target closed");
    }

    private static void await(List<CompletableFuture<Void>> ends, long limitMillis) {
        try {
            CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new))
                    .get(limitMillis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.info("some sessions have not ended in {} ms", limitMillis);
        } catch (ExecutionException e) {
            LOG.error("a session did not end well", e);
        } catch (InterruptedException e) {
            OwnInterrupt.keep();
        }
    }
}
