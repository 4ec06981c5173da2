package io.tidegate.iscsi.wire;

import static io.tidegate.iscsi.wire.Bhs.FINAL;
import static io.tidegate.iscsi.wire.Bhs.flag;

import io.netty.buffer.ByteBuf;

/**
 * What a target sends (RFC 7143, 11). Each record is one header; data segments travel beside it.
 * {@code parse} reads a header that begins at {@code at} and is complete; reserved bits are
 * ignored. Serial numbers, tags and lengths are unsigned 32-bit values in an {@code int}.
 */
public sealed interface TargetPdu {

    int opcode();

    /** The task, or {@link Bhs#NO_TAG}. */
    int initiatorTaskTag();

    int statSn();

    /** The next command number that the target waits for. */
    int expCmdSn();

    /** The last command number that the initiator may send. */
    int maxCmdSn();

    /**
     * Appends the header.
     *
     * @param dataLength bytes of the data segment that will follow, 0 to 2^24-1
     */
    void write(ByteBuf out, int dataLength);

    private static void serials(ByteBuf out, int at, TargetPdu pdu) {
        out.setInt(at + 16, pdu.initiatorTaskTag());
        out.setInt(at + 24, pdu.statSn());
        out.setInt(at + 28, pdu.expCmdSn());
        out.setInt(at + 32, pdu.maxCmdSn());
    }

    /**
     * SCSI Response (11.4).
     *
     * @param overflow {@code residual} bytes were left over for want of room
     * @param underflow {@code residual} bytes of the expected ones were not moved
     * @param response 0 completed at the target, 1 target failure
     */
    record ScsiResponse(
            boolean overflow,
            boolean underflow,
            int response,
            int status,
            int initiatorTaskTag,
            int statSn,
            int expCmdSn,
            int maxCmdSn,
            int expDataSn,
            int residual)
            implements TargetPdu {

        public static ScsiResponse parse(ByteBuf buf, int at) {
            int flags = buf.getByte(at + 1);
            return new ScsiResponse(
                    (flags & 0x04) != 0,
                    (flags & 0x02) != 0,
                    buf.getUnsignedByte(at + 2),
                    buf.getUnsignedByte(at + 3),
                    buf.getInt(at + 16),
                    buf.getInt(at + 24),
                    buf.getInt(at + 28),
                    buf.getInt(at + 32),
                    buf.getInt(at + 36),
                    buf.getInt(at + 44));
        }

        @Override
        public int opcode() {
            return Opcode.SCSI_RESPONSE;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int at =
                    Bhs.begin(
                            out,
                            opcode(),
                            FINAL | flag(overflow, 0x04) | flag(underflow, 0x02),
                            0,
                            dataLength);
            out.setByte(at + 2, response);
            out.setByte(at + 3, status);
            serials(out, at, this);
            out.setInt(at + 36, expDataSn);
            out.setInt(at + 44, residual);
        }
    }

    /**
     * SCSI Data-In (11.7).
     *
     * @param hasStatus status rides in this PDU: {@code status}, {@code statSn} and {@code
     *     residual} count only then
     */
    record DataIn(
            boolean fin,
            boolean acknowledge,
            boolean overflow,
            boolean underflow,
            boolean hasStatus,
            int status,
            long lun,
            int initiatorTaskTag,
            int targetTransferTag,
            int statSn,
            int expCmdSn,
            int maxCmdSn,
            int dataSn,
            int bufferOffset,
            int residual)
            implements TargetPdu {

        public static DataIn parse(ByteBuf buf, int at) {
            int flags = buf.getByte(at + 1);
            return new DataIn(
                    (flags & 0x80) != 0,
                    (flags & 0x40) != 0,
                    (flags & 0x04) != 0,
                    (flags & 0x02) != 0,
                    (flags & 0x01) != 0,
                    buf.getUnsignedByte(at + 3),
                    Bhs.lun(buf, at),
                    buf.getInt(at + 16),
                    buf.getInt(at + 20),
                    buf.getInt(at + 24),
                    buf.getInt(at + 28),
                    buf.getInt(at + 32),
                    buf.getInt(at + 36),
                    buf.getInt(at + 40),
                    buf.getInt(at + 44));
        }

        @Override
        public int opcode() {
            return Opcode.DATA_IN;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int flags =
                    flag(fin, FINAL)
                            | flag(acknowledge, 0x40)
                            | flag(overflow, 0x04)
                            | flag(underflow, 0x02)
                            | flag(hasStatus, 0x01);
            int at = Bhs.begin(out, opcode(), flags, 0, dataLength);
            out.setByte(at + 3, status);
            out.setLong(at + 8, lun);
            serials(out, at, this);
            out.setInt(at + 20, targetTransferTag);
            out.setInt(at + 36, dataSn);
            out.setInt(at + 40, bufferOffset);
            out.setInt(at + 44, residual);
        }
    }

    /** Ready To Transfer (11.8). {@code statSn} is the next one, and is not used up. */
    record R2t(
            long lun,
            int initiatorTaskTag,
            int targetTransferTag,
            int statSn,
            int expCmdSn,
            int maxCmdSn,
            int r2tSn,
            int bufferOffset,
            int desiredLength)
            implements TargetPdu {

        public static R2t parse(ByteBuf buf, int at) {
            return new R2t(
                    Bhs.lun(buf, at),
                    buf.getInt(at + 16),
                    buf.getInt(at + 20),
                    buf.getInt(at + 24),
                    buf.getInt(at + 28),
                    buf.getInt(at + 32),
                    buf.getInt(at + 36),
                    buf.getInt(at + 40),
                    buf.getInt(at + 44));
        }

        @Override
        public int opcode() {
            return Opcode.R2T;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int at = Bhs.begin(out, opcode(), FINAL, 0, dataLength);
            out.setLong(at + 8, lun);
            serials(out, at, this);
            out.setInt(at + 20, targetTransferTag);
            out.setInt(at + 36, r2tSn);
            out.setInt(at + 40, bufferOffset);
            out.setInt(at + 44, desiredLength);
        }
    }

    /** NOP-In (11.19): the answer to a ping, or the target's own. */
    record NopIn(
            long lun,
            int initiatorTaskTag,
            int targetTransferTag,
            int statSn,
            int expCmdSn,
            int maxCmdSn)
            implements TargetPdu {

        public static NopIn parse(ByteBuf buf, int at) {
            return new NopIn(
                    Bhs.lun(buf, at),
                    buf.getInt(at + 16),
                    buf.getInt(at + 20),
                    buf.getInt(at + 24),
                    buf.getInt(at + 28),
                    buf.getInt(at + 32));
        }

        @Override
        public int opcode() {
            return Opcode.NOP_IN;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int at = Bhs.begin(out, opcode(), FINAL, 0, dataLength);
            out.setLong(at + 8, lun);
            serials(out, at, this);
            out.setInt(at + 20, targetTransferTag);
        }
    }

    /** Task Management Function Response (11.6); {@code response} as in {@link TaskFunction}. */
    record TaskManagementResponse(
            int response, int initiatorTaskTag, int statSn, int expCmdSn, int maxCmdSn)
            implements TargetPdu {

        public static TaskManagementResponse parse(ByteBuf buf, int at) {
            return new TaskManagementResponse(
                    buf.getUnsignedByte(at + 2),
                    buf.getInt(at + 16),
                    buf.getInt(at + 24),
                    buf.getInt(at + 28),
                    buf.getInt(at + 32));
        }

        @Override
        public int opcode() {
            return Opcode.TASK_MANAGEMENT_RESPONSE;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int at = Bhs.begin(out, opcode(), FINAL, 0, dataLength);
            out.setByte(at + 2, response);
            serials(out, at, this);
        }
    }

    /**
     * Login Response (11.13).
     *
     * @param isid 48 bits
     * @param status class and detail as one number, see {@link LoginStatus}
     */
    record LoginResponse(
            boolean transit,
            boolean continued,
            int currentStage,
            int nextStage,
            int versionMax,
            int versionActive,
            long isid,
            int tsih,
            int initiatorTaskTag,
            int statSn,
            int expCmdSn,
            int maxCmdSn,
            int status)
            implements TargetPdu {

        public static LoginResponse parse(ByteBuf buf, int at) {
            int flags = buf.getByte(at + 1);
            return new LoginResponse(
                    (flags & 0x80) != 0,
                    (flags & 0x40) != 0,
                    flags >> 2 & 3,
                    flags & 3,
                    buf.getUnsignedByte(at + 2),
                    buf.getUnsignedByte(at + 3),
                    buf.getLong(at + 8) >>> 16,
                    buf.getUnsignedShort(at + 14),
                    buf.getInt(at + 16),
                    buf.getInt(at + 24),
                    buf.getInt(at + 28),
                    buf.getInt(at + 32),
                    buf.getUnsignedShort(at + 36));
        }

        @Override
        public int opcode() {
            return Opcode.LOGIN_RESPONSE;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int flags =
                    flag(transit, 0x80)
                            | flag(continued, 0x40)
                            | (currentStage & 3) << 2
                            | (transit ? nextStage & 3 : 0);
            int at = Bhs.begin(out, opcode(), flags, 0, dataLength);
            out.setByte(at + 2, versionMax);
            out.setByte(at + 3, versionActive);
            out.setLong(at + 8, isid << 16 | (tsih & 0xffff));
            serials(out, at, this);
            out.setShort(at + 36, status);
        }
    }

    /** Text Response (11.11). */
    record TextResponse(
            boolean fin,
            boolean continued,
            long lun,
            int initiatorTaskTag,
            int targetTransferTag,
            int statSn,
            int expCmdSn,
            int maxCmdSn)
            implements TargetPdu {

        public static TextResponse parse(ByteBuf buf, int at) {
            int flags = buf.getByte(at + 1);
            return new TextResponse(
                    (flags & 0x80) != 0,
                    (flags & 0x40) != 0,
                    Bhs.lun(buf, at),
                    buf.getInt(at + 16),
                    buf.getInt(at + 20),
                    buf.getInt(at + 24),
                    buf.getInt(at + 28),
                    buf.getInt(at + 32));
        }

        @Override
        public int opcode() {
            return Opcode.TEXT_RESPONSE;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int flags = flag(fin, FINAL) | flag(continued, 0x40);
            int at = Bhs.begin(out, opcode(), flags, 0, dataLength);
            out.setLong(at + 8, lun);
            serials(out, at, this);
            out.setInt(at + 20, targetTransferTag);
        }
    }

    /**
     * Logout Response (11.15).
     *
     * @param response 0 closed, 1 no such connection, 2 no recovery, 3 clean-up failed
     * @param timeToWait seconds
     * @param timeToRetain seconds
     */
    record LogoutResponse(
            int response,
            int initiatorTaskTag,
            int statSn,
            int expCmdSn,
            int maxCmdSn,
            int timeToWait,
            int timeToRetain)
            implements TargetPdu {

        public static LogoutResponse parse(ByteBuf buf, int at) {
            return new LogoutResponse(
                    buf.getUnsignedByte(at + 2),
                    buf.getInt(at + 16),
                    buf.getInt(at + 24),
                    buf.getInt(at + 28),
                    buf.getInt(at + 32),
                    buf.getUnsignedShort(at + 40),
                    buf.getUnsignedShort(at + 42));
        }

        @Override
        public int opcode() {
            return Opcode.LOGOUT_RESPONSE;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int at = Bhs.begin(out, opcode(), FINAL, 0, dataLength);
            out.setByte(at + 2, response);
            serials(out, at, this);
            out.setShort(at + 40, timeToWait);
            out.setShort(at + 42, timeToRetain);
        }
    }

    /**
     * Asynchronous Message (11.9).
     *
     * @param event 0 SCSI event, 1 logout asked for, 2 connection will be dropped, 3 all
     *     connections will be dropped, 4 negotiation asked for, 255 vendor
     */
    record AsyncMessage(
            long lun,
            int statSn,
            int expCmdSn,
            int maxCmdSn,
            int event,
            int vendorCode,
            int parameter1,
            int parameter2,
            int parameter3)
            implements TargetPdu {

        /** The target asks the initiator to log out within {@code parameter3} seconds. */
        public static final int LOGOUT_REQUESTED = 1;

        /** The target will drop all connections of the session. */
        public static final int SESSION_DROPPED = 3;

        public static AsyncMessage parse(ByteBuf buf, int at) {
            return new AsyncMessage(
                    Bhs.lun(buf, at),
                    buf.getInt(at + 24),
                    buf.getInt(at + 28),
                    buf.getInt(at + 32),
                    buf.getUnsignedByte(at + 36),
                    buf.getUnsignedByte(at + 37),
                    buf.getUnsignedShort(at + 38),
                    buf.getUnsignedShort(at + 40),
                    buf.getUnsignedShort(at + 42));
        }

        @Override
        public int opcode() {
            return Opcode.ASYNC_MESSAGE;
        }

        @Override
        public int initiatorTaskTag() {
            return Bhs.NO_TAG;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int at = Bhs.begin(out, opcode(), FINAL, 0, dataLength);
            out.setLong(at + 8, lun);
            serials(out, at, this);
            out.setByte(at + 36, event);
            out.setByte(at + 37, vendorCode);
            out.setShort(at + 38, parameter1);
            out.setShort(at + 40, parameter2);
            out.setShort(at + 42, parameter3);
        }
    }

    /** Reject (11.17); its data segment is the header that was refused. */
    record Reject(int reason, int statSn, int expCmdSn, int maxCmdSn, int dataSn)
            implements TargetPdu {
        public static final int DATA_DIGEST_ERROR = 0x02;
        public static final int SNACK_REJECT = 0x03;
        public static final int PROTOCOL_ERROR = 0x04;
        public static final int COMMAND_NOT_SUPPORTED = 0x05;
        public static final int TOO_MANY_IMMEDIATE = 0x06;
        public static final int TASK_IN_PROGRESS = 0x07;
        public static final int INVALID_PDU_FIELD = 0x09;
        public static final int OUT_OF_RESOURCES = 0x0a;
        public static final int WAITING_FOR_LOGOUT = 0x0c;

        public static Reject parse(ByteBuf buf, int at) {
            return new Reject(
                    buf.getUnsignedByte(at + 2),
                    buf.getInt(at + 24),
                    buf.getInt(at + 28),
                    buf.getInt(at + 32),
                    buf.getInt(at + 36));
        }

        @Override
        public int opcode() {
            return Opcode.REJECT;
        }

        @Override
        public int initiatorTaskTag() {
            return Bhs.NO_TAG;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int at = Bhs.begin(out, opcode(), FINAL, 0, dataLength);
            out.setByte(at + 2, reason);
            serials(out, at, this);
            out.setInt(at + 36, dataSn);
        }
    }
}
