/** The administrators' shell. */
@NullMarked
package io.tidegate.shell;

import org.jspecify.annotations.NullMarked;
