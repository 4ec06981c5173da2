package io.tidegate.scsi;

/**
 * LUNs of one level on the wire (SAM-5, 4.7): peripheral device addressing up to 255, flat space
 * addressing above.
 */
public final class LunAddress {

    /** The highest number that flat space addressing can say. */
    public static final int MAX_NUMBER = 16383;

    /** The well known logical unit REPORT LUNS (SAM-5, 4.7.7.5). */
    public static final long WELL_KNOWN_REPORT_LUNS = 0xc101_0000_0000_0000L;

    private LunAddress() {}

    /**
     * The eight bytes for a LUN number.
     *
     * @throws IllegalArgumentException when it is below 0 or above {@link #MAX_NUMBER}
     */
    public static long encode(int number) {
        if (number < 0 || number > MAX_NUMBER) {
            throw new IllegalArgumentException("LUN " + number);
        }
        long first = number < 256 ? number : 0x4000 | number;
        return first << 48;
    }

    /**
     * The number in eight bytes from the wire; flat space addressing of small numbers is taken too.
     *
     * @return -1 when it is no single level LUN of these two methods
     */
    public static int number(long lun) {
        if ((lun & 0x0000_ffff_ffff_ffffL) != 0) {
            return -1;
        }
        int first = (int) (lun >>> 48);
        return switch (first >>> 14) {
            case 0 -> first < 256 ? first : -1; // another bus is not ours
            case 1 -> first & 0x3fff;
            default -> -1;
        };
    }
}
