/**
 * Volumes: their ids and shapes, the contract of a store that holds them, and the service that
 * makes, resizes and deletes them together with their catalog rows.
 *
 * <p>Knows the catalog and the store contract; knows nothing of SCSI, LUNs' protocols or shells.
 */
@NullMarked
package io.tidegate.volume;

import org.jspecify.annotations.NullMarked;
