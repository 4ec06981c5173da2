/**
 * Moves extents from device to device: the pipeline below jobs and the copy manager.
 *
 * <p>Knows devices ({@code io.tidegate.block}) and the port {@link io.tidegate.recovery.Mover} that
 * it fills; knows nothing of hosts, SCSI, snapshots or jobs.
 */
@NullMarked
package io.tidegate.copy.mover;

import org.jspecify.annotations.NullMarked;
