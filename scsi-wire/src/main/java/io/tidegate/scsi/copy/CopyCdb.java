package io.tidegate.scsi.copy;

import io.tidegate.scsi.Sense;
import java.nio.ByteBuffer;

/** The CDBs of third-party copy: EXTENDED COPY (83h) and RECEIVE COPY RESULTS (84h). */
public sealed interface CopyCdb {

    int OUT_OPCODE = 0x83;
    int IN_OPCODE = 0x84;

    /** Service actions that are implemented: this list is also what the VPD page shows. */
    enum Action {
        COPY_LID1(OUT_OPCODE, 0x00),
        COPY_LID4(OUT_OPCODE, 0x01),
        ABORT(OUT_OPCODE, 0x1c),
        STATUS_LID1(IN_OPCODE, 0x00),
        OPERATING_PARAMETERS(IN_OPCODE, 0x03),
        FAILURE_DETAILS(IN_OPCODE, 0x04),
        STATUS_LID4(IN_OPCODE, 0x05);

        private final int opcode;
        private final int code;

        Action(int opcode, int code) {
            this.opcode = opcode;
            this.code = code;
        }

        public int opcode() {
            return opcode;
        }

        /** The service action's code. */
        public int code() {
            return code;
        }

        /** Opcode and code in hex, such as {@code 83/00}: how counters name it. */
        public String label() {
            return String.format("%02x/%02x", opcode, code);
        }
    }

    /**
     * EXTENDED COPY.
     *
     * @param action which of the two
     * @param listBytes parameter list length; 0 does nothing and is not an error
     */
    record Copy(Action action, long listBytes) implements CopyCdb {

        /** What its parameter list looks like. */
        public ExtendedCopyList.Format format() {
            return action == Action.COPY_LID4
                    ? ExtendedCopyList.Format.LID4
                    : ExtendedCopyList.Format.LID1;
        }
    }

    /**
     * COPY OPERATION ABORT (SPC-4, 6.3).
     *
     * @param listId unsigned 32 bits
     */
    record Abort(long listId) implements CopyCdb {}

    /**
     * RECEIVE COPY RESULTS.
     *
     * @param listId unsigned 8 bits, or 32 for STATUS_LID4: the same number is the same copy; of no
     *     meaning for operating parameters
     * @param allocationBytes the most to answer, unsigned 32 bits
     */
    record Receive(Action action, long listId, long allocationBytes) implements CopyCdb {}

    /**
     * A service action that is not implemented.
     *
     * @param sense what to answer
     */
    record Unsupported(Sense sense) implements CopyCdb {}

    /**
     * @param cdb 16 bytes with opcode 83h or 84h
     */
    static CopyCdb parse(byte[] cdb) {
        ByteBuffer in = ByteBuffer.wrap(cdb);
        int opcode = in.get(0) & 0xff;
        int code = in.get(1) & 0x1f;
        long length = in.getInt(10) & 0xffff_ffffL;
        for (Action action : Action.values()) {
            if (action.opcode == opcode && action.code == code) {
                long longId = in.getInt(2) & 0xffff_ffffL;
                return switch (action) {
                    case COPY_LID1, COPY_LID4 -> new Copy(action, length);
                    case ABORT -> new Abort(longId);
                    case STATUS_LID4 -> new Receive(action, longId, length);
                    case STATUS_LID1, OPERATING_PARAMETERS, FAILURE_DETAILS ->
                            new Receive(action, in.get(2) & 0xff, length);
                };
            }
        }
        return new Unsupported(
                opcode == OUT_OPCODE || opcode == IN_OPCODE
                        ? Sense.invalidFieldInCdb(1, 4)
                        : Sense.invalidOpcode());
    }
}
