/**
 * Who asked for what: the request behind every change, and the hash-chained record of it that is
 * written in the same transaction.
 */
@NullMarked
package io.tidegate.audit;

import org.jspecify.annotations.NullMarked;
