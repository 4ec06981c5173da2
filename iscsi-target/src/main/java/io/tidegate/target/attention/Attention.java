package io.tidegate.target.attention;

import io.tidegate.scsi.Sense;
import java.util.Locale;

/**
 * What a host is told before its next command, in the order in which it is told (SAM-5, 5.14.2).
 */
public enum Attention {
    /** A new nexus, or the first command since the start. */
    POWER_ON(0x29, 0x00),
    TARGET_RESET(0x29, 0x02),
    UNIT_RESET(0x29, 0x03),
    NEXUS_LOSS(0x29, 0x07),
    /** Another nexus has ended commands of this one. */
    COMMANDS_CLEARED(0x2f, 0x00),
    MEDIUM_CHANGED(0x28, 0x00),
    MODE_CHANGED(0x2a, 0x01),
    RESERVATIONS_PREEMPTED(0x2a, 0x03),
    RESERVATIONS_RELEASED(0x2a, 0x04),
    REGISTRATIONS_PREEMPTED(0x2a, 0x05),
    ACCESS_STATE_CHANGED(0x2a, 0x06),
    CAPACITY_CHANGED(0x2a, 0x09),
    INQUIRY_CHANGED(0x3f, 0x03),
    LUNS_CHANGED(0x3f, 0x0e),
    THIN_THRESHOLD(0x38, 0x07);

    private final int asc;
    private final int ascq;

    Attention(int asc, int ascq) {
        this.asc = asc;
        this.ascq = ascq;
    }

    public Sense sense() {
        return Sense.attention(asc, ascq);
    }

    /** Additional sense code and qualifier, as the standard writes them: {@code 2A/09}. */
    public String code() {
        return String.format(Locale.ROOT, "%02X/%02X", asc, ascq);
    }

    /** Whether it is told even where the command would end in a reservation conflict. */
    public boolean beforeConflict() {
        return asc == 0x29;
    }
}
