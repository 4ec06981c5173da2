package io.tidegate.iscsi.wire;

/** Comparison of serial numbers that wrap at 2^32 (RFC 1982, as RFC 7143, 4.2.2.1 asks). */
public final class Serial {

    private Serial() {}

    /** Whether {@code a} comes before {@code b}. */
    public static boolean before(int a, int b) {
        return a - b < 0;
    }

    /** Whether {@code number} lies in the window from {@code first} to {@code last}, both in it. */
    public static boolean within(int number, int first, int last) {
        return number - first >= 0 && last - number >= 0;
    }
}
