/**
 * How administrators write and read sizes, spans of time, instants and names. Strings to values and
 * back, with errors that say what is allowed; knows nothing of commands.
 */
@NullMarked
package io.tidegate.shell.value;

import org.jspecify.annotations.NullMarked;
