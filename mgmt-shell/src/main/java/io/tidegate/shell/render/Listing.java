package io.tidegate.shell.render;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;

/**
 * A list of like things.
 *
 * @param kind such as {@code VolumeList}
 * @param columns their keys and heads; the first is the name
 * @param rows a cell for each column
 * @param totals over all of it, also over what is not among the rows; mostly empty
 * @param next where the rest is, when the rows are not all
 */
public record Listing(
        String kind,
        List<Column> columns,
        List<List<Cell>> rows,
        SequencedMap<String, Cell> totals,
        Optional<Next> next)
        implements Result {

    /**
     * The rest of a list.
     *
     * @param from where it begins, for programs
     * @param command that lists it, for people
     */
    public record Next(String from, String command) {}

    /**
     * A column.
     *
     * @param key lowerCamel, as in json
     * @param head in capitals, as in the table
     * @param wide shown in {@code -o wide} and to programs, not in the narrow table
     */
    public record Column(String key, String head, boolean wide) {}

    public Listing {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
        for (List<Cell> row : rows) {
            if (row.size() != columns.size()) {
                throw new IllegalArgumentException(
                        "%d cells in %d columns of %s".formatted(row.size(), columns.size(), kind));
            }
        }
    }

    /** All of a list. */
    public Listing(String kind, List<Column> columns, List<List<Cell>> rows) {
        this(kind, columns, rows, new LinkedHashMap<>(), Optional.empty());
    }

    /** The same list, with other columns and rows of it. */
    Listing with(List<Column> otherColumns, List<List<Cell>> otherRows) {
        return new Listing(kind, otherColumns, otherRows, totals, next);
    }

    /** Adds a sum over the whole list; for building only. */
    public Listing total(String key, Cell value) {
        totals.put(key, value);
        return this;
    }

    /** The same list, of which these rows are a part only. */
    public Listing continued(Next rest) {
        return new Listing(kind, columns, rows, totals, Optional.of(rest));
    }

    /** Index of the column with this key or head, -1 if there is none. */
    public int indexOf(String name) {
        String plain = name.replace("-", "").replace("_", "").replace(" ", "");
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).key().equalsIgnoreCase(plain)) {
                return i;
            }
        }
        return -1;
    }

    /** Begins a list of {@code items}. */
    public static <T> Builder<T> of(String kind, Iterable<? extends T> items) {
        return new Builder<>(kind, items);
    }

    /** Names the columns and how each is taken from an item. */
    public static final class Builder<T> {

        private final String kind;
        private final Iterable<? extends T> items;
        private final List<Column> columns = new ArrayList<>();
        private final List<Function<? super T, Cell>> values = new ArrayList<>();

        private Builder(String kind, Iterable<? extends T> items) {
            this.kind = kind;
            this.items = items;
        }

        /** A column whose head is made of its key: {@code keepUntil} gives {@code KEEP UNTIL}. */
        public Builder<T> column(String key, Function<? super T, Cell> value) {
            return add(key, head(key), false, value);
        }

        /** A column with a head of its own. */
        public Builder<T> column(String key, String head, Function<? super T, Cell> value) {
            return add(key, head, false, value);
        }

        /** A column for {@code -o wide} and for programs. */
        public Builder<T> wide(String key, Function<? super T, Cell> value) {
            return add(key, head(key), true, value);
        }

        private Builder<T> add(
                String key, String head, boolean wide, Function<? super T, Cell> value) {
            columns.add(new Column(key, head, wide));
            values.add(value);
            return this;
        }

        public Listing build() {
            List<List<Cell>> rows = new ArrayList<>();
            for (T item : items) {
                rows.add(values.stream().map(value -> value.apply(item)).toList());
            }
            return new Listing(kind, columns, rows);
        }
    }

    /** {@code keepUntil} in capitals, words apart. */
    static String head(String key) {
        StringBuilder head = new StringBuilder();
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            if (Character.isUpperCase(c)) {
                head.append(' ');
            }
            head.append(Character.toUpperCase(c));
        }
        return head.toString();
    }
}
