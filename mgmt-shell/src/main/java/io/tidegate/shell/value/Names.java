package io.tidegate.shell.value;

import java.util.Locale;
import java.util.regex.Pattern;

/** Names that administrators give: folded to lower case on entry, so that no two differ by case. */
public final class Names {

    private static final Pattern PLAIN = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");
    private static final Pattern IQN =
            Pattern.compile("iqn\\.[0-9]{4}-[0-9]{2}(\\.[a-z0-9][a-z0-9-]*)+(:[^\\s\"']+)?");
    private static final Pattern EUI =
            Pattern.compile("eui\\.[0-9a-f]{16}|naa\\.([0-9a-f]{16}){1,2}");

    private Names() {}

    /** A plain name: 1 to 63 of {@code a-z 0-9 . _ -}, beginning with a letter or digit. */
    public static String plain(String text) {
        String name = text.strip().toLowerCase(Locale.ROOT);
        if (!PLAIN.matcher(name).matches()) {
            throw new BadValueException(
                    "'"
                            + text
                            + "' is no name: use 1 to 63 of a-z 0-9 . _ - and begin with a"
                            + " letter or digit");
        }
        return name;
    }

    /** A snapshot's name, {@code volume@name}. */
    public static String snapshot(String text) {
        int at = text.indexOf('@');
        if (at < 0) {
            throw new BadValueException("'" + text + "' is no snapshot: write volume@name");
        }
        return plain(text.substring(0, at)) + "@" + plain(text.substring(at + 1));
    }

    /** An initiator's or target's name (RFC 3722: lower case), at most 223 bytes. */
    public static String iscsi(String text) {
        String name = text.strip().toLowerCase(Locale.ROOT);
        boolean known = IQN.matcher(name).matches() || EUI.matcher(name).matches();
        if (!known || name.length() > 223) {
            throw new BadValueException(
                    "'" + text + "' is no iSCSI name: write iqn.YYYY-MM.reversed.domain:name");
        }
        return name;
    }
}
