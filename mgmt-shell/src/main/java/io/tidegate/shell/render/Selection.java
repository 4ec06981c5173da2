package io.tidegate.shell.render;

import io.tidegate.shell.value.BadValueException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which rows and columns of a list are printed: {@code --filter}, {@code --sort}, {@code --limit},
 * {@code --columns}, in this order.
 *
 * @param columns keys to show, in this order; empty shows those that the form shows
 * @param sort key, with {@code -} in front for descending; empty keeps the order
 * @param filters each {@code key OP value} with OP of {@code = != < > ~}; all must hold
 * @param limit at most this many rows, 0 for all
 */
public record Selection(List<String> columns, String sort, List<String> filters, int limit) {

    public static final Selection ALL = new Selection(List.of(), "", List.of(), 0);

    private static final Pattern FILTER = Pattern.compile("([A-Za-z_-]+)(!=|=|<|>|~)(.*)");

    public Selection {
        columns = List.copyOf(columns);
        filters = List.copyOf(filters);
    }

    /** The part of {@code listing} to print; {@link BadValueException} for an unknown column. */
    public Listing apply(Listing listing, Clock clock) {
        List<List<Cell>> rows = new ArrayList<>(listing.rows());
        for (String filter : filters) {
            rows.removeIf(filter(listing, filter, clock).negate());
        }
        if (!sort.isEmpty()) {
            boolean descending = sort.startsWith("-");
            int column = column(listing, descending ? sort.substring(1) : sort);
            Comparator<List<Cell>> order = Comparator.comparing(row -> row.get(column));
            rows.sort(descending ? Collections.reverseOrder(order) : order);
        }
        if (limit > 0 && rows.size() > limit) {
            rows = rows.subList(0, limit);
        }
        return project(listing.with(listing.columns(), rows));
    }

    private Listing project(Listing listing) {
        if (columns.isEmpty()) {
            return listing;
        }
        List<Integer> chosen = columns.stream().map(name -> column(listing, name)).toList();
        return listing.with(
                chosen.stream()
                        .map(i -> listing.columns().get(i))
                        .map(c -> new Listing.Column(c.key(), c.head(), false))
                        .toList(),
                listing.rows().stream()
                        .map(row -> chosen.stream().map(row::get).toList())
                        .toList());
    }

    private static Predicate<List<Cell>> filter(Listing listing, String filter, Clock clock) {
        Matcher parts = FILTER.matcher(filter);
        if (!parts.matches()) {
            throw new BadValueException(
                    "'" + filter + "' is no filter: write COLUMN=VALUE, or with != < > ~");
        }
        int column = column(listing, parts.group(1));
        String wanted = parts.group(3);
        return switch (parts.group(2)) {
            case "=" -> row -> equal(row.get(column), wanted, clock);
            case "!=" -> row -> !equal(row.get(column), wanted, clock);
            case "<" -> row -> present(row, column) && compare(row.get(column), wanted, clock) < 0;
            case ">" -> row -> present(row, column) && compare(row.get(column), wanted, clock) > 0;
            default -> {
                Pattern pattern = pattern(wanted);
                yield row -> pattern.matcher(row.get(column).raw()).find();
            }
        };
    }

    private static boolean present(List<Cell> row, int column) {
        return !(row.get(column) instanceof Cell.Absent);
    }

    private static boolean equal(Cell cell, String wanted, Clock clock) {
        if (cell instanceof Cell.Many many) {
            return many.values().contains(wanted);
        }
        boolean absence = wanted.isEmpty() || wanted.equals("-");
        if (cell instanceof Cell.Absent || absence) {
            return absence && (cell instanceof Cell.Absent || cell.raw().isEmpty());
        }
        return compare(cell, wanted, clock) == 0;
    }

    private static int compare(Cell cell, String wanted, Clock clock) {
        return cell.compareTo(cell.parse(wanted, clock));
    }

    private static int column(Listing listing, String name) {
        int index = listing.indexOf(name);
        if (index < 0) {
            throw new BadValueException(
                    "no column '%s' here; there are %s"
                            .formatted(
                                    name,
                                    String.join(
                                            ", ",
                                            listing.columns().stream()
                                                    .map(Listing.Column::key)
                                                    .toList())));
        }
        return index;
    }

    /** A regular expression of the user, or the reason why it is none. */
    public static Pattern pattern(String expression) {
        try {
            return Pattern.compile(expression);
        } catch (PatternSyntaxException e) {
            throw new BadValueException(
                    "'" + expression + "' is no regular expression: " + e.getDescription());
        }
    }
}
