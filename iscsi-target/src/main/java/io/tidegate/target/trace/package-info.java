/**
 * Recordings of PDUs as files that packet analysers read: frames made up around what a connection
 * carried, and a writer that no event loop waits for. Knows nothing of sessions, units or commands.
 */
@NullMarked
package io.tidegate.target.trace;

import org.jspecify.annotations.NullMarked;
