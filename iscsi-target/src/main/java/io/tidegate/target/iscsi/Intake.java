package io.tidegate.target.iscsi;

import io.netty.buffer.ByteBuf;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.InitiatorPdu.DataOut;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.SenseKey;
import io.tidegate.target.device.Step.DataWork;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The data-out of one command: immediate, unsolicited, then asked for by R2T (RFC 7143, 4.2.5.2 and
 * 11.7). Everything comes in order; each PDU's DataSN, tag, offset and length is checked.
 *
 * <pre>
 *   UNSOLICITED (until F) -> [waiting for credit] -> SOLICITED (bursts) -> complete: to a worker
 * </pre>
 *
 * <p>One buffer takes all data that the command wants; what the initiator sends beyond that is
 * dropped. What comes unasked always finds room, since windows bound it; the rest is asked for only
 * once there is credit for it. For the session's loop.
 */
final class Intake {
    private static final ByteBuffer EMPTY = ByteBuffer.allocateDirect(0);

    private static final class Burst {
        final int tag;
        final int end;
        int next;
        int dataSn;

        Burst(int tag, int from, int length) {
            this.tag = tag;
            this.next = from;
            this.end = from + length;
        }
    }

    private final Task task;
    private final Session session;
    private final int unsolicitedLimit;
    private final Queue<Burst> bursts = new ArrayDeque<>(4);

    private boolean unsolicited;
    private int unsolicitedDataSn;
    private int received; // in order, from the start of the data
    private int requested;
    private int take = -1; // bytes that the command wants; -1 while it is not known
    private @Nullable DataWork work;
    private @Nullable ByteBuf buffer;
    private int charged;
    private boolean waiting; // for credit
    private boolean dropping;
    private boolean released;
    private boolean damaged;
    private long moved; // nanosecond clock when a PDU last came or was asked for

    /**
     * @param unsolicited whether data comes without being asked for
     */
    Intake(Task task, boolean unsolicited) {
        this.task = task;
        this.session = task.session();
        this.unsolicited = unsolicited;
        this.moved = session.connection().receivedAt();
        long first = Math.min(task.expected, session.parameters().firstBurstLength());
        this.unsolicitedLimit = (int) first;
    }

    /** Whether data that nobody asked for is still to come. */
    boolean unsolicited() {
        return unsolicited;
    }

    /** The command needs no data: what still comes is thrown away. */
    void drop() {
        dropping = true;
        releaseBuffer();
    }

    /** The command takes so many bytes, then does {@code todo} with them. */
    void wants(int bytes, DataWork todo) {
        take = bytes;
        work = todo;
        dropping = false;
        if (unsolicited && buffer == null && take > 0) {
            if (take <= unsolicitedLimit) {
                session.loop().writeCredit.charge(task.unit(), take);
                allocate(take);
            } else {
                ask();
            }
        }
        proceed();
    }

    /** Immediate data of the command PDU is about to come: null when that is right. */
    @Nullable Sense immediate(int length) {
        if (!session.parameters().immediateData()) {
            return Sense.of(SenseKey.ABORTED_COMMAND, 0x0c, 0x0c);
        }
        return length <= unsolicitedLimit ? null : wrongAmount();
    }

    /**
     * A Data-Out is about to come: null when it is taken, else how the command fails at once. A
     * number that is not the next one says that data was lost on its way, which is {@link #damaged}
     * data (RFC 7143, 7.9): what is left of the sequence is thrown away up to its end.
     */
    @Nullable Sense check(DataOut pdu, int length) {
        if (pdu.targetTransferTag() == Bhs.NO_TAG) {
            if (!unsolicited) {
                return Sense.of(SenseKey.ABORTED_COMMAND, 0x0c, 0x0c);
            }
            damaged |= pdu.dataSn() != unsolicitedDataSn++;
            if (!damaged && pdu.bufferOffset() != received) {
                return Sense.dataPhaseError();
            }
            return length <= unsolicitedLimit - received ? null : wrongAmount();
        }
        Burst burst = bursts.peek();
        if (burst == null || pdu.targetTransferTag() != burst.tag) {
            return Sense.dataPhaseError();
        }
        damaged |= pdu.dataSn() != burst.dataSn++;
        if (!damaged && pdu.bufferOffset() != burst.next) {
            return Sense.dataPhaseError();
        }
        int left = burst.end - burst.next;
        boolean right = damaged ? length <= left : pdu.fin() ? length == left : length < left;
        return right ? null : wrongAmount();
    }

    private static Sense wrongAmount() {
        return Sense.of(SenseKey.ABORTED_COMMAND, 0x0c, 0x0d);
    }

    /** Bytes of the PDU that was checked. */
    void data(ByteBuf from, int at, int length) {
        if (!dropping && !released && !damaged) {
            int keep = Math.min(length, room() - received);
            if (keep > 0) {
                ByteBuf into = buffer;
                if (into == null) {
                    session.loop().writeCredit.charge(task.unit(), unsolicitedLimit);
                    into = allocate(unsolicitedLimit);
                }
                into.setBytes(received, from, at, keep);
            }
        }
        received += length;
    }

    private int room() {
        int whole = take >= 0 ? take : unsolicitedLimit;
        ByteBuf now = buffer;
        return now == null ? whole : Math.min(whole, now.capacity());
    }

    /**
     * The data of the PDU that ends now is not what was sent. The command fails, but only when all
     * data that it was or has been asked for is here (RFC 7143, 7.8); no more is asked for.
     */
    void damaged() {
        damaged = true;
    }

    /** Whether the initiator owes data, and none has come for so long. */
    boolean stalled(long now, long nanos) {
        return !released && (unsolicited || !bursts.isEmpty()) && now - moved > nanos;
    }

    /**
     * The PDU is complete.
     *
     * @param solicited whether it answered an R2T
     */
    void pduEnded(boolean solicited, boolean fin) {
        moved = session.connection().receivedAt();
        if (solicited) {
            Burst burst = bursts.element();
            burst.next = received;
            if (fin) {
                bursts.remove();
                received = burst.end; // more than has come when some was lost
            }
        } else if (fin) {
            unsolicited = false;
        }
        proceed();
    }

    private void proceed() {
        DataWork todo = work;
        if (unsolicited || released || todo == null) {
            return;
        }
        if (damaged) {
            if (bursts.isEmpty()) {
                session.commands().fail(task, Sense.protocolServiceCrc());
            }
        } else if (received >= take && bursts.isEmpty()) {
            session.commands().dataComplete(task, todo);
        } else if (!waiting && (buffer == null || buffer.capacity() < take)) {
            if (ask()) {
                request();
            }
        } else if (!waiting) {
            request();
        }
    }

    /** Asks for credit for all of the data; true when there is a buffer for it now. */
    private boolean ask() {
        waiting = true;
        if (session.loop().writeCredit.take(task.unit(), take, this::granted)) {
            waiting = false;
            enlarge();
            return true;
        }
        return false;
    }

    private void granted() {
        waiting = false;
        if (released || dropping) {
            session.loop().writeCredit.give(task.unit(), take);
            return;
        }
        enlarge();
        proceed();
    }

    /** Moves what has come early to a buffer for everything. */
    private void enlarge() {
        ByteBuf early = buffer;
        int earlyCharge = charged;
        ByteBuf whole = allocate(take);
        if (early != null) {
            whole.setBytes(0, early, 0, Math.min(received, early.capacity()));
            early.release();
            session.loop().writeCredit.give(task.unit(), earlyCharge);
        }
    }

    private ByteBuf allocate(int bytes) {
        ByteBuf made = session.connection().allocate(bytes);
        buffer = made;
        charged = bytes;
        return made;
    }

    private void request() {
        requested = Math.max(requested, received);
        int most = session.parameters().maxBurstLength();
        while (requested < take && bursts.size() < session.parameters().maxOutstandingR2t()) {
            int length = Math.min(most, take - requested);
            Burst burst = new Burst(session.nextTransferTag(), requested, length);
            bursts.add(burst);
            moved = System.nanoTime();
            session.connection().replies().r2t(task, burst.tag, requested, length);
            requested += length;
        }
    }

    /** The collected data, for one run of the work. */
    ByteBuffer view() {
        ByteBuf now = buffer;
        return now == null ? EMPTY.duplicate() : now.nioBuffer(0, take);
    }

    @Nullable DataWork work() {
        return work;
    }

    /** Whether all data is here. */
    boolean complete() {
        return take >= 0 && !unsolicited && received >= take && bursts.isEmpty();
    }

    /** Gives the buffer back; not while a worker has the task. */
    void release() {
        released = true;
        releaseBuffer();
    }

    private void releaseBuffer() {
        ByteBuf now = buffer;
        if (now != null) {
            buffer = null;
            now.release();
            session.loop().writeCredit.give(task.unit(), charged);
            charged = 0;
        }
    }
}
