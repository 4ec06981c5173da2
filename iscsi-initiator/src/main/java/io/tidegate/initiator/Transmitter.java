package io.tidegate.initiator;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.Digests;
import io.tidegate.iscsi.wire.InitiatorPdu;
import io.tidegate.iscsi.wire.InitiatorPdu.DataOut;
import io.tidegate.iscsi.wire.SessionParameters;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The sending side of a connection: gathers PDUs in one buffer that is flushed once for a batch,
 * and sends data that was asked for as fast as the socket takes it. On the event loop only.
 */
final class Transmitter {

    private static final int BATCH_BYTES = 64 << 10;

    /** A burst of Data-Out that was asked for, and how far it is. */
    private static final class Burst {
        private final CommandTask task;
        private final int transferTag;
        private final long lun;
        private final int end;
        private int next;
        private int dataSn;

        Burst(CommandTask task, long lun, int transferTag, int offset, int length) {
            this.task = task;
            this.lun = lun;
            this.transferTag = transferTag;
            this.next = offset;
            this.end = offset + length;
        }
    }

    private final Channel channel;
    private final Digests digests = new Digests();
    private final ArrayDeque<Burst> bursts = new ArrayDeque<>();
    private @Nullable ByteBuf batch;
    private SessionParameters parameters;
    private int expStatSn;

    Transmitter(Channel channel, SessionParameters beforeLogin) {
        this.channel = channel;
        this.parameters = beforeLogin;
    }

    void fullFeature(SessionParameters agreed, int nextStatSn) {
        parameters = agreed;
        expStatSn = nextStatSn;
        digests.use(agreed.headerDigest(), agreed.dataDigest());
    }

    SessionParameters parameters() {
        return parameters;
    }

    int expStatSn() {
        return expStatSn;
    }

    void statusTaken() {
        expStatSn++;
    }

    /** Appends a PDU; what is readable of {@code data} is copied, its position stays. */
    void write(InitiatorPdu pdu, ByteBuffer data) {
        ByteBuf out = batch();
        int at = out.writerIndex();
        pdu.write(out, data.remaining());
        digests.endHeader(out, at);
        int from = out.writerIndex();
        out.writeBytes(data.duplicate());
        digests.endData(out, from);
    }

    private ByteBuf batch() {
        ByteBuf b = batch;
        if (b != null && b.readableBytes() >= BATCH_BYTES) {
            channel.write(b, channel.voidPromise());
            b = null;
        }
        if (b == null) {
            b = channel.alloc().directBuffer(BATCH_BYTES);
            batch = b;
        }
        return b;
    }

    /** Sends data that follows its command unasked, at once: it belongs to the command's order. */
    void unsolicited(CommandTask task, int offset, int length) {
        Burst burst = new Burst(task, task.command.lun(), Bhs.NO_TAG, offset, length);
        while (burst.next < burst.end) {
            piece(burst);
        }
    }

    /** Queues data that the target asked for. */
    void solicited(CommandTask task, long lun, int transferTag, int offset, int length) {
        bursts.add(new Burst(task, lun, transferTag, offset, length));
    }

    /** Forgets what was still to be sent for a task. */
    void forget(CommandTask task) {
        bursts.removeIf(b -> b.task == task);
    }

    /** Sends of the queued data what the socket takes, and everything gathered so far. */
    void flush() {
        while (!bursts.isEmpty() && isWritable()) {
            Burst burst = bursts.element();
            piece(burst);
            if (burst.next == burst.end) {
                bursts.remove();
            }
        }
        ByteBuf b = batch;
        if (b != null) {
            batch = null;
            channel.write(b, channel.voidPromise());
        }
        channel.flush();
    }

    private void piece(Burst burst) {
        int n = Math.min(parameters.peerMaxSegment(), burst.end - burst.next);
        n = Math.min(n, 1 << 20);
        DataOut pdu =
                new DataOut(
                        burst.next + n == burst.end,
                        burst.lun,
                        burst.task.tag,
                        burst.transferTag,
                        expStatSn,
                        burst.dataSn++,
                        burst.next);
        write(pdu, burst.task.dataOut(burst.next, n));
        burst.next += n;
    }

    boolean isWritable() {
        return channel.isWritable();
    }

    /** Bytes that wait for the socket beyond what it should hold; 0 when it is writable. */
    long backlog() {
        return channel.isActive() ? channel.bytesBeforeWritable() : 0;
    }

    void close() {
        bursts.clear();
        ByteBuf b = batch;
        if (b != null) {
            batch = null;
            b.release();
        }
    }
}
