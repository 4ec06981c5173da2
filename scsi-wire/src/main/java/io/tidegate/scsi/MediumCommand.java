package io.tidegate.scsi;

/** Commands on a range of logical blocks with their data (SBC-4, clause 5). */
public sealed interface MediumCommand extends ScsiCommand {

    /** First logical block, unsigned. */
    long lba();

    /** Number of logical blocks; 0 does nothing and is no error, save where a record says so. */
    long blocks();

    record Read(long lba, long blocks, boolean dpo, boolean fua) implements MediumCommand {
        static Read parse6(byte[] cdb) {
            return new Read(lba6(cdb), blocks6(cdb), false, false);
        }

        static Read parse10(byte[] cdb) {
            return new Read(Be.u32(cdb, 2), Be.u16(cdb, 7), hasDpo(cdb), hasFua(cdb));
        }

        static Read parse12(byte[] cdb) {
            return new Read(Be.u32(cdb, 2), Be.u32(cdb, 6), hasDpo(cdb), hasFua(cdb));
        }

        static Read parse16(byte[] cdb) {
            return new Read(Be.i64(cdb, 2), Be.u32(cdb, 10), hasDpo(cdb), hasFua(cdb));
        }

        /** The shortest of READ(10) and READ(16) that can say it, in 16 bytes. */
        public byte[] encode() {
            return Cdbs.range(Operation.READ_10, Operation.READ_16, flags(dpo, fua), lba, blocks);
        }
    }

    record Write(long lba, long blocks, boolean dpo, boolean fua) implements MediumCommand {
        static Write parse6(byte[] cdb) {
            return new Write(lba6(cdb), blocks6(cdb), false, false);
        }

        static Write parse10(byte[] cdb) {
            return new Write(Be.u32(cdb, 2), Be.u16(cdb, 7), hasDpo(cdb), hasFua(cdb));
        }

        static Write parse12(byte[] cdb) {
            return new Write(Be.u32(cdb, 2), Be.u32(cdb, 6), hasDpo(cdb), hasFua(cdb));
        }

        static Write parse16(byte[] cdb) {
            return new Write(Be.i64(cdb, 2), Be.u32(cdb, 10), hasDpo(cdb), hasFua(cdb));
        }

        /** The shortest of WRITE(10) and WRITE(16) that can say it, in 16 bytes. */
        public byte[] encode() {
            return Cdbs.range(Operation.WRITE_10, Operation.WRITE_16, flags(dpo, fua), lba, blocks);
        }
    }

    /**
     * @param byteCheck 0 verifies the medium, 1 compares with all data-out; 2 and 3 are refused
     */
    record WriteAndVerify(long lba, long blocks, int byteCheck) implements MediumCommand {
        static WriteAndVerify parse10(byte[] cdb) {
            return new WriteAndVerify(Be.u32(cdb, 2), Be.u16(cdb, 7), checkOf(cdb));
        }

        static WriteAndVerify parse12(byte[] cdb) {
            return new WriteAndVerify(Be.u32(cdb, 2), Be.u32(cdb, 6), checkOf(cdb));
        }

        static WriteAndVerify parse16(byte[] cdb) {
            return new WriteAndVerify(Be.i64(cdb, 2), Be.u32(cdb, 10), checkOf(cdb));
        }
    }

    /**
     * @param byteCheck 0 has no data-out, 1 compares with all of it, 3 compares each block with
     *     one; 2 is reserved
     */
    record Verify(long lba, long blocks, int byteCheck) implements MediumCommand {
        static Verify parse10(byte[] cdb) {
            return new Verify(Be.u32(cdb, 2), Be.u16(cdb, 7), checkOf(cdb));
        }

        static Verify parse12(byte[] cdb) {
            return new Verify(Be.u32(cdb, 2), Be.u32(cdb, 6), checkOf(cdb));
        }

        static Verify parse16(byte[] cdb) {
            return new Verify(Be.i64(cdb, 2), Be.u32(cdb, 10), checkOf(cdb));
        }
    }

    record OrWrite(long lba, long blocks, boolean fua) implements MediumCommand {
        static OrWrite parse(byte[] cdb) {
            return new OrWrite(Be.i64(cdb, 2), Be.u32(cdb, 10), hasFua(cdb));
        }
    }

    /**
     * @param boundary atomic boundary in blocks; 0 for none
     */
    record WriteAtomic(long lba, long blocks, int boundary, boolean fua) implements MediumCommand {
        static WriteAtomic parse(byte[] cdb) {
            return new WriteAtomic(Be.i64(cdb, 2), Be.u16(cdb, 12), Be.u16(cdb, 10), hasFua(cdb));
        }
    }

    /** Data-out holds the blocks to compare and then the blocks to write. */
    record CompareAndWrite(long lba, long blocks, boolean fua) implements MediumCommand {
        static CompareAndWrite parse(byte[] cdb) {
            return new CompareAndWrite(Be.i64(cdb, 2), Be.u8(cdb, 13), hasFua(cdb));
        }

        public byte[] encode() {
            byte[] cdb = Cdbs.of(Operation.COMPARE_AND_WRITE);
            cdb[1] |= (byte) flags(false, fua);
            Be.put64(cdb, 2, lba);
            Be.put8(cdb, 13, Cdbs.fits(blocks, 8));
            return cdb;
        }
    }

    /** 0 blocks: to the last one. */
    record PreFetch(long lba, long blocks, boolean immediate) implements MediumCommand {
        static PreFetch parse10(byte[] cdb) {
            return new PreFetch(Be.u32(cdb, 2), Be.u16(cdb, 7), Be.bit(cdb, 1, 1));
        }

        static PreFetch parse16(byte[] cdb) {
            return new PreFetch(Be.i64(cdb, 2), Be.u32(cdb, 10), Be.bit(cdb, 1, 1));
        }
    }

    /** 0 blocks: to the last one. */
    record SynchronizeCache(long lba, long blocks, boolean immediate) implements MediumCommand {
        static SynchronizeCache parse10(byte[] cdb) {
            return new SynchronizeCache(Be.u32(cdb, 2), Be.u16(cdb, 7), Be.bit(cdb, 1, 1));
        }

        static SynchronizeCache parse16(byte[] cdb) {
            return new SynchronizeCache(Be.i64(cdb, 2), Be.u32(cdb, 10), Be.bit(cdb, 1, 1));
        }

        public byte[] encode() {
            return Cdbs.range(
                    Operation.SYNCHRONIZE_CACHE_10,
                    Operation.SYNCHRONIZE_CACHE_16,
                    immediate ? 0x02 : 0,
                    lba,
                    blocks);
        }
    }

    private static boolean hasDpo(byte[] cdb) {
        return Be.bit(cdb, 1, 4);
    }

    private static boolean hasFua(byte[] cdb) {
        return Be.bit(cdb, 1, 3);
    }

    private static int checkOf(byte[] cdb) {
        return cdb[1] >>> 1 & 3;
    }

    private static int lba6(byte[] cdb) {
        return Be.u24(cdb, 1) & 0x1fffff;
    }

    /** In the six-byte commands 0 means 256 blocks. */
    private static int blocks6(byte[] cdb) {
        return cdb[4] == 0 ? 256 : Be.u8(cdb, 4);
    }

    private static int flags(boolean dpo, boolean fua) {
        return (dpo ? 0x10 : 0) | (fua ? 0x08 : 0);
    }
}
