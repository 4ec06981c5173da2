package io.tidegate.initiator;

import io.netty.buffer.ByteBuf;
import io.tidegate.initiator.InitiatorException.Reason;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.MalformedPduException;
import java.util.concurrent.CompletableFuture;

/**
 * Something that was asked of the target and waits for its answer under an initiator task tag. Made
 * by any thread, then touched by the connection's event loop alone.
 *
 * @param <T> what the answer comes to
 */
abstract class Task<T> {

    final CompletableFuture<T> future = new CompletableFuture<>();

    /** When it is to be given up, in {@link System#nanoTime}. */
    final long deadline;

    int tag = Bhs.NO_TAG;
    boolean sent;

    Task(long deadline) {
        this.deadline = deadline;
    }

    /** Whether it goes past the command window and uses up no number. */
    abstract boolean immediate();

    /** Puts its first PDU, and what follows unasked, into the output. */
    abstract void send(Transmitter out, int cmdSn);

    /** Some of the data segment of an answer to it. */
    void data(ByteBuf buf, int at, int length) throws MalformedPduException {
        throw new MalformedPduException("data for a task that takes none");
    }

    void fail(InitiatorException cause) {
        future.completeExceptionally(cause);
    }

    void fail(Reason reason, String message) {
        fail(new InitiatorException(reason, message));
    }
}
