package io.tidegate.target.iscsi;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.MalformedPduException;
import io.tidegate.iscsi.wire.PduDecoder;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.target.trace.Recording;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One TCP connection: bytes to PDUs, PDUs to the phase it is in, replies out once a turn. Stays on
 * its loop for life.
 *
 * <pre>
 *   LoginPhase -> FullFeaturePhase -> closed       any fault of the peer: closed
 * </pre>
 */
final class Connection extends ChannelInboundHandlerAdapter implements PduDecoder.Sink {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    /** Data segment that either side takes before it has said otherwise. */
    static final int DEFAULT_SEGMENT = 8192;

    /** A long CDB and the length of a bidirectional read. */
    private static final int MAX_ADDITIONAL = 256 + 8;

    private static final long CLOSE_LIMIT_SECONDS = 5;

    private final Environment environment;
    private final Loop loop;
    private final Channel channel;
    private final PduDecoder decoder;
    private final Output output;
    private final Replies replies;
    private final InetSocketAddress peerAddress; // the channel may forget it once it is closed
    private final String peer;
    private final String local;

    private Phase phase;
    private CommandWindow window = new CommandWindow(0, 1, 1);
    private @Nullable ReadPath reads;
    private int peerMaxSegment = DEFAULT_SEGMENT;
    private int id;
    private boolean dirty;
    private boolean closed;
    private long received = System.nanoTime();
    private boolean pinged;
    private long undrained = Long.MAX_VALUE; // bytes that kept it from being read, when last seen
    private int pingTag;
    private @Nullable Future<?> logoutDue;
    private volatile @Nullable PduTap tap;

    Connection(Environment environment, Loop loop, Channel channel, InetSocketAddress peerAddress) {
        this.environment = environment;
        this.loop = loop;
        this.channel = channel;
        this.output = new Output(channel);
        this.replies = new Replies(this, output);
        this.decoder = new PduDecoder(DEFAULT_SEGMENT, MAX_ADDITIONAL, this);
        this.peerAddress = peerAddress;
        this.peer = String.valueOf(peerAddress);
        this.local = text(channel.localAddress());
        this.phase = new LoginPhase(environment, this);
    }

    /** Address and port, without the slash that stands before an address that has no name. */
    private static String text(SocketAddress address) {
        String text = String.valueOf(address);
        return text.startsWith("/") ? text.substring(1) : text;
    }

    Loop loop() {
        return loop;
    }

    Output output() {
        return output;
    }

    Replies replies() {
        return replies;
    }

    CommandWindow serials() {
        return window;
    }

    /** Address and port of the initiator. */
    String peer() {
        return peer;
    }

    InetSocketAddress peerAddress() {
        return peerAddress;
    }

    /** The address that this connection came in by. */
    InetSocketAddress localAddress() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** The connection's number within its session, as its login gave it. */
    int id() {
        return id;
    }

    void id(int connectionId) {
        id = connectionId;
    }

    /** Address and port that this connection came in by, as text; also after its end. */
    String local() {
        return local;
    }

    /** Has all PDUs pass by a tap, from the next one on; by none for null. */
    void tap(@Nullable PduTap next) {
        tap = next;
        decoder.sink(next == null ? this : next);
        output.tap(next);
    }

    /** Takes the tap of a recording away. */
    void untap(Recording recording) {
        PduTap now = tap;
        if (now != null && now.recording() == recording) {
            tap(null);
        }
    }

    /** Whether it is being recorded; from any thread. */
    boolean tapped() {
        PduTap now = tap;
        return now != null && now.recording().running();
    }

    int peerMaxSegment() {
        return peerMaxSegment;
    }

    void peerMaxSegment(int bytes) {
        peerMaxSegment = bytes;
    }

    long receivedAt() {
        return received;
    }

    boolean isClosed() {
        return closed;
    }

    /** The login has begun: numbers are known. */
    void serials(CommandWindow numbers) {
        window = numbers;
    }

    /** The login is over; takes effect with the next PDU. */
    void fullFeature(Phase next, int maxSegment, boolean headerDigest, boolean dataDigest) {
        phase = next;
        decoder.maxDataSegmentLength(maxSegment);
        decoder.digests(headerDigest, dataDigest);
        replies.digests().use(headerDigest, dataDigest);
        pinged = false;
        loop.schedule(this::keepAlive, environment.settings().keepAlive().toMillis());
    }

    void reads(ReadPath path) {
        reads = path;
    }

    /** A direct buffer of exactly so many bytes. */
    ByteBuf allocate(int bytes) {
        return channel.alloc().directBuffer(bytes, bytes);
    }

    boolean writable() {
        return channel.isWritable();
    }

    /** Whether less than a turn's share is gathered and the peer takes data. */
    boolean roomFor(int turn) {
        return channel.isWritable() && output.pending() < turn;
    }

    void markDirty() {
        if (!dirty) {
            dirty = true;
            loop.markDirty(this);
        }
    }

    /** Sends what this turn has gathered. */
    void flushReplies() {
        dirty = false;
        ReadPath path = reads;
        if (path != null && !closed) {
            path.pump();
            dirty = false; // what the pump gathered goes out now
        }
        loop.counters.sent.add(output.flush());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            received = System.nanoTime();
            pinged = false;
            loop.counters.received.add(in.readableBytes());
            decoder.feed(in);
        } finally {
            in.release();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        loop.endTurn();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        boolean writable = channel.isWritable();
        channel.config().setAutoRead(writable);
        if (writable && !closed) {
            markDirty();
            loop.execute(() -> {}); // a turn of its own: this call may come from within a flush
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        closed = true;
        PduTap listening = tap;
        if (listening != null) {
            listening.closed();
        }
        decoder.close();
        output.close();
        phase.closed();
        loop.endTurn();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug("{}: {}", peer, cause.getMessage());
        } else {
            LOG.error("{}: connection dropped for a fault of ours", peer, cause);
        }
        close();
    }

    @Override
    public void header(ByteBuf buf, int at, int dataLength) throws MalformedPduException {
        phase.header(buf, at, dataLength);
    }

    @Override
    public void data(ByteBuf buf, int at, int length) {
        try {
            phase.data(buf, at, length);
        } catch (MalformedPduException e) {
            protocolError(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void end(boolean intact) throws MalformedPduException {
        if (intact) {
            phase.end();
        } else {
            phase.damaged();
        }
    }

    @Override
    public void failed(MalformedPduException cause) {
        protocolError(String.valueOf(cause.getMessage()));
    }

    /** Drops the connection for what the peer sent, after what was answered so far. */
    void protocolError(String what) {
        if (!closed) {
            LOG.info("{}: dropped: {}", peer, what);
            loop.counters.protocolErrors.add(1);
            closeAfterReplies();
        }
    }

    /** Takes nothing more, sends what was gathered and closes; by force when that takes long. */
    void closeAfterReplies() {
        if (closed) {
            return;
        }
        decoder.close();
        output.flush();
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        channel.eventLoop().schedule(() -> channel.close(), CLOSE_LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    /** Closes at once. */
    void close() {
        decoder.close();
        channel.close();
    }

    /** Asks the initiator to log out, and drops the connection if it does not. */
    void askForLogout(String reason) {
        if (closed || logoutDue != null) {
            return;
        }
        LOG.info("{}: asked to log out: {}", peer, reason);
        long grace = environment.settings().logoutGrace().toMillis();
        if (phase instanceof FullFeaturePhase) {
            int seconds = (int) Math.max(1, grace / 1000);
            replies.write(
                    new TargetPdu.AsyncMessage(
                            0,
                            replies.nextStatSn(),
                            window.expCmdSn(),
                            window.maxCmdSn(),
                            TargetPdu.AsyncMessage.LOGOUT_REQUESTED,
                            0,
                            0,
                            0,
                            seconds));
            logoutDue = loop.schedule(this::drop, grace);
        } else {
            close();
        }
    }

    private void drop() {
        if (!closed) {
            sayDropped();
            closeAfterReplies();
        }
    }

    private void sayDropped() {
        replies.write(
                new TargetPdu.AsyncMessage(
                        0,
                        replies.nextStatSn(),
                        window.expCmdSn(),
                        window.maxCmdSn(),
                        TargetPdu.AsyncMessage.SESSION_DROPPED,
                        0,
                        0,
                        0,
                        0));
    }

    /** Says so, as far as the socket takes it without waiting, and closes at once. */
    private void dropNow(String why) {
        LOG.info("{}: dropped: {}", peer, why);
        sayDropped();
        output.flush();
        close();
    }

    /**
     * Whether the peer takes what waits for it. Nothing is read from it meanwhile, so that its
     * answers cannot be seen, but it is alive.
     */
    private boolean draining() {
        long left = channel.isWritable() ? 0 : channel.bytesBeforeWritable();
        boolean moves = left > 0 && left < undrained;
        undrained = left == 0 ? Long.MAX_VALUE : left;
        return moves;
    }

    /** Pings a silent peer, and drops one that does not answer or does not send what it owes. */
    private void keepAlive() {
        if (closed) {
            return;
        }
        TargetSettings settings = environment.settings();
        long silent = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - received);
        long due = settings.keepAlive().toMillis();
        if (phase.stalled(settings.keepAlive().plus(settings.keepAliveTimeout()).toNanos())) {
            dropNow("data that was asked for does not come");
            return;
        }
        boolean draining = draining();
        if (draining || !pinged && silent < due) {
            pinged = false;
            loop.schedule(this::keepAlive, Math.max(1, draining ? due : due - silent));
            return;
        }
        if (pinged) {
            loop.counters.keepAliveDrops.add(1);
            dropNow("silent for " + silent + " ms");
            return;
        }
        pinged = true;
        pingTag = (pingTag + 1) & 0x7fffffff;
        replies.write(
                new TargetPdu.NopIn(
                        0,
                        Bhs.NO_TAG,
                        pingTag,
                        replies.statSn(),
                        window.expCmdSn(),
                        window.maxCmdSn()));
        loop.schedule(this::keepAlive, settings.keepAliveTimeout().toMillis());
    }
}
