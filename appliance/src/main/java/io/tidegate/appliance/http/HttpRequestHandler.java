package io.tidegate.appliance.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.ReadTimeoutException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers one connection's requests, one after the other. */
final class HttpRequestHandler extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final Logger log = LoggerFactory.getLogger(HttpRequestHandler.class);

    private final Map<String, Supplier<HttpReply>> routes;

    HttpRequestHandler(Map<String, Supplier<HttpReply>> routes) {
        this.routes = routes;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        boolean head = request.method().equals(HttpMethod.HEAD);
        if (request.decoderResult().isFailure()) {
            send(ctx, HttpReply.text(400, "bad request\n"), false, false);
            return;
        }
        boolean keepAlive = HttpUtil.isKeepAlive(request);
        if (!head && !request.method().equals(HttpMethod.GET)) {
            send(ctx, HttpReply.text(405, "only GET and HEAD\n"), false, keepAlive);
            return;
        }
        Supplier<HttpReply> route = routes.get(new QueryStringDecoder(request.uri()).path());
        if (route == null) {
            String known = String.join(" ", routes.keySet().stream().sorted().toList());
            send(ctx, HttpReply.text(404, "not found; there are " + known + "\n"), head, keepAlive);
            return;
        }
        // One request of a connection at a time: nothing is read until this one is answered.
        ctx.channel().config().setAutoRead(false);
        Thread.ofVirtual()
                .name("http-", 0)
                .start(
                        () -> {
                            HttpReply reply = answer(route);
                            ctx.executor()
                                    .execute(
                                            () -> {
                                                send(ctx, reply, head, keepAlive);
                                                ctx.channel().config().setAutoRead(true);
                                            });
                        });
    }

    private static HttpReply answer(Supplier<HttpReply> route) {
        try {
            return route.get();
        } catch (RuntimeException e) {
            log.error("an HTTP answer could not be made", e);
            return HttpReply.text(500, "internal error; see the appliance's log\n");
        }
    }

    private static void send(
            ChannelHandlerContext ctx, HttpReply reply, boolean head, boolean keepAlive) {
        byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
        FullHttpResponse response =
                new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1,
                        HttpResponseStatus.valueOf(reply.status()),
                        head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, reply.contentType())
                .set(HttpHeaderNames.CONTENT_LENGTH, body.length)
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
                .set("X-Content-Type-Options", "nosniff");
        if (keepAlive) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
            ctx.writeAndFlush(response);
        } else {
            ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException || cause instanceof ReadTimeoutException) {
            log.debug(
                    "HTTP connection of {} ended: {}",
                    ctx.channel().remoteAddress(),
                    cause.toString());
        } else {
            log.warn("HTTP connection of {} failed", ctx.channel().remoteAddress(), cause);
        }
        ctx.close();
    }
}
