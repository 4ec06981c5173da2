package io.tidegate.iscsi.wire;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Names of iSCSI nodes in the one form in which they are compared (RFC 7143, 4.2.7; RFC 3722). */
public final class IscsiName {
    /** Longest name in bytes of UTF-8. */
    public static final int MAX_LENGTH = 223;

    private static final Pattern EUI = Pattern.compile("eui\\.[0-9a-f]{16}");
    private static final Pattern NAA = Pattern.compile("naa\\.([0-9a-f]{16}|[0-9a-f]{32})");
    private static final Pattern IQN = Pattern.compile("iqn\\.[0-9]{4}-[0-9]{2}\\..+");

    private IscsiName() {}

    /**
     * Folds case and compatibility forms.
     *
     * @return the name as it is compared and stored, or empty when it is no iSCSI name
     */
    public static Optional<String> normalise(String name) {
        if (name.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        String folded = Normalizer.normalize(name, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
        boolean legal =
                folded.codePoints().allMatch(IscsiName::allowed)
                        && folded.getBytes(StandardCharsets.UTF_8).length <= MAX_LENGTH
                        && (IQN.matcher(folded).matches()
                                || EUI.matcher(folded).matches()
                                || NAA.matcher(folded).matches());
        return legal ? Optional.of(folded) : Optional.empty();
    }

    private static boolean allowed(int c) {
        if (c < 0x80) {
            return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == ':';
        }
        return Character.isLetterOrDigit(c);
    }
}
