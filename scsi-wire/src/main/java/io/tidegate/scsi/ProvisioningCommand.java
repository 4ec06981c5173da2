package io.tidegate.scsi;

/** Commands that give space back, fill ranges or tell what is mapped (SBC-4, 4.7 and clause 5). */
public sealed interface ProvisioningCommand extends ScsiCommand {

    /**
     * @param parameterLength length of the list in bytes, see {@link UnmapList}
     */
    record Unmap(boolean anchor, int parameterLength) implements ProvisioningCommand {
        static Unmap parse(byte[] cdb) {
            return new Unmap(Be.bit(cdb, 1, 0), Be.u16(cdb, 7));
        }

        public byte[] encode() {
            byte[] cdb = Cdbs.of(Operation.UNMAP);
            cdb[1] = (byte) (anchor ? 1 : 0);
            Be.put16(cdb, 7, Cdbs.fits(parameterLength, 16));
            return cdb;
        }
    }

    /**
     * @param lba unsigned
     * @param blocks 0 for all from {@code lba} to the end of the medium, where WSNZ is 0
     * @param noData NDOB: no data-out, the block is all zeroes
     */
    record WriteSame(long lba, long blocks, boolean anchor, boolean unmap, boolean noData)
            implements ProvisioningCommand {
        static WriteSame parse10(byte[] cdb) {
            return new WriteSame(
                    Be.u32(cdb, 2), Be.u16(cdb, 7), Be.bit(cdb, 1, 4), Be.bit(cdb, 1, 3), false);
        }

        static WriteSame parse16(byte[] cdb) {
            return new WriteSame(
                    Be.i64(cdb, 2),
                    Be.u32(cdb, 10),
                    Be.bit(cdb, 1, 4),
                    Be.bit(cdb, 1, 3),
                    Be.bit(cdb, 1, 0));
        }

        /** WRITE SAME(16), in 16 bytes. */
        public byte[] encode() {
            byte[] cdb = Cdbs.of(Operation.WRITE_SAME_16);
            cdb[1] = (byte) ((anchor ? 0x10 : 0) | (unmap ? 0x08 : 0) | (noData ? 0x01 : 0));
            Be.put64(cdb, 2, lba);
            Be.put32(cdb, 10, Cdbs.fits(blocks, 32));
            return cdb;
        }
    }

    /**
     * @param lba unsigned
     * @param allocation allocation length in bytes, unsigned 32 bits
     */
    record GetLbaStatus(long lba, int allocation) implements ProvisioningCommand {
        static GetLbaStatus parse(byte[] cdb) {
            return new GetLbaStatus(Be.i64(cdb, 2), Be.i32(cdb, 10));
        }

        public byte[] encode() {
            byte[] cdb = Cdbs.of(Operation.GET_LBA_STATUS_16);
            Be.put64(cdb, 2, lba);
            Be.put32(cdb, 10, allocation);
            return cdb;
        }
    }

    /**
     * @param immediate answer before it is done
     * @param unrestrictedExit AUSE: the host may leave the failed state without sanitizing again
     */
    record Sanitize(Action action, boolean immediate, boolean unrestrictedExit, int parameterLength)
            implements ProvisioningCommand {

        /** What is to be done. */
        public enum Action {
            OVERWRITE,
            BLOCK_ERASE,
            EXIT_FAILURE_MODE
        }

        static Sanitize overwrite(byte[] cdb) {
            return parse(cdb, Action.OVERWRITE);
        }

        static Sanitize blockErase(byte[] cdb) {
            return parse(cdb, Action.BLOCK_ERASE);
        }

        static Sanitize exitFailureMode(byte[] cdb) {
            return parse(cdb, Action.EXIT_FAILURE_MODE);
        }

        private static Sanitize parse(byte[] cdb, Action action) {
            return new Sanitize(action, Be.bit(cdb, 1, 7), Be.bit(cdb, 1, 5), Be.u16(cdb, 7));
        }
    }
}
