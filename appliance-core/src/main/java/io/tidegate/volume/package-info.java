/**
 * Volumes and the pools they live in: ids and shapes, the contract of a store, and the services
 * that make, resize and delete them together with their catalog rows.
 *
 * <p>An act on a store and its row cannot be one transaction, so the row goes first with the state
 * of an intent ({@code creating}, {@code purging}), then the store acts, then the row is settled;
 * whatever a crash leaves in between is put right at the next start.
 *
 * <p>Knows the catalog and the store contract; knows nothing of SCSI, LUNs' protocols or shells.
 * What has to follow a volume outside (its logical unit) does so by {@link
 * io.tidegate.volume.VolumeUnits}.
 */
@NullMarked
package io.tidegate.volume;

import org.jspecify.annotations.NullMarked;
