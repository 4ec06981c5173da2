/**
 * Quick recovery volumes: making, refreshing, verifying and promoting them, and recovering a volume
 * from a snapshot or a QRV (docs/architecture.md).
 *
 * <p>Knows volumes, snapshots, presentation, jobs and the catalog; moves data through the port
 * {@link io.tidegate.recovery.Mover} and knows nothing of how.
 */
@NullMarked
package io.tidegate.recovery;

import org.jspecify.annotations.NullMarked;
