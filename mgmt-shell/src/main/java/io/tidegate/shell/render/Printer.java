package io.tidegate.shell.render;

import java.io.PrintWriter;

/** Prints results in the form that was asked for. */
public final class Printer {

    private Printer() {}

    /** Prints all of {@code result}; the writer is not flushed. */
    public static void print(Result result, Style style, PrintWriter out) {
        if (style.quiet() && result instanceof Result.Done) {
            return;
        }
        switch (style.form()) {
            case table -> new TablePrinter(out, style, false).print(result);
            case wide -> new TablePrinter(out, style, true).print(result);
            case json -> out.print(JsonPrinter.document(result) + "\n");
            case jsonl -> JsonPrinter.lines(result).forEach(line -> out.print(line + "\n"));
            case csv -> CsvPrinter.print(result, style.heads(), out);
            case name -> names(result, out);
        }
    }

    private static void names(Result result, PrintWriter out) {
        switch (result) {
            case Listing listing ->
                    listing.rows().forEach(row -> out.print(row.getFirst().raw() + "\n"));
            case Result.Details details -> out.print(details.name() + "\n");
            case Result.Done done -> out.print(done.name() + "\n");
            case Result.Document document -> out.print(document.text());
            case Plan plan -> out.print(plan.command() + "\n");
        }
    }
}
