/**
 * Typed results of commands and the forms they are printed in: table, wide, json, jsonl, csv, name.
 * A command says what it found; how that looks is decided here alone. Knows nothing of sessions,
 * services or picocli.
 */
@NullMarked
package io.tidegate.shell.render;

import org.jspecify.annotations.NullMarked;
