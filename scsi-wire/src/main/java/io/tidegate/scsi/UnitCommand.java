package io.tidegate.scsi;

/** Commands on the state of a unit as a whole (SPC-5, clause 6; SBC-4, clause 5). */
public sealed interface UnitCommand extends ScsiCommand {

    record TestUnitReady() implements UnitCommand {
        static TestUnitReady parse(byte[] cdb) {
            return new TestUnitReady();
        }

        public byte[] encode() {
            return Cdbs.of(Operation.TEST_UNIT_READY);
        }
    }

    record RequestSense(boolean descriptor, int allocation) implements UnitCommand {
        static RequestSense parse(byte[] cdb) {
            return new RequestSense(Be.bit(cdb, 1, 0), Be.u8(cdb, 4));
        }

        public byte[] encode() {
            byte[] cdb = Cdbs.of(Operation.REQUEST_SENSE);
            cdb[1] = (byte) (descriptor ? 1 : 0);
            Be.put8(cdb, 4, Cdbs.fits(allocation, 8));
            return cdb;
        }
    }

    record ReadCapacity10() implements UnitCommand {
        static ReadCapacity10 parse(byte[] cdb) {
            return new ReadCapacity10();
        }

        public byte[] encode() {
            return Cdbs.of(Operation.READ_CAPACITY_10);
        }
    }

    record ReadCapacity16(int allocation) implements UnitCommand {
        static ReadCapacity16 parse(byte[] cdb) {
            return new ReadCapacity16(Be.i32(cdb, 10));
        }

        public byte[] encode() {
            byte[] cdb = Cdbs.of(Operation.READ_CAPACITY_16);
            Be.put32(cdb, 10, allocation);
            return cdb;
        }
    }

    /**
     * @param powerCondition 0 to start, stop, load and eject
     */
    record StartStop(
            boolean immediate,
            int powerCondition,
            boolean noFlush,
            boolean loadEject,
            boolean start)
            implements UnitCommand {
        static StartStop parse(byte[] cdb) {
            return new StartStop(
                    Be.bit(cdb, 1, 0),
                    Be.u8(cdb, 4) >>> 4,
                    Be.bit(cdb, 4, 2),
                    Be.bit(cdb, 4, 1),
                    Be.bit(cdb, 4, 0));
        }
    }

    /**
     * @param prevent 0 allows, 1 prevents; 2 and 3 are obsolete
     */
    record PreventAllow(int prevent) implements UnitCommand {
        static PreventAllow parse(byte[] cdb) {
            return new PreventAllow(cdb[4] & 3);
        }
    }

    /**
     * @param ten the form with a header of four bytes
     * @param format defect list format, 0 to 7
     */
    record ReadDefects(boolean ten, boolean primary, boolean grown, int format, int allocation)
            implements UnitCommand {
        static ReadDefects parse10(byte[] cdb) {
            return parse(cdb, true, 2, Be.u16(cdb, 7));
        }

        static ReadDefects parse12(byte[] cdb) {
            return parse(cdb, false, 1, Be.i32(cdb, 6));
        }

        private static ReadDefects parse(byte[] cdb, boolean ten, int at, int allocation) {
            return new ReadDefects(
                    ten, Be.bit(cdb, at, 4), Be.bit(cdb, at, 3), cdb[at] & 7, allocation);
        }
    }

    /**
     * @param code self-test code, 0 for none
     */
    record SendDiagnostic(int code, boolean selfTest, int parameterLength) implements UnitCommand {
        static SendDiagnostic parse(byte[] cdb) {
            return new SendDiagnostic(Be.u8(cdb, 1) >>> 5, Be.bit(cdb, 1, 2), Be.u16(cdb, 3));
        }
    }

    record ReceiveDiagnostic(boolean pageValid, int page, int allocation) implements UnitCommand {
        static ReceiveDiagnostic parse(byte[] cdb) {
            return new ReceiveDiagnostic(Be.bit(cdb, 1, 0), Be.u8(cdb, 2), Be.u16(cdb, 3));
        }
    }

    /**
     * @param control page control, 0 to 3
     * @param pointer parameter pointer
     */
    record LogSense(boolean save, int control, int page, int subpage, int pointer, int allocation)
            implements UnitCommand {
        static LogSense parse(byte[] cdb) {
            return new LogSense(
                    Be.bit(cdb, 1, 0),
                    Be.u8(cdb, 2) >>> 6,
                    cdb[2] & 0x3f,
                    Be.u8(cdb, 3),
                    Be.u16(cdb, 5),
                    Be.u16(cdb, 7));
        }
    }
}
