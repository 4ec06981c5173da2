package io.tidegate.appliance.settings;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes and durations as people write them. */
final class Quantities {

    private static final Pattern SIZE = Pattern.compile("(\\d{1,15})\\s*(?:([kmgtp])(i?b)?|b)?");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*([smhdw])");

    private Quantities() {}

    /**
     * Bytes of {@code 512}, {@code 4k}, {@code 10GiB}, {@code 1T}; {@code KB} and so on are
     * decimal.
     */
    static long bytes(String text) {
        Matcher m = SIZE.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!m.matches()) {
            throw new SettingsException(
                    "'" + text + "' is no size: give whole units, such as 512, 64MiB or 1T");
        }
        long unit = 1;
        if (m.group(2) != null) {
            int power = "kmgtp".indexOf(m.group(2)) + 1;
            long base = "b".equals(m.group(3)) ? 1000 : 1024;
            for (int i = 0; i < power; i++) {
                unit *= base;
            }
        }
        try {
            return Math.multiplyExact(Long.parseLong(m.group(1)), unit);
        } catch (ArithmeticException e) {
            throw new SettingsException("'" + text + "' is more than any size can be");
        }
    }

    /** Durations such as {@code 90s}, {@code 15m}, {@code 24h}, {@code 7d}, {@code 4w}. */
    static Duration duration(String text) {
        Matcher m = DURATION.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!m.matches()) {
            throw new SettingsException(
                    "'" + text + "' is no duration: give a number and s, m, h, d or w, as in 24h");
        }
        long n = Long.parseLong(m.group(1));
        return switch (m.group(2)) {
            case "s" -> Duration.ofSeconds(n);
            case "m" -> Duration.ofMinutes(n);
            case "h" -> Duration.ofHours(n);
            case "d" -> Duration.ofDays(n);
            default -> Duration.ofDays(7 * n);
        };
    }
}
