package io.tidegate.shell.command;

import io.tidegate.shell.value.BadValueException;
import io.tidegate.shell.value.Moments;
import io.tidegate.shell.value.Names;
import io.tidegate.shell.value.Sizes;
import io.tidegate.shell.value.Spans;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What options and parameters of our own kinds are made of. */
public final class Converters {

    private Converters() {}

    /** Bytes. */
    public static final class Size implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            return told(Sizes::parse, text);
        }
    }

    /** A span of time. */
    public static final class Span implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            return told(Spans::parse, text);
        }
    }

    /** An instant; relative ones count from now. */
    public static final class Moment implements ITypeConverter<Instant> {

        private final Clock clock;

        Moment(Clock clock) {
            this.clock = clock;
        }

        @Override
        public Instant convert(String text) {
            return told(t -> Moments.parse(t, clock), text);
        }
    }

    /** A name for something new. */
    public static final class NewName implements ITypeConverter<String> {
        @Override
        public String convert(String text) {
            return told(Names::plain, text);
        }
    }

    /** An iSCSI name, folded as the protocol wants it. */
    public static final class IscsiName implements ITypeConverter<String> {
        @Override
        public String convert(String text) {
            return told(Names::iscsi, text);
        }
    }

    /** {@code on} or {@code off}. */
    public static final class OnOff implements ITypeConverter<Boolean> {
        @Override
        public Boolean convert(String text) {
            return switch (text) {
                case "on", "yes", "true" -> true;
                case "off", "no", "false" -> false;
                default ->
                        throw new TypeConversionException("'" + text + "' is neither on nor off");
            };
        }
    }

    private static <T> T told(Function<String, T> parser, String text) {
        try {
            return parser.apply(text);
        } catch (BadValueException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
