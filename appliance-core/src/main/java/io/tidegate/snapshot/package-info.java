/**
 * Snapshots as administrators know them: the snapshot table with names, retention, holds and the
 * destroyed ones, sets at one instant, mounts to hosts.
 *
 * <p>Knows volumes, stores, presentation and the catalog; knows nothing of QRVs, which hold
 * snapshots by a reason of their own.
 */
@NullMarked
package io.tidegate.snapshot;

import org.jspecify.annotations.NullMarked;
