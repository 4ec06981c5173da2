package io.tidegate.scsi;

/**
 * Third-party copy (SPC-5, 5.16): what the device server needs to know of these commands. The copy
 * manager parses the rest.
 */
public sealed interface CopyCommand extends ScsiCommand {

    /**
     * Opcode 83h.
     *
     * @param parameterLength unsigned 32 bits
     */
    record Out(int serviceAction, int parameterLength) implements CopyCommand {
        static Out parse(byte[] cdb) {
            return new Out(cdb[1] & 0x1f, Be.i32(cdb, 10));
        }
    }

    /**
     * Opcode 84h.
     *
     * @param allocation unsigned 32 bits
     */
    record In(int serviceAction, int allocation) implements CopyCommand {
        static In parse(byte[] cdb) {
            return new In(cdb[1] & 0x1f, Be.i32(cdb, 10));
        }
    }
}
