package io.tidegate.target.device;

import io.tidegate.scsi.LunAddress;

/**
 * A command as the transport hands it over.
 *
 * @param lun the eight bytes of the LUN field
 * @param cdb 16 bytes, or more with an extended CDB; not changed by anyone after this
 * @param expectedLength expected data transfer length in bytes, from the initiator, not negative
 * @param read whether the initiator expects data-in
 * @param write whether the initiator expects to send data-out
 */
public record ScsiRequest(long lun, byte[] cdb, int expectedLength, boolean read, boolean write) {

    public ScsiRequest {
        if (cdb.length < 16 || expectedLength < 0) {
            throw new IllegalArgumentException(
                    "CDB of " + cdb.length + " bytes, " + expectedLength + " bytes of data");
        }
    }

    public int opcode() {
        return cdb[0] & 0xff;
    }

    /** For logs: opcode and LUN, no content. */
    @Override
    public String toString() {
        return String.format("%02xh on LUN %d", opcode(), LunAddress.number(lun));
    }
}
