package io.tidegate.shell.render;

/**
 * How results are printed.
 *
 * @param form what {@code -o} says
 * @param heads false drops the line of column heads (table, wide, csv)
 * @param raw bytes and ISO 8601 in tables, too
 * @param quiet nothing of what was merely done is printed
 */
public record Style(Form form, boolean heads, boolean raw, boolean quiet) {

    public static final Style PLAIN = new Style(Form.table, true, false, false);

    /** Whether a program reads it. */
    public boolean forPrograms() {
        return form == Form.json || form == Form.jsonl;
    }
}
