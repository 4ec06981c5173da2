package io.tidegate.shell.render;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** For people: heads in capitals, two spaces between columns, {@code -} for what is absent. */
final class TablePrinter {

    private static final String GAP = "  ";

    private final PrintWriter out;
    private final Style style;
    private final boolean wide;

    TablePrinter(PrintWriter out, Style style, boolean wide) {
        this.out = out;
        this.style = style;
        this.wide = wide;
    }

    void print(Result result) {
        switch (result) {
            case Listing listing -> {
                table(listing, "");
                foot(listing);
            }
            case Result.Details details -> details(details);
            case Result.Done done -> done(done);
            case Result.Document document -> out.print(Tame.lines(document.text()));
            case Plan plan -> plan(plan);
        }
    }

    /** Sums and where the rest is; not for scripts, which leave out the heads, too. */
    private void foot(Listing listing) {
        SequencedMap<String, Cell> foot = new LinkedHashMap<>(listing.totals());
        listing.next().ifPresent(next -> foot.put("more", Cell.of(next.command())));
        if (style.heads() && !foot.isEmpty()) {
            line("");
            fields(foot);
        }
    }

    private void done(Result.Done done) {
        line(Tame.line(done.message()));
        done.notes().forEach(note -> line(Tame.line(note)));
    }

    private void details(Result.Details details) {
        fields(details.fields());
        for (Map.Entry<String, Listing> part : details.parts().entrySet()) {
            line("");
            line(Listing.head(part.getKey()));
            if (part.getValue().rows().isEmpty()) {
                line(GAP + "none");
            } else {
                table(part.getValue(), GAP);
            }
        }
    }

    private void fields(SequencedMap<String, Cell> fields) {
        List<String> labels =
                fields.keySet().stream().map(key -> Listing.head(key).toLowerCase()).toList();
        int width = labels.stream().mapToInt(String::length).max().orElse(0);
        int i = 0;
        for (Cell value : fields.values()) {
            line(pad(labels.get(i++), width) + GAP + text(value));
        }
    }

    private void plan(Plan plan) {
        line("PLAN  " + pad(plan.command(), 48) + GAP + "nothing has been changed");
        int width = plan.lines().stream().mapToInt(l -> l.label().length()).max().orElse(0);
        String last = "";
        for (Plan.Line entry : plan.lines()) {
            String label = entry.label().equals(last) ? "" : entry.label();
            line(GAP + pad(label, width) + GAP + Tame.line(entry.text()));
            last = entry.label();
        }
    }

    private void table(Listing listing, String indent) {
        List<Integer> shown = new ArrayList<>();
        for (int i = 0; i < listing.columns().size(); i++) {
            if (wide || !listing.columns().get(i).wide()) {
                shown.add(i);
            }
        }
        List<List<String>> lines = new ArrayList<>();
        if (style.heads()) {
            lines.add(shown.stream().map(i -> listing.columns().get(i).head()).toList());
        }
        for (List<Cell> row : listing.rows()) {
            lines.add(shown.stream().map(i -> text(row.get(i))).toList());
        }
        int[] widths = new int[shown.size()];
        for (List<String> cells : lines) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], cells.get(i).length());
            }
        }
        for (List<String> cells : lines) {
            StringBuilder text = new StringBuilder(indent);
            for (int i = 0; i < widths.length; i++) {
                text.append(i == widths.length - 1 ? cells.get(i) : pad(cells.get(i), widths[i]));
                text.append(i == widths.length - 1 ? "" : GAP);
            }
            line(text.toString().stripTrailing());
        }
    }

    private String text(Cell cell) {
        if (style.raw() && !(cell instanceof Cell.Absent)) {
            return Tame.line(cell.raw());
        }
        return cell.human();
    }

    private void line(String text) {
        out.print(text);
        out.print('\n');
    }

    private static String pad(String text, int width) {
        return text.length() >= width ? text : text + " ".repeat(width - text.length());
    }
}
