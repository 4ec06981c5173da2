package io.tidegate.scsi;

/** The kind of a condition (SPC-5, 4.4.8); the ordinal is the value on the wire. */
public enum SenseKey {
    NO_SENSE,
    RECOVERED_ERROR,
    NOT_READY,
    MEDIUM_ERROR,
    HARDWARE_ERROR,
    ILLEGAL_REQUEST,
    UNIT_ATTENTION,
    DATA_PROTECT,
    BLANK_CHECK,
    VENDOR_SPECIFIC,
    COPY_ABORTED,
    ABORTED_COMMAND,
    RESERVED,
    VOLUME_OVERFLOW,
    MISCOMPARE,
    COMPLETED;

    private static final SenseKey[] VALUES = values();

    /** The key of the low four bits of {@code code}. */
    public static SenseKey of(int code) {
        return VALUES[code & 0x0f];
    }
}
