package io.tidegate.presentation;

/**
 * A logical unit as one host sees it.
 *
 * @param number 0 to 16383
 * @param readOnly whether this host may not write, whatever the unit allows
 */
public record MappedLun(int number, LogicalUnit unit, boolean readOnly) {

    public static final int MAX_NUMBER = 16383;

    public MappedLun {
        if (number < 0 || number > MAX_NUMBER) {
            throw new IllegalArgumentException("LUN " + number);
        }
    }
}
