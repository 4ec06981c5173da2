/**
 * Turns what the parts have counted into Prometheus' metric families, at the time of a scrape.
 * Counts nothing itself.
 */
@NullMarked
package io.tidegate.appliance.metrics;

import org.jspecify.annotations.NullMarked;
