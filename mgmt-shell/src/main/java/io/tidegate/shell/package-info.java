/**
 * The administrators' way in: what the appliance starts ({@link io.tidegate.shell.ShellServer}) and
 * what it hands in (services of the core, and small ports for what the core does not have).
 *
 * <p>Knows the core's services; nothing here knows a wire format, a store or SQL.
 */
@NullMarked
package io.tidegate.shell;

import org.jspecify.annotations.NullMarked;
