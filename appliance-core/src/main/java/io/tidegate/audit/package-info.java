/**
 * Who asked for what: the request behind every change, and the hash-chained record of it that is
 * written in the same transaction.
 *
 * <p>Works on a handle of the catalog that it is given; knows nothing of the services whose acts it
 * records.
 */
@NullMarked
package io.tidegate.audit;

import org.jspecify.annotations.NullMarked;
