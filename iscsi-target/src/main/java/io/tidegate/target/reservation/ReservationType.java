package io.tidegate.target.reservation;

import org.jspecify.annotations.Nullable;

/** The six types of persistent reservations (SPC-5, 6.20.3.4). */
public enum ReservationType {
    WRITE_EXCLUSIVE(1, Others.NONE),
    EXCLUSIVE_ACCESS(3, Others.NONE),
    WRITE_EXCLUSIVE_REGISTRANTS(5, Others.REGISTRANTS_ONLY),
    EXCLUSIVE_ACCESS_REGISTRANTS(6, Others.REGISTRANTS_ONLY),
    WRITE_EXCLUSIVE_ALL(7, Others.ALL_REGISTRANTS),
    EXCLUSIVE_ACCESS_ALL(8, Others.ALL_REGISTRANTS);

    private enum Others {
        NONE,
        REGISTRANTS_ONLY,
        ALL_REGISTRANTS
    }

    private final int code;
    private final Others others;

    ReservationType(int code, Others others) {
        this.code = code;
        this.others = others;
    }

    /** The value on the wire. */
    public int code() {
        return code;
    }

    /** The type of a value from the wire; null when there is none. */
    public static @Nullable ReservationType of(int code) {
        for (ReservationType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        return null;
    }

    /** Whether others may not even read. */
    public boolean exclusiveAccess() {
        return this == EXCLUSIVE_ACCESS
                || this == EXCLUSIVE_ACCESS_REGISTRANTS
                || this == EXCLUSIVE_ACCESS_ALL;
    }

    /** Whether every registrant may do what the holder may. */
    public boolean sharedByRegistrants() {
        return others != Others.NONE;
    }

    /** Whether every registrant is a holder. */
    public boolean heldByAll() {
        return others == Others.ALL_REGISTRANTS;
    }
}
