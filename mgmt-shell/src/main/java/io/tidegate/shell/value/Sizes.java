package io.tidegate.shell.value;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sizes in bytes: {@code 512}, {@code 4k}, {@code 10GiB}, {@code 1T} are binary, {@code KB} and its
 * like decimal. No fractions, for {@code 1.5T} never is what it seems.
 */
public final class Sizes {

    private static final Pattern FORM = Pattern.compile("([0-9]{1,19})\\s*([a-zA-Z]*)");
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private static final Map<String, Long> FACTORS =
            Map.ofEntries(
                    Map.entry("", 1L),
                    Map.entry("b", 1L),
                    Map.entry("k", 1L << 10),
                    Map.entry("kib", 1L << 10),
                    Map.entry("kb", 1000L),
                    Map.entry("m", 1L << 20),
                    Map.entry("mib", 1L << 20),
                    Map.entry("mb", 1000_000L),
                    Map.entry("g", 1L << 30),
                    Map.entry("gib", 1L << 30),
                    Map.entry("gb", 1000_000_000L),
                    Map.entry("t", 1L << 40),
                    Map.entry("tib", 1L << 40),
                    Map.entry("tb", 1000_000_000_000L),
                    Map.entry("p", 1L << 50),
                    Map.entry("pib", 1L << 50),
                    Map.entry("pb", 1000_000_000_000_000L));

    private Sizes() {}

    /** Bytes of {@code text}; {@link BadValueException} if it is no size or beyond 2^63-1. */
    public static long parse(String text) {
        Matcher form = FORM.matcher(text.strip());
        Long factor = form.matches() ? FACTORS.get(form.group(2).toLowerCase(Locale.ROOT)) : null;
        if (factor == null) {
            throw new BadValueException(
                    "'"
                            + text
                            + "' is no size: write a whole number with a unit, such as 512, 4k,"
                            + " 10GiB or 1T (binary; KB, MB, GB are decimal)");
        }
        try {
            return Math.multiplyExact(Long.parseLong(form.group(1)), factor);
        } catch (NumberFormatException | ArithmeticException e) {
            throw new BadValueException("'" + text + "' is larger than any size can be");
        }
    }

    /** For people: {@code 1.2 GiB}; exact multiples without a fraction. */
    public static String format(long bytes) {
        if (bytes < 0) {
            return "-" + format(bytes == Long.MIN_VALUE ? Long.MAX_VALUE : -bytes);
        }
        int unit = 0;
        long whole = bytes;
        long rest = 0;
        while (whole >= 1024 && unit < UNITS.length - 1) {
            rest |= whole & 1023;
            unit++;
            whole >>= 10;
        }
        if (rest == 0) {
            return whole + " " + UNITS[unit];
        }
        double exact = (double) bytes / (1L << (10 * unit));
        // Rounded down: a size shown must never promise more than there is.
        return String.format(Locale.ROOT, "%.1f %s", Math.floor(exact * 10) / 10, UNITS[unit]);
    }
}
