/**
 * Long work that looks after pools, as jobs.
 *
 * <p>Knows pools and jobs; knows nothing of how a store is built.
 */
@NullMarked
package io.tidegate.upkeep;

import org.jspecify.annotations.NullMarked;
