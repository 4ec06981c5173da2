/** What the pool costs above a plain file, through the same device contract. */
@NullMarked
package io.tidegate.bench.pool;

import org.jspecify.annotations.NullMarked;
