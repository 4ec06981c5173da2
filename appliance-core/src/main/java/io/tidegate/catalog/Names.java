package io.tidegate.catalog;

import java.util.Locale;
import java.util.regex.Pattern;

/** Names of objects: 1 to 63 of a-z, 0-9, dot, underscore and hyphen, folded to lower case. */
public final class Names {

    private static final Pattern NAME = Pattern.compile("[a-z0-9._-]{1,63}");

    private Names() {}

    /**
     * The name as it is kept.
     *
     * @param noun what is to bear it, for the message
     */
    public static String check(String noun, String entered) throws ServiceException {
        String name = fold(entered);
        if (!NAME.matcher(name).matches() || name.startsWith("-")) {
            throw ServiceException.invalid(
                    "\"" + printable(entered) + "\" is no name for a " + noun,
                    "a name has 1 to 63 characters out of a-z 0-9 . _ - and begins with no hyphen",
                    "choose another name");
        }
        return name;
    }

    /** The name as it is looked up; a name that never could be is found nowhere. */
    public static String fold(String entered) {
        return entered.toLowerCase(Locale.ROOT);
    }

    /** As it was entered, fit for a record: folded, printable, of limited length. */
    public static String shown(String entered) {
        return printable(fold(entered));
    }

    private static String printable(String text) {
        String shown = text.replaceAll("\\p{Cntrl}", "?");
        return shown.length() > 80 ? shown.substring(0, 80) + "..." : shown;
    }
}
