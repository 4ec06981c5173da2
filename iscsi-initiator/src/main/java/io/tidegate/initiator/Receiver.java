package io.tidegate.initiator;

import io.netty.buffer.ByteBuf;
import io.tidegate.initiator.InitiatorException.Reason;
import io.tidegate.initiator.OtherTasks.Logout;
import io.tidegate.initiator.OtherTasks.Management;
import io.tidegate.initiator.OtherTasks.Ping;
import io.tidegate.initiator.OtherTasks.Text;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.InitiatorPdu.NopOut;
import io.tidegate.iscsi.wire.MalformedPduException;
import io.tidegate.iscsi.wire.Opcode;
import io.tidegate.iscsi.wire.PduDecoder;
import io.tidegate.iscsi.wire.SessionParameters;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.iscsi.wire.TargetPdu.AsyncMessage;
import io.tidegate.iscsi.wire.TargetPdu.DataIn;
import io.tidegate.iscsi.wire.TargetPdu.LoginResponse;
import io.tidegate.iscsi.wire.TargetPdu.LogoutResponse;
import io.tidegate.iscsi.wire.TargetPdu.NopIn;
import io.tidegate.iscsi.wire.TargetPdu.R2t;
import io.tidegate.iscsi.wire.TargetPdu.Reject;
import io.tidegate.iscsi.wire.TargetPdu.ScsiResponse;
import io.tidegate.iscsi.wire.TargetPdu.TaskManagementResponse;
import io.tidegate.iscsi.wire.TargetPdu.TextResponse;
import io.tidegate.iscsi.wire.TaskFunction;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the target's PDUs and gives each to its task. Whatever does not fit (a status out of order,
 * an answer to nothing, data beyond what was asked for) ends the connection.
 */
final class Receiver implements PduDecoder.Sink {

    private static final Logger LOG = LoggerFactory.getLogger(Receiver.class);
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    private final Connection connection;
    private final TaskTable tasks;
    private final InitiatorSettings settings;
    private final LoginExchange login;
    private @Nullable Transmitter out;

    /** What the PDU under way is for. */
    private @Nullable TargetPdu header;

    private @Nullable Task<?> task;
    private final byte[] rejected = new byte[Bhs.LENGTH];
    private int rejectedLength;

    Receiver(Connection connection, TaskTable tasks, InitiatorSettings settings) {
        this.connection = connection;
        this.tasks = tasks;
        this.settings = settings;
        this.login = new LoginExchange(settings);
    }

    /** What holds until the login says otherwise. */
    SessionParameters beforeLogin() {
        return login.parameters();
    }

    void start(Transmitter transmitter) {
        out = transmitter;
        sendLogin(login.first());
    }

    private void sendLogin(LoginExchange.Next next) {
        out().write(next.request(), ByteBuffer.wrap(next.text()));
    }

    private Transmitter out() {
        return Objects.requireNonNull(out);
    }

    @Override
    public void header(ByteBuf buf, int at, int dataLength) throws MalformedPduException {
        task = null;
        header = null;
        int opcode = Bhs.opcode(buf, at);
        if (!login.done()) {
            if (opcode != Opcode.LOGIN_RESPONSE) {
                throw new MalformedPduException("opcode " + opcode + " during login");
            }
            header = LoginResponse.parse(buf, at);
            return;
        }
        switch (opcode) {
            case Opcode.DATA_IN -> dataIn(DataIn.parse(buf, at), dataLength);
            case Opcode.SCSI_RESPONSE -> {
                ScsiResponse pdu = ScsiResponse.parse(buf, at);
                CommandTask command = tasks.require(pdu.initiatorTaskTag(), CommandTask.class);
                take(pdu, command, true);
                command.responseHeader(pdu);
            }
            case Opcode.R2T -> take(R2t.parse(buf, at), CommandTask.class, false);
            case Opcode.NOP_IN -> nopIn(NopIn.parse(buf, at));
            case Opcode.TASK_MANAGEMENT_RESPONSE ->
                    take(TaskManagementResponse.parse(buf, at), Management.class, true);
            case Opcode.TEXT_RESPONSE -> take(TextResponse.parse(buf, at), Text.class, true);
            case Opcode.LOGOUT_RESPONSE -> take(LogoutResponse.parse(buf, at), Logout.class, true);
            case Opcode.ASYNC_MESSAGE -> take(AsyncMessage.parse(buf, at), (Task<?>) null, true);
            case Opcode.REJECT -> {
                rejectedLength = 0;
                take(Reject.parse(buf, at), (Task<?>) null, true);
            }
            default -> throw new MalformedPduException("opcode " + opcode + " from a target");
        }
    }

    private void dataIn(DataIn pdu, int dataLength) throws MalformedPduException {
        CommandTask command = tasks.require(pdu.initiatorTaskTag(), CommandTask.class);
        if (pdu.hasStatus() && !pdu.fin()) {
            throw new MalformedPduException("Data-In with status that is not final");
        }
        take(pdu, command, pdu.hasStatus());
        command.dataHeader(pdu, dataLength);
    }

    private void nopIn(NopIn pdu) throws MalformedPduException {
        if (pdu.initiatorTaskTag() == Bhs.NO_TAG) {
            // The target's own ping shows the next status number and does not use it up.
            take(pdu, (Task<?>) null, false);
        } else {
            take(pdu, Ping.class, true);
        }
    }

    private void take(TargetPdu pdu, Class<? extends Task<?>> kind, boolean status)
            throws MalformedPduException {
        take(pdu, tasks.require(pdu.initiatorTaskTag(), kind), status);
    }

    private void take(TargetPdu pdu, @Nullable Task<?> of, boolean status)
            throws MalformedPduException {
        if (status) {
            if (pdu.statSn() != out().expStatSn()) {
                throw new MalformedPduException(
                        "status number " + pdu.statSn() + ", not " + out().expStatSn());
            }
            out().statusTaken();
        }
        tasks.window(pdu.expCmdSn(), pdu.maxCmdSn());
        header = pdu;
        task = of;
    }

    @Override
    public void data(ByteBuf buf, int at, int length) {
        try {
            if (task != null) {
                task.data(buf, at, length);
            } else if (header instanceof LoginResponse) {
                login.text(buf, at, length);
            } else if (header instanceof Reject) {
                int n = Math.min(length, rejected.length - rejectedLength);
                buf.getBytes(at, rejected, rejectedLength, n);
                rejectedLength += n;
            }
        } catch (MalformedPduException e) {
            failed(e);
        }
    }

    @Override
    public void end(boolean intact) throws MalformedPduException {
        if (!intact) {
            throw new MalformedPduException("data digest is wrong");
        }
        TargetPdu pdu = header;
        Task<?> of = task;
        header = null;
        task = null;
        switch (pdu) {
            case null -> {}
            case LoginResponse response -> loginResponse(response);
            case DataIn d -> commandDone(of);
            case ScsiResponse r -> commandDone(of);
            case R2t r2t -> solicit((CommandTask) Objects.requireNonNull(of), r2t);
            case NopIn nop -> nopDone(nop, of);
            case TaskManagementResponse r -> managed((Management) Objects.requireNonNull(of), r);
            case TextResponse r -> {
                if (((Text) Objects.requireNonNull(of)).receive(r, out(), tasks.cmdSn())) {
                    tasks.remove(of);
                }
            }
            case LogoutResponse r -> loggedOut((Logout) Objects.requireNonNull(of), r);
            case AsyncMessage m -> async(m);
            case Reject r -> rejected(r);
        }
    }

    private void loginResponse(LoginResponse response) throws MalformedPduException {
        try {
            LoginExchange.Next next = login.receive(response);
            if (next != null) {
                sendLogin(next);
                return;
            }
        } catch (InitiatorException e) {
            connection.end(e);
            return;
        }
        SessionParameters agreed = login.parameters();
        connection.decoder().digests(agreed.headerDigest(), agreed.dataDigest());
        out().fullFeature(agreed, login.nextStatSn());
        tasks.window(response.expCmdSn(), response.maxCmdSn());
        connection.loggedIn(agreed);
    }

    private void commandDone(@Nullable Task<?> of) {
        CommandTask command = (CommandTask) Objects.requireNonNull(of);
        if (command.endPdu()) {
            out().forget(command);
            tasks.remove(command);
        }
    }

    private void solicit(CommandTask command, R2t r2t) throws MalformedPduException {
        if (command.r2t(r2t, out().parameters().maxBurstLength())) {
            out().solicited(
                            command,
                            r2t.lun(),
                            r2t.targetTransferTag(),
                            r2t.bufferOffset(),
                            r2t.desiredLength());
        }
    }

    private void nopDone(NopIn nop, @Nullable Task<?> of) {
        if (of instanceof Ping ping) {
            tasks.remove(ping);
            ping.future.complete(null);
        } else if (nop.targetTransferTag() != Bhs.NO_TAG) {
            NopOut answer =
                    new NopOut(
                            true,
                            nop.lun(),
                            Bhs.NO_TAG,
                            nop.targetTransferTag(),
                            tasks.cmdSn(),
                            out().expStatSn());
            out().write(answer, NOTHING);
        }
    }

    private void managed(Management management, TaskManagementResponse response) {
        tasks.remove(management);
        management.future.complete(response.response());
        CommandTask command = management.of;
        if (command == null || tasks.find(command.tag) != command) {
            return;
        }
        int answer = response.response();
        if (answer == TaskFunction.COMPLETE || answer == TaskFunction.NO_TASK) {
            // The target has nothing more to say about it, and will not touch the medium for it.
            tasks.remove(command);
            command.fail(Reason.TIMEOUT, "the command was not done in time and was aborted");
        } else {
            connection.end(
                    new InitiatorException(
                            Reason.LOST, "a command timed out and the target does not abort it"));
        }
    }

    private void loggedOut(Logout logout, LogoutResponse response) {
        tasks.remove(logout);
        logout.future.complete(response.response());
        connection.end(new InitiatorException(Reason.CLOSED, "the session was logged out"));
    }

    private void async(AsyncMessage message) {
        switch (message.event()) {
            case 0 -> LOG.info("{}: asynchronous sense data", settings.portal());
            case AsyncMessage.LOGOUT_REQUESTED -> connection.leave("the target asks for a logout");
            case 2, AsyncMessage.SESSION_DROPPED ->
                    connection.end(
                            new InitiatorException(Reason.LOST, "the target drops the connection"));
            case 4 -> connection.leave("the target asks for a new negotiation");
            default -> LOG.info("{}: asynchronous event {}", settings.portal(), message.event());
        }
    }

    private void rejected(Reject reject) throws MalformedPduException {
        int tag = ByteBuffer.wrap(rejected).getInt(16);
        Task<?> of = rejectedLength == Bhs.LENGTH ? tasks.find(tag) : null;
        String what = "the target refused a PDU, reason " + Integer.toHexString(reject.reason());
        if (of == null) {
            throw new MalformedPduException(what);
        }
        if (of instanceof CommandTask command) {
            out().forget(command);
        }
        tasks.remove(of);
        of.fail(Reason.REJECTED, what);
    }

    @Override
    public void failed(MalformedPduException cause) {
        connection.end(
                new InitiatorException(
                        Reason.PROTOCOL, "the target broke the protocol: " + cause.getMessage()));
    }
}
