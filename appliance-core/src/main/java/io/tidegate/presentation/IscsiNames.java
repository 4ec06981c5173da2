package io.tidegate.presentation;

import io.tidegate.catalog.ServiceException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * iSCSI names in their one form (RFC 7143, 4.2.7; RFC 3722): compatibility-composed and lower case.
 */
public final class IscsiNames {

    private static final int MAX_BYTES = 223;
    private static final Pattern IQN =
            Pattern.compile(
                    "iqn\\.\\d{4}-(0[1-9]|1[0-2])\\.[\\p{Ll}\\p{Lo}\\p{N}.-]+(:[\\p{Ll}\\p{Lo}\\p{N}.:-]*)?");
    private static final Pattern EUI = Pattern.compile("eui\\.[0-9a-f]{16}");
    private static final Pattern NAA = Pattern.compile("naa\\.([0-9a-f]{16}|[0-9a-f]{32})");

    private IscsiNames() {}

    /** The form in which names are kept and compared; says nothing of whether it is one. */
    public static String fold(String entered) {
        return Normalizer.normalize(entered, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
    }

    /** The name as it is kept. */
    public static String check(String entered) throws ServiceException {
        String name = fold(entered.strip());
        boolean good =
                name.getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES
                        && (IQN.matcher(name).matches()
                                || EUI.matcher(name).matches()
                                || NAA.matcher(name).matches());
        if (!good) {
            throw ServiceException.invalid(
                    "\"" + printable(entered) + "\" is no iSCSI name",
                    "a name is iqn.YYYY-MM.DOMAIN[:TEXT], eui. with 16 or naa. with 16 or 32 hex"
                            + " digits, of at most 223 bytes",
                    "cat /etc/iscsi/initiatorname.iscsi on the host shows its name");
        }
        return name;
    }

    private static String printable(String text) {
        String shown = text.replaceAll("\\p{Cntrl}", "?");
        return shown.length() > MAX_BYTES ? shown.substring(0, MAX_BYTES) + "..." : shown;
    }
}
