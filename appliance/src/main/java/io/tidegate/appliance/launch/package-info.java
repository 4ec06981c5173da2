/**
 * The commands of the launcher: start, stop, demo, doctor, version, pool check. Knows processes,
 * the data directory and its lock; the appliance itself is started through one call.
 */
@NullMarked
package io.tidegate.appliance.launch;

import org.jspecify.annotations.NullMarked;
