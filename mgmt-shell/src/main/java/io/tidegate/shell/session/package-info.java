/**
 * A person or a script at the other end: the interactive shell with its line editor, history, pages
 * and filters, and the plain streams of a one-shot. Runs commands by the frame; how the bytes
 * travel is not known here.
 */
@NullMarked
package io.tidegate.shell.session;

import org.jspecify.annotations.NullMarked;
