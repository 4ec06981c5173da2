package io.tidegate.shell.render;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * RFC 4180: a head, CR LF after each record, quotes where they are needed, values without units.
 */
final class CsvPrinter {

    private CsvPrinter() {}

    static void print(Result result, boolean heads, PrintWriter out) {
        List<List<String>> records = new ArrayList<>();
        switch (result) {
            case Listing listing -> {
                records.add(listing.columns().stream().map(Listing.Column::key).toList());
                listing.rows().forEach(row -> records.add(row.stream().map(Cell::raw).toList()));
            }
            case Result.Details details -> {
                records.add(List.copyOf(details.fields().keySet()));
                records.add(details.fields().values().stream().map(Cell::raw).toList());
            }
            case Result.Done done -> {
                List<String> keys = new ArrayList<>(List.of("name", "message"));
                keys.addAll(done.fields().keySet());
                List<String> values = new ArrayList<>(List.of(done.name(), done.message()));
                done.fields().values().forEach(cell -> values.add(cell.raw()));
                records.add(keys);
                records.add(values);
            }
            case Result.Document document -> {
                records.add(List.of("text"));
                document.text().lines().forEach(line -> records.add(List.of(line)));
            }
            case Plan plan -> {
                records.add(List.of("label", "text"));
                plan.lines().forEach(line -> records.add(List.of(line.label(), line.text())));
            }
        }
        for (List<String> values : heads ? records : records.subList(1, records.size())) {
            out.print(values.stream().map(CsvPrinter::field).collect(Collectors.joining(",")));
            out.print("\r\n");
        }
    }

    private static String field(String value) {
        boolean quote = value.chars().anyMatch(c -> c == ',' || c == '"' || c == '\r' || c == '\n');
        return quote ? "\"" + value.replace("\"", "\"\"") + "\"" : value;
    }
}
