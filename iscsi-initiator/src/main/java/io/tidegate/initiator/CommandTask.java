package io.tidegate.initiator;

import io.netty.buffer.ByteBuf;
import io.tidegate.initiator.InitiatorException.Reason;
import io.tidegate.iscsi.wire.InitiatorPdu.ScsiCommand;
import io.tidegate.iscsi.wire.MalformedPduException;
import io.tidegate.iscsi.wire.SessionParameters;
import io.tidegate.iscsi.wire.TargetPdu.DataIn;
import io.tidegate.iscsi.wire.TargetPdu.R2t;
import io.tidegate.iscsi.wire.TargetPdu.ScsiResponse;
import io.tidegate.scsi.Sense;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A SCSI command under way. Data-In must come in order and inside what was asked for, R2Ts in order
 * and without overlap; anything else is a fault of the target and ends the connection.
 */
final class CommandTask extends Task<CommandResult> {

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    /** Length field and the longest sense data there is. */
    private static final int MAX_SENSE = 2 + 252;

    final Command command;
    private final boolean ownsDataIn;
    private final @Nullable ByteBuffer out;
    private final @Nullable ByteBuffer in;
    private final int expectedLength;
    private final byte[] senseBytes = new byte[MAX_SENSE];
    private int senseLength;
    private int received;
    private int dataSn;
    private int r2tSn;
    private int asked; // bytes of data-out sent unasked or asked for so far
    private @Nullable DataIn dataHeader;
    private @Nullable ScsiResponse response;
    int refCmdSn;
    boolean aborting;

    /**
     * @param ownsDataIn whether the buffer for data-in was made for this task and goes into the
     *     result
     */
    CommandTask(Command command, boolean ownsDataIn, long deadline) {
        super(deadline);
        this.command = command;
        this.ownsDataIn = ownsDataIn;
        ByteBuffer o = command.dataOut();
        ByteBuffer i = command.dataIn();
        out = o == null ? null : o.slice();
        in = i == null ? null : i.slice();
        expectedLength = out != null ? out.remaining() : in != null ? in.remaining() : 0;
    }

    @Override
    boolean immediate() {
        return false;
    }

    /** Bytes of data-out that the command wants to move. */
    int dataOutLength() {
        return out == null ? 0 : expectedLength;
    }

    ByteBuffer dataOut(int offset, int length) {
        if (out == null) {
            throw new IllegalStateException("a command without data-out");
        }
        return out.slice(offset, length);
    }

    @Override
    void send(Transmitter to, int cmdSn) {
        refCmdSn = cmdSn;
        SessionParameters p = to.parameters();
        int unasked = Math.min(dataOutLength(), p.firstBurstLength());
        int immediate = p.immediateData() ? Math.min(unasked, p.peerMaxSegment()) : 0;
        asked = p.initialR2t() ? immediate : unasked;
        boolean reads = in != null && expectedLength > 0;
        boolean writes = out != null && expectedLength > 0;
        ScsiCommand pdu =
                new ScsiCommand(
                        false,
                        asked == immediate,
                        reads,
                        writes,
                        0,
                        command.lun(),
                        tag,
                        expectedLength,
                        cmdSn,
                        to.expStatSn(),
                        command.cdb(),
                        0);
        to.write(pdu, immediate == 0 ? NOTHING : dataOut(0, immediate));
        if (asked > immediate) {
            to.unsolicited(this, immediate, asked - immediate);
        }
    }

    /**
     * Takes what the target asks for.
     *
     * @return whether the data is to be sent; false when the command is being aborted
     */
    boolean r2t(R2t r2t, int maxBurst) throws MalformedPduException {
        int length = r2t.desiredLength();
        if (r2t.r2tSn() != r2tSn
                || length <= 0
                || length > maxBurst
                || r2t.bufferOffset() != asked
                || length > dataOutLength() - asked) {
            throw new MalformedPduException(
                    "R2T "
                            + r2t.r2tSn()
                            + " for "
                            + Integer.toUnsignedString(length)
                            + " bytes at "
                            + Integer.toUnsignedString(r2t.bufferOffset())
                            + ", next is "
                            + asked
                            + " of "
                            + dataOutLength());
        }
        r2tSn++;
        asked += length;
        return !aborting;
    }

    void dataHeader(DataIn header, int length) throws MalformedPduException {
        if (header.dataSn() != dataSn
                || (length > 0
                        && (in == null
                                || header.bufferOffset() != received
                                || length > expectedLength - received))) {
            throw new MalformedPduException(
                    "Data-In "
                            + header.dataSn()
                            + " of "
                            + length
                            + " bytes at "
                            + Integer.toUnsignedString(header.bufferOffset())
                            + ", next is "
                            + received
                            + " of "
                            + (in == null ? 0 : expectedLength));
        }
        dataSn++;
        dataHeader = header;
    }

    void responseHeader(ScsiResponse header) {
        response = header;
    }

    @Override
    void data(ByteBuf buf, int at, int length) {
        if (response != null) {
            int n = Math.min(length, MAX_SENSE - senseLength);
            buf.getBytes(at, senseBytes, senseLength, n);
            senseLength += n;
            return;
        }
        if (in != null && !aborting) {
            buf.getBytes(at, in.slice(received, length));
        }
        received += length;
    }

    /** The answer's PDU is complete; answers whether the task has its result. */
    boolean endPdu() {
        ScsiResponse r = response;
        if (r != null) {
            if (r.response() != 0) {
                fail(Reason.REJECTED, "the target failed: response " + r.response());
            } else {
                finish(r.status(), r.residual(), r.underflow(), r.overflow(), sense());
            }
            return true;
        }
        DataIn d = dataHeader;
        if (d != null && d.hasStatus()) {
            finish(d.status(), d.residual(), d.underflow(), d.overflow(), null);
            return true;
        }
        return false;
    }

    private void finish(
            int status, int residual, boolean under, boolean over, @Nullable Sense sense) {
        ByteBuffer data =
                ownsDataIn && in != null ? in.slice(0, received).asReadOnlyBuffer() : NOTHING;
        future.complete(
                new CommandResult(
                        status,
                        sense,
                        received,
                        under || over ? Integer.toUnsignedLong(residual) : 0,
                        under,
                        over,
                        data));
    }

    private @Nullable Sense sense() {
        if (senseLength < 2) {
            return null;
        }
        int told = (senseBytes[0] & 0xff) << 8 | (senseBytes[1] & 0xff);
        int length = Math.min(told, senseLength - 2);
        return Sense.parse(Arrays.copyOfRange(senseBytes, 2, 2 + length));
    }
}
