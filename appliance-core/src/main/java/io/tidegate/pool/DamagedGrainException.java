package io.tidegate.pool;

import java.io.IOException;

/** The bytes of a grain are not those that were written: its checksum differs, read twice. */
final class DamagedGrainException extends IOException {

    private static final long serialVersionUID = 1L;

    private final long offset;
    private final int length;

    /**
     * @param offset of the grain in the device that was read, in bytes
     * @param length of the grain in bytes
     */
    DamagedGrainException(long offset, int length, long address, String place) {
        super(
                "what is stored for the "
                        + length
                        + " bytes at "
                        + offset
                        + " is damaged: it does not match its checksum (page "
                        + address
                        + ", "
                        + place
                        + "); write this range anew from a copy, or go back to a snapshot or backup"
                        + " that reads well");
        this.offset = offset;
        this.length = length;
    }

    long offset() {
        return offset;
    }

    int length() {
        return length;
    }
}
