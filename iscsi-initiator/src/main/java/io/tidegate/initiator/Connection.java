package io.tidegate.initiator;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.tidegate.initiator.InitiatorException.Reason;
import io.tidegate.initiator.OtherTasks.Logout;
import io.tidegate.initiator.OtherTasks.Management;
import io.tidegate.initiator.OtherTasks.Ping;
import io.tidegate.iscsi.wire.PduDecoder;
import io.tidegate.iscsi.wire.SessionParameters;
import io.tidegate.iscsi.wire.TaskFunction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one connection of a session.
 *
 * <pre>
 *   LOGIN --last login response--> FULL_FEATURE --logout asked for--> LEAVING
 *   any --lost, malformed, closed--> CLOSED: every task fails once, nothing is sent any more
 * </pre>
 *
 * <p>All state belongs to the event loop; {@link #submit} is the door for other threads. A task's
 * buffers are touched on the loop alone and no more once its result is there.
 */
final class Connection extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
    private static final Duration TICK = Duration.ofMillis(200);
    private static final Duration ABORT_TIMEOUT = Duration.ofSeconds(5);
    private static final long MAX_BACKLOG = 8 << 20;

    private final InitiatorSettings settings;
    private final CompletableFuture<Connection> ready = new CompletableFuture<>();
    private final Queue<Task<?>> submitted = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final TaskTable tasks = new TaskTable();
    private final PduDecoder decoder;
    private final Receiver receiver;
    private @Nullable Channel channel;
    private @Nullable Transmitter out;
    private volatile @Nullable InitiatorException ended;
    private volatile boolean leaving;
    private volatile @Nullable SessionParameters parameters;
    private long heardAt = System.nanoTime();
    private @Nullable Ping ping;
    private @Nullable ScheduledFuture<?> ticking;

    Connection(InitiatorSettings settings) {
        this.settings = settings;
        receiver = new Receiver(this, tasks, settings);
        decoder = new PduDecoder(settings.data().maxSegment(), 0, receiver);
    }

    /** Completes when the login has, or fails with it. */
    CompletableFuture<Connection> ready() {
        return ready;
    }

    PduDecoder decoder() {
        return decoder;
    }

    /** Why it is closed; null while it is open. */
    @Nullable InitiatorException ended() {
        return ended;
    }

    /** The target asked for a logout, or this side has begun one: nothing new is taken. */
    boolean leaving() {
        return leaving;
    }

    SessionParameters parameters() {
        SessionParameters p = parameters;
        if (p == null) {
            throw new IllegalStateException("not logged in");
        }
        return p;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        Channel c = ctx.channel();
        channel = c;
        Transmitter t = new Transmitter(c, receiver.beforeLogin());
        out = t;
        receiver.start(t);
        t.flush();
        long tick = TICK.toMillis();
        ticking = ctx.executor().scheduleAtFixedRate(this::tick, tick, tick, TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            heardAt = System.nanoTime();
            decoder.feed(in);
        } finally {
            in.release();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        sendAll();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        sendAll();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        end(new InitiatorException(Reason.LOST, "the target closed the connection"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof java.io.IOException) {
            end(new InitiatorException(Reason.LOST, "the connection was lost", cause));
        } else {
            LOG.error("session with {}: a fault of this side", settings.portal(), cause);
            end(new InitiatorException(Reason.CLOSED, "a fault of this side: " + cause, cause));
        }
    }

    private void sendAll() {
        Transmitter t = out;
        if (t == null || ended != null) {
            return;
        }
        if (parameters != null) {
            tasks.pump(t);
        }
        t.flush();
        if (t.backlog() > MAX_BACKLOG) {
            end(new InitiatorException(Reason.PROTOCOL, "the target asks and does not read"));
        }
    }

    /** The login is done; on the loop, from inside the decoder. */
    void loggedIn(SessionParameters agreed) {
        parameters = agreed;
        ready.complete(this);
    }

    /** Hands a task to the loop; its future completes there. */
    void submit(Task<?> task) {
        submitted.add(task);
        Channel c = channel;
        if (c == null) {
            throw new IllegalStateException("not connected");
        }
        if (woken.compareAndSet(false, true)) {
            try {
                c.eventLoop().execute(this::takeSubmitted);
            } catch (RejectedExecutionException e) {
                failSubmitted(new InitiatorException(Reason.CLOSED, "the initiator is closed", e));
            }
        }
    }

    private void takeSubmitted() {
        woken.set(false);
        InitiatorException why = ended;
        if (why != null) {
            failSubmitted(why);
            return;
        }
        for (Task<?> task = submitted.poll(); task != null; task = submitted.poll()) {
            tasks.add(task);
        }
        sendAll();
    }

    private void failSubmitted(InitiatorException why) {
        for (Task<?> task = submitted.poll(); task != null; task = submitted.poll()) {
            task.fail(why);
        }
    }

    /** The target wants the session to end: takes nothing new and leaves when all is done. */
    void leave(String why) {
        if (!leaving) {
            leaving = true;
            LOG.info("session with {} ends: {}", settings.portal(), why);
        }
    }

    private void tick() {
        long now = System.nanoTime();
        if (ended != null || parameters == null) {
            return; // the login has a deadline of its own
        }
        List<Task<?>> late = new ArrayList<>();
        for (Task<?> task : tasks.all()) {
            if (now - task.deadline >= 0) {
                late.add(task);
            }
        }
        for (Task<?> task : late) {
            giveUp(task, now);
        }
        if (ended != null) {
            return;
        }
        keepAlive(now);
        if (leaving && tasks.isIdle()) {
            tasks.add(new Logout(now + ABORT_TIMEOUT.toNanos()));
        }
        sendAll();
    }

    private void giveUp(Task<?> task, long now) {
        if (!task.sent) {
            tasks.remove(task);
            task.fail(Reason.TIMEOUT, "the target did not take the command in time");
        } else if (task instanceof CommandTask command && !command.aborting) {
            LOG.warn("session with {}: a command timed out, aborting it", settings.portal());
            command.aborting = true;
            if (out != null) {
                out.forget(command);
            }
            tasks.add(
                    new Management(
                            TaskFunction.ABORT_TASK,
                            command.command.lun(),
                            command,
                            now + ABORT_TIMEOUT.toNanos()));
        } else if (!(task instanceof CommandTask)) {
            end(new InitiatorException(Reason.LOST, "the target does not answer"));
        }
    }

    private void keepAlive(long now) {
        Ping asked = ping;
        if (asked != null && asked.future.isDone()) {
            ping = null;
        } else if (asked == null && now - heardAt >= settings.keepAlive().toNanos()) {
            Ping p = new Ping(now + settings.keepAlive().toNanos());
            ping = p;
            tasks.add(p);
        }
    }

    /** Closes at once, from any thread; what is under way fails with {@code why}. */
    void close(InitiatorException why) {
        Channel c = channel;
        if (c == null) {
            ready.completeExceptionally(why);
        } else if (c.eventLoop().inEventLoop()) {
            end(why);
        } else {
            try {
                c.eventLoop().execute(() -> end(why));
            } catch (RejectedExecutionException e) {
                LOG.debug("session with {} was closed with its loop", settings.portal());
            }
        }
    }

    /** On the loop. The first reason counts. */
    void end(InitiatorException why) {
        if (ended != null) {
            return;
        }
        ended = why;
        decoder.close();
        ScheduledFuture<?> timer = ticking;
        if (timer != null) {
            timer.cancel(false);
        }
        if (why.reason() != Reason.CLOSED) {
            LOG.warn("session with {} is lost: {}", settings.portal(), why.getMessage());
        }
        Transmitter t = out;
        if (t != null) {
            t.close();
        }
        Channel c = channel;
        if (c != null) {
            c.close();
        }
        List<Task<?>> all = tasks.all();
        tasks.clear();
        for (Task<?> task : all) {
            task.fail(why);
        }
        failSubmitted(why);
        ready.completeExceptionally(why);
    }
}
