package io.tidegate.target.iscsi;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.InitiatorPdu;
import io.tidegate.iscsi.wire.MalformedPduException;
import io.tidegate.iscsi.wire.Opcode;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.iscsi.wire.TargetPdu.Reject;
import org.jspecify.annotations.Nullable;

/**
 * A connection after its login. In a discovery session there are text, NOP and logout only. For the
 * connection's loop.
 */
final class FullFeaturePhase implements Phase {
    private enum Under {
        NOTHING,
        COMMAND,
        DATA_OUT,
        NOP_OUT,
        TEXT,
        LOGOUT
    }

    private static final int CLOSE_SESSION = 0;
    private static final int CLOSE_CONNECTION = 1;
    private static final int FOR_RECOVERY = 2;
    private static final int MAX_IMMEDIATE = 16; // beside the window, which does not count them

    /** Refused PDUs, with none between that was taken, after which the peer is dropped. */
    private static final int MAX_REFUSED = 128;

    private final Connection connection;
    private final @Nullable Session session;
    private final TextPhase text;
    private final @Nullable TaskManagement management;
    private final Runnable whenClosed;

    private Under under = Under.NOTHING;
    private @Nullable Task task;
    private boolean fin;
    private boolean solicited;
    private InitiatorPdu.@Nullable NopOut nop;
    private InitiatorPdu.@Nullable LogoutRequest logout;
    private ByteBuf ping = Unpooled.EMPTY_BUFFER;
    private final ByteBuf current = Unpooled.buffer(Bhs.LENGTH); // header, kept for a Reject
    private int refused;
    private boolean leaving; // a logout is being answered

    /**
     * @param session null in a discovery session
     */
    FullFeaturePhase(
            Environment environment,
            Connection connection,
            @Nullable Session session,
            TextPhase text,
            Runnable whenClosed) {
        this.connection = connection;
        this.session = session;
        this.text = text;
        this.whenClosed = whenClosed;
        this.management = session == null ? null : new TaskManagement(environment, session);
    }

    @Override
    public void header(ByteBuf buf, int at, int dataLength) throws MalformedPduException {
        under = Under.NOTHING;
        task = null;
        if (leaving) {
            return; // nothing may follow a logout
        }
        if (dataLength > 0 && connection.replies().digests().data()) {
            current.clear().writeBytes(buf, at, Bhs.LENGTH);
        }
        int opcode = Bhs.opcode(buf, at);
        if (opcode != Opcode.SCSI_COMMAND && Bhs.ahsLength(buf, at) > 0) {
            connection.replies().reject(Reject.INVALID_PDU_FIELD, buf, at);
            throw new MalformedPduException("additional headers on opcode " + opcode);
        }
        switch (opcode) {
            case Opcode.SCSI_COMMAND -> command(buf, at, dataLength);
            case Opcode.DATA_OUT -> dataOut(buf, at, dataLength);
            case Opcode.NOP_OUT -> nopOut(buf, at, dataLength);
            case Opcode.TEXT_REQUEST -> textRequest(buf, at);
            case Opcode.TASK_MANAGEMENT_REQUEST -> taskManagement(buf, at);
            case Opcode.LOGOUT_REQUEST -> logoutRequest(buf, at);
            case Opcode.SNACK_REQUEST -> refuse(Reject.SNACK_REJECT, buf, at);
            case Opcode.LOGIN_REQUEST -> {
                connection.replies().reject(Reject.PROTOCOL_ERROR, buf, at);
                throw new MalformedPduException("login after login");
            }
            default -> refuse(Reject.COMMAND_NOT_SUPPORTED, buf, at);
        }
    }

    /** Rejects a PDU and goes on, unless the peer sends nothing else. */
    private void refuse(int reason, ByteBuf buf, int at) throws MalformedPduException {
        connection.replies().reject(reason, buf, at);
        if (++refused > MAX_REFUSED) {
            throw new MalformedPduException(refused + " PDUs in a row that had to be refused");
        }
    }

    /** Whether a numbered PDU is to be done now; one outside the window is passed over. */
    private boolean due(ByteBuf buf, int at) throws MalformedPduException {
        if (Bhs.immediate(buf, at)) {
            return true;
        }
        int cmdSn = buf.getInt(at + 24);
        return switch (connection.serials().accept(cmdSn)) {
            case NEXT -> true;
            case OUTSIDE -> false;
            case GAP -> {
                connection.replies().reject(Reject.PROTOCOL_ERROR, buf, at);
                throw new MalformedPduException(
                        "command number " + cmdSn + " before an earlier one");
            }
        };
    }

    private void command(ByteBuf buf, int at, int dataLength) throws MalformedPduException {
        Session open = session;
        if (open == null) {
            refuse(Reject.COMMAND_NOT_SUPPORTED, buf, at);
            return;
        }
        InitiatorPdu.ScsiCommand pdu = InitiatorPdu.ScsiCommand.parse(buf, at);
        if (!due(buf, at)) {
            return;
        }
        if (pdu.immediate() && open.immediates() >= MAX_IMMEDIATE) {
            refuse(Reject.TOO_MANY_IMMEDIATE, buf, at);
            return;
        }
        if (pdu.initiatorTaskTag() == Bhs.NO_TAG || open.task(pdu.initiatorTaskTag()) != null) {
            connection.replies().reject(Reject.TASK_IN_PROGRESS, buf, at);
            throw new MalformedPduException("task tag is in use");
        }
        if (dataLength > 0 && !pdu.write()) {
            connection.replies().reject(Reject.INVALID_PDU_FIELD, buf, at);
            throw new MalformedPduException("data with a command that writes none");
        }
        fin = pdu.fin();
        refused = 0;
        under = Under.COMMAND;
        task = open.commands().begin(pdu, dataLength, connection.receivedAt());
    }

    private void dataOut(ByteBuf buf, int at, int dataLength) throws MalformedPduException {
        Session open = session;
        if (open == null) {
            refuse(Reject.COMMAND_NOT_SUPPORTED, buf, at);
            return;
        }
        InitiatorPdu.DataOut pdu = InitiatorPdu.DataOut.parse(buf, at);
        fin = pdu.fin();
        solicited = pdu.targetTransferTag() != Bhs.NO_TAG;
        task = open.commands().dataOut(pdu, dataLength);
        under = task == null ? Under.NOTHING : Under.DATA_OUT;
    }

    private void nopOut(ByteBuf buf, int at, int dataLength) throws MalformedPduException {
        if (!due(buf, at)) {
            return;
        }
        InitiatorPdu.NopOut pdu = InitiatorPdu.NopOut.parse(buf, at);
        refused = 0;
        if (pdu.initiatorTaskTag() != Bhs.NO_TAG) {
            nop = pdu;
            // No more is sent back than the initiator takes, so no more is kept, and as it comes.
            int most = Math.min(dataLength, connection.peerMaxSegment());
            ping = most == 0 ? Unpooled.EMPTY_BUFFER : Unpooled.buffer(Math.min(most, 512), most);
            under = Under.NOP_OUT;
        } // else it answers a ping of ours, or only tells its numbers
    }

    private void textRequest(ByteBuf buf, int at) throws MalformedPduException {
        if (due(buf, at)) {
            text.begin(InitiatorPdu.TextRequest.parse(buf, at));
            under = Under.TEXT;
        }
    }

    private void taskManagement(ByteBuf buf, int at) throws MalformedPduException {
        if (management == null) {
            refuse(Reject.COMMAND_NOT_SUPPORTED, buf, at);
        } else if (due(buf, at)) {
            if (management.full()) {
                boolean immediate = Bhs.immediate(buf, at);
                int reason = immediate ? Reject.TOO_MANY_IMMEDIATE : Reject.OUT_OF_RESOURCES;
                refuse(reason, buf, at);
                return;
            }
            refused = 0;
            management.request(InitiatorPdu.TaskManagementRequest.parse(buf, at));
        }
    }

    private void logoutRequest(ByteBuf buf, int at) throws MalformedPduException {
        if (due(buf, at)) {
            logout = InitiatorPdu.LogoutRequest.parse(buf, at);
            under = Under.LOGOUT;
        }
    }

    @Override
    public void data(ByteBuf buf, int at, int length) throws MalformedPduException {
        switch (under) {
            case COMMAND, DATA_OUT -> {
                if (task != null && session != null) {
                    session.commands().data(task, buf, at, length);
                }
            }
            case NOP_OUT -> ping.writeBytes(buf, at, Math.min(length, ping.maxWritableBytes()));
            case TEXT -> text.data(buf, at, length);
            case NOTHING, LOGOUT -> {}
        }
    }

    @Override
    public void end() throws MalformedPduException {
        Under was = under;
        under = Under.NOTHING;
        switch (was) {
            case COMMAND -> {
                if (task != null && session != null) {
                    session.commands().commandEnded(task, fin);
                }
            }
            case DATA_OUT -> {
                if (task != null && session != null) {
                    session.commands().dataOutEnded(task, solicited, fin);
                }
            }
            case NOP_OUT -> nopIn();
            case TEXT -> text.end();
            case LOGOUT -> logoutEnded();
            case NOTHING -> {}
        }
        task = null;
    }

    /**
     * Data that was damaged on its way is thrown away with a Reject. A command that it belongs to
     * is not: its header is whole, and without recovery within the session (error recovery level 0)
     * its initiator would wait for it until a time-out. It fails once its data has come (RFC 7143,
     * 7.8).
     */
    @Override
    public void damaged() throws MalformedPduException {
        connection.replies().reject(Reject.DATA_DIGEST_ERROR, current, 0);
        switch (under) {
            case COMMAND, DATA_OUT -> {
                if (task != null && session != null) {
                    session.commands().damaged(task);
                }
                end();
            }
            case NOP_OUT -> {
                nop = null;
                ping = Unpooled.EMPTY_BUFFER;
            }
            case TEXT -> text.damaged();
            case LOGOUT -> end();
            case NOTHING -> {}
        }
        under = Under.NOTHING;
    }

    @Override
    public boolean stalled(long nanos) {
        return session != null && session.stalled(nanos);
    }

    private void nopIn() {
        InitiatorPdu.NopOut request = nop;
        if (request == null) {
            return;
        }
        Replies replies = connection.replies();
        replies.write(
                new TargetPdu.NopIn(
                        request.lun(),
                        request.initiatorTaskTag(),
                        Bhs.NO_TAG,
                        replies.nextStatSn(),
                        connection.serials().expCmdSn(),
                        connection.serials().maxCmdSn()),
                ping);
        nop = null;
        ping = Unpooled.EMPTY_BUFFER;
    }

    /** Started commands end before the answer, so that none can change a unit after it. */
    private void logoutEnded() {
        InitiatorPdu.LogoutRequest request = logout;
        if (request == null) {
            return;
        }
        int response = response(request);
        leaving = response == 0;
        if (session == null || response != 0) {
            answerLogout(request, response);
        } else {
            session.logout(() -> answerLogout(request, response));
        }
    }

    /**
     * Closing the session and closing its one connection is the same (RFC 7143, 11.14 and 11.15).
     */
    private int response(InitiatorPdu.LogoutRequest request) {
        return switch (request.reason()) {
            case CLOSE_SESSION -> 0;
            case CLOSE_CONNECTION -> request.connectionId() == connection.id() ? 0 : 1;
            case FOR_RECOVERY -> 2; // not supported at error recovery level 0
            default -> 3;
        };
    }

    private void answerLogout(InitiatorPdu.LogoutRequest request, int response) {
        Replies replies = connection.replies();
        replies.write(
                new TargetPdu.LogoutResponse(
                        response,
                        request.initiatorTaskTag(),
                        replies.nextStatSn(),
                        connection.serials().expCmdSn(),
                        connection.serials().maxCmdSn(),
                        2,
                        0));
        if (response == 0) {
            connection.closeAfterReplies();
        }
    }

    @Override
    public void closed() {
        whenClosed.run();
    }
}
