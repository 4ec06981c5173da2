package io.tidegate.shell.render;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.tidegate.shell.value.Moments;
import io.tidegate.shell.value.Sizes;
import io.tidegate.shell.value.Spans;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One value of a result, with its type, so that a table can show units where json and {@code --raw}
 * give bytes and ISO 8601.
 */
public sealed interface Cell extends Comparable<Cell> {

    /** As people read it. */
    String human();

    /** As programs read it, without units. */
    String raw();

    JsonNode json();

    /** A value of the same type as typed in a {@code --filter}. */
    Cell parse(String text, Clock clock);

    /** Absent sorts before all; values of different types by their text. */
    @Override
    default int compareTo(Cell other) {
        return switch (this) {
            case Bytes a when other instanceof Bytes b -> Long.compare(a.value, b.value);
            case Count a when other instanceof Count b -> Long.compare(a.value, b.value);
            case Time a when other instanceof Time b -> a.value.compareTo(b.value);
            case Span a when other instanceof Span b -> a.value.compareTo(b.value);
            case Absent _ -> other instanceof Absent ? 0 : -1;
            default -> other instanceof Absent ? 1 : raw().compareTo(other.raw());
        };
    }

    static Cell of(String value) {
        return new Text(value);
    }

    static Cell of(Enum<?> value) {
        return new Text(value.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    }

    static Cell of(boolean value) {
        return new Flag(value);
    }

    static Cell of(Instant value) {
        return new Time(value);
    }

    static Cell of(Duration value) {
        return new Span(value);
    }

    static Cell bytes(long value) {
        return new Bytes(value);
    }

    static Cell count(long value) {
        return new Count(value);
    }

    /** Several texts in one cell; an array in json. */
    static Cell list(List<String> values) {
        return new Many(values);
    }

    static Cell absent() {
        return new Absent();
    }

    static Cell text(Optional<String> value) {
        return value.<Cell>map(Text::new).orElse(new Absent());
    }

    static Cell time(Optional<Instant> value) {
        return value.<Cell>map(Time::new).orElse(new Absent());
    }

    /** Text; nothing is done to it but the taming of control characters in {@link #human()}. */
    record Text(String value) implements Cell {
        @Override
        public String human() {
            return value.isEmpty() ? "-" : Tame.line(value);
        }

        @Override
        public String raw() {
            return value;
        }

        @Override
        public JsonNode json() {
            return JsonNodeFactory.instance.textNode(value);
        }

        @Override
        public Cell parse(String text, Clock clock) {
            return new Text(text);
        }
    }

    /** A size in bytes. */
    record Bytes(long value) implements Cell {
        @Override
        public String human() {
            return Sizes.format(value);
        }

        @Override
        public String raw() {
            return Long.toString(value);
        }

        @Override
        public JsonNode json() {
            return JsonNodeFactory.instance.numberNode(value);
        }

        @Override
        public Cell parse(String text, Clock clock) {
            return new Bytes(Sizes.parse(text));
        }
    }

    /** A whole number without a unit. */
    record Count(long value) implements Cell {
        @Override
        public String human() {
            return Long.toString(value);
        }

        @Override
        public String raw() {
            return Long.toString(value);
        }

        @Override
        public JsonNode json() {
            return JsonNodeFactory.instance.numberNode(value);
        }

        @Override
        public Cell parse(String text, Clock clock) {
            try {
                return new Count(Long.parseLong(text));
            } catch (NumberFormatException e) {
                return new Text(text);
            }
        }
    }

    /** An instant, printed in UTC. */
    record Time(Instant value) implements Cell {
        @Override
        public String human() {
            return Moments.format(value);
        }

        @Override
        public String raw() {
            return Moments.format(value);
        }

        @Override
        public JsonNode json() {
            return JsonNodeFactory.instance.textNode(raw());
        }

        @Override
        public Cell parse(String text, Clock clock) {
            return new Time(Moments.parse(text, clock));
        }
    }

    /** A span of time; seconds, with a fraction, for programs. */
    record Span(Duration value) implements Cell {
        @Override
        public String human() {
            return Spans.format(value);
        }

        @Override
        public String raw() {
            return json().asText();
        }

        @Override
        public JsonNode json() {
            return value.getNano() == 0
                    ? JsonNodeFactory.instance.numberNode(value.toSeconds())
                    : JsonNodeFactory.instance.numberNode(value.toMillis() / 1000.0);
        }

        @Override
        public Cell parse(String text, Clock clock) {
            return new Span(Spans.parse(text));
        }
    }

    /** Yes or no. */
    record Flag(boolean value) implements Cell {
        @Override
        public String human() {
            return value ? "yes" : "no";
        }

        @Override
        public String raw() {
            return Boolean.toString(value);
        }

        @Override
        public JsonNode json() {
            return JsonNodeFactory.instance.booleanNode(value);
        }

        @Override
        public Cell parse(String text, Clock clock) {
            return new Flag(text.equals("yes") || text.equals("true") || text.equals("on"));
        }
    }

    /** Several texts. */
    record Many(List<String> values) implements Cell {
        public Many {
            values = List.copyOf(values);
        }

        @Override
        public String human() {
            return values.isEmpty()
                    ? "-"
                    : values.stream().map(Tame::line).collect(Collectors.joining(","));
        }

        @Override
        public String raw() {
            return String.join(",", values);
        }

        @Override
        public JsonNode json() {
            ArrayNode array = JsonNodeFactory.instance.arrayNode();
            values.forEach(array::add);
            return array;
        }

        @Override
        public Cell parse(String text, Clock clock) {
            return new Text(text);
        }
    }

    /** Nothing there: {@code -}, an empty field, null. */
    record Absent() implements Cell {
        @Override
        public String human() {
            return "-";
        }

        @Override
        public String raw() {
            return "";
        }

        @Override
        public JsonNode json() {
            return JsonNodeFactory.instance.nullNode();
        }

        @Override
        public Cell parse(String text, Clock clock) {
            return new Text(text);
        }
    }
}
