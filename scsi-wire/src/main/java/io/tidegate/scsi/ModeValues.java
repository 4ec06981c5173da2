package io.tidegate.scsi;

/**
 * The mode parameters that a host can change.
 *
 * @param writeCache WCE of page 08h: writes are acknowledged before they are durable
 * @param softwareWriteProtect SWP of page 0Ah
 * @param descriptorSense D_SENSE of page 0Ah
 */
public record ModeValues(
        boolean writeCache, boolean softwareWriteProtect, boolean descriptorSense) {

    public static final ModeValues DEFAULT = new ModeValues(true, false, false);

    static final ModeValues NOTHING = new ModeValues(false, false, false);
    static final ModeValues EVERYTHING = new ModeValues(true, true, true);
}
