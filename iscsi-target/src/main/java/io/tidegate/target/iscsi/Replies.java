package io.tidegate.target.iscsi;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.Digests;
import io.tidegate.iscsi.wire.TargetPdu;
import java.nio.ByteBuffer;

/**
 * Writes PDUs of one connection into its output, with the serial numbers of the connection and the
 * session. For the connection's loop.
 */
final class Replies {
    private final Connection connection;
    private final Output output;
    private final Digests digests = new Digests();
    private int statSn;

    Replies(Connection connection, Output output) {
        this.connection = connection;
        this.output = output;
    }

    Digests digests() {
        return digests;
    }

    void statSn(int first) {
        statSn = first;
    }

    int nextStatSn() {
        return statSn++;
    }

    int statSn() {
        return statSn;
    }

    private int expCmdSn() {
        return connection.serials().expCmdSn();
    }

    private int maxCmdSn() {
        return connection.serials().maxCmdSn();
    }

    /** Any PDU without hurry; its serial numbers are the caller's. */
    void write(TargetPdu pdu, ByteBuf segment) {
        int length = segment.readableBytes();
        digests.write(output.room(digests.wireLength(length)), pdu, segment);
        connection.markDirty();
    }

    void write(TargetPdu pdu) {
        write(pdu, Unpooled.EMPTY_BUFFER);
    }

    void r2t(Task task, int transferTag, int offset, int length) {
        write(
                new TargetPdu.R2t(
                        task.request.lun(),
                        task.tag,
                        transferTag,
                        statSn,
                        expCmdSn(),
                        maxCmdSn(),
                        task.dataSn++,
                        offset,
                        length));
    }

    /** Ends a command: status, sense and residual against what the initiator expected. */
    void response(Task task, int status, byte[] sense) {
        ByteBuf segment = Unpooled.EMPTY_BUFFER;
        if (sense.length > 0) {
            segment = Unpooled.buffer(2 + sense.length);
            segment.writeShort(sense.length).writeBytes(sense);
        }
        long over = task.wanted - task.expected;
        write(
                new TargetPdu.ScsiResponse(
                        over > 0,
                        over < 0,
                        0,
                        status,
                        task.tag,
                        nextStatSn(),
                        expCmdSn(),
                        maxCmdSn(),
                        task.dataSn,
                        (int) Math.abs(over)),
                segment);
    }

    /** Sends data that the device server had at hand; status GOOD rides in the last PDU. */
    void data(Task task, ByteBuffer data) {
        int segment = connection.peerMaxSegment();
        ByteBuffer rest = data.duplicate();
        int end = rest.limit();
        while (rest.position() < end) {
            int length = Math.min(segment, end - rest.position());
            boolean last = rest.position() + length == end;
            ByteBuf out = output.room(digests.wireLength(length));
            dataInHeader(out, task, length, last, last);
            int from = out.writerIndex();
            out.writeBytes(rest.slice(rest.position(), length));
            rest.position(rest.position() + length);
            digests.endData(out, from);
        }
        connection.markDirty();
    }

    /**
     * Appends the header of the next Data-In of a task, its digest included, and counts the data as
     * sent.
     *
     * @param fin the sequence ends
     * @param last the data ends: status GOOD and the residual ride along
     */
    void dataInHeader(ByteBuf out, Task task, int length, boolean fin, boolean last) {
        int at = out.writerIndex();
        long over = last ? task.wanted - task.expected : 0;
        new TargetPdu.DataIn(
                        fin,
                        false,
                        over > 0,
                        over < 0,
                        last,
                        0,
                        0,
                        task.tag,
                        Bhs.NO_TAG,
                        last ? nextStatSn() : 0,
                        expCmdSn(),
                        maxCmdSn(),
                        task.dataSn++,
                        task.sent,
                        (int) Math.abs(over))
                .write(out, length);
        digests.endHeader(out, at);
        task.sent += length;
    }

    void reject(int reason, ByteBuf header, int at) {
        connection.loop().counters.rejects.add(1);
        write(
                new TargetPdu.Reject(reason, nextStatSn(), expCmdSn(), maxCmdSn(), 0),
                Unpooled.copiedBuffer(header.slice(at, Bhs.LENGTH)));
    }
}
