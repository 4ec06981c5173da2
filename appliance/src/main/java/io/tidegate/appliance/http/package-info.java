/**
 * Metrics and health over HTTP. Knows text and status codes; what stands behind them is handed in.
 */
@NullMarked
package io.tidegate.appliance.http;

import org.jspecify.annotations.NullMarked;
