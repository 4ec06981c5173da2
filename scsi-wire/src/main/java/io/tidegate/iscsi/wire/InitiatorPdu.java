package io.tidegate.iscsi.wire;

import static io.tidegate.iscsi.wire.Bhs.FINAL;
import static io.tidegate.iscsi.wire.Bhs.IMMEDIATE;
import static io.tidegate.iscsi.wire.Bhs.flag;

import io.netty.buffer.ByteBuf;

/**
 * What an initiator sends (RFC 7143, 11). Each record is one header; data segments travel beside
 * it. {@code parse} reads a header that begins at {@code at} and is complete; reserved bits are
 * ignored. Serial numbers, tags and lengths are unsigned 32-bit values in an {@code int}.
 */
public sealed interface InitiatorPdu {

    int opcode();

    /** The task, or {@link Bhs#NO_TAG}. */
    int initiatorTaskTag();

    /** The next status number that the initiator waits for. */
    int expStatSn();

    /**
     * Appends the header, its additional segments included.
     *
     * @param dataLength bytes of the data segment that will follow, 0 to 2^24-1
     */
    void write(ByteBuf out, int dataLength);

    /**
     * SCSI Command (11.3).
     *
     * @param fin no unsolicited Data-Out follows
     * @param attribute task attribute, 0 to 7
     * @param expectedLength expected data transfer length in bytes, unsigned
     * @param cdb 16 bytes or more; longer ones travel in an additional header
     * @param bidiReadLength expected bytes in the other direction, 0 when there is none
     */
    record ScsiCommand(
            boolean immediate,
            boolean fin,
            boolean read,
            boolean write,
            int attribute,
            long lun,
            int initiatorTaskTag,
            int expectedLength,
            int cmdSn,
            int expStatSn,
            byte[] cdb,
            int bidiReadLength)
            implements InitiatorPdu {

        /**
         * Reads a header and its additional segments.
         *
         * @throws MalformedPduException when the additional segments are not well formed
         */
        public static ScsiCommand parse(ByteBuf buf, int at) throws MalformedPduException {
            int flags = buf.getByte(at + 1);
            int ahsLength = Bhs.ahsLength(buf, at);
            byte[] cdb;
            int bidi = 0;
            if (ahsLength == 0) {
                cdb = new byte[16];
                buf.getBytes(at + 32, cdb);
            } else {
                AdditionalHeaders ahs = AdditionalHeaders.parse(buf, at + Bhs.LENGTH, ahsLength);
                cdb = new byte[16 + ahs.extendedCdb().length];
                buf.getBytes(at + 32, cdb, 0, 16);
                System.arraycopy(ahs.extendedCdb(), 0, cdb, 16, ahs.extendedCdb().length);
                bidi = ahs.bidiReadLength();
            }
            return new ScsiCommand(
                    Bhs.immediate(buf, at),
                    (flags & FINAL) != 0,
                    (flags & 0x40) != 0,
                    (flags & 0x20) != 0,
                    flags & 0x07,
                    Bhs.lun(buf, at),
                    buf.getInt(at + 16),
                    buf.getInt(at + 20),
                    buf.getInt(at + 24),
                    buf.getInt(at + 28),
                    cdb,
                    bidi);
        }

        @Override
        public int opcode() {
            return Opcode.SCSI_COMMAND;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int ahsLength = AdditionalHeaders.encodedLength(cdb.length, bidiReadLength);
            int flags =
                    flag(fin, FINAL) | flag(read, 0x40) | flag(write, 0x20) | (attribute & 0x07);
            int at =
                    Bhs.begin(
                            out,
                            opcode() | flag(immediate, IMMEDIATE),
                            flags,
                            ahsLength,
                            dataLength);
            out.setLong(at + 8, lun);
            out.setInt(at + 16, initiatorTaskTag);
            out.setInt(at + 20, expectedLength);
            out.setInt(at + 24, cmdSn);
            out.setInt(at + 28, expStatSn);
            out.setBytes(at + 32, cdb, 0, Math.min(16, cdb.length));
            if (ahsLength > 0) {
                AdditionalHeaders.write(out, cdb, bidiReadLength);
            }
        }
    }

    /** SCSI Data-Out (11.7). {@code targetTransferTag} is {@link Bhs#NO_TAG} when unsolicited. */
    record DataOut(
            boolean fin,
            long lun,
            int initiatorTaskTag,
            int targetTransferTag,
            int expStatSn,
            int dataSn,
            int bufferOffset)
            implements InitiatorPdu {

        public static DataOut parse(ByteBuf buf, int at) {
            return new DataOut(
                    buf.getByte(at + 1) < 0,
                    Bhs.lun(buf, at),
                    buf.getInt(at + 16),
                    buf.getInt(at + 20),
                    buf.getInt(at + 28),
                    buf.getInt(at + 36),
                    buf.getInt(at + 40));
        }

        @Override
        public int opcode() {
            return Opcode.DATA_OUT;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int at = Bhs.begin(out, opcode(), flag(fin, FINAL), 0, dataLength);
            out.setLong(at + 8, lun);
            out.setInt(at + 16, initiatorTaskTag);
            out.setInt(at + 20, targetTransferTag);
            out.setInt(at + 28, expStatSn);
            out.setInt(at + 36, dataSn);
            out.setInt(at + 40, bufferOffset);
        }
    }

    /** NOP-Out (11.18): a ping, or the answer to the target's. */
    record NopOut(
            boolean immediate,
            long lun,
            int initiatorTaskTag,
            int targetTransferTag,
            int cmdSn,
            int expStatSn)
            implements InitiatorPdu {

        public static NopOut parse(ByteBuf buf, int at) {
            return new NopOut(
                    Bhs.immediate(buf, at),
                    Bhs.lun(buf, at),
                    buf.getInt(at + 16),
                    buf.getInt(at + 20),
                    buf.getInt(at + 24),
                    buf.getInt(at + 28));
        }

        @Override
        public int opcode() {
            return Opcode.NOP_OUT;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int at = Bhs.begin(out, opcode() | flag(immediate, IMMEDIATE), FINAL, 0, dataLength);
            out.setLong(at + 8, lun);
            out.setInt(at + 16, initiatorTaskTag);
            out.setInt(at + 20, targetTransferTag);
            out.setInt(at + 24, cmdSn);
            out.setInt(at + 28, expStatSn);
        }
    }

    /** Task Management Function Request (11.5); {@code function} as in {@link TaskFunction}. */
    record TaskManagementRequest(
            boolean immediate,
            int function,
            long lun,
            int initiatorTaskTag,
            int referencedTaskTag,
            int cmdSn,
            int expStatSn,
            int refCmdSn,
            int expDataSn)
            implements InitiatorPdu {

        public static TaskManagementRequest parse(ByteBuf buf, int at) {
            return new TaskManagementRequest(
                    Bhs.immediate(buf, at),
                    buf.getByte(at + 1) & 0x7f,
                    Bhs.lun(buf, at),
                    buf.getInt(at + 16),
                    buf.getInt(at + 20),
                    buf.getInt(at + 24),
                    buf.getInt(at + 28),
                    buf.getInt(at + 32),
                    buf.getInt(at + 36));
        }

        @Override
        public int opcode() {
            return Opcode.TASK_MANAGEMENT_REQUEST;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int at =
                    Bhs.begin(
                            out,
                            opcode() | flag(immediate, IMMEDIATE),
                            FINAL | (function & 0x7f),
                            0,
                            dataLength);
            out.setLong(at + 8, lun);
            out.setInt(at + 16, initiatorTaskTag);
            out.setInt(at + 20, referencedTaskTag);
            out.setInt(at + 24, cmdSn);
            out.setInt(at + 28, expStatSn);
            out.setInt(at + 32, refCmdSn);
            out.setInt(at + 36, expDataSn);
        }
    }

    /**
     * Login Request (11.12).
     *
     * @param currentStage and {@code nextStage}: 0 security, 1 operational, 3 full feature
     * @param isid 48 bits
     * @param tsih 0 for a new session
     */
    record LoginRequest(
            boolean transit,
            boolean continued,
            int currentStage,
            int nextStage,
            int versionMax,
            int versionMin,
            long isid,
            int tsih,
            int initiatorTaskTag,
            int connectionId,
            int cmdSn,
            int expStatSn)
            implements InitiatorPdu {

        public static LoginRequest parse(ByteBuf buf, int at) {
            int flags = buf.getByte(at + 1);
            return new LoginRequest(
                    (flags & 0x80) != 0,
                    (flags & 0x40) != 0,
                    flags >> 2 & 3,
                    flags & 3,
                    buf.getUnsignedByte(at + 2),
                    buf.getUnsignedByte(at + 3),
                    buf.getLong(at + 8) >>> 16,
                    buf.getUnsignedShort(at + 14),
                    buf.getInt(at + 16),
                    buf.getUnsignedShort(at + 20),
                    buf.getInt(at + 24),
                    buf.getInt(at + 28));
        }

        @Override
        public int opcode() {
            return Opcode.LOGIN_REQUEST;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int flags =
                    flag(transit, 0x80)
                            | flag(continued, 0x40)
                            | (currentStage & 3) << 2
                            | (transit ? nextStage & 3 : 0);
            int at = Bhs.begin(out, opcode() | IMMEDIATE, flags, 0, dataLength);
            out.setByte(at + 2, versionMax);
            out.setByte(at + 3, versionMin);
            out.setLong(at + 8, isid << 16 | (tsih & 0xffff));
            out.setInt(at + 16, initiatorTaskTag);
            out.setShort(at + 20, connectionId);
            out.setInt(at + 24, cmdSn);
            out.setInt(at + 28, expStatSn);
        }
    }

    /** Text Request (11.10). */
    record TextRequest(
            boolean immediate,
            boolean fin,
            boolean continued,
            long lun,
            int initiatorTaskTag,
            int targetTransferTag,
            int cmdSn,
            int expStatSn)
            implements InitiatorPdu {

        public static TextRequest parse(ByteBuf buf, int at) {
            int flags = buf.getByte(at + 1);
            return new TextRequest(
                    Bhs.immediate(buf, at),
                    (flags & 0x80) != 0,
                    (flags & 0x40) != 0,
                    Bhs.lun(buf, at),
                    buf.getInt(at + 16),
                    buf.getInt(at + 20),
                    buf.getInt(at + 24),
                    buf.getInt(at + 28));
        }

        @Override
        public int opcode() {
            return Opcode.TEXT_REQUEST;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int flags = flag(fin, FINAL) | flag(continued, 0x40);
            int at = Bhs.begin(out, opcode() | flag(immediate, IMMEDIATE), flags, 0, dataLength);
            out.setLong(at + 8, lun);
            out.setInt(at + 16, initiatorTaskTag);
            out.setInt(at + 20, targetTransferTag);
            out.setInt(at + 24, cmdSn);
            out.setInt(at + 28, expStatSn);
        }
    }

    /**
     * Logout Request (11.14).
     *
     * @param reason 0 close the session, 1 close the connection, 2 remove it for recovery
     */
    record LogoutRequest(
            boolean immediate,
            int reason,
            int initiatorTaskTag,
            int connectionId,
            int cmdSn,
            int expStatSn)
            implements InitiatorPdu {

        public static LogoutRequest parse(ByteBuf buf, int at) {
            return new LogoutRequest(
                    Bhs.immediate(buf, at),
                    buf.getByte(at + 1) & 0x7f,
                    buf.getInt(at + 16),
                    buf.getUnsignedShort(at + 20),
                    buf.getInt(at + 24),
                    buf.getInt(at + 28));
        }

        @Override
        public int opcode() {
            return Opcode.LOGOUT_REQUEST;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int at =
                    Bhs.begin(
                            out,
                            opcode() | flag(immediate, IMMEDIATE),
                            FINAL | (reason & 0x7f),
                            0,
                            dataLength);
            out.setInt(at + 16, initiatorTaskTag);
            out.setShort(at + 20, connectionId);
            out.setInt(at + 24, cmdSn);
            out.setInt(at + 28, expStatSn);
        }
    }

    /** SNACK Request (11.16); only of use above error recovery level 0. */
    record SnackRequest(
            int type,
            long lun,
            int initiatorTaskTag,
            int targetTransferTag,
            int expStatSn,
            int begRun,
            int runLength)
            implements InitiatorPdu {

        public static SnackRequest parse(ByteBuf buf, int at) {
            return new SnackRequest(
                    buf.getByte(at + 1) & 0x0f,
                    Bhs.lun(buf, at),
                    buf.getInt(at + 16),
                    buf.getInt(at + 20),
                    buf.getInt(at + 28),
                    buf.getInt(at + 40),
                    buf.getInt(at + 44));
        }

        @Override
        public int opcode() {
            return Opcode.SNACK_REQUEST;
        }

        @Override
        public void write(ByteBuf out, int dataLength) {
            int at = Bhs.begin(out, opcode(), FINAL | (type & 0x0f), 0, dataLength);
            out.setLong(at + 8, lun);
            out.setInt(at + 16, initiatorTaskTag);
            out.setInt(at + 20, targetTransferTag);
            out.setInt(at + 28, expStatSn);
            out.setInt(at + 40, begRun);
            out.setInt(at + 44, runLength);
        }
    }
}
