package io.tidegate.initiator;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.tidegate.initiator.InitiatorException.Reason;
import io.tidegate.iscsi.wire.TextKey;
import io.tidegate.iscsi.wire.TextPair;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes sessions. Owns the event loops that they run on; closing it drops them all.
 *
 * <pre>{@code
 * try (Initiator initiator = new Initiator(1);
 *         Session session = initiator.connect(InitiatorSettings.of(portal, us, target));
 *         RemoteLun lun = session.openLun(0)) {
 *     lun.read(0, buffer);
 * }
 * }</pre>
 */
public final class Initiator implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Initiator.class);
    private static final int MAX_TARGETS = 65536;

    private final EventLoopGroup loops;
    private final Class<? extends Channel> channelType;

    /**
     * Starts event loops.
     *
     * @param threads number of event loops, at least 1
     */
    public Initiator(int threads) {
        DefaultThreadFactory factory = new DefaultThreadFactory("initiator", true);
        if (Epoll.isAvailable()) {
            loops = new MultiThreadIoEventLoopGroup(threads, factory, EpollIoHandler.newFactory());
            channelType = EpollSocketChannel.class;
        } else {
            loops = new MultiThreadIoEventLoopGroup(threads, factory, NioIoHandler.newFactory());
            channelType = NioSocketChannel.class;
        }
    }

    /**
     * Connects and logs in; blocks until that is done.
     *
     * @param settings with a target's name
     */
    public Session connect(InitiatorSettings settings) throws InitiatorException {
        if (settings.targetName() == null) {
            throw new IllegalArgumentException("no target named");
        }
        return open(settings);
    }

    /** Asks a portal for the targets that this initiator may see, by a discovery session. */
    public List<DiscoveredTarget> discover(InitiatorSettings settings) throws InitiatorException {
        InitiatorSettings discovery =
                new InitiatorSettings(
                        settings.portal(),
                        settings.initiatorName(),
                        null,
                        settings.isid(),
                        settings.own(),
                        settings.peer(),
                        settings.digests(),
                        settings.data(),
                        settings.connectTimeout(),
                        settings.commandTimeout(),
                        settings.keepAlive());
        try (Session session = open(discovery)) {
            return targets(session.text(List.of(TextKey.SEND_TARGETS.with("All"))));
        }
    }

    private static List<DiscoveredTarget> targets(List<TextPair> pairs) throws InitiatorException {
        Map<String, List<String>> found = new LinkedHashMap<>();
        List<String> addresses = null;
        for (TextPair pair : pairs) {
            if (pair.key().equals(TextKey.TARGET_NAME.text())) {
                addresses = found.computeIfAbsent(pair.value(), k -> new ArrayList<>());
            } else if (pair.key().equals(TextKey.TARGET_ADDRESS.text())) {
                if (addresses == null) {
                    throw new InitiatorException(
                            Reason.PROTOCOL, "an address before the first target's name");
                }
                addresses.add(pair.value());
            }
            if (found.size() > MAX_TARGETS) {
                throw new InitiatorException(Reason.PROTOCOL, "more targets than can be");
            }
        }
        List<DiscoveredTarget> all = new ArrayList<>();
        found.forEach((name, list) -> all.add(new DiscoveredTarget(name, list)));
        return all;
    }

    private Session open(InitiatorSettings settings) throws InitiatorException {
        Connection connection = new Connection(settings);
        int millis = (int) Math.min(Integer.MAX_VALUE, settings.connectTimeout().toMillis());
        ChannelFuture connecting =
                new Bootstrap()
                        .group(loops)
                        .channel(channelType)
                        .option(ChannelOption.TCP_NODELAY, true)
                        .option(ChannelOption.SO_KEEPALIVE, true)
                        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millis)
                        .option(
                                ChannelOption.WRITE_BUFFER_WATER_MARK,
                                new WriteBufferWaterMark(1 << 20, 4 << 20))
                        .handler(
                                new ChannelInitializer<SocketChannel>() {
                                    @Override
                                    protected void initChannel(SocketChannel channel) {
                                        channel.pipeline().addLast(connection);
                                    }
                                })
                        .connect(settings.portal());
        connecting.addListener(
                f -> {
                    if (!f.isSuccess()) {
                        connection.close(
                                new InitiatorException(
                                        Reason.CONNECT,
                                        "no connection to " + settings.portal(),
                                        f.cause()));
                    }
                });
        loops.schedule(
                () -> loginLate(connection, connecting.channel(), settings),
                millis,
                TimeUnit.MILLISECONDS);
        Session.await(connection.ready());
        LOG.debug("logged in at {} as {}", settings.portal(), settings.initiatorName());
        return new Session(settings, connection);
    }

    private static void loginLate(
            Connection connection, Channel channel, InitiatorSettings settings) {
        if (!connection.ready().isDone()) {
            channel.close();
            connection.close(
                    new InitiatorException(
                            Reason.LOGIN, settings.portal() + " did not finish the login in time"));
        }
    }

    /** Drops all sessions and stops the event loops. */
    @Override
    public void close() {
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5000);
    }
}
