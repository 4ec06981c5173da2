package io.tidegate.iscsi.wire;

/** A LUN number in the eight bytes of a LUN field (SAM-5, 4.7), single level. */
public final class LunField {
    /** What {@link #number} answers for a form that names no LUN of ours. */
    public static final int UNKNOWN = -1;

    private LunField() {}

    /**
     * The field of a number: peripheral form up to 255, flat form above.
     *
     * @param number 0 to 16383
     */
    public static long of(int number) {
        if (number < 0 || number > 16383) {
            throw new IllegalArgumentException("LUN " + number);
        }
        return (number < 256 ? (long) number : 0x4000L | number) << 48;
    }

    /** The number in a field of peripheral (bus 0) or flat form, else {@link #UNKNOWN}. */
    public static int number(long field) {
        int first = (int) (field >>> 48);
        if ((field & 0xffffffffffffL) != 0) {
            return UNKNOWN;
        }
        return switch (first >>> 14) {
            case 0 -> first < 256 ? first : UNKNOWN;
            case 1 -> first & 0x3fff;
            default -> UNKNOWN;
        };
    }
}
