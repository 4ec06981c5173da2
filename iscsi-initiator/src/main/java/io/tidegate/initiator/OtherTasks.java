package io.tidegate.initiator;

import io.netty.buffer.ByteBuf;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.InitiatorPdu.LogoutRequest;
import io.tidegate.iscsi.wire.InitiatorPdu.NopOut;
import io.tidegate.iscsi.wire.InitiatorPdu.TaskManagementRequest;
import io.tidegate.iscsi.wire.InitiatorPdu.TextRequest;
import io.tidegate.iscsi.wire.MalformedPduException;
import io.tidegate.iscsi.wire.TargetPdu.TextResponse;
import io.tidegate.iscsi.wire.TextAssembler;
import io.tidegate.iscsi.wire.TextPair;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tasks that are no SCSI commands. */
final class OtherTasks {

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    private OtherTasks() {}

    /** A ping (RFC 7143, 11.18). */
    static final class Ping extends Task<Void> {
        Ping(long deadline) {
            super(deadline);
        }

        @Override
        boolean immediate() {
            return true;
        }

        @Override
        void send(Transmitter out, int cmdSn) {
            out.write(new NopOut(true, 0, tag, Bhs.NO_TAG, cmdSn, out.expStatSn()), NOTHING);
        }

        @Override
        void data(ByteBuf buf, int at, int length) {
            // Nothing was sent to be echoed; what comes is of no use and does no harm.
        }
    }

    /** A task management function; the answer is the target's response code. */
    static final class Management extends Task<Integer> {
        private final int function;
        private final long lun;
        final @Nullable CommandTask of;

        Management(int function, long lun, @Nullable CommandTask of, long deadline) {
            super(deadline);
            this.function = function;
            this.lun = lun;
            this.of = of;
        }

        @Override
        boolean immediate() {
            return true;
        }

        @Override
        void send(Transmitter out, int cmdSn) {
            out.write(
                    new TaskManagementRequest(
                            true,
                            function,
                            lun,
                            tag,
                            of == null ? Bhs.NO_TAG : of.tag,
                            cmdSn,
                            out.expStatSn(),
                            of == null ? 0 : of.refCmdSn,
                            0),
                    NOTHING);
        }
    }

    /** A logout that closes the session; the answer is the response code. */
    static final class Logout extends Task<Integer> {
        Logout(long deadline) {
            super(deadline);
        }

        @Override
        boolean immediate() {
            return true;
        }

        @Override
        void send(Transmitter out, int cmdSn) {
            out.write(new LogoutRequest(true, 0, tag, 0, cmdSn, out.expStatSn()), NOTHING);
        }
    }

    /** A text negotiation that this side asks and the target answers, over several PDUs. */
    static final class Text extends Task<List<TextPair>> {
        private static final int MAX_TEXT = 4 << 20;

        private final byte[] request;
        private final TextAssembler answer = new TextAssembler(MAX_TEXT);
        private int round;

        Text(List<TextPair> pairs, long deadline) {
            super(deadline);
            this.request = TextPair.encode(pairs);
        }

        @Override
        boolean immediate() {
            return true;
        }

        @Override
        void send(Transmitter out, int cmdSn) {
            send(out, cmdSn, 0, Bhs.NO_TAG, ByteBuffer.wrap(request));
        }

        private void send(Transmitter out, int cmdSn, long lun, int transferTag, ByteBuffer data) {
            out.write(
                    new TextRequest(
                            true, true, false, lun, tag, transferTag, cmdSn, out.expStatSn()),
                    data);
        }

        @Override
        void data(ByteBuf buf, int at, int length) throws MalformedPduException {
            answer.add(buf, at, length);
        }

        /** Takes a whole response; answers whether it was the last. */
        boolean receive(TextResponse response, Transmitter out, int cmdSn)
                throws MalformedPduException {
            if (response.fin() && !response.continued()) {
                future.complete(answer.finish());
                return true;
            }
            if (response.targetTransferTag() == Bhs.NO_TAG || ++round > 4096) {
                throw new MalformedPduException("text response that does not come to an end");
            }
            send(out, cmdSn, response.lun(), response.targetTransferTag(), NOTHING);
            return false;
        }
    }
}
