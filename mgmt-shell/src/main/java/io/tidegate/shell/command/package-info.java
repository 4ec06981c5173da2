/**
 * The frame of the command tree: what every verb has (options, access, plan, confirmation, jobs),
 * how a line becomes a call and a call a result or a failure with an exit code. The nouns are in
 * {@code io.tidegate.shell.noun}; terminals and SSH are not known here.
 */
@NullMarked
package io.tidegate.shell.command;

import org.jspecify.annotations.NullMarked;
