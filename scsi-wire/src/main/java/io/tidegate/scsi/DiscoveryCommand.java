package io.tidegate.scsi;

/** Commands that tell what a unit is and can do (SPC-5, clause 6). */
public sealed interface DiscoveryCommand extends ScsiCommand {

    /**
     * @param vital EVPD
     * @param page page code; must be 0 without EVPD
     * @param allocation in bytes
     */
    record Inquiry(boolean vital, int page, int allocation) implements DiscoveryCommand {
        static Inquiry parse(byte[] cdb) {
            return new Inquiry(Be.bit(cdb, 1, 0), Be.u8(cdb, 2), Be.u16(cdb, 3));
        }

        public byte[] encode() {
            byte[] cdb = Cdbs.of(Operation.INQUIRY);
            cdb[1] = (byte) (vital ? 1 : 0);
            Be.put8(cdb, 2, page);
            Be.put16(cdb, 3, Cdbs.fits(allocation, 16));
            return cdb;
        }
    }

    /**
     * @param select SELECT REPORT
     * @param allocation in bytes, unsigned 32 bits; at least 16
     */
    record ReportLuns(int select, int allocation) implements DiscoveryCommand {
        static ReportLuns parse(byte[] cdb) {
            return new ReportLuns(Be.u8(cdb, 2), Be.i32(cdb, 6));
        }

        public byte[] encode() {
            byte[] cdb = Cdbs.of(Operation.REPORT_LUNS);
            Be.put8(cdb, 2, select);
            Be.put32(cdb, 6, allocation);
            return cdb;
        }
    }

    /**
     * @param timeouts RCTD: with command timeouts descriptors
     * @param options 0 all commands, 1 one by opcode, 2 one by opcode and service action, 3 either
     */
    record ReportOperations(
            boolean timeouts, int options, int opcode, int serviceAction, int allocation)
            implements DiscoveryCommand {
        static ReportOperations parse(byte[] cdb) {
            return new ReportOperations(
                    Be.bit(cdb, 2, 7), cdb[2] & 7, Be.u8(cdb, 3), Be.u16(cdb, 4), Be.i32(cdb, 6));
        }
    }

    /**
     * @param extended REPD: the long form
     */
    record ReportTaskManagement(boolean extended, int allocation) implements DiscoveryCommand {
        static ReportTaskManagement parse(byte[] cdb) {
            return new ReportTaskManagement(Be.bit(cdb, 2, 7), Be.i32(cdb, 6));
        }
    }

    /**
     * @param format 0 length only header, 1 extended header; others are refused
     */
    record ReportTargetPortGroups(int format, int allocation) implements DiscoveryCommand {
        static ReportTargetPortGroups parse(byte[] cdb) {
            return new ReportTargetPortGroups(Be.u8(cdb, 1) >>> 5, Be.i32(cdb, 6));
        }
    }
}
