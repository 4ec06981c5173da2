package io.tidegate.appliance.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * A small HTTP/1.1 server for scrapers and probes: GET and HEAD of fixed paths. One loop of its
 * own, so that a scrape never stands in the way of I/O; answers are made on virtual threads.
 */
public final class HttpServer implements AutoCloseable {

    /** Longest request line, and longest sum of headers, in bytes. */
    static final int MAX_HEAD_BYTES = 8 << 10;

    /** Requests have no body worth reading. */
    static final int MAX_BODY_BYTES = 1 << 10;

    /** Connections at one time; a further one is closed at once. */
    static final int MAX_CONNECTIONS = 64;

    private static final int IDLE_SECONDS = 30;

    private final EventLoopGroup loop;
    private final Channel channel;

    private HttpServer(EventLoopGroup loop, Channel channel) {
        this.loop = loop;
        this.channel = channel;
    }

    /**
     * Listens.
     *
     * @param routes what answers for a path; called on a virtual thread, may block
     */
    public static HttpServer start(
            InetSocketAddress address, Map<String, Supplier<HttpReply>> routes) throws IOException {
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        AtomicInteger open = new AtomicInteger();
        ServerBootstrap bootstrap =
                new ServerBootstrap()
                        .group(loop)
                        .channel(NioServerSocketChannel.class)
                        .option(ChannelOption.SO_REUSEADDR, true)
                        .childHandler(new Pipeline(Map.copyOf(routes), open));
        try {
            return new HttpServer(loop, bootstrap.bind(address).syncUninterruptibly().channel());
        } catch (Exception e) {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
        }
    }

    /** The address with the port that was really taken. */
    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    @Override
    public void close() {
        channel.close().syncUninterruptibly();
        loop.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private static final class Pipeline extends ChannelInitializer<SocketChannel> {
        private final Map<String, Supplier<HttpReply>> routes;
        private final AtomicInteger open;

        Pipeline(Map<String, Supplier<HttpReply>> routes, AtomicInteger open) {
            this.routes = routes;
            this.open = open;
        }

        @Override
        protected void initChannel(SocketChannel ch) {
            ch.closeFuture().addListener(f -> open.decrementAndGet());
            if (open.incrementAndGet() > MAX_CONNECTIONS) {
                ch.close();
                return;
            }
            ch.pipeline()
                    .addLast(new ReadTimeoutHandler(IDLE_SECONDS))
                    .addLast(new HttpServerCodec(MAX_HEAD_BYTES, MAX_HEAD_BYTES, MAX_HEAD_BYTES))
                    .addLast(new HttpObjectAggregator(MAX_BODY_BYTES))
                    .addLast(new HttpRequestHandler(routes));
        }
    }
}
