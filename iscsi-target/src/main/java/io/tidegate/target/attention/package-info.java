/**
 * Unit attentions: which there are, in which order they are told, and the queue of one nexus for
 * one LUN (SAM-5, 5.14). Knows nothing of commands, sessions or units.
 */
@NullMarked
package io.tidegate.target.attention;

import org.jspecify.annotations.NullMarked;
