/**
 * The nouns and their verbs: each turns its words into one call of a service of the core and the
 * answer into a typed result. No rule of the product is made here.
 */
@NullMarked
package io.tidegate.shell.noun;

import org.jspecify.annotations.NullMarked;
