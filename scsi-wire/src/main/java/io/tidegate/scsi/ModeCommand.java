package io.tidegate.scsi;

/** MODE SENSE and MODE SELECT (SPC-5, 6.14 to 6.17); lists in {@link ModeList}. */
public sealed interface ModeCommand extends ScsiCommand {

    /** The six-byte form, with a header of four bytes. */
    boolean six();

    /** Which values MODE SENSE is to tell. */
    enum Control {
        CURRENT,
        CHANGEABLE,
        DEFAULT,
        SAVED;

        private static final Control[] VALUES = values();
    }

    /**
     * @param longLba LLBAA: a block descriptor of 16 bytes is wanted
     * @param noBlockDescriptor DBD
     */
    record Sense(
            boolean six,
            boolean longLba,
            boolean noBlockDescriptor,
            Control control,
            int page,
            int subpage,
            int allocation)
            implements ModeCommand {
        static Sense parse6(byte[] cdb) {
            return parse(cdb, true, Be.u8(cdb, 4));
        }

        static Sense parse10(byte[] cdb) {
            return parse(cdb, false, Be.u16(cdb, 7));
        }

        private static Sense parse(byte[] cdb, boolean six, int allocation) {
            return new Sense(
                    six,
                    !six && Be.bit(cdb, 1, 4),
                    Be.bit(cdb, 1, 3),
                    Control.VALUES[Be.u8(cdb, 2) >>> 6],
                    cdb[2] & 0x3f,
                    Be.u8(cdb, 3),
                    allocation);
        }
    }

    /**
     * @param pageFormat PF
     * @param save SP: the values survive a restart
     */
    record Select(boolean six, boolean pageFormat, boolean save, int parameterLength)
            implements ModeCommand {
        static Select parse6(byte[] cdb) {
            return new Select(true, Be.bit(cdb, 1, 4), Be.bit(cdb, 1, 0), Be.u8(cdb, 4));
        }

        static Select parse10(byte[] cdb) {
            return new Select(false, Be.bit(cdb, 1, 4), Be.bit(cdb, 1, 0), Be.u16(cdb, 7));
        }
    }
}
