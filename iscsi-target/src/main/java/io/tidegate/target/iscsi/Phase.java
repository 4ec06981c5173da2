package io.tidegate.target.iscsi;

import io.netty.buffer.ByteBuf;
import io.tidegate.iscsi.wire.MalformedPduException;

/** What a connection does with PDUs in one part of its life. */
interface Phase {
    void header(ByteBuf buf, int at, int dataLength) throws MalformedPduException;

    void data(ByteBuf buf, int at, int length) throws MalformedPduException;

    /** The PDU is complete and intact. */
    void end() throws MalformedPduException;

    /**
     * The PDU is complete, but its data is not what was sent. Headers are trusted: they have a
     * digest of their own, or none was asked for.
     */
    void damaged() throws MalformedPduException;

    /** Whether something that the initiator owes has not moved on for so long. */
    boolean stalled(long nanos);

    /** The connection is gone. */
    void closed();
}
