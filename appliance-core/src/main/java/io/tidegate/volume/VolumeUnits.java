package io.tidegate.volume;

import io.tidegate.catalog.Tx;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** What follows volumes on the side of hosts. Filled by the presentation of logical units. */
public interface VolumeUnits {

    /** Gives a new volume its logical unit, in the transaction that makes it ready. */
    void created(Tx tx, VolumeRecord volume);

    /** Brings the unit's row in line with size, name and flags of its volume. */
    void changed(Tx tx, VolumeRecord volume);

    /** Sets the write cache that hosts find, over what they set themselves. */
    void writeCacheChanged(Tx tx, VolumeRecord volume);

    /** Forgets the units of a volume that is being purged. */
    void purged(Tx tx, VolumeRecord volume);

    /** LUNs and mounts of the volume, in words; empty when no host has it. */
    List<String> mappings(Handle handle, VolumeId volume);

    /** Tells hosts that the pool behind their thin LUNs fills up: once for each crossing. */
    void thinThresholdReached(PoolId pool);

    /**
     * Brings what hosts see in line with the rows, and tells them: offers, takes back, refuses,
     * resizes. Called after the commit, outside of any transaction; may be repeated.
     */
    void refresh(VolumeId volume);
}
