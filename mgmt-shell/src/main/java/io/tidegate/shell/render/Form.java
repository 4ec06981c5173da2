package io.tidegate.shell.render;

/** In what form results are printed ({@code -o}). */
public enum Form {
    table,
    wide,
    json,
    jsonl,
    csv,
    name
}
