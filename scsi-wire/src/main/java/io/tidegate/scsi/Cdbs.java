package io.tidegate.scsi;

/** Building CDBs; all come in 16 bytes, zeroes after their length. */
final class Cdbs {

    private static final int LENGTH = 16;

    private Cdbs() {}

    static byte[] of(Operation operation) {
        byte[] cdb = new byte[LENGTH];
        cdb[0] = (byte) operation.opcode();
        if (operation.hasServiceAction()) {
            cdb[1] = (byte) operation.serviceAction();
        }
        return cdb;
    }

    /** A ten-byte command where its fields can hold the range, else one of 16 bytes. */
    static byte[] range(Operation ten, Operation sixteen, int flags, long lba, long blocks) {
        if (lba >>> 32 == 0 && blocks >>> 16 == 0) {
            byte[] cdb = of(ten);
            cdb[1] |= (byte) flags;
            Be.put32(cdb, 2, lba);
            Be.put16(cdb, 7, (int) blocks);
            return cdb;
        }
        byte[] cdb = of(sixteen);
        cdb[1] |= (byte) flags;
        Be.put64(cdb, 2, lba);
        Be.put32(cdb, 10, fits(blocks, 32));
        return cdb;
    }

    static int fits(long value, int bits) {
        if (value < 0 || value >>> bits != 0) {
            throw new IllegalArgumentException(value + " in a field of " + bits + " bits");
        }
        return (int) value;
    }
}
