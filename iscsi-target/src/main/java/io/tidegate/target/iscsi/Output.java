package io.tidegate.target.iscsi;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the replies of one turn in one direct buffer. A buffer that is full goes to the channel,
 * unflushed, and a new one is begun. For the connection's loop only.
 */
final class Output {
    private static final int LEAST = 4 << 10;
    private static final int MOST = 256 << 10;

    private final Channel channel;
    private @Nullable ByteBuf batch;
    private int expected = LEAST;
    private long turnBytes;
    private boolean closed;
    private @Nullable PduTap tap;

    Output(Channel channel) {
        this.channel = channel;
    }

    /** Shows each buffer that goes out to a tap; to none for null. */
    void tap(@Nullable PduTap next) {
        tap = next;
    }

    /** A buffer with at least so many writable bytes, single and direct; append at its end. */
    ByteBuf room(int bytes) {
        ByteBuf now = batch;
        if (now != null && now.writableBytes() >= bytes) {
            return now;
        }
        if (now != null) {
            expected = Math.min(MOST, expected * 2);
            push();
        }
        ByteBuf next = channel.alloc().directBuffer(Math.max(bytes, expected));
        batch = next;
        return next;
    }

    /** Sends a buffer after what was gathered; takes it over. */
    void append(ByteBuf whole) {
        push();
        if (closed) {
            whole.release();
            return;
        }
        PduTap listening = tap;
        if (listening != null) {
            listening.sent(whole);
        }
        turnBytes += whole.readableBytes();
        channel.write(whole, channel.voidPromise());
    }

    /** Hands the gathered bytes to the channel without flushing. */
    void push() {
        ByteBuf now = batch;
        if (now == null) {
            return;
        }
        batch = null;
        if (closed || !now.isReadable()) {
            now.release();
            return;
        }
        PduTap listening = tap;
        if (listening != null) {
            listening.sent(now);
        }
        turnBytes += now.readableBytes();
        channel.write(now, channel.voidPromise());
    }

    /** Bytes gathered or handed on since the last flush. */
    long pending() {
        ByteBuf now = batch;
        return turnBytes + (now == null ? 0 : now.readableBytes());
    }

    /**
     * Sends everything.
     *
     * @return bytes that were on their way
     */
    long flush() {
        ByteBuf now = batch;
        int last = now == null ? 0 : now.readableBytes();
        push();
        long sent = turnBytes;
        turnBytes = 0;
        if (sent > 0 && !closed) {
            expected = Math.max(LEAST, Math.min(MOST, (expected + last + last / 4) / 2 + 64));
            channel.flush();
        }
        return sent;
    }

    /** Throws away what was gathered; later replies go nowhere. */
    void close() {
        closed = true;
        ByteBuf now = batch;
        batch = null;
        if (now != null) {
            now.release();
        }
    }
}
