package io.tidegate.bench.pool;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Figures beside what they are compared with. A row is printed as soon as it is known, and all rows
 * once more at the end, in the form of a table for the documents.
 */
final class Table {

    /** How a ratio of the pool's figure to the reference's is judged. */
    sealed interface Bar {
        /** Passes at this ratio and above. */
        record AtLeast(double ratio) implements Bar {}

        /** Passes at this ratio and below. */
        record AtMost(double ratio) implements Bar {}

        /** A figure without a bar. */
        record None() implements Bar {}
    }

    static final Bar NONE = new Bar.None();

    static Bar atLeast(double ratio) {
        return new Bar.AtLeast(ratio);
    }

    static Bar atMost(double ratio) {
        return new Bar.AtMost(ratio);
    }

    private record Row(
            String what, String reference, String pool, String ratio, String bar, String verdict) {}

    private final PrintStream out;
    private final List<Row> rows = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    Table(PrintStream out) {
        this.out = out;
    }

    /**
     * A row.
     *
     * @param unit printed behind both figures
     */
    void row(String what, double reference, double pool, String unit, Bar bar) {
        double ratio = pool / reference;
        String verdict =
                switch (bar) {
                    case Bar.AtLeast b -> ratio >= b.ratio() ? "PASS" : "miss";
                    case Bar.AtMost b -> ratio <= b.ratio() ? "PASS" : "miss";
                    case Bar.None b -> "";
                };
        String limit =
                switch (bar) {
                    case Bar.AtLeast b -> ">= " + figure(b.ratio());
                    case Bar.AtMost b -> "<= " + figure(b.ratio());
                    case Bar.None b -> "";
                };
        add(
                new Row(
                        what,
                        figure(reference) + " " + unit,
                        figure(pool) + " " + unit,
                        figure(ratio),
                        limit,
                        verdict));
    }

    /** A figure against a limit in its own unit. */
    void limit(String what, double value, double most, String unit) {
        add(
                new Row(
                        what,
                        "",
                        figure(value) + " " + unit,
                        "",
                        "<= " + figure(most) + " " + unit,
                        value <= most ? "PASS" : "miss"));
    }

    /** A figure alone. */
    void value(String what, double value, String unit) {
        add(new Row(what, "", figure(value) + " " + unit, "", "", ""));
    }

    /** A figure that is said in words. */
    void text(String what, String figure) {
        add(new Row(what, "", figure, "", "", ""));
    }

    /** Something that has to hold. */
    void holds(String what, boolean holds, String seen) {
        add(new Row(what, "", seen, "", "holds", holds ? "PASS" : "miss"));
    }

    /** Something that a reader of the table has to know, a cell that was left out for example. */
    void note(String text) {
        notes.add(text);
        out.println("    " + text);
        out.flush();
    }

    private void add(Row row) {
        rows.add(row);
        out.printf(
                Locale.ROOT,
                "%-58s %14s %14s %8s %10s %s%n",
                row.what,
                row.reference,
                row.pool,
                row.ratio,
                row.bar,
                row.verdict);
        out.flush();
    }

    void printAll() {
        out.println();
        out.println("| Cell | reference | pool | ratio | bar | |");
        out.println("| --- | --- | --- | --- | --- | --- |");
        for (Row r : rows) {
            out.printf(
                    Locale.ROOT,
                    "| %s | %s | %s | %s | %s | %s |%n",
                    r.what,
                    r.reference,
                    r.pool,
                    r.ratio,
                    r.bar,
                    r.verdict);
        }
        notes.forEach(n -> out.println("- " + n));
        out.flush();
    }

    /** Three digits that count. */
    static String figure(double value) {
        double size = Math.abs(value);
        if (size >= 100 || value == 0) {
            return String.format(Locale.ROOT, "%,.0f", value);
        }
        return String.format(Locale.ROOT, size >= 10 ? "%.1f" : "%.2f", value);
    }
}
