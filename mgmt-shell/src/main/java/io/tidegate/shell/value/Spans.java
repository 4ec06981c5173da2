package io.tidegate.shell.value;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Spans of time: {@code 90s 15m 24h 7d 4w 1y}, whole numbers only; a year has 365 days. */
public final class Spans {

    private static final Pattern FORM = Pattern.compile("([0-9]{1,9})(s|m|h|d|w|y)");

    private static final Map<String, Long> SECONDS =
            Map.of("s", 1L, "m", 60L, "h", 3600L, "d", 86400L, "w", 604800L, "y", 365 * 86400L);

    private Spans() {}

    /** The span that {@code text} names; {@link BadValueException} if it names none. */
    public static Duration parse(String text) {
        Matcher form = FORM.matcher(text.strip());
        Long unit = form.matches() ? SECONDS.get(form.group(2)) : null;
        if (unit == null) {
            throw new BadValueException(
                    "'" + text + "' is no span of time: write 90s, 15m, 24h, 7d, 4w or 1y");
        }
        return Duration.ofSeconds(Long.parseLong(form.group(1)) * unit);
    }

    /**
     * For people, in the two largest units: {@code 4 d 03 h}, {@code 11 h 04 min}, {@code 45 s}.
     */
    public static String format(Duration span) {
        if (span.isNegative()) {
            return "-" + format(span.negated());
        }
        long seconds = span.toSeconds();
        if (seconds == 0) {
            return span.isZero() ? "0 s" : span.toMillis() + " ms";
        }
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3600) {
            return pair(seconds / 60, "min", seconds % 60, "s");
        }
        if (seconds < 86400) {
            return pair(seconds / 3600, "h", seconds % 3600 / 60, "min");
        }
        return pair(seconds / 86400, "d", seconds % 86400 / 3600, "h");
    }

    private static String pair(long large, String largeUnit, long small, String smallUnit) {
        String head = large + " " + largeUnit;
        return small == 0 ? head : "%s %02d %s".formatted(head, small, smallUnit);
    }
}
