package io.tidegate.shell.value;

import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Function;

/**
 * Instants: ISO 8601 with or without seconds (UTC where no offset is given), {@code now}, {@code
 * -2h}, {@code yesterday 18:00}. Always printed in UTC.
 */
public final class Moments {

    private Moments() {}

    /** The instant that {@code text} names; relative words count from {@code clock}. */
    public static Instant parse(String text, Clock clock) {
        String form = text.strip();
        if (form.equals("now")) {
            return clock.instant();
        }
        if (form.startsWith("-")) {
            return clock.instant().minus(Spans.parse(form.substring(1)));
        }
        LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        return ofDay(form, "today", today)
                .or(() -> ofDay(form, "yesterday", today.minusDays(1)))
                .or(() -> attempt(form, t -> OffsetDateTime.parse(t).toInstant()))
                .or(() -> attempt(form, t -> LocalDateTime.parse(t).toInstant(ZoneOffset.UTC)))
                .or(() -> attempt(form, t -> startOf(LocalDate.parse(t))))
                .orElseThrow(
                        () ->
                                new BadValueException(
                                        "'"
                                                + text
                                                + "' is no time: write 2026-11-21T01:00Z, now, -2h,"
                                                + " today 06:00 or yesterday 18:00 (UTC)"));
    }

    /** ISO 8601 in UTC, to the second. */
    public static String format(Instant time) {
        return DateTimeFormatter.ISO_INSTANT.format(time.truncatedTo(ChronoUnit.SECONDS));
    }

    private static Optional<Instant> ofDay(String form, String word, LocalDate day) {
        if (form.equals(word)) {
            return Optional.of(startOf(day));
        }
        if (!form.startsWith(word + " ")) {
            return Optional.empty();
        }
        String time = form.substring(word.length()).strip();
        return attempt(time, t -> day.atTime(LocalTime.parse(t)).toInstant(ZoneOffset.UTC));
    }

    private static Instant startOf(LocalDate day) {
        return day.atStartOfDay().toInstant(ZoneOffset.UTC);
    }

    private static Optional<Instant> attempt(String text, Function<String, Instant> parser) {
        try {
            return Optional.of(parser.apply(text));
        } catch (DateTimeParseException e) {
            return Optional.empty(); // one of several forms; the caller reports when none fits
        }
    }
}
